//! From which of a reporter's vaults something came, and how long the first chain of her kit is recognised.
//!
//! A kit lies in two vaults when there is a duress passphrase: the everyday one, which goes over to a fresh chain of its
//! own, and the one that the duress passphrase opens, which still begins with the kit's first chain. A vault that began
//! later than the first one is not her everyday vault: she was forced to open it, or somebody holds a copy of her kit.
//! Both are shown as forced, and neither can close, answer or learn anything in her name.

use formats::{EPOCHS_AHEAD, epoch_at};

use crate::time::Micros;

/// How many epochs something may be on its way: the field counts a packed file for so long, too.
pub const ON_ITS_WAY: u32 = 52;

/// A link that a cell was veiled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The chain's place among the kit's: 0 is the one that the kit came with.
    pub chain: u16,
    /// The epoch.
    pub epoch: u32,
}

/// A chain that a field made to replace the kit's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brought {
    /// Its place among the kit's chains, from 1.
    pub chain: u16,
    /// The oldest epoch in which a contact piece that brought it was sealed: when its vault was first used.
    pub at: u32,
    /// The oldest epoch from which something authentic came under it.
    pub seen: Option<u32>,
}

/// All chains of a kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chains {
    /// Chain 0 is the one that the kit came with. In records from before first chains were kept it may be a fresh one.
    pub first: bool,
    /// The others, in the order in which they became known.
    pub brought: Vec<Brought>,
}

/// What is known of where a dispatch came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The fresh chain of its vault, once a cell or the contact piece has told it.
    pub chain: Option<u16>,
    /// The newest epoch in which a cell of it was veiled under chain 0.
    pub own: Option<u32>,
}

impl Origin {
    /// What one more cell tells.
    #[must_use]
    pub fn and(self, link: Link) -> Self {
        match link.chain {
            0 => Self {
                own: self.own.max(Some(link.epoch)),
                ..self
            },
            chain => Self {
                chain: self.chain.or(Some(chain)),
                ..self
            },
        }
    }
}

impl Chains {
    /// The chain of the everyday vault: the one that was used first. A vault that is opened by force is used later.
    #[must_use]
    pub fn everyday(&self) -> Option<Brought> {
        self.brought
            .iter()
            .copied()
            .filter(|_| self.first)
            .min_by_key(|one| (one.at, one.chain))
    }

    /// Whether this cannot have come from the everyday vault.
    #[must_use]
    pub fn elsewhere(&self, origin: Origin) -> bool {
        let Some(everyday) = self.everyday() else {
            return !self.first && origin.chain.is_some();
        };
        match (origin.chain, origin.own, everyday.seen) {
            (Some(chain), _, _) => chain != everyday.chain,
            // The everyday vault had gone over by the epoch in which it was seen under its fresh chain, and never goes back.
            (None, Some(own), Some(gone)) => own > gone,
            (None, _, _) => false,
        }
    }

    /// The oldest epoch in which the kit's first chain must still be recognised.
    ///
    /// `closed_to`: nothing older is wanted of the everyday vault, by its own settled word. Until it has left the first
    /// chain that word alone counts. Afterwards nothing under the first chain is hers: what was, is closed for good, and
    /// the rest moves on with the calendar, as far behind as something may be on its way, and no further than a vault that
    /// was never answered can come. So a vault that is opened by force is recognised, however late.
    #[must_use]
    pub fn first_open_from(&self, closed_to: u32, issued_at: Micros, now: Micros) -> u32 {
        let week = epoch_at(issued_at.0, now.0);
        let gone = self.everyday().and_then(|everyday| everyday.seen);
        let by_word = match gone {
            Some(gone) if gone < closed_to => (gone + 1).max(week.saturating_sub(ON_ITS_WAY)),
            _ => closed_to,
        };
        // The clock of the everyday vault may have been ahead; that of the other one need not be.
        by_word.min(week).min(EPOCHS_AHEAD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use formats::EPOCH;

    fn brought(chain: u16, at: u32, seen: Option<u32>) -> Brought {
        Brought { chain, at, seen }
    }

    fn chains(brought: &[Brought]) -> Chains {
        Chains {
            first: true,
            brought: brought.to_vec(),
        }
    }

    fn own(epoch: u32) -> Origin {
        Origin::default().and(Link { chain: 0, epoch })
    }

    fn of(chain: u16) -> Origin {
        Origin::default().and(Link { chain, epoch: 0 })
    }

    #[test]
    fn g10_what_comes_under_the_first_chain_after_it_was_left_is_not_hers() {
        let none = chains(&[]);
        assert!(!none.elsewhere(own(9)), "nothing to compare with");
        let unseen = chains(&[brought(1, 0, None)]);
        assert!(!unseen.elsewhere(own(9)), "she may not have gone over");
        let gone = chains(&[brought(1, 0, Some(3))]);
        assert!(!gone.elsewhere(own(3)), "the week of going over is hers");
        assert!(gone.elsewhere(own(4)));
        assert!(!gone.elsewhere(of(1)));
        assert!(!gone.elsewhere(own(9).and(Link { chain: 1, epoch: 9 })));
    }

    #[test]
    fn g10_the_vault_that_was_used_first_is_the_everyday_one() {
        let two = chains(&[brought(1, 2, Some(3)), brought(2, 9, None)]);
        assert_eq!(two.everyday().map(|one| one.chain), Some(1));
        assert!(!two.elsewhere(of(1)) && two.elsewhere(of(2)));
        // The first vault's dispatch was on a card and came later.
        let late = chains(&[brought(1, 9, Some(9)), brought(2, 2, None)]);
        assert_eq!(late.everyday().map(|one| one.chain), Some(2));
        assert!(late.elsewhere(of(1)) && !late.elsewhere(of(2)));
        // In one week, whatever came first.
        let tied = chains(&[brought(1, 2, None), brought(2, 2, None)]);
        assert!(!tied.elsewhere(of(1)) && tied.elsewhere(of(2)));
        // A record in which chain 0 is the fresh one already.
        let older = Chains {
            first: false,
            brought: vec![brought(1, 0, Some(0))],
        };
        assert!(!older.elsewhere(own(70)) && older.elsewhere(of(1)));
    }

    #[test]
    fn g10_the_first_chain_stays_recognised_from_now_on() {
        let from = |chains: &Chains, closed_to, weeks: i64| {
            chains.first_open_from(closed_to, Micros(5), Micros(5 + weeks * EPOCH))
        };
        let staying = chains(&[brought(1, 0, Some(3))]);
        assert_eq!(from(&staying, 3, 90), 3, "what she sent may be on its way");
        // Gone in epoch 3 at the latest: everything of hers is closed, nothing of another vault's.
        assert_eq!(from(&staying, 8, 12), 4);
        assert_eq!(from(&staying, 8, 56), 4);
        assert_eq!(from(&staying, 8, 58), 6);
        assert_eq!(from(&staying, 70, 112), 60);
        assert_eq!(
            from(&staying, 70, 1_000),
            60,
            "no vault comes further unanswered"
        );
        // Her clock said 2035.
        let ahead = chains(&[brought(1, 0, Some(60))]);
        assert_eq!(from(&ahead, 61, 5), 5);
        assert_eq!(from(&chains(&[]), 7, 5), 5);
        assert_eq!(from(&chains(&[]), 7, 9), 7);
    }
}
