//! An open desk: the keys, the record and the background work that exist between unlocking and locking.
//!
//! Dropping the last handle wipes the keys. Locking cancels the work, closes the record and lets go;
//! a job inside the sandbox that is still running keeps its own handle until it returns, and what it
//! brings is then refused by the closed record and made again after the next unlocking.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex as Lock, MutexGuard, PoisonError};
use std::time::Duration;

use formats::{KitId, Supply};
use keys::IntakeRecipient;
use ledger::LogSigner;
use media::Workshop;
use newsroom::arrival::DispatchKey;
use newsroom::audit::{Act, Actor};
use openers::{ArchiveIdentity, IntakeIdentity, OpenKeyring};
use publish::BaseUrl;
use rand_core::OsRng;
use store::{BlobError, BlobStore, Spool, Store, StoreError};
use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::archive::Archive;
use crate::clock;
use crate::config::{Database, DeskConfig, DeskFolder};
use crate::desk::{EventKind, Telling};
use crate::outbox::senders::Senders;
use crate::publishing::SiteSettings;
use crate::steady::Steady;
use crate::watch::Watch;
use crate::{
    alarms, founding, intake, newsletter, opening_store, outbox, reach, schedule, sweep, tokens,
    work,
};

/// How long locking waits for background work before it closes the record under it.
const GRACE: Duration = Duration::from_secs(3);

