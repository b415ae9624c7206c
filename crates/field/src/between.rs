//! What happens between two requests: the owner of the device may have something to say that must not wait behind a film.

use formats::DispatchId;
use zeroize::Zeroizing;

use crate::seal::Source;

/// Something to seal and send before everything else that is less urgent.
#[derive(Default)]
pub struct Urgent {
    /// Words for the newsroom.
    pub note: Zeroizing<String>,
    /// Files that go with it.
    pub sources: Vec<Source<'static>>,
    /// When it was said, in microseconds since 1970 UTC.
    pub now: i64,
}

impl std::fmt::Debug for Urgent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Urgent(..)")
    }
}

/// Asked while a sending runs, after every request. One process holds the device's store, so what is said meanwhile has to
/// come through it.
pub trait Between {
    /// What is to be sealed before the next request goes out, if anything. When `idle`, everything else is sent: the sending
    /// ends unless there is something, and waiting for it holds nobody up.
    fn next(&mut self, idle: bool) -> Option<Urgent>;
    /// Hears that what was said is sealed.
    fn sealed(&mut self, _dispatch: DispatchId) {}
    /// Hears that drops have stored all of it.
    fn stored(&mut self, _dispatch: DispatchId) {}
}

/// Nobody says anything meanwhile.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silence;

impl Between for Silence {
    fn next(&mut self, _idle: bool) -> Option<Urgent> {
        None
    }
}
