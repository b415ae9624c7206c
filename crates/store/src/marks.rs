//! What a dispatch is marked with: the duress mark of its cells, and whether it came from another than the everyday vault.
//! Sealed, at one length: nothing on the disk tells a marked dispatch from another.

use crate::columns::Place;
use crate::dispatches::note_row;
use crate::engine::{Tx, args};
use crate::error::StoreError;
use crate::open::Store;
use crate::value::At;
use formats::{DispatchId, KitId};
use newsroom::Micros;
use newsroom::arrival::DispatchKey;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::vaults::{Chains, Origin};
use std::collections::BTreeMap;

const FORCED: u8 = 1;
const ELSEWHERE: u8 = 2;
/// Bytes of a mark: bits, chain, newest epoch under chain 0.
const LEN: usize = 7;

/// What is noted of a dispatch. What was once noted stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// A cell carried the duress mark.
    pub(crate) forced: bool,
    /// It came from another vault than the everyday one.
    pub(crate) elsewhere: bool,
    /// By which chains it came.
    pub(crate) origin: Origin,
}

impl Mark {
    fn encode(self) -> [u8; LEN] {
        let mut out = [0; LEN];
        out[0] = u8::from(self.forced) * FORCED + u8::from(self.elsewhere) * ELSEWHERE;
        out[1..3].copy_from_slice(&self.origin.chain.unwrap_or(0).to_be_bytes());
        out[3..].copy_from_slice(&self.origin.own.unwrap_or(u32::MAX).to_be_bytes());
        out
    }

    /// Marks from before origins were kept are one byte.
    fn decode(bytes: &[u8]) -> Option<Self> {
        let (bits, origin) = match *bytes {
            [bits] => (bits, Origin::default()),
            [bits, a, b, c, d, e, f] => {
                let (chain, own) = (u16::from_be_bytes([a, b]), u32::from_be_bytes([c, d, e, f]));
                let origin = Origin {
                    chain: (chain != 0).then_some(chain),
                    own: (own != u32::MAX).then_some(own),
                };
                (bits, origin)
            }
            _ => return None,
        };
        (bits & !(FORCED | ELSEWHERE) == 0).then_some(Self {
            forced: bits & FORCED != 0,
            elsewhere: bits & ELSEWHERE != 0,
            origin,
        })
    }

    /// Whether its sender is taken to be forced.
    pub(crate) const fn counts(self) -> bool {
        self.forced || self.elsewhere
    }

    /// Which vault this came from, as far as answering it goes: an answer for one must never be opened by another.
    pub(crate) fn vault(self) -> Vault {
        match (self.elsewhere, self.origin.chain) {
            (false, _) => Vault::Everyday,
            (true, chain) => Vault::Another(chain),
        }
    }
}

/// A vault of a kit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vault {
    Everyday,
    /// By its fresh chain, as far as that is known.
    Another(Option<u16>),
}

impl Store {
    pub(crate) fn seal_mark(&self, key: &DispatchKey, mark: Mark) -> Result<Vec<u8>, StoreError> {
        self.seal(mark_place(&note_row(key)), &mark.encode())
    }

    /// The mark of a dispatch; one that was there before marks were kept has none.
    pub(crate) fn open_mark(
        &self,
        key: &DispatchKey,
        sealed: Option<&[u8]>,
    ) -> Result<Mark, StoreError> {
        let Some(sealed) = sealed else {
            return Ok(Mark::default());
        };
        let opened = self.open(mark_place(&note_row(key)), sealed)?;
        At("dispatches", "forced").word(Mark::decode(&opened))
    }

    pub(crate) async fn load_mark(
        &self,
        tx: &mut Tx,
        key: &DispatchKey,
    ) -> Result<Mark, StoreError> {
        let sql = "SELECT forced FROM dispatches WHERE kit = $1 AND dispatch = $2";
        let row: Option<(Option<Vec<u8>>,)> = tx.one(sql, args![key.kit, key.dispatch]).await?;
        let (sealed,) = row.ok_or_else(|| At("dispatches", "forced").damaged())?;
        self.open_mark(key, sealed.as_deref())
    }

