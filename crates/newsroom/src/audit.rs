//! Who did what, when: one chain of hashes per item, per story, per dispatch, and one for the desk itself.
//!
//! An entry names its predecessor's hash, so that none can be changed, dropped from the middle or moved. The chains of
//! items, dispatches and stories begin with an entry in the desk's chain that names them, so that a whole chain
//! cannot vanish unseen either. Entries hold identifiers, codes and salted commitments: never a name, a note, a
//! password or the bare hash of an original.

use crate::arrival::DispatchKey;
use crate::clearance::Encoder;
use crate::ids::{EditorId, ItemId, StoryId};
use crate::time::Micros;
use ledger::{Digest, chain};
use std::collections::BTreeMap;
use std::fmt;

/// Which chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Chain {
    /// Accounts, kits, drops, unlocking, and the beginnings of all other chains.
    Desk,
    /// The custody of one item.
    Item(ItemId),
    /// The life of one story.
    Story(StoryId),
    /// The arrival of one dispatch.
    Dispatch(DispatchKey),
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Desk => f.write_str("desk"),
            Self::Item(id) => write!(f, "item/{id}"),
            Self::Story(id) => write!(f, "story/{id}"),
            Self::Dispatch(key) => write!(f, "dispatch/{}/{}", key.kit, key.dispatch),
        }
    }
}

/// Who acted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Actor {
    /// The desk's own machinery.
    Desk,
    /// The custodians together.
    Custodians,
    /// An editor.
    Editor(EditorId),
}

