//! What the desk said is safe with it, and on which day: packs below may go after as many days as the owner chose.

use std::io;

use sha2::{Digest, Sha256};

use crate::disk::{Disk, read_whole, replace};

const NAME: &str = "confirmed";
const MAGIC: &[u8; 8] = b"FHCONF\x00\x01";
const CHECK: usize = 32;
const ENTRY: usize = 16;

/// Offsets confirmed, and the day of each; both ascend.
#[derive(Clone, Default)]
pub(crate) struct Confirmed {
    entries: Vec<(u64, i64)>,
}

impl Confirmed {
    pub(crate) fn open(disk: &dyn Disk) -> io::Result<Self> {
        let Some(bytes) = read_whole(disk, NAME)? else {
            return Ok(Self::default());
        };
        decode(&bytes).ok_or_else(|| {
            let what = "the file of confirmed offsets is damaged";
            io::Error::new(io::ErrorKind::InvalidData, what)
        })
    }

    /// Everything below this offset is safe at the desk.
    pub(crate) fn below(&self) -> u64 {
        self.entries.last().map_or(0, |(below, _)| *below)
    }

    /// With one more word of the desk; nothing when it says nothing new.
    pub(crate) fn with(&self, below: u64, day: i64, keep_days: i64) -> Option<Self> {
        if below <= self.below() {
            return None;
        }
        let mut entries = self.entries.clone();
        match entries.last_mut() {
            // A clock that went back makes the offset younger, never older.
            Some((last, on)) if *on >= day => *last = below,
            _ => entries.push((below, day)),
        }
        // Of those whose time is over only the furthest matters.
        let over = entries.iter().filter(|(_, on)| day - on >= keep_days);
        let over = over.count().saturating_sub(1);
        entries.drain(..over);
        Some(Self { entries })
    }

    /// Below this offset nothing needs to be kept.
    pub(crate) fn removable(&self, today: i64, keep_days: i64) -> u64 {
        let over = self
            .entries
            .iter()
            .filter(|(_, on)| today.saturating_sub(*on) >= keep_days);
        over.map(|(below, _)| *below).max().unwrap_or(0)
    }

    /// Makes this the one on the disk.
    pub(crate) fn save(&self, disk: &dyn Disk) -> io::Result<()> {
        let mut body = MAGIC.to_vec();
        for (below, day) in &self.entries {
            body.extend_from_slice(&below.to_be_bytes());
            body.extend_from_slice(&day.to_be_bytes());
        }
        let check = Sha256::digest(&body);
        replace(disk, "", NAME, &[&body, &check])
    }
}

fn decode(bytes: &[u8]) -> Option<Confirmed> {
    let (body, check) = bytes.split_last_chunk::<CHECK>()?;
    if Sha256::digest(body).as_slice() != check {
        return None;
    }
    let (entries, rest) = body.strip_prefix(MAGIC)?.as_chunks::<ENTRY>();
    let entry = |bytes: &[u8; ENTRY]| {
        let (below, day) = bytes.split_first_chunk::<8>()?;
        let day = i64::from_be_bytes(day.try_into().ok()?);
        Some((u64::from_be_bytes(*below), day))
    };
    let entries = entries.iter().map(entry).collect::<Option<Vec<_>>>()?;
    rest.is_empty().then_some(Confirmed { entries })
}
