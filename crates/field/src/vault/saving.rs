//! Saving: a new snapshot, then the headers' copies, then the headers, each synced before the next. And the journal, for
//! what happens too often for that.

use formats::vault::{BLOCK_TEXT, HEADER_LEN, Header, Layout, Other, RECORD, RECORDS, Root};
use keys::{HeaderKey, StateKey, VaultKey};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use super::{Kind, Vault, blank, byte_of, nonce, place, put, record_at};
use crate::disk::Disk;
use crate::error::FieldError;

/// Fewest blocks of a snapshot: what an empty vault's state fits into, with room to spare.
const BLOCKS_LEAST: u16 = 4;
/// What one record of the journal holds.
const RECORD_TEXT: usize = RECORD - keys::vault::OVERHEAD - 2;

/// How many blocks a snapshot of this length gets: a power of two and never fewer than before, so that their number tells little.
pub(super) fn blocks_for(length: usize, before: u16, layout: &Layout) -> Result<u16, FieldError> {
    let most = u16::try_from(layout.area_blocks()).unwrap_or(u16::MAX);
    let need = u16::try_from(length.div_ceil(BLOCK_TEXT)).unwrap_or(u16::MAX);
    if need > most {
        return Err(FieldError::Full);
    }
    let padded = need.checked_next_power_of_two().unwrap_or(most);
    Ok(padded.max(before).max(BLOCKS_LEAST).min(most))
}

/// Writes a snapshot into its area.
pub(super) fn write_snapshot(
    disk: &mut impl Disk,
    layout: &Layout,
    root: &Root,
    snapshot: &[u8],
    rng: &mut (impl RngCore + CryptoRng),
) -> std::io::Result<()> {
    let mut memory = blank();
    let mut texts = snapshot.chunks(BLOCK_TEXT);
    for number in 0..u32::from(root.blocks) {
        put(texts.next().unwrap_or_default(), &mut memory);
        let block = layout.area(root.area) + number;
        let bound = place(Kind::Snapshot, block, number, 0);
        root.state_key.seal(&bound, &nonce(rng), &mut memory);
        disk.write_at(byte_of(block), &memory)?;
    }
    Ok(())
}

/// A header's key and its encoding.
type Keyed<'a> = (&'a HeaderKey, Zeroizing<[u8; HEADER_LEN]>);

/// Writes both positions, copies first. A position without a header gets noise made the same way.
pub(super) fn write_headers(
    disk: &mut impl Disk,
    layout: &Layout,
    positions: &[Option<Keyed<'_>>; 2],
    rng: &mut (impl RngCore + CryptoRng),
) -> std::io::Result<()> {
    let mut memory = blank();
    for copy in [true, false] {
        for (second, header) in [false, true].into_iter().zip(positions) {
            let block = layout.header(second, copy);
            let bound = place(Kind::Header, block, 0, 0);
            let thrown_away = HeaderKey::generate(rng);
            let key = match header {
                Some((key, text)) => {
                    put(text.as_slice(), &mut memory);
                    key
                }
                None => {
                    put(&[], &mut memory);
                    &thrown_away
                }
            };
            key.seal(&bound, &nonce(rng), &mut memory);
            disk.write_at(byte_of(block), &memory)?;
        }
        disk.sync()?;
    }
    Ok(())
}

fn again(key: &VaultKey) -> VaultKey {
    VaultKey::from_bytes(*key.expose_bytes())
}

/// What the other header says in the next save: the same, one save later.
fn refreshed(other: &Other) -> Other {
    let root = &other.root;
    Other {
        key: HeaderKey::from_bytes(*other.key.expose_bytes()),
        root: Root {
            generation: root.generation.saturating_add(1),
            vault_key: again(&root.vault_key),
            state_key: StateKey::from_bytes(*root.state_key.expose_bytes()),
            ..*root
        },
    }
}

impl<D: Disk> Vault<D> {
    /// Saves the whole state. When this returns, what the last save led to is noise, and so is whatever stood at the other
    /// position, unless this vault keeps that alive.
    ///
    /// # Errors
    /// The state does not fit, or the disk failed.
    pub(crate) fn save(
        &mut self,
        snapshot: &[u8],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        let header = self.next_header(snapshot.len(), rng)?;
        let own = Some((&self.key, header.encode()));
        let other = header.other.as_ref().map(|other| {
            let text = Header::encode_root(&other.root);
            (&other.key, text)
        });
        let positions = if self.second {
            [other, own]
        } else {
            [own, other]
        };
        let (disk, layout) = (&mut self.disk, &self.layout);
        // What was stored in slots becomes durable here too, before a header leads to it.
        write_snapshot(disk, layout, &header.root, snapshot, rng)
            .and_then(|()| disk.sync())
            .map_err(FieldError::disk("saving the state"))?;
        self.torn = true;
        write_headers(disk, layout, &positions, rng)
            .map_err(FieldError::disk("saving the state"))?;
        self.torn = false;
        self.header = header;
        self.logged = 0;
        Ok(())
    }

    /// Ends the vault: the same blocks as a save, in the same order, and nothing opens any more.
    ///
    /// # Errors
    /// The disk failed; what could still be opened is then not known.
    pub(crate) fn wipe(mut self, rng: &mut (impl RngCore + CryptoRng)) -> Result<(), FieldError> {
        let header = self.next_header(1, rng)?;
        let (disk, layout) = (&mut self.disk, &self.layout);
        write_snapshot(disk, layout, &header.root, &[], rng)
            .and_then(|()| disk.sync())
            .and_then(|()| write_headers(disk, layout, &[None, None], rng))
            .map_err(FieldError::disk("wiping the vault"))
    }

    fn next_header(
        &self,
        length: usize,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Header, FieldError> {
        if self.torn {
            return Err(FieldError::disk("saving the state")(
                std::io::ErrorKind::BrokenPipe.into(),
            ));
        }
        let root = &self.header.root;
        Ok(Header {
            root: Root {
                generation: root.generation.saturating_add(1),
                area: root.next_area(),
                blocks: blocks_for(length, root.blocks, &self.layout)?,
                length: u32::try_from(length).unwrap_or(u32::MAX),
                vault_key: again(&root.vault_key),
                state_key: StateKey::generate(rng),
                ..*root
            },
            other: self.header.other.as_ref().map(refreshed),
        })
    }

    /// Adds a durable record to the journal. `false` when it does not fit: then the whole state must be saved.
    ///
    /// # Errors
    /// The disk failed.
    pub(crate) fn log(
        &mut self,
        record: &[u8],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<bool, FieldError> {
        if self.torn || self.logged >= RECORDS || record.len() > RECORD_TEXT {
            return Ok(false);
        }
        let mut memory = Zeroizing::new(vec![0; RECORD]);
        let length = u16::try_from(record.len()).unwrap_or(u16::MAX);
        let text = &mut memory[keys::vault::TEXT_AT..];
        text[..2].copy_from_slice(&length.to_be_bytes());
        text[2..2 + record.len()].copy_from_slice(record);
        let root = &self.header.root;
        let bound = place(Kind::Journal, 0, self.logged, root.generation);
        root.state_key.seal(&bound, &nonce(rng), &mut memory);
        self.disk
            .write_at(record_at(&self.layout, self.logged), &memory)
            .and_then(|()| self.disk.sync())
            .map_err(FieldError::disk("saving progress"))?;
        self.logged += 1;
        Ok(true)
    }
}
