//! What open pages are told. Events are numbered, so that a page knows whether it missed one between being made and listening.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::broadcast;

use super::border::{Event, EventKind};

/// Events that a page may lag behind before it has to refresh everything.
const KEPT: usize = 256;

/// Tells every page that listens. Clones tell the same pages.
#[derive(Clone)]
pub(crate) struct Telling {
    pages: broadcast::Sender<Event>,
    told: Arc<AtomicU64>,
}

impl Telling {
    pub(crate) fn new() -> Self {
        Self {
            pages: broadcast::channel(KEPT).0,
            told: Arc::default(),
        }
    }

    /// Tells of one change. That nobody listens is no failure.
    pub(crate) fn tell(&self, kind: EventKind, id: String) {
        let number = self.told.fetch_add(1, Ordering::SeqCst) + 1;
        let _ = self.pages.send(Event { kind, id, number });
    }

    /// Everything told from now on.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Event> {
        self.pages.subscribe()
    }

    /// The number of the last event.
    pub(crate) fn told(&self) -> u64 {
        self.told.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::{EventKind, Telling};

    #[test]
    fn events_are_numbered_whether_or_not_anybody_listens() {
        let telling = Telling::new();
        telling.tell(EventKind::Item, "a".to_owned());
        assert_eq!(telling.told(), 1);
        let mut page = telling.listen();
        telling.tell(EventKind::Story, "b".to_owned());
        let heard = page.try_recv().unwrap();
        assert_eq!((heard.number, heard.id.as_str()), (2, "b"));
        assert_eq!(telling.told(), 2);
    }
}