/// Why the right shares still did not open the desk.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenFault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the configuration cannot be read: {0}")]
    Config(#[from] crate::config::ConfigError),
    #[error("the archive cannot be used: {0}")]
    Blobs(#[from] BlobError),
    #[error("the time that the machine has been running cannot be read or kept: {0}")]
    Clock(#[source] std::io::Error),
    #[error("the statement log's key cannot be used: {0}")]
    Signer(#[from] ledger::KeyError),
}

/// What an open desk is made from, beside its keys.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) folder: DeskFolder,
    pub(crate) spool: Arc<Spool>,
    pub(crate) workshop: Arc<Workshop>,
    pub(crate) events: Telling,
    pub(crate) arrived: Arc<Notify>,
    pub(crate) watch: Arc<Watch>,
    /// Transmissions under way: they outlive an open desk.
    pub(crate) senders: Senders,
    pub(crate) site: PathBuf,
    pub(crate) base_url: BaseUrl,
    pub(crate) onion_url: Option<BaseUrl>,
}

/// The keys, the record and the archive of an unlocked desk.
pub(crate) struct OpenDesk {
    pub(crate) store: Store,
    pub(crate) archive: Arc<Archive>,
    pub(crate) intake: Vec<(u32, IntakeIdentity)>,
    pub(crate) signer: LogSigner,
    pub(crate) site: SiteSettings,
    pub(crate) around: Surroundings,
    /// Work was added: workers look again.
    pub(crate) work_added: Notify,
    /// A receipt was queued: the outbox looks again.
    pub(crate) receipt_added: Notify,
    /// A card was put into the tray: its reader looks again.
    pub(crate) card_added: Notify,
    /// How far reading cards is.
    pub(crate) cards: intake::CardsNow,
    /// What cells of any kit are recognised by.
    pub(crate) lookout: Arc<Lock<intake::Lookout>>,
    /// How many pieces of a dispatch a `have` was sealed for since unlocking.
    told: Lock<HashMap<DispatchKey, u32>>,
    /// The dispatch after which the next choices are told.
    pub(crate) choices_after: Mutex<Option<DispatchKey>>,
    /// New session tokens of kits that wait for a drop to answer.
    pub(crate) supplies: Lock<HashMap<KitId, Supply>>,
    /// Items, by dispatch and place, that are not what their manifest names.
    contradicted: Lock<HashSet<(DispatchKey, u32)>>,
    /// The time that embargoes go by.
    pub(crate) steady: Steady,
    /// One publication at a time touches the log and the site.
    pub(crate) publishing: Mutex<()>,
    pub(crate) stop: CancellationToken,
    tasks: TaskTracker,
}

impl OpenDesk {
    /// Opens record and archive with the keys, and starts the background work.
    pub(crate) async fn start(
        around: Surroundings,
        keys: &OpenKeyring,
        stop: CancellationToken,
    ) -> Result<Arc<Self>, OpenFault> {
        let config = DeskConfig::load(&around.folder)?;
        let signer = founding::log_signer(&config.organisation, keys)?;
        let store = opening_store::open(&around.folder, &config, keys).await?;
        let blobs = BlobStore::open(&around.folder.blobs(), OsRng)?;
        let copy = |one: &ArchiveIdentity| ArchiveIdentity::from_bytes(*one.expose_bytes());
        let archive = Archive::new(copy(keys.archive_identity()), blobs)
            .with_retired(keys.retired_archives().map(copy));
        let site = SiteSettings {
            dir: around.site.clone(),
            base_url: around.base_url.clone(),
            onion: around.onion_url.clone(),
            organisation: config.organisation.clone(),
            log: around.folder.statement_log(),
        };
        let steady = Steady::open(&around.folder.clock()).map_err(OpenFault::Clock)?;
        let open = Arc::new(Self {
            store,
            archive: Arc::new(archive),
            intake: copies(keys),
            signer,
            site,
            around,
            work_added: Notify::new(),
            receipt_added: Notify::new(),
            card_added: Notify::new(),
            cards: intake::CardsNow::default(),
            lookout: Arc::new(Lock::new(intake::Lookout::new([]))),
            told: Lock::new(HashMap::new()),
            choices_after: Mutex::new(None),
            supplies: Lock::new(HashMap::new()),
            contradicted: Lock::new(HashSet::new()),
            steady,
            publishing: Mutex::new(()),
            stop,
            tasks: TaskTracker::new(),
        });
        if config.database == Database::Sqlcipher {
            // The spool's lock makes this the only process on the folder's own database.
            open.store.reclaim_jobs(clock::now()).await?;
            let now = open.steady.now();
            open.store.recover_deliveries(now, now).await?;
        }
        let now = clock::now();
        open.store
            .note(Actor::Custodians, Act::NewsroomUnlocked, now)
            .await?;
        tokens::known_drops(&open.store, config.drops).await?;
        sweep::start(&open).await;
        intake::start(&open);
        alarms::start(&open);
        work::start(&open);
        schedule::start(&open);
        outbox::start(&open);
        reach::start(&open);
        newsletter::start(&open);
        Ok(open)
    }

    /// As long as this is held, locking waits, though not for long: for what must be written down before the record closes.
    pub(crate) fn hold(&self) -> TaskTrackerToken {
        self.tasks.token()
    }

    /// Runs a task until the desk is locked.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = task => {}
            }
        });
    }

    /// Whether a `have` for this many pieces was sealed already; notes that one is being sealed now.
    pub(crate) fn told(&self, about: &DispatchKey, pieces: u32) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(*about, pieces) == Some(pieces)
    }

    /// Whether an item was found not to be what its manifest names, since unlocking.
    pub(crate) fn is_contradicted(&self, about: &DispatchKey, place: u32) -> bool {
        self.contradictions().contains(&(*about, place))
    }

    /// Notes that an item is not what its manifest names.
    pub(crate) fn note_contradiction(&self, about: &DispatchKey, place: u32) {
        self.contradictions().insert((*about, place));
    }

    /// The dispatch is all there: what contradicts itself is said now.
    pub(crate) fn forget_contradictions(&self, about: &DispatchKey) {
        self.contradictions().retain(|(one, _)| one != about);
    }

    fn contradictions(&self) -> MutexGuard<'_, HashSet<(DispatchKey, u32)>> {
        let found = self.contradicted.lock();
        found.unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells open pages that something changed.
    pub(crate) fn tell(&self, kind: EventKind, id: impl std::fmt::Display) {
        self.around.events.tell(kind, id.to_string());
    }

    /// Ends the work and closes the record; the keys go with the last handle.
    pub(crate) async fn close(&self) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(GRACE, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("background work did not end in time; it is made again after unlocking");
        }
        if let Err(error) = self.leave_record().await {
            tracing::warn!(%error, "locking could not be recorded");
        }
        self.store.close().await;
    }

    /// Nobody is signed in at a locked desk, and its record says when it was locked.
    async fn leave_record(&self) -> Result<(), StoreError> {
        self.store.end_sessions().await?;
        self.store
            .note(Actor::Desk, Act::NewsroomLocked, clock::now())
            .await
    }
}

fn copies(keys: &OpenKeyring) -> Vec<(u32, IntakeIdentity)> {
    keys.intake_identities()
        .iter()
        .map(|(epoch, identity)| (*epoch, IntakeIdentity::from_bytes(*identity.expose_bytes())))
        .collect()
}

/// The recipient that new kits get, and its epoch.
pub(crate) fn current_recipient(keys: &OpenKeyring) -> Option<(u32, IntakeRecipient)> {
    keys.current_intake()
        .map(|(epoch, identity)| (epoch, identity.recipient()))
}
