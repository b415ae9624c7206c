//! The store's accounts and sessions, in the words of a sign-in.

use ledger::Digest;
use newsroom::{EditorId, Micros, Private, Refusal};
use store::{SignIn, Store, StoreError};

use super::{AuthError, EnrolRefusal, SignInRefusal, Signed};
use crate::founding::enrolment_digest;

/// Counts an attempt for a name; nothing for names that cannot sign in.
pub(super) async fn begin_attempt(
    store: &Store,
    name: &str,
    now: i64,
) -> Result<Option<SignIn>, SignInRefusal> {
    match store.begin_sign_in(name, Micros(now)).await {
        Ok(attempt) => Ok(attempt),
        Err(StoreError::Refused(Refusal::TooManyAttempts { retry_at })) => {
            Err(SignInRefusal::Wait {
                seconds: seconds_until(retry_at, now),
            })
        }
        Err(StoreError::Refused(_)) => Ok(None),
        Err(error) => Err(AuthError::from(error).into()),
    }
}

/// Opens a session under the hash of its token, with the token its forms will carry.
pub(super) async fn open_session(
    store: &Store,
    editor: EditorId,
    token: Digest,
    csrf: &[u8; 32],
    now: i64,
) -> Result<(), SignInRefusal> {
    match store.sign_in(editor, token, csrf, Micros(now)).await {
        Ok(_) => Ok(()),
        // The account was closed while the password was checked.
        Err(StoreError::Refused(_)) => Err(SignInRefusal::Wrong),
        Err(error) => Err(AuthError::from(error).into()),
    }
}

/// Whose session it is, and the token of its forms.
pub(super) async fn session(
    store: &Store,
    token: Digest,
    now: i64,
) -> Result<Option<(Signed, String)>, AuthError> {
    let found = store.web_session(token, Micros(now)).await?;
    Ok(found.map(|session| {
        let signed = Signed {
            id: session.editor,
            name: session.name,
            roles: session.roles,
            session: token,
        };
        (signed, hex::encode(session.csrf.as_ref()))
    }))
}

/// Ends a session.
pub(super) async fn close_session(store: &Store, token: Digest, now: i64) -> Result<(), AuthError> {
    Ok(store.sign_out(token, Micros(now)).await?)
}

/// Whom an enrolment code is for.
pub(super) async fn name_for_code(
    store: &Store,
    code: &str,
    now: i64,
) -> Result<String, EnrolRefusal> {
    let found = store.enrolment(enrolment_digest(code), Micros(now)).await;
    found.map(|editor| editor.name).map_err(refused)
}

/// Spends an enrolment code and sets the password.
pub(super) async fn enrol(
    store: &Store,
    code: &str,
    hash: &Private,
    now: i64,
) -> Result<(), EnrolRefusal> {
    let done = store.enrol(enrolment_digest(code), hash, Micros(now)).await;
    done.map(|_| ()).map_err(refused)
}

fn refused(error: StoreError) -> EnrolRefusal {
    match error.refusal() {
        Some(refusal) => EnrolRefusal::Code(refusal.code().to_owned()),
        None => AuthError::from(error).into(),
    }
}

fn seconds_until(at: Micros, now: i64) -> u64 {
    let micros = at.0.saturating_sub(now).max(0).unsigned_abs();
    micros.div_ceil(1_000_000)
}
