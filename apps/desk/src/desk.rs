//! The border between the pages and everything headless.
//!
//! A handler extracts its arguments, makes one call on [`Desk`] and renders the view it gets back.
//! Nothing of HTTP crosses this border downwards, nothing of SQL, keys or files upwards: what a
//! page needs to show arrives as a plain view, what it must stream arrives as [`Media`].
//!
//! The calls are grouped by what they are about: the lock here, arrivals and items in `reading`,
//! sources in `sources`, stories in `stories`.

mod border;
mod captures;
mod cards;
mod channels;
mod drops;
mod flash;
mod held;
mod newsletter;
mod reach;
mod reading;
mod remnants;
mod sources;
mod stories;
mod telling;
mod told;
mod views;

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use keys::Passphrase;
use media::{Workshop, WorkshopConfig};
use openers::KeyringFile;
use publish::BaseUrl;
use rand_core::OsRng;
use store::Spool;
use tokio::sync::{Mutex, Notify, broadcast};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock;
use crate::config::{ConfigError, DeskConfig, DeskFolder};
use crate::keyholder::{Keyholder, Progress, Refusal};
use crate::open_desk::{OpenDesk, Surroundings};
use crate::outbox::senders::Senders;
use crate::pull::Puller;
use crate::settling;
use crate::watch::Watch;

pub use crate::watch::{Alarm, DropView};
pub use border::*;
pub use captures::*;
pub use cards::*;
pub use channels::*;
pub use flash::FlashView;
pub use newsletter::*;
pub use reach::*;
pub use remnants::*;
pub use sources::*;
pub(crate) use telling::Telling;
pub use told::{Outgoing, ToldView};
pub use views::*;

/// What a desk is started with.
#[derive(Debug, Clone)]
pub struct DeskOptions {
    /// Its folder.
    pub folder: DeskFolder,
    /// Where the public site is built.
    pub site: PathBuf,
    /// The site's public address.
    pub base_url: String,
    /// The same site as an onion service, which its pages then offer to Tor Browser.
    pub onion_url: Option<String>,
    /// Time between looks at each drop.
    pub poll: Duration,
    /// The program that the sandbox runs; `None` is this very program, which then has to call
    /// [`media::worker::main_if_worker`] first.
    pub worker: Option<PathBuf>,
}

