//! Who is asking: the session's token and secret, and how much of it is under way.

use std::sync::{Arc, PoisonError};

use http::HeaderMap;
use wire::{Problem, ProblemKind, SessionSecret, SessionToken, TokenHash};

use super::{App, kind_of};

/// A session that may go on. As long as it lives it counts against the session's limit of requests.
pub(crate) struct Admitted {
    pub(crate) token: TokenHash,
    pub(crate) secret: SessionSecret,
    app: Arc<App>,
}

impl Admitted {
    /// Reads the two headers and asks the store.
    pub(crate) fn from_headers(app: &Arc<App>, headers: &HeaderMap) -> Result<Self, Problem> {
        let token = headers.get(wire::HEADER_AUTHORIZATION);
        let token = token.ok_or(Problem::new(ProblemKind::Unauthorised))?;
        let token = SessionToken::from_bearer(token.as_bytes())?.hash();
        let secret = headers.get(wire::HEADER_SESSION).ok_or_else(|| {
            Problem::new(ProblemKind::Malformed).with_detail("the Fh-Session header is missing")
        })?;
        let secret = SessionSecret::from_hex(secret.as_bytes())?;
        let admitted = app.store.admit(&token, &secret.hash(), (app.clock)());
        admitted.map_err(|refusal| Problem::new(kind_of(refusal)))?;
        let mut under_way = app.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let count = under_way.entry(token).or_insert(0);
        if *count >= app.store.limits().requests_per_session {
            return Err(Problem::new(ProblemKind::Busy));
        }
        *count += 1;
        Ok(Self {
            token,
            secret,
            app: Arc::clone(app),
        })
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut under_way = self
            .app
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = under_way.get_mut(&self.token) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                under_way.remove(&self.token);
            }
        }
    }
}