    /// Adds to what is noted of a dispatch, and judges with it where it came from.
    pub(crate) async fn add_to_mark(
        &self,
        tx: &mut Tx,
        key: &DispatchKey,
        forced: bool,
        add: impl FnOnce(Origin) -> Origin,
        now: Micros,
    ) -> Result<Mark, StoreError> {
        let old = self.load_mark(tx, key).await?;
        let mark = Mark {
            forced: old.forced || forced,
            origin: add(old.origin),
            ..old
        };
        if mark == old {
            return Ok(old);
        }
        let chains = self.chain_facts(tx, key.kit).await?;
        self.put_mark(tx, key, (old, mark), &chains, now).await
    }

    async fn put_mark(
        &self,
        tx: &mut Tx,
        key: &DispatchKey,
        (old, mut mark): (Mark, Mark),
        chains: &Chains,
        now: Micros,
    ) -> Result<Mark, StoreError> {
        mark.elsewhere |= chains.elsewhere(mark.origin);
        if mark == old {
            return Ok(mark);
        }
        let sealed = self.seal_mark(key, mark)?;
        let sql = "UPDATE dispatches SET forced = $1 WHERE kit = $2 AND dispatch = $3";
        tx.exec(sql, args![sealed, key.kit, key.dispatch]).await?;
        // The act says nothing by itself; what was noted is in the sealed details.
        for (is, was, word) in [
            (mark.forced, old.forced, "forced"),
            (mark.elsewhere, old.elsewhere, "another-vault"),
        ] {
            if is && !was {
                let entry = Entry::new(Chain::Dispatch(*key), Actor::Desk, Act::DispatchNoted, now);
                self.append(tx, entry.with("mark", word)).await?;
            }
        }
        Ok(mark)
    }

    /// Judges all dispatches of a kit once more, after something new became known of its chains.
    pub(crate) async fn judge_again(
        &self,
        tx: &mut Tx,
        kit: KitId,
        now: Micros,
    ) -> Result<(), StoreError> {
        let chains = self.chain_facts(tx, kit).await?;
        for (dispatch, mark) in self.marks_of(tx, kit).await? {
            let key = DispatchKey { kit, dispatch };
            self.put_mark(tx, &key, (mark, mark), &chains, now).await?;
        }
        Ok(())
    }

    /// The marks of all dispatches of a kit.
    pub(crate) async fn marks_of(
        &self,
        tx: &mut Tx,
        kit: KitId,
    ) -> Result<BTreeMap<DispatchId, Mark>, StoreError> {
        let sql = "SELECT dispatch, forced FROM dispatches WHERE kit = $1";
        let rows: Vec<(Vec<u8>, Option<Vec<u8>>)> = tx.all(sql, args![kit]).await?;
        rows.into_iter()
            .map(|(dispatch, sealed)| {
                let dispatch = DispatchId(At("dispatches", "dispatch").bytes(&dispatch)?);
                let key = DispatchKey { kit, dispatch };
                Ok((dispatch, self.open_mark(&key, sealed.as_deref())?))
            })
            .collect()
    }
}

fn mark_place(row: &[u8]) -> Place<'_> {
    Place {
        table: "dispatches",
        column: "forced",
        row,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_back_and_older_ones_are_read() {
        let origin = Origin {
            chain: Some(2),
            own: Some(60),
        };
        for (forced, elsewhere) in [(false, false), (true, false), (false, true), (true, true)] {
            for origin in [origin, Origin::default()] {
                let mark = Mark {
                    forced,
                    elsewhere,
                    origin,
                };
                assert_eq!(Mark::decode(&mark.encode()), Some(mark));
            }
        }
        assert_eq!(Mark::decode(&[0]), Some(Mark::default()));
        assert!(Mark::decode(&[1]).is_some_and(|mark| mark.forced && mark.counts()));
        for bad in [&[4][..], &[], &[0; 6], &[0; 8]] {
            assert_eq!(Mark::decode(bad), None);
        }
    }
}
