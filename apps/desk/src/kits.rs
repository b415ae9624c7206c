//! Making a kit: its keys, and session tokens that the drops will let in.
//!
//! A drop learns token hashes in batches of a fixed size, those of all kits mixed with fillers that
//! nobody holds, so that neither the size nor the order of a batch tells how many kits there are or
//! which tokens belong together. It never sees a token before its one use.

use formats::{Custodian, DropUrl, Kit, KitDrop, KitId, SessionToken};
use keys::{ChainKey, IntakeRecipient, KitWordsSeed};
use ledger::{Digest, LogVerifier};
use rand_core::{CryptoRng, RngCore};
use wire::TokenHash;

/// Sessions a kit can begin at each drop before it needs new tokens: more than one a day for months.
pub(crate) const TOKENS_PER_DROP: usize = 128;
/// Hashes in a batch, fillers included; larger ones are a multiple of it.
pub(crate) const BATCH: usize = 512;

/// What is needed to make a kit.
pub(crate) struct KitFacts {
    pub(crate) newsroom: String,
    pub(crate) issued_at: i64,
    pub(crate) intake: IntakeRecipient,
    pub(crate) intake_epoch: u32,
    pub(crate) drops: Vec<(DropUrl, Option<LogVerifier>)>,
    pub(crate) custodians: Vec<Custodian>,
    pub(crate) threshold: u8,
    pub(crate) bulletin: u32,
}

/// A fresh kit, and the hashes of its tokens by the drop they are for.
pub(crate) fn make(
    facts: KitFacts,
    rng: &mut (impl RngCore + CryptoRng),
) -> (Kit, Vec<(DropUrl, Digest)>) {
    let mut drops = Vec::new();
    let mut hashes = Vec::new();
    for (url, log_key) in facts.drops {
        let tokens: Vec<SessionToken> = (0..TOKENS_PER_DROP).map(|_| token(rng)).collect();
        hashes.extend(tokens.iter().map(|token| (url.clone(), hash_of(token))));
        drops.push(KitDrop {
            url,
            log_key,
            tokens,
        });
    }
    let kit = Kit {
        newsroom: facts.newsroom,
        id: KitId::random(rng),
        issued_at: facts.issued_at,
        intake: facts.intake,
        intake_epoch: facts.intake_epoch,
        chain: ChainKey::generate(rng),
        drops,
        custodians: facts.custodians,
        threshold: facts.threshold,
        bulletin: facts.bulletin,
    };
    (kit, hashes)
}

/// What a drop is told: the waiting hashes among fillers, in no order.
pub(crate) fn batch(waiting: &[Digest], rng: &mut (impl RngCore + CryptoRng)) -> Vec<TokenHash> {
    let mut batch: Vec<TokenHash> = waiting
        .iter()
        .map(|hash| TokenHash::from_bytes(*hash.as_bytes()))
        .collect();
    let full = batch.len().next_multiple_of(BATCH);
    while batch.len() < full {
        let mut filler = [0; 32];
        rng.fill_bytes(&mut filler);
        batch.push(TokenHash::from_bytes(filler));
    }
    shuffle(&mut batch, rng);
    batch
}

pub(crate) fn token(rng: &mut (impl RngCore + CryptoRng)) -> SessionToken {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    SessionToken::from_bytes(bytes)
}

/// The hash of the token that a question for a kit is asked with.
pub(crate) fn words_token_hash(seed: &KitWordsSeed) -> Digest {
    hash_of(&SessionToken::from_bytes(*seed.token()))
}

pub(crate) fn hash_of(token: &SessionToken) -> Digest {
    let hash = wire::SessionToken::from_bytes(*token.expose_bytes()).hash();
    Digest(*hash.as_bytes())
}

/// Fisher and Yates, with draws that favour no place.
fn shuffle<T>(list: &mut [T], rng: &mut impl RngCore) {
    for last in (1..list.len()).rev() {
        let places = last as u64 + 1;
        // Draws beyond the last whole multiple would make low places likelier; they are drawn again.
        let limit = u64::MAX - u64::MAX % places;
        let draw = loop {
            let draw = rng.next_u64();
            if draw < limit {
                break draw % places;
            }
        };
        list.swap(last, usize::try_from(draw).unwrap_or(last));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn a_batch_holds_every_token_once_among_fillers_in_no_order() {
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let own: Vec<Digest> = (0..TOKENS_PER_DROP)
            .map(|_| hash_of(&token(&mut rng)))
            .collect();
        let batch = batch(&own, &mut rng);
        assert_eq!(batch.len(), BATCH);
        assert_eq!(batch.iter().collect::<BTreeSet<_>>().len(), BATCH);
        let place = |hash: &Digest| {
            batch
                .iter()
                .position(|one| one.as_bytes() == hash.as_bytes())
        };
        let places: Vec<usize> = own.iter().map(|hash| place(hash).unwrap()).collect();
        let in_first_half = places.iter().filter(|at| **at < BATCH / 2).count();
        assert!(
            (40..=88).contains(&in_first_half),
            "{in_first_half} of {TOKENS_PER_DROP}"
        );
        assert!(!places.is_sorted());
    }

    #[test]
    fn a_batch_is_always_a_multiple_of_one_size() {
        let mut rng = ChaCha20Rng::seed_from_u64(6);
        for waiting in [1, BATCH, BATCH + 1] {
            let own = vec![Digest([7; 32]); waiting];
            assert_eq!(batch(&own, &mut rng).len() % BATCH, 0);
        }
        assert!(batch(&[], &mut rng).is_empty());
    }
}
