//! Which channels a thread of this process is at work in. A transmission cannot be broken off: it goes on when the desk is
//! locked under it, until its server answers. So this outlives the open desk, and the desk that is opened next begins
//! nothing in a channel before the thread there has ended.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use newsroom::ChannelId;

/// Channels at work. Cloning is cheap; all clones are one.
#[derive(Clone, Default)]
pub(crate) struct Senders(Arc<Mutex<HashSet<ChannelId>>>);

/// One attempt at work in a channel: as long as any clone of it lives, nothing else begins there.
#[derive(Clone)]
pub(crate) struct Sending(
    #[expect(dead_code, reason = "held until the last clone goes")] Arc<Place>,
);

struct Place {
    senders: Senders,
    channel: ChannelId,
}

impl Senders {
    /// Where something is at work.
    pub(crate) fn busy(&self) -> Vec<ChannelId> {
        self.channels().iter().copied().collect()
    }

    /// Enters a channel, unless something is at work there.
    pub(crate) fn enter(&self, channel: ChannelId) -> Option<Sending> {
        let place = || Place {
            senders: self.clone(),
            channel,
        };
        self.channels()
            .insert(channel)
            .then(|| Sending(Arc::new(place())))
    }

    fn channels(&self) -> MutexGuard<'_, HashSet<ChannelId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.senders.channels().remove(&self.channel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_free_when_the_last_that_is_at_work_there_has_ended() {
        let senders = Senders::default();
        let (here, there) = (
            ChannelId::from_bytes([1; 16]),
            ChannelId::from_bytes([2; 16]),
        );
        let task = senders.enter(here).unwrap();
        let thread = task.clone();
        assert!(senders.clone().enter(here).is_none());
        assert!(senders.enter(there).is_some(), "side by side");
        // The desk is locked: its task is dropped, its thread is not.
        drop(task);
        assert!(senders.enter(here).is_none());
        assert_eq!(senders.busy(), [here]);
        drop(thread);
        assert!(senders.enter(here).is_some());
    }
}
