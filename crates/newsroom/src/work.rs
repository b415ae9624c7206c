//! Work that a decision sets going: written in the same transaction as the decision, done later by a worker.
//!
//! It carries identifiers only. Every kind can be done twice without harm: the worker looks at the record first.

use crate::ids::{ItemId, PublicationId};
use formats::{DispatchId, KitId};
use serde::{Deserialize, Serialize};

/// One thing to be done in the background.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Work {
    /// Open a dispatch whose pieces are all there, and enter its items.
    Open {
        /// The kit that sealed it.
        kit: KitId,
        /// The dispatch.
        dispatch: DispatchId,
    },
    /// Enter what is whole of a dispatch that holds something back, before all of it is there.
    OpenPart {
        /// The kit that sealed it.
        kit: KitId,
        /// The dispatch.
        dispatch: DispatchId,
    },
    /// Enter what is whole of a dispatch that was cut off before its manifest.
    OpenLoose {
        /// The kit that sealed it.
        kit: KitId,
        /// The dispatch.
        dispatch: DispatchId,
    },
    /// Probe an item and make its preview.
    Examine {
        /// Which.
        item: ItemId,
    },
    /// Make a protected copy of an item.
    Scrub {
        /// Which.
        item: ItemId,
    },
    /// Log the statements of a publication, build the site, and mark it live.
    Publish {
        /// Which.
        publication: PublicationId,
    },
}

impl Work {
    /// A stable word for the kind: columns, metrics, logs.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::OpenPart { .. } => "open_part",
            Self::OpenLoose { .. } => "open_loose",
            Self::Examine { .. } => "examine",
            Self::Scrub { .. } => "scrub",
            Self::Publish { .. } => "publish",
        }
    }

    /// Two works with one key are the same work: while one waits or runs, another is not added.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Open { kit, dispatch } => format!("open/{kit}/{dispatch}"),
            Self::OpenPart { kit, dispatch } => format!("open-part/{kit}/{dispatch}"),
            Self::OpenLoose { kit, dispatch } => format!("open-loose/{kit}/{dispatch}"),
            Self::Examine { item } => format!("examine/{item}"),
            Self::Scrub { item } => format!("scrub/{item}"),
            Self::Publish { publication } => format!("publish/{publication}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_strict_and_round_trips() {
        let work = Work::Open {
            kit: KitId([7; 8]),
            dispatch: DispatchId([9; 16]),
        };
        let json = serde_json::to_string(&work).unwrap();
        assert_eq!(serde_json::from_str::<Work>(&json).unwrap(), work);
        assert!(serde_json::from_str::<Work>(r#"{"kind":"examine"}"#).is_err());
        assert!(serde_json::from_str::<Work>(r#"{"kind":"shell","cmd":"x"}"#).is_err());
    }
}
