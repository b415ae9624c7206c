//! Editors' accounts: enrolment, sign-in, sessions, and the brake on guessing.
//!
//! Rules about accounts live in `newsroom`, rows in `store`; here is what lies between them and a
//! browser: passwords are hashed (Argon2id, a few at a time), tokens are random and kept only as
//! hashes, and whoever guesses waits longer each time, whether the name exists or not.

mod accounts;
mod brake;
mod password;

use std::sync::{Arc, Mutex, PoisonError};

use ledger::Digest;
use newsroom::Private;
use newsroom::accounts::Roles;
use rand_core::{OsRng, RngCore};
use store::Store;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::desk::EditorId;
use brake::Brake;
pub(crate) use brake::TooEarly;
pub use password::Cost;
pub(crate) use password::{Password, SHORTEST, Unfit};

/// Hashes computed at once: each needs 64 MiB and a core.
const HASHES_AT_ONCE: usize = 2;

/// An editor who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    /// The editor.
    pub id: EditorId,
    /// The editor's name.
    pub name: String,
    /// What the editor may do.
    pub roles: Roles,
    /// Hash of the session's token: what is stored, and the evidence beside an approval.
    pub session: Digest,
}

/// Accounts could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthError {
    /// The store failed.
    #[error("accounts: {0}")]
    Store(#[from] store::StoreError),
    /// A password could not be hashed.
    #[error("accounts: a password could not be hashed")]
    Hashing,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignInRefusal {
    /// Too soon after earlier failures.
    #[error("too many attempts; wait {seconds} seconds")]
    Wait {
        /// Seconds left.
        seconds: u64,
    },
    /// The name does not exist, is not enrolled, or the password is another: nobody learns which.
    #[error("name and password do not belong together")]
    Wrong,
    /// Something inside failed.
    #[error(transparent)]
    Failed(#[from] AuthError),
}

/// Why no password was set.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnrolRefusal {
    /// Too soon after earlier failures.
    #[error("too many attempts; wait {seconds} seconds")]
    Wait {
        /// Seconds left.
        seconds: u64,
    },
    /// The password will not do.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The code is spent, expired or never existed; the code of the refusal.
    #[error("refused: {0}")]
    Code(String),
    /// Something inside failed.
    #[error(transparent)]
    Failed(#[from] AuthError),
}

impl From<TooEarly> for SignInRefusal {
    fn from(early: TooEarly) -> Self {
        Self::Wait {
            seconds: early.seconds,
        }
    }
}

impl From<TooEarly> for EnrolRefusal {
    fn from(early: TooEarly) -> Self {
        Self::Wait {
            seconds: early.seconds,
        }
    }
}

/// An attempt that has begun and counts as failed until [`Auth::succeed`].
pub(crate) struct Attempt([u8; 32]);

/// Accounts, sessions, and the brake. Cloning is cheap; all clones share one brake.
#[derive(Clone)]
pub struct Auth {
    cost: Cost,
    brake: Arc<Mutex<Brake>>,
    hashing: Arc<Semaphore>,
}

impl Default for Auth {
    fn default() -> Self {
        Self::new()
    }
}

impl Auth {
    /// With passwords that cost what they should.
    #[must_use]
    pub fn new() -> Self {
        Self::with_cost(Cost::default())
    }

    /// With passwords that cost this much to check.
    #[must_use]
    pub fn with_cost(cost: Cost) -> Self {
        Self {
            cost,
            brake: Arc::default(),
            hashing: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
        }
    }

    /// Lets an attempt at a door (`sign-in`, `unlock`, `enrol`) begin, or says how long to wait.
    pub(crate) fn begin(&self, door: &str, name: &str, now: i64) -> Result<Attempt, TooEarly> {
        let account = brake::account(door, name);
        let mut brake = self.brake.lock().unwrap_or_else(PoisonError::into_inner);
        brake.begin(account, now).map(|()| Attempt(account))
    }

    /// The attempt was right.
    pub(crate) fn succeed(&self, attempt: Attempt) {
        let mut brake = self.brake.lock().unwrap_or_else(PoisonError::into_inner);
        brake.succeed(attempt.0);
    }

    /// Signs an editor in; the token goes into a cookie and nowhere else.
    pub(crate) async fn sign_in(
        &self,
        store: &Store,
        name: &str,
        password: Password,
        now: i64,
    ) -> Result<String, SignInRefusal> {
        let attempt = self.begin("sign-in", name, now)?;
        let account = accounts::begin_attempt(store, name, now).await?;
        let (editor, hash) = account.map(|known| (known.editor, known.password)).unzip();
        let right = self.check(password, hash).await?;
        let Some(editor) = editor.filter(|_| right) else {
            return Err(SignInRefusal::Wrong);
        };
        let token = random_token();
        let mut csrf = [0_u8; 32];
        OsRng.fill_bytes(&mut csrf);
        accounts::open_session(store, editor, hash_of(&token), &csrf, now).await?;
        self.succeed(attempt);
        Ok(token)
    }

    /// Who a token belongs to, if it is a session's and has not ended, and the token of its forms.
    pub(crate) async fn session(
        &self,
        store: &Store,
        token: &str,
        now: i64,
    ) -> Result<Option<(Signed, String)>, AuthError> {
        accounts::session(store, hash_of(token), now).await
    }

    /// Ends a session.
    pub(crate) async fn sign_out(
        &self,
        store: &Store,
        token: &str,
        now: i64,
    ) -> Result<(), AuthError> {
        accounts::close_session(store, hash_of(token), now).await
    }

    /// Sets an editor's first password with a one-time code.
    pub(crate) async fn enrol(
        &self,
        store: &Store,
        code: &str,
        password: Password,
        again: Option<Password>,
        now: i64,
    ) -> Result<(), EnrolRefusal> {
        let attempt = self.begin("enrol", code, now)?;
        let name = accounts::name_for_code(store, code, now).await?;
        // The code was no guess; what is wrong with a password costs nothing.
        self.succeed(attempt);
        password.fit(again.as_ref().unwrap_or(&password), &name)?;
        let hash = self.hash(password).await?;
        accounts::enrol(store, code, &hash, now).await
    }

    async fn check(&self, password: Password, hash: Option<Private>) -> Result<bool, AuthError> {
        let cost = self.cost.clone();
        self.heavy(move || cost.verify(&password, hash.as_ref().map(Private::expose)))
            .await
    }

    async fn hash(&self, password: Password) -> Result<Private, AuthError> {
        let cost = self.cost.clone();
        let hash = self.heavy(move || cost.hash(&password)).await?;
        hash.map(Private::new).ok_or(AuthError::Hashing)
    }

    /// Runs on a blocking thread, a few at a time; whoever waits holds nothing but a place in the queue.
    async fn heavy<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AuthError> {
        let _place = self
            .hashing
            .acquire()
            .await
            .map_err(|_| AuthError::Hashing)?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| AuthError::Hashing)
    }
}

/// A token as cookies carry it: 32 random bytes in hex.
pub(crate) fn random_token() -> String {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    OsRng.fill_bytes(bytes.as_mut());
    hex::encode(bytes.as_ref())
}

/// What is stored of a token: a stolen database opens no session.
fn hash_of(token: &str) -> Digest {
    ledger::sha256(token.as_bytes())
}
