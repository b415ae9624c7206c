//! The newsroom's choice about items that were announced and held back: it wants them, or it does not. Kinds 8 and 9 of a
//! [reply](crate::reply).
//!
//! The desk has not seen the pieces, so it cannot name their digests. It names the manifest that described them, by the
//! digest of its ciphertext, and in it each item by exactly its pieces: numbers of one sealed manifest mean one thing.

use ledger::Digest;

use crate::bulletin::check_head;
use crate::dispatch::ITEMS_MAX;
use crate::error::{DecodeError, at_most, head_of, rest_is};
use crate::id::{DispatchId, PieceNo};

const WHAT: &str = "choice";
/// Byte 1 of a reply that wants items.
pub const WANT: u8 = 8;
/// Byte 1 of a reply that declines them.
pub const DECLINE: u8 = 9;
/// Bytes before the list of items.
pub const HEAD: usize = 60;
/// Bytes of one item in the list.
pub const ENTRY: usize = 8;
/// The longest encoding.
pub const ENCODED_MAX: usize = HEAD + ENTRY * ITEMS_MAX;

/// What the newsroom says about the items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChoiceKind {
    /// The field sends them.
    Want,
    /// The field need not send them. Whether they stay on the device is its owner's to say.
    Decline,
}

/// What the newsroom says about items of one dispatch that are held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What it says.
    pub kind: ChoiceKind,
    /// Counts the choices about this dispatch from 1. The highest number about a piece is what holds, whichever reply
    /// arrived last.
    pub number: u32,
    /// About which dispatch.
    pub dispatch: DispatchId,
    /// SHA-256 of the ciphertext of the manifest that describes the items.
    pub manifest: Digest,
    /// First and last piece of each item, ascending.
    pub items: Vec<(PieceNo, PieceNo)>,
}

impl Choice {
    /// The one encoding, big endian: version, kind, two zero bytes, the count, the number, dispatch id, the manifest's
    /// digest, and for each item its first and its last piece.
    ///
    /// # Errors
    /// When the choice breaks a rule that decoding would refuse.
    pub fn encode(&self) -> Result<Vec<u8>, DecodeError> {
        self.check()?;
        let kind = match self.kind {
            ChoiceKind::Want => WANT,
            ChoiceKind::Decline => DECLINE,
        };
        let count = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        let mut out = Vec::with_capacity(HEAD + ENTRY * self.items.len());
        out.extend_from_slice(&[crate::reply::VERSION, kind, 0, 0]);
        out.extend_from_slice(&count.to_be_bytes());
        out.extend_from_slice(&self.number.to_be_bytes());
        out.extend_from_slice(&self.dispatch.0);
        out.extend_from_slice(&self.manifest.0);
        for (first, last) in &self.items {
            out.extend_from_slice(&first.0.to_be_bytes());
            out.extend_from_slice(&last.0.to_be_bytes());
        }
        Ok(out)
    }

    /// Reads a choice's plaintext.
    ///
    /// # Errors
    /// Cut short, too long, trailing bytes, another version or kind, reserved bytes, or against a rule.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (head, list) = head_of::<HEAD>(WHAT, bytes)?;
        check_head(WHAT, head[1], &head[..4])?;
        let kind = match head[1] {
            WANT => ChoiceKind::Want,
            DECLINE => ChoiceKind::Decline,
            got => return Err(DecodeError::UnknownKind { what: WHAT, got }),
        };
        let count = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
        at_most("items of a choice", ITEMS_MAX, count)?;
        rest_is(WHAT, HEAD, list, ENTRY * count)?;
        let mut manifest = [0; 32];
        manifest.copy_from_slice(&head[28..]);
        let choice = Self {
            kind,
            number: u32::from_be_bytes([head[8], head[9], head[10], head[11]]),
            dispatch: DispatchId::from_slice(&head[12..28])?,
            manifest: Digest(manifest),
            items: list.as_chunks::<ENTRY>().0.iter().map(entry).collect(),
        };
        choice.check()?;
        Ok(choice)
    }

    fn check(&self) -> Result<(), DecodeError> {
        at_most("items of a choice", ITEMS_MAX, self.items.len())?;
        let apart = self.items.is_sorted_by(|a, b| a.1 < b.0);
        let media = |(first, last): &(PieceNo, PieceNo)| PieceNo::CONTACT < *first && first <= last;
        let rule = if self.number == 0 {
            "it is counted from 1"
        } else if self.items.is_empty() {
            "it names at least one item"
        } else if self.manifest.0 == [0; 32] {
            "it names the manifest by digest"
        } else if !apart || !self.items.iter().all(media) {
            "items are named by their pieces, ascending and apart"
        } else {
            return Ok(());
        };
        Err(DecodeError::invalid(WHAT, rule))
    }
}

fn entry(bytes: &[u8; ENTRY]) -> (PieceNo, PieceNo) {
    let [a, b, c, d, e, f, g, h] = *bytes;
    (
        PieceNo(u32::from_be_bytes([a, b, c, d])),
        PieceNo(u32::from_be_bytes([e, f, g, h])),
    )
}
