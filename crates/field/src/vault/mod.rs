//! The vault: one run of bytes that looks the same empty, full, wiped and opened under duress.
//!
//! Everything lies at a place that follows from the vault's length alone (`formats::vault`, `docs/formats/vault.md`). Opening reads the
//! same blocks whichever passphrase was given, and the save that every opening begins with writes the same blocks in the same
//! order. A vault that keeps no other one alive overwrites the other position with noise whenever it saves: this is what the duress
//! passphrase does, and it is the ordinary way of a vault that has none, so that nothing tells the two apart.

mod opening;
mod saving;
mod setup;
mod slots;
#[cfg(test)]
mod tests;

use std::io;

use formats::vault::{BLOCK, BLOCK_TEXT, Header, Layout, RECORD};
use keys::{HeaderKey, SlotGeneration};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::disk::Disk;
use crate::error::FieldError;
pub(crate) use setup::Wanted;
pub(crate) use slots::Extent;
use slots::Slots;

/// Slots that pieces of more than one leave free.
const SPARE: usize = 2;

/// A vault that was opened.
pub(crate) struct Vault<D> {
    disk: D,
    layout: Layout,
    /// The key of the own header, and at which position it lies.
    key: HeaderKey,
    second: bool,
    header: Header,
    slots: Slots,
    /// Records in the journal.
    logged: u32,
    /// Headers were being written when the disk failed: what lies there is not what is known here, so nothing more is written.
    torn: bool,
}

/// Where a piece lies, and the generation without which its slots are noise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) generation: SlotGeneration,
    pub(crate) extents: Vec<Extent>,
}

impl Stored {
    /// Of a piece that was forgotten.
    pub(crate) fn nothing() -> Self {
        Self {
            generation: SlotGeneration::from_bytes([0; 16]),
            extents: Vec::new(),
        }
    }

    fn blocks(&self) -> impl Iterator<Item = u32> {
        let runs = self.extents.iter();
        runs.flat_map(|run| run.start..run.start.saturating_add(run.count.into()))
    }
}

/// What a box is, as the first byte of what it is bound to.
#[derive(Clone, Copy)]
enum Kind {
    Header = 1,
    Slot = 2,
    Snapshot = 3,
    Journal = 4,
}

/// What a box is bound to: its kind, its block, its number there, and the generation of the save it belongs to.
fn place(kind: Kind, block: u32, number: u32, generation: u64) -> [u8; 17] {
    let mut out = [0; 17];
    out[0] = kind as u8;
    out[1..5].copy_from_slice(&block.to_be_bytes());
    out[5..9].copy_from_slice(&number.to_be_bytes());
    out[9..].copy_from_slice(&generation.to_be_bytes());
    out
}

fn nonce(rng: &mut (impl RngCore + CryptoRng)) -> [u8; 24] {
    let mut nonce = [0; 24];
    rng.fill_bytes(&mut nonce);
    nonce
}

/// Memory for one block, wiped in the end.
fn blank() -> Zeroizing<Vec<u8>> {
    Zeroizing::new(vec![0; BLOCK])
}

/// Puts a text into a block's memory, with nothing behind it.
fn put(text: &[u8], block: &mut [u8]) {
    let room = &mut block[keys::vault::TEXT_AT..];
    room[..text.len()].copy_from_slice(text);
    room[text.len()..].fill(0);
}

fn byte_of(block: u32) -> u64 {
    u64::from(block) * BLOCK as u64
}

fn record_at(layout: &Layout, number: u32) -> u64 {
    byte_of(layout.journal()) + u64::from(number) * RECORD as u64
}

impl<D: Disk> Vault<D> {
    /// Puts a piece's ciphertext into free slots. It becomes durable with the state that names it; until then it is noise that the
    /// next opening may overwrite. A large piece leaves room for a small one, such as the manifest that describes it.
    ///
    /// # Errors
    /// No room, or the disk failed.
    pub(crate) fn store(
        &mut self,
        ciphertext: &[u8],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Stored, FieldError> {
        let count = ciphertext.len().div_ceil(BLOCK_TEXT);
        let spare = if count > 1 { SPARE } else { 0 };
        if self.slots.free() < count + spare {
            return Err(FieldError::Full);
        }
        let extents = self.slots.take(count).ok_or(FieldError::Full)?;
        let generation = SlotGeneration::generate(rng);
        let stored = Stored {
            generation,
            extents,
        };
        let outcome = self.write_slots(ciphertext, &stored, rng);
        if outcome.is_err() {
            self.release(&stored.extents);
        }
        outcome
            .map(|()| stored)
            .map_err(FieldError::disk("storing a sealed piece"))
    }

    fn write_slots(
        &mut self,
        ciphertext: &[u8],
        stored: &Stored,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> io::Result<()> {
        let key = self.header.root.vault_key.slot_key(&stored.generation);
        let mut memory = blank();
        for ((number, text), block) in (0..)
            .zip(ciphertext.chunks(BLOCK_TEXT))
            .zip(stored.blocks())
        {
            put(text, &mut memory);
            key.seal(
                &place(Kind::Slot, block, number, 0),
                &nonce(rng),
                &mut memory,
            );
            self.disk.write_at(byte_of(block), &memory)?;
        }
        Ok(())
    }

    /// Reads a piece of `length` bytes into `memory`. `false` when its slots do not open: they were damaged.
    ///
    /// # Errors
    /// The disk failed.
    pub(crate) fn fetch(
        &mut self,
        stored: &Stored,
        length: usize,
        memory: &mut Vec<u8>,
    ) -> io::Result<bool> {
        memory.clear();
        let key = self.header.root.vault_key.slot_key(&stored.generation);
        let mut block_memory = blank();
        for (number, block) in (0..).zip(stored.blocks()) {
            self.disk.read_at(byte_of(block), &mut block_memory)?;
            let opened = key.open(&place(Kind::Slot, block, number, 0), &mut block_memory);
            if opened.is_err() {
                return Ok(false);
            }
            let rest = length.saturating_sub(memory.len()).min(BLOCK_TEXT);
            memory.extend_from_slice(&block_memory[keys::vault::TEXT_AT..][..rest]);
        }
        Ok(memory.len() == length)
    }

    /// Makes all slots free, for a new count of what the state names.
    pub(crate) fn release_all(&mut self) {
        let next = self.slots.next_number();
        self.slots = Slots::new(self.layout.slots(), next);
    }

    /// Lets slots be used again. Only for what no saved state names.
    pub(crate) fn release(&mut self, extents: &[Extent]) {
        for extent in extents {
            self.slots.release(*extent);
        }
    }

    /// Marks what the state names. `false` when two pieces claim one slot, or one lies outside.
    pub(crate) fn claim(&mut self, stored: &Stored) -> bool {
        stored
            .extents
            .iter()
            .all(|extent| self.slots.claim(*extent))
    }
}

impl<D> Vault<D> {
    /// Slots altogether, and free ones.
    pub(crate) fn room(&self) -> (usize, usize) {
        (self.slots.all(), self.slots.free())
    }
}