impl Actor {
    /// Its stable text: `desk`, `custodians`, or the editor's id.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Desk => "desk".to_owned(),
            Self::Custodians => "custodians".to_owned(),
            Self::Editor(id) => id.to_string(),
        }
    }

    /// From its text.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "desk" => Some(Self::Desk),
            "custodians" => Some(Self::Custodians),
            _ => code.parse().ok().map(Self::Editor),
        }
    }
}

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident = $code:literal),+ $(,)?) => {
        /// What was done. The code is the key of its words in the desk's Fluent files (`act-CODE`, dots as hyphens).
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        pub enum Act { $($(#[$doc])* $name),+ }

        impl Act {
            /// Every act.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// From its code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

acts! {
    /// The newsroom was set up.
    NewsroomFounded = "newsroom.founded",
    /// The custodians unlocked it.
    NewsroomUnlocked = "newsroom.unlocked",
    /// It was locked again.
    NewsroomLocked = "newsroom.locked",
    /// An account was opened.
    EditorAdded = "editor.added",
    /// An enrolment code was used.
    EditorEnrolled = "editor.enrolled",
    /// A fresh enrolment code was given out.
    EditorReissued = "editor.reissued",
    /// An account was closed.
    EditorClosed = "editor.closed",
    /// Someone signed in.
    EditorSignedIn = "editor.signed-in",
    /// Someone signed out.
    EditorSignedOut = "editor.signed-out",
    /// Wrong passwords reached the limit.
    EditorThrottled = "editor.throttled",
    /// A drop was added.
    DropAdded = "drop.added",
    /// A drop forked, rewrote, lost or hid cells, or something else that it must not.
    DropMisbehaved = "drop.misbehaved",
    /// Cells in the spool that no piece needs were dropped to make room.
    NoiseDropped = "noise.dropped",
    /// Blobs that nothing in the record names were removed.
    BlobsSwept = "blobs.swept",
    /// A kit was issued.
    KitIssued = "kit.issued",
    /// A kit can be asked for with twelve words.
    KitOffered = "kit.offered",
    /// A device asked for it.
    KitAsked = "kit.asked",
    /// Another device asked with the same words.
    KitContested = "kit.contested",
    /// The kit was left for the device that asked first.
    KitHandedOver = "kit.handed-over",
    /// A kit's chain moved.
    KitAdvanced = "kit.advanced",
    /// Old epochs of a kit were closed, their keys erased.
    KitClosed = "kit.closed",
    /// A second chain came for one kit: somebody has copied it.
    KitForked = "kit.forked",
    /// A kit was captured and is refused.
    KitCaptured = "kit.captured",
    /// New session tokens were sent to a kit.
    KitSupplied = "kit.supplied",
    /// A new intake identity was made.
    IntakeRotated = "intake.rotated",
    /// An intake identity was destroyed.
    IntakeDestroyed = "intake.destroyed",
    /// A bulletin was published.
    BulletinPublished = "bulletin.published",
    /// The newsroom's keys were replaced.
    NewsroomRekeyed = "newsroom.rekeyed",
    /// The first cell of a dispatch came in.
    DispatchSeen = "dispatch.seen",
    /// A piece was assembled and authenticated.
    PieceAuthentic = "piece.authentic",
    /// A piece contradicts itself and is set apart.
    PieceQuarantined = "piece.quarantined",
    /// A dispatch was opened.
    DispatchOpened = "dispatch.opened",
    /// An editor had the pieces of a dispatch that was cut off entered.
    DispatchLoosened = "dispatch.loosened",
    /// A dispatch was all there and could not be read.
    DispatchUnreadable = "dispatch.unreadable",
    /// A receipt was sealed for the field.
    ReceiptQueued = "receipt.queued",
    /// A receipt was put into a mailbox.
    ReceiptPut = "receipt.put",
    /// A reply other than a receipt was sealed for the field.
    ReplyQueued = "reply.queued",
    /// A reply other than a receipt was put into a mailbox.
    ReplyPut = "reply.put",
    /// An editor looked at the list of sources, or at one of them.
    SourceViewed = "source.viewed",
    /// An editor wrote to a source.
    SourceWritten = "source.written",
    /// The missed-contact timer of a source was set or taken off.
    SourceWatched = "source.watched",
    /// Something about a dispatch was noted that is only in the sealed details.
    DispatchNoted = "dispatch.noted",
    /// A kit was cut off by the capture drill.
    SourceCaptured = "source.captured",
    /// What captures touched was rotated.
    CapturesRotated = "source.captures-rotated",
    /// A safety editor answered for the risks of a story.
    StoryAcknowledged = "story.risk-acknowledged",
    /// A story is held back until a safety editor has reviewed it.
    StoryFrozen = "story.frozen",
    /// An editor asked for an item that is held back.
    ItemAsked = "item.asked",
    /// An editor said that an item that is held back is not needed.
    ItemDeclined = "item.declined",
    /// An item was entered.
    ItemEntered = "item.entered",
    /// An item was examined in the sandbox.
    ItemExamined = "item.examined",
    /// An editor looked at an item.
    ItemViewed = "item.viewed",
    /// An editor asked for a protected copy.
    ItemScrubAsked = "item.scrub-asked",
    /// A protected copy was made.
    ItemScrubbed = "item.scrubbed",
    /// An item cannot be made safe.
    ItemScrubRefused = "item.scrub-refused",
    /// A story that shows this item went out.
    ItemPublished = "item.published",
    /// A story was begun.
    StoryCreated = "story.created",
    /// A story was saved.
    StorySaved = "story.saved",
    /// A story was approved.
    StoryApproved = "story.approved",
    /// An approval was taken back.
    StoryWithdrawn = "story.approval-withdrawn",
    /// A story goes out.
    StoryPublished = "story.published",
    /// A story is out.
    StoryLive = "story.live",
    /// A cleared version goes out by itself at its moment.
    StoryScheduled = "story.scheduled",
    /// It is held back again.
    StoryUnscheduled = "story.unscheduled",
    /// Its moment came, and the rules refused it.
    StoryNotSent = "story.not-sent",
    /// Credentials of a channel were entered.
    ChannelEntered = "channel.entered",
    /// A second person confirmed them.
    ChannelConfirmed = "channel.confirmed",
    /// A platform does not let us in.
    ChannelStopped = "channel.stopped",
    /// A channel was revoked, its credentials erased.
    ChannelClosed = "channel.closed",
    /// Addresses were taken into a newsletter.
    SubscribersAdded = "subscribers.added",
    /// Addresses left a newsletter, for good.
    SubscribersLeft = "subscribers.left",
    /// What becomes of a delivery is known, or waits for a person.
    DeliverySettled = "delivery.settled",
    /// A story is taken back from the channels where it went.
    DeliveryWithdrawn = "delivery.withdrawn",
}

/// One act, not yet in a chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Which chain it belongs to.
    pub chain: Chain,
    /// When.
    pub at: Micros,
    /// Who.
    pub actor: Actor,
    /// What.
    pub act: Act,
    /// Identifiers, codes, commitments.
    pub details: BTreeMap<String, String>,
}

impl Entry {
    /// An act without details.
    #[must_use]
    pub fn new(chain: Chain, actor: Actor, act: Act, at: Micros) -> Self {
        Self {
            chain,
            at,
            actor,
            act,
            details: BTreeMap::new(),
        }
    }

    /// With one more detail.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.details.insert(key.to_owned(), value.to_string());
        self
    }

    /// The canonical bytes that are hashed.
    #[must_use]
    pub fn canonical_bytes(&self, seq: u64) -> Vec<u8> {
        let mut out = Encoder::default();
        out.text("fh1/audit");
        out.text(&self.chain.to_string());
        out.raw(&seq.to_be_bytes());
        out.raw(&self.at.0.to_be_bytes());
        out.text(&self.actor.code());
        out.text(self.act.code());
        out.count(self.details.len());
        for (key, value) in &self.details {
            out.text(key);
            out.text(value);
        }
        out.0
    }

    /// Puts it into its chain, after `prev`.
    #[must_use]
    pub fn link(self, seq: u64, prev: Digest) -> AuditEvent {
        let hash = chain::link(&prev, &self.canonical_bytes(seq));
        AuditEvent {
            entry: self,
            seq,
            prev,
            hash,
        }
    }
}

/// One act in its chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditEvent {
    /// The act.
    pub entry: Entry,
    /// Its place, counted from 0.
    pub seq: u64,
    /// The hash of the entry before it.
    pub prev: Digest,
    /// Its own hash.
    pub hash: Digest,
}

/// A chain that does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the chain breaks at entry {seq}")]
pub struct BrokenChain {
    /// The first entry that does not fit.
    pub seq: u64,
}

/// Checks a whole chain from its beginning and gives its last hash.
///
/// # Errors
/// [`BrokenChain`] with the first entry that does not fit.
pub fn verify(chain: Chain, events: &[AuditEvent]) -> Result<Digest, BrokenChain> {
    let mut head = chain::GENESIS;
    for (seq, event) in (0_u64..).zip(events) {
        let fits = event.seq == seq && event.prev == head && event.entry.chain == chain;
        if !fits || chain::link(&head, &event.entry.canonical_bytes(seq)) != event.hash {
            return Err(BrokenChain { seq });
        }
        head = event.hash;
    }
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events() -> Vec<AuditEvent> {
        let chain = Chain::Item(ItemId::from_bytes([5; 16]));
        let acts = [Act::ItemEntered, Act::ItemExamined, Act::ItemScrubbed];
        let mut head = chain::GENESIS;
        let mut out = Vec::new();
        for (seq, act) in (0..).zip(acts) {
            let at = Micros(i64::try_from(seq).unwrap());
            let event = Entry::new(chain, Actor::Desk, act, at)
                .with("n", seq)
                .link(seq, head);
            head = event.hash;
            out.push(event);
        }
        out
    }

    #[test]
    fn any_change_breaks_the_chain_where_it_was_made() {
        let chain = Chain::Item(ItemId::from_bytes([5; 16]));
        let good = events();
        assert_eq!(verify(chain, &good), Ok(good[2].hash));
        assert_eq!(verify(chain, &[]), Ok(chain::GENESIS));
        assert_eq!(verify(Chain::Desk, &good), Err(BrokenChain { seq: 0 }));
        let mut changed = good.clone();
        changed[1].entry.details.insert("n".into(), "7".into());
        assert_eq!(verify(chain, &changed), Err(BrokenChain { seq: 1 }));
        let mut dropped = good.clone();
        dropped.remove(1);
        assert_eq!(verify(chain, &dropped), Err(BrokenChain { seq: 1 }));
        let mut swapped = good.clone();
        swapped.swap(0, 1);
        assert_eq!(verify(chain, &swapped), Err(BrokenChain { seq: 0 }));
        let mut backdated = good;
        backdated[2].entry.at = Micros(0);
        assert_eq!(verify(chain, &backdated), Err(BrokenChain { seq: 2 }));
    }

    #[test]
    fn details_cannot_flow_into_one_another() {
        let base = || {
            Entry::new(
                Chain::Desk,
                Actor::Custodians,
                Act::NewsroomUnlocked,
                Micros(1),
            )
        };
        let one = base().with("ab", "c").canonical_bytes(0);
        let two = base().with("a", "bc").canonical_bytes(0);
        assert_ne!(one, two);
        assert_ne!(one, base().with("ab", "c").canonical_bytes(1));
    }

    #[test]
    fn codes_are_unique_and_round_trip() {
        let mut codes: Vec<_> = Act::ALL.iter().map(|act| act.code()).collect();
        for act in Act::ALL {
            assert_eq!(Act::from_code(act.code()), Some(*act));
        }
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Act::ALL.len());
        for actor in [
            Actor::Desk,
            Actor::Custodians,
            Actor::Editor(EditorId::from_bytes([9; 16])),
        ] {
            assert_eq!(Actor::from_code(&actor.code()), Some(actor));
        }
    }
}
