//! The manifest, last piece of a dispatch: what its pieces are, in which order, and the reporter's note.
//!
//! Canonical JSON. Each piece is authentic alone, so a dispatch without its manifest is still usable; with it the desk
//! knows that nothing is missing. Names come from a reporter's device and are shown, never used as paths.

use ledger::Digest;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::PIECE_PLAIN_MAX;
use crate::canonical;
use crate::error::{DecodeError, at_most, version};
use crate::id::PieceNo;
use crate::secret::to_wiped_vec;

const WHAT: &str = "manifest";
/// The version of a manifest that needs nothing newer.
pub const VERSION: u32 = 1;
/// The version of a manifest with a cut recording, a preview or a length. Written only where it is needed, so that each
/// manifest has one encoding.
pub const VERSION_EXTENDED: u32 = 2;
/// The version of a manifest with an item that is held back until the newsroom asks for it.
pub const VERSION_HELD: u32 = 3;
/// The most items one dispatch holds.
pub const ITEMS_MAX: usize = 4_096;
/// The longest item name, in bytes.
pub const NAME_MAX: usize = 255;
/// The longest kind hint, in bytes.
pub const KIND_MAX: usize = 64;
/// The longest note, in bytes.
pub const NOTE_MAX: usize = 65_536;
/// The longest encoding accepted.
pub const ENCODED_MAX: usize = 8 * 1024 * 1024;

/// One file of a dispatch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Bytes of the whole file.
    pub bytes: u64,
    /// When it was recorded, in microseconds since 1970 UTC, if the field knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_at: Option<i64>,
    /// Its pieces stay on the sender's device until the newsroom asks for them, or the sender lets them go all the same.
    /// Since version 3.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held: bool,
    /// What the sender took it for (a media type); only a hint, never trusted.
    pub kind: String,
    /// How long it plays, in milliseconds, as its own header says; only a hint. Since version 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub millis: Option<u64>,
    /// Its file name, without any folder.
    pub name: String,
    /// First and last of its pieces.
    pub pieces: (PieceNo, PieceNo),
    /// Of which other item (its position) this is a small preview. Since version 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview_of: Option<u32>,
    /// SHA-256 of the whole file. A recording that was cut off has none: nobody was left to hash it. Its pieces are
    /// authentic each for itself. Since version 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
}

/// What a manifest piece holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The files, in the order of their pieces.
    pub items: Vec<Item>,
    /// The reporter's words; may be empty.
    pub note: String,
    /// In which order the reporter wants them seen: positions in `items`, each once.
    pub order: Vec<u32>,
    /// When the dispatch was sealed, in microseconds since 1970 UTC, by the device's clock.
    pub sealed_at: i64,
    /// Format version.
    pub version: u32,
}

impl Manifest {
    /// A manifest of these items in the order given.
    #[must_use]
    pub fn new(items: Vec<Item>, note: String, sealed_at: i64) -> Self {
        let order = (0..u32::try_from(items.len()).unwrap_or(u32::MAX)).collect();
        let version = version_of(&items);
        Self {
            items,
            note,
            order,
            sealed_at,
            version,
        }
    }

    /// The position of the preview of the item at `position`, if it has one.
    #[must_use]
    pub fn preview_for(&self, position: usize) -> Option<usize> {
        let position = u32::try_from(position).ok()?;
        self.items
            .iter()
            .position(|item| item.preview_of == Some(position))
    }

    /// The one encoding.
    ///
    /// # Errors
    /// When the manifest breaks a rule that decoding would refuse.
    pub fn encode(&self) -> Result<Vec<u8>, DecodeError> {
        self.check()?;
        self.check_numbers()?;
        // The fields are declared in sorted order, so this is the canonical encoding; written once, into memory that never grows,
        // because it holds what a reporter said.
        let mut bytes = to_wiped_vec(self, self.room()).map_err(|e| DecodeError::json(WHAT, &e))?;
        at_most(WHAT, ENCODED_MAX, bytes.len())?;
        Ok(std::mem::take(&mut *bytes))
    }

    /// At least the length of the encoding: a character takes six bytes at most, and what else an item says, less than 512.
    fn room(&self) -> usize {
        let names = self
            .items
            .iter()
            .map(|item| item.name.len() + item.kind.len());
        let order = self.order.len() * 12;
        256 + 6 * (self.note.len() + names.sum::<usize>()) + 512 * self.items.len() + order
    }