/// Why a desk could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder or its configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// What an interrupted re-keying left.
    #[error(transparent)]
    Settle(#[from] settling::SettleError),
    /// The keyring.
    #[error("the keyring cannot be used: {0}")]
    Keyring(#[from] openers::KeyringError),
    /// The spool.
    #[error("the spool cannot be opened: {0}")]
    Spool(#[from] store::SpoolError),
    /// The sandbox.
    #[error("hostile files could not be opened safely on this machine: {0}")]
    Sandbox(#[from] media::WorkshopError),
    /// The site's address.
    #[error("the site's address cannot be used: {0}")]
    BaseUrl(#[from] publish::AddressError),
}

/// The desk, as the pages see it. Cloning is cheap; all clones are one desk.
#[derive(Clone)]
pub struct Desk {
    inner: Arc<Inner>,
}

struct Inner {
    keyholder: Keyholder,
    around: Surroundings,
    open: RwLock<Option<Arc<OpenDesk>>>,
    /// Unlocking and locking do not overlap.
    turning: Mutex<()>,
    stop: CancellationToken,
    receiving: TaskTracker,
}

impl Desk {
    /// Starts a locked desk: it receives, and waits for its custodians. Needs a tokio runtime.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(options: DeskOptions, stop: CancellationToken) -> Result<Self, StartError> {
        let folder = options.folder;
        settling::settle(&folder)?;
        DeskConfig::load(&folder)?;
        let file = |source| ConfigError::File {
            path: folder.keyring(),
            source,
        };
        let keyring = KeyringFile::from_json(&fs::read(folder.keyring()).map_err(file)?)?;
        let workshop = Workshop::new(
            WorkshopConfig {
                worker: options.worker,
                ..WorkshopConfig::default()
            },
            &mut OsRng,
        )?;
        let spool = Arc::new(Spool::open(&folder.spool())?);
        let arrived = Arc::new(Notify::new());
        let watch = Watch::new(folder.drops()).map_err(|source| ConfigError::File {
            path: folder.drops(),
            source,
        })?;
        let watch = Arc::new(watch);
        let puller = Puller::new(
            folder.clone(),
            spool.clone(),
            options.poll,
            arrived.clone(),
            watch.clone(),
        )
        .map_err(|source| ConfigError::File {
            path: folder.positions(),
            source,
        })?;
        let around = Surroundings {
            folder,
            spool,
            workshop: Arc::new(workshop),
            events: Telling::new(),
            arrived,
            watch,
            senders: Senders::default(),
            site: options.site,
            base_url: options.base_url.parse::<BaseUrl>()?,
            onion_url: options.onion_url.as_deref().map(str::parse).transpose()?,
        };
        let receiving = TaskTracker::new();
        receiving.spawn(puller.run(stop.clone()));
        receiving.close();
        Ok(Self {
            inner: Arc::new(Inner {
                keyholder: Keyholder::new(keyring),
                around,
                open: RwLock::new(None),
                turning: Mutex::new(()),
                stop,
                receiving,
            }),
        })
    }

    /// Proves that the sandbox's walls stand on this machine. Blocks.
    ///
    /// # Errors
    /// Names the wall, or what is missing.
    pub fn check_sandbox(&self) -> Result<(), StartError> {
        Ok(self.inner.around.workshop.self_check()?)
    }

    /// Locks, and ends receiving.
    pub async fn stop(&self) {
        self.inner.stop.cancel();
        self.lock().await;
        self.inner.receiving.wait().await;
    }

    /// Whether the desk is open, and if not, who has entered a share so far.
    pub async fn lock_state(&self) -> LockState {
        if self.open().is_ok() {
            return LockState::Open;
        }
        let keyholder = &self.inner.keyholder;
        LockState::Locked {
            threshold: keyholder.threshold(),
            entered: keyholder.entered(clock::now().0),
            custodians: keyholder.custodians(),
            rekeyed_at: keyholder.rekeyed_at(),
        }
    }

    /// Takes one custodian's passphrase; the k-th opens the desk.
    ///
    /// # Errors
    /// Names what is wrong with this share.
    pub async fn enter_share(
        &self,
        custodian: &str,
        passphrase: Passphrase,
    ) -> Result<LockState, UnlockRefusal> {
        let _turn = self.inner.turning.lock().await;
        if self.open().is_ok() {
            return Err(UnlockRefusal::AlreadyOpen);
        }
        let (inner, name) = (self.inner.clone(), custodian.to_owned());
        let entering = move || inner.keyholder.enter(&name, &passphrase, clock::now().0);
        let progress = tokio::task::spawn_blocking(entering)
            .await
            .map_err(|error| unavailable(&error))?
            .map_err(refusal)?;
        if let Progress::Unlocked(keys) = progress {
            let open = OpenDesk::start(
                self.inner.around.clone(),
                &keys,
                self.inner.stop.child_token(),
            )
            .await
            .map_err(|error| unavailable(&error))?;
            self.put_open(Some(open));
            tracing::info!("the desk is open");
        }
        self.tell_lock();
        Ok(self.lock_state().await)
    }

    /// Locks the desk: keys are wiped, the database is closed, receiving goes on.
    pub async fn lock(&self) {
        let _turn = self.inner.turning.lock().await;
        self.inner.keyholder.forget();
        if let Some(open) = self.put_open(None) {
            open.close().await;
            tracing::info!("the desk is locked");
        }
        self.tell_lock();
    }

    /// The newsroom's store, for editors' accounts and sessions (`auth`). A cheap handle: do not
    /// keep it across requests, or locking cannot close the database.
    ///
    /// # Errors
    /// [`Locked`] while locked.
    pub fn store(&self) -> Result<store::Store, Locked> {
        Ok(self.open()?.store.clone())
    }

    /// Live events; a receiver that lags loses the oldest and should refresh everything.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.inner.around.events.listen()
    }

    /// The number of the last live event: what a page that is made now has seen.
    #[must_use]
    pub fn told(&self) -> u64 {
        self.inner.around.events.told()
    }

    fn open(&self) -> Result<Arc<OpenDesk>, Locked> {
        let open = self
            .inner
            .open
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        open.clone().ok_or(Locked)
    }

    fn put_open(&self, desk: Option<Arc<OpenDesk>>) -> Option<Arc<OpenDesk>> {
        let mut open = self
            .inner
            .open
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *open, desk)
    }

    fn tell_lock(&self) {
        self.inner
            .around
            .events
            .tell(EventKind::Lock, String::new());
    }
}

fn refusal(refusal: Refusal) -> UnlockRefusal {
    match refusal {
        Refusal::Unknown(name) => UnlockRefusal::UnknownCustodian { name },
        Refusal::WrongPassphrase(name) => UnlockRefusal::WrongPassphrase { name },
        Refusal::Twice(name) => UnlockRefusal::AlreadyEntered { name },
        Refusal::Foreign(name) => UnlockRefusal::ForeignShare { name },
        Refusal::Keyring(error) => unavailable(&error),
    }
}

fn unavailable(error: &dyn std::error::Error) -> UnlockRefusal {
    tracing::error!(%error, "the desk could not be opened");
    UnlockRefusal::StoreUnavailable {
        reason: error.to_string(),
    }
}
