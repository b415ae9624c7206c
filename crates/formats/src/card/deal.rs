//! Which shards of a piece go on which card.
//!
//! A card holds a run of consecutive shard indexes, and different cards hold different runs, so that any `need` cards
//! together hold K different shards. The code has 1,024 shards for each K; where all cards hold whole copies and there are
//! more cards than runs, runs are dealt again from the first.

use std::ops::Range;

use crate::PieceNo;
use crate::cell::INDEX_END;

/// Copies are made from the first shards of the code, so that making them takes little memory.
const COPY_END: u16 = 512;
/// The most source shards of a piece that goes on every card whole even when the rest is dealt out.
const SMALL: u16 = 8;

/// Whether a piece goes on every card whole: contact and manifest pieces, and whatever is small (words, previews).
#[must_use]
pub fn is_small(piece: PieceNo, last: bool, k: u16) -> bool {
    piece == PieceNo::CONTACT || last || k <= SMALL
}

/// How pieces are dealt to cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deal {
    /// How many cards there are, at least 1.
    pub cards: u16,
    /// How many of them restore everything, between 1 and `cards`. One means that each card is a full copy.
    pub need: u16,
    /// Shards that each card holds beyond its share, against damage.
    pub spare: u16,
}

impl Deal {
    /// How many cards restore a piece: one where each card holds it whole.
    fn need_for(&self, small: bool) -> u16 {
        if small { 1 } else { self.need.max(1) }
    }

    /// How many shards of a piece with K source shards each card holds.
    #[must_use]
    pub fn per_card(&self, k: u16, small: bool) -> u16 {
        k.div_ceil(self.need_for(small)).saturating_add(self.spare)
    }

    /// How many different runs the piece's code has room for, at most one for each card. `None` when that is too few for
    /// any `need` cards to restore the piece.
    #[must_use]
    pub fn runs(&self, k: u16, small: bool) -> Option<u16> {
        let per_card = self.per_card(k, small);
        if per_card == 0 || per_card > INDEX_END {
            return None;
        }
        if self.need_for(small) == 1 {
            return Some((COPY_END / per_card).clamp(1, self.cards));
        }
        (u32::from(per_card) * u32::from(self.cards) <= u32::from(INDEX_END)).then_some(self.cards)
    }

    /// The shards of the piece that `card`, counted from 0, holds. `None` as for [`Self::runs`].
    #[must_use]
    pub fn share(&self, k: u16, small: bool, card: u16) -> Option<Range<u16>> {
        let run = card % self.runs(k, small)?;
        let per_card = self.per_card(k, small);
        let start = run * per_card;
        Some(start..start + per_card)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// All ways to choose `need` of `cards`.
    fn choices(cards: u16, need: u16) -> Vec<Vec<u16>> {
        (0..1_u32 << cards)
            .filter(|mask| mask.count_ones() == u32::from(need))
            .map(|mask| (0..cards).filter(|c| mask >> c & 1 == 1).collect())
            .collect()
    }

    #[test]
    fn any_five_of_eight_cards_hold_k_different_shards_for_every_k() {
        let chosen = choices(8, 5);
        assert_eq!(chosen.len(), 56);
        for k in 1..=256 {
            for spare in 0..=2 {
                let deal = Deal {
                    cards: 8,
                    need: 5,
                    spare,
                };
                for cards in &chosen {
                    let held: BTreeSet<u16> = cards
                        .iter()
                        .flat_map(|card| deal.share(k, false, *card).unwrap())
                        .collect();
                    assert!(held.len() >= usize::from(k), "K={k}");
                    assert!(held.iter().all(|index| *index < INDEX_END));
                }
            }
        }
    }

    #[test]
    fn a_full_copy_needs_one_card_and_two_copies_differ_while_the_code_has_room() {
        for k in 1..=256 {
            let deal = Deal {
                cards: 8,
                need: 5,
                spare: 2,
            };
            for card in 0..8 {
                assert_eq!(deal.share(k, true, card).unwrap().len(), usize::from(k) + 2);
            }
        }
        let deal = Deal {
            cards: 8,
            need: 1,
            spare: 0,
        };
        assert_eq!(deal.share(1, false, 7), Some(7..8));
        assert_eq!(deal.share(100, false, 4), Some(400..500));
        assert_eq!(deal.share(100, false, 5), Some(0..100));
        assert_eq!(deal.share(256, false, 7), Some(256..512));
    }

    #[test]
    fn more_cards_than_the_code_has_runs_for_are_refused() {
        let many = Deal {
            cards: 20,
            need: 5,
            spare: 0,
        };
        assert_eq!(many.share(256, false, 0), None, "20 runs of 52 are 1,040");
        assert_eq!(many.share(255, false, 19), Some(969..1020));
        assert!(many.share(256, true, 0).is_some());
    }
}