    fn check_numbers(&self) -> Result<(), DecodeError> {
        let fits = |number: u64| number < 1 << 53;
        let of_item = |item: &Item| {
            let captured = item.captured_at.is_none_or(|at| fits(at.unsigned_abs()));
            captured && fits(item.bytes) && item.millis.is_none_or(fits)
        };
        if fits(self.sealed_at.unsigned_abs()) && self.items.iter().all(of_item) {
            return Ok(());
        }
        Err(DecodeError::invalid(
            WHAT,
            "numbers are integers within 53 bits",
        ))
    }

    /// Wipes the words and names in it, when it has been encoded and is not needed any more.
    pub fn wipe(&mut self) {
        self.note.zeroize();
        for item in &mut self.items {
            item.name.zeroize();
        }
    }

    /// Reads a manifest piece's plaintext.
    ///
    /// # Errors
    /// Too long, another version, not canonical, or against a rule.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let manifest: Self = canonical::from_slice(WHAT, bytes, ENCODED_MAX)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The manifest's own piece number: one after the last item's.
    #[must_use]
    pub fn own_number(&self) -> PieceNo {
        let last = self
            .items
            .last()
            .map_or(PieceNo::CONTACT, |item| item.pieces.1);
        last.next().unwrap_or(last)
    }

    fn check(&self) -> Result<(), DecodeError> {
        let expected = version_of(&self.items);
        version(WHAT, expected, self.version)?;
        at_most("items of a manifest", ITEMS_MAX, self.items.len())?;
        at_most("note of a manifest", NOTE_MAX, self.note.len())?;
        let mut expected = PieceNo(1);
        for item in &self.items {
            expected = item.check(expected)?;
        }
        self.check_previews()?;
        let mut seen = vec![false; self.items.len()];
        for at in &self.order {
            match seen.get_mut(*at as usize) {
                Some(slot) if !*slot => *slot = true,
                _ => return Err(DecodeError::invalid(WHAT, "order names each item once")),
            }
        }
        if self.order.len() != self.items.len() {
            return Err(DecodeError::invalid(WHAT, "order names each item once"));
        }
        Ok(())
    }

    fn check_previews(&self) -> Result<(), DecodeError> {
        if self.items.iter().any(|i| i.held && i.preview_of.is_some()) {
            return Err(DecodeError::invalid(WHAT, "a preview is never held back"));
        }
        let mut previewed = vec![false; self.items.len()];
        for original in self.items.iter().filter_map(|item| item.preview_of) {
            let at = original as usize;
            let is_original = self.items.get(at).is_some_and(|i| i.preview_of.is_none());
            let first = is_original && !std::mem::replace(&mut previewed[at], true);
            if !first {
                return Err(DecodeError::invalid(
                    WHAT,
                    "a preview is of another item that is no preview, and the only one of it",
                ));
            }
        }
        Ok(())
    }
}

/// The lowest version that can say all of this.
fn version_of(items: &[Item]) -> u32 {
    if items.iter().any(|item| item.held) {
        VERSION_HELD
    } else if items.iter().any(Item::is_extended) {
        VERSION_EXTENDED
    } else {
        VERSION
    }
}

impl Item {
    /// Whether the recording was cut off, so that nobody could hash the whole of it.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.sha256.is_none()
    }

    fn is_extended(&self) -> bool {
        self.is_cut() || self.preview_of.is_some() || self.millis.is_some()
    }

    /// How many pieces this item has.
    #[must_use]
    pub fn piece_count(&self) -> u64 {
        u64::from(self.pieces.1.0).saturating_sub(u64::from(self.pieces.0.0)) + 1
    }

    /// Checks one item whose first piece must be `expected`; returns the next item's first piece.
    fn check(&self, expected: PieceNo) -> Result<PieceNo, DecodeError> {
        at_most("item name", NAME_MAX, self.name.len())?;
        at_most("item kind", KIND_MAX, self.kind.len())?;
        let named = !self.name.is_empty()
            && !self
                .name
                .chars()
                .any(|c| c.is_control() || c == '/' || c == '\\');
        if !named {
            return Err(DecodeError::invalid(
                WHAT,
                "an item's name is not empty and has no slash and no control character",
            ));
        }
        if !self.kind.chars().all(|c| c.is_ascii_graphic()) {
            return Err(DecodeError::invalid(WHAT, "an item's kind is a media type"));
        }
        let (from, to) = self.pieces;
        if from != expected || to < from {
            return Err(DecodeError::invalid(
                WHAT,
                "items' pieces follow each other from 1 without a gap",
            ));
        }
        if self.bytes > self.piece_count() * PIECE_PLAIN_MAX as u64 {
            return Err(DecodeError::invalid(WHAT, "an item fits its pieces"));
        }
        to.next()
            .ok_or_else(|| DecodeError::invalid(WHAT, "the manifest has a number of its own"))
    }
}
