//! What each desk said is safe with it, and on which day: packs that all desks have may go after as many days as the owner chose.

use std::collections::BTreeMap;
use std::io;

use sha2::{Digest, Sha256};
use wire::TokenHash;

use crate::disk::{Disk, read_whole, replace};

const NAME: &str = "confirmed";
const MAGIC: &[u8; 8] = b"FHCONF\x00\x02";
/// From when a drop had one desk: the same without whose word it is.
const MAGIC_ONE: &[u8; 8] = b"FHCONF\x00\x01";
const CHECK: usize = 32;
const DESK: usize = 32;
const ENTRY: usize = 16;
/// Whose the words of the first version are.
const UNNAMED: [u8; DESK] = [0; DESK];

/// One desk's words: offsets confirmed, and the day of each; both ascend.
type Words = Vec<(u64, i64)>;

/// What was confirmed, by the hash of each desk's token.
#[derive(Clone, Default)]
pub(crate) struct Confirmed {
    desks: BTreeMap<[u8; DESK], Words>,
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

    /// The furthest that any desk ever confirmed: what is missing below it may have been removed.
    pub(crate) fn below(&self) -> u64 {
        self.desks
            .values()
            .map(|words| last(words))
            .max()
            .unwrap_or(0)
    }

    /// Everything below this offset is safe at this desk.
    pub(crate) fn below_of(&self, desk: &TokenHash) -> u64 {
        self.desks
            .get(desk.as_bytes())
            .map_or(0, |words| last(words))
    }

    /// With one more word of a desk; nothing when it says nothing new.
    pub(crate) fn with(
        &self,
        desk: &TokenHash,
        below: u64,
        day: i64,
        keep_days: i64,
    ) -> Option<Self> {
        if below <= self.below_of(desk) {
            return None;
        }
        let mut next = self.clone();
        let words = next.desks.entry(*desk.as_bytes()).or_default();
        match words.last_mut() {
            // A clock that went back makes the offset younger, never older.
            Some((last, on)) if *on >= day => *last = below,
            _ => words.push((below, day)),
        }
        // Of those whose time is over only the furthest matters.
        let over = words.iter().filter(|(_, on)| day - on >= keep_days);
        let over = over.count().saturating_sub(1);
        words.drain(..over);
        Some(next)
    }

    /// Below this offset nothing needs to be kept for any of these desks. A desk that never said anything needs everything.
    pub(crate) fn removable(&self, desks: &[TokenHash], today: i64, keep_days: i64) -> u64 {
        let of = |key: &[u8; DESK]| {
            let words = self.desks.get(key).into_iter().flatten();
            let over = words.filter(|(_, on)| today.saturating_sub(*on) >= keep_days);
            over.map(|(below, _)| *below).max().unwrap_or(0)
        };
        // Words without a name are of the one desk there was; once desks have names they are of nobody who is here.
        let unnamed = self.desks.keys().all(|key| *key == UNNAMED);
        match desks {
            [_] if unnamed => of(&UNNAMED),
            [one] => of(one.as_bytes()),
            several => {
                let each = several.iter().map(|desk| of(desk.as_bytes()));
                each.min().unwrap_or(0)
            }
        }
    }

    /// Makes this the one on the disk.
    pub(crate) fn save(&self, disk: &dyn Disk) -> io::Result<()> {
        let mut body = MAGIC.to_vec();
        for (desk, words) in &self.desks {
            for (below, day) in words {
                body.extend_from_slice(desk);
                body.extend_from_slice(&below.to_be_bytes());
                body.extend_from_slice(&day.to_be_bytes());
            }
        }
        let check = Sha256::digest(&body);
        replace(disk, "", NAME, &[&body, &check])
    }
}

fn last(words: &[(u64, i64)]) -> u64 {
    words.last().map_or(0, |(below, _)| *below)
}

fn decode(bytes: &[u8]) -> Option<Confirmed> {
    let (body, check) = bytes.split_last_chunk::<CHECK>()?;
    if Sha256::digest(body).as_slice() != check {
        return None;
    }
    let mut confirmed = Confirmed::default();
    let mut add = |desk: [u8; DESK], word: &[u8; ENTRY]| {
        let (below, day) = word.split_first_chunk::<8>()?;
        let word = (
            u64::from_be_bytes(*below),
            i64::from_be_bytes(day.try_into().ok()?),
        );
        confirmed.desks.entry(desk).or_default().push(word);
        Some(())
    };
    if let Some(words) = body.strip_prefix(MAGIC_ONE) {
        let (words, rest) = words.as_chunks::<ENTRY>();
        rest.is_empty().then_some(())?;
        words.iter().try_for_each(|word| add(UNNAMED, word))?;
    } else {
        let (words, rest) = body.strip_prefix(MAGIC)?.as_chunks::<{ DESK + ENTRY }>();
        rest.is_empty().then_some(())?;
        for word in words {
            let (desk, word) = word.split_first_chunk::<DESK>()?;
            add(*desk, word.try_into().ok()?)?;
        }
    }
    Some(confirmed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk(n: u8) -> TokenHash {
        wire::DeskToken::from_bytes([n; 32]).hash()
    }

    #[test]
    fn what_one_desk_confirmed_long_ago_waits_for_the_others() {
        let (here, there) = (desk(1), desk(2));
        let said = Confirmed::default().with(&here, 90, 10, 30).unwrap();
        assert_eq!(said.removable(std::slice::from_ref(&here), 40, 30), 90);
        assert_eq!(said.removable(std::slice::from_ref(&here), 39, 30), 0);
        let both = [here, there];
        assert_eq!(said.removable(&both, 400, 30), 0, "it said nothing yet");
        let said = said.with(&both[1], 50, 200, 30).unwrap();
        assert_eq!(said.removable(&both, 229, 30), 0);
        assert_eq!(said.removable(&both, 230, 30), 50);
        assert_eq!(said.below_of(&both[0]), 90);
        assert!(said.with(&both[1], 50, 201, 30).is_none());
        assert_eq!(said.removable(&[], 400, 30), 0, "nobody is known to read");
    }

    #[test]
    fn a_file_from_when_there_was_one_desk_counts_for_one_alone() {
        let mut body = MAGIC_ONE.to_vec();
        body.extend(7_u64.to_be_bytes());
        body.extend(1_i64.to_be_bytes());
        let file = [body.as_slice(), &Sha256::digest(&body)].concat();
        let old = decode(&file).unwrap();
        assert_eq!(old.below(), 7);
        assert_eq!(old.removable(&[desk(1)], 40, 30), 7);
        assert_eq!(old.removable(&[desk(1), desk(2)], 40, 30), 0);
        assert!(decode(&file[1..]).is_none());
    }
}
