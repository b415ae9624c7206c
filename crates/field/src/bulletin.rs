//! Taking in what changes the kit: bulletins, believed on the word of k pinned custodians, and new session tokens.

use formats::{
    Bulletin, BulletinRefusal, KitDrop, Pinned, SignedBulletin, Supply, kit::DROPS_MAX,
    kit::TOKENS_MAX,
};
use rand_core::{CryptoRng, RngCore};

use crate::book::Field;
use crate::disk::Disk;
use crate::error::FieldError;
use crate::state::State;

/// What a bulletin changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulletinTaken {
    /// Its number.
    pub number: u32,
    /// Whether things are sealed to another recipient from now on.
    pub new_intake: bool,
    /// Drops known now that were not known before.
    pub drops_added: usize,
    /// Drops that are used no longer.
    pub drops_removed: usize,
}

/// What is here sealed to a recipient whose identity the newsroom will give up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retiring {
    /// Pieces that the newsroom has not acknowledged.
    pub pieces: usize,
    /// Until when it keeps the identity at the least, in microseconds since 1970 UTC.
    pub until: i64,
}

impl State {
    /// Takes a bulletin into the kit, all or nothing.
    pub(crate) fn take_bulletin(
        &mut self,
        signed: &SignedBulletin,
        now: i64,
    ) -> Result<BulletinTaken, BulletinRefusal> {
        let pinned = Pinned {
            newsroom: &self.kit.newsroom,
            custodians: &self.kit.custodians,
            threshold: self.kit.threshold,
            number: self.kit.bulletin,
            intake_epoch: self.kit.intake_epoch,
        };
        let bulletin = signed.verify(&pinned, now)?;
        Ok(self.apply_bulletin(bulletin))
    }

    fn apply_bulletin(&mut self, bulletin: Bulletin) -> BulletinTaken {
        let kit = &mut self.kit;
        let before = kit.drops.len();
        kit.drops
            .retain(|drop| !bulletin.drops_remove.contains(&drop.url));
        let kept = kit.drops.len();
        for new in bulletin.drops_add {
            // A kit holds so many drops and no more; the newsroom removes some before it adds others.
            let room = kit.drops.len() < DROPS_MAX;
            match kit.drops.iter_mut().find(|drop| drop.url == new.url) {
                Some(known) => known.log_key = new.log_key.or(known.log_key.take()),
                None if room => kit.drops.push(KitDrop {
                    url: new.url,
                    log_key: new.log_key,
                    tokens: Vec::new(),
                }),
                None => {}
            }
        }
        let taken = BulletinTaken {
            number: bulletin.number,
            new_intake: bulletin.intake_epoch != kit.intake_epoch,
            drops_added: kit.drops.len() - kept,
            drops_removed: before - kept,
        };
        kit.intake = bulletin.intake;
        kit.intake_epoch = bulletin.intake_epoch;
        kit.custodians = bulletin.custodians;
        kit.threshold = bulletin.threshold;
        kit.bulletin = bulletin.number;
        self.epochs.retired = bulletin.retired;
        taken
    }

    /// Adds the tokens of drops that the kit knows. A token that is here already is not added again.
    pub(crate) fn take_supply(&mut self, supply: &Supply) -> u64 {
        let mut added = 0;
        for (url, tokens) in &supply.drops {
            let Some(drop) = self.kit.drops.iter_mut().find(|drop| drop.url == *url) else {
                continue;
            };
            for token in tokens {
                if drop.tokens.len() < TOKENS_MAX && !drop.tokens.contains(token) {
                    drop.tokens.push(token.clone());
                    added += 1;
                }
            }
        }
        added
    }

    /// What waits here sealed to a retired recipient: all pieces of it, and the first date among them.
    pub(crate) fn retiring(&self) -> Option<Retiring> {
        let mut found: Option<Retiring> = None;
        for dispatch in &self.dispatches {
            let retired = self
                .epochs
                .retired
                .iter()
                .find(|r| r.epoch == dispatch.intake);
            let pieces = dispatch.pieces.iter().filter(|p| !p.forgotten).count();
            if let Some(retired) = retired
                && pieces > 0
            {
                let before = found.map_or((0, i64::MAX), |found| (found.pieces, found.until));
                found = Some(Retiring {
                    pieces: before.0 + pieces,
                    until: before.1.min(retired.until),
                });
            }
        }
        found
    }
}

impl<D: Disk> Field<D> {
    /// Takes a bulletin that came as a file.
    ///
    /// # Errors
    /// A bulletin that cannot be read or is not to be believed; the disk failed.
    pub fn take_bulletin(
        &mut self,
        bytes: &[u8],
        now: i64,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<BulletinTaken, FieldError> {
        let signed = SignedBulletin::decode(bytes).map_err(FieldError::BulletinUnreadable)?;
        let taken = self
            .state
            .take_bulletin(&signed, now)
            .map_err(FieldError::Bulletin)?;
        self.commit(rng)?;
        Ok(taken)
    }
}
