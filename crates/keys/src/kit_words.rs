//! Twelve words that stand for a kit: eleven random ones and one that checks them.
//!
//! They are a secret that two people share before they have anything else. What is derived from them lets the reporter
//! ask for the kit and the desk recognise the question. The kit itself is sealed to a key that the asking device made,
//! and four more words, compared aloud, show that it was this device's key and nobody else's
//! (`docs/formats/kit-words.md`).

use rand_core::{CryptoRng, RngCore};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::chain::ChainKey;
use crate::labels::{self, derive};
use crate::passphrase::{Passphrase, Words};
use crate::reply::{ReplyIdentity, ReplyRecipient, ReplySecret};
use crate::secret::secret32;
use crate::stretch::{Cost, Salt, StretchError, stretch};

/// How many words there are, the checking one included.
pub const COUNT: usize = 12;
/// How many words are compared aloud.
pub const CODE_COUNT: usize = 4;
/// What turning the words into a seed costs: as much as the field's own passphrase.
pub const SEED_COST: Cost = Cost::FIELD;
/// What the code compared aloud costs, at both ends.
pub const CODE_COST: Cost = Cost::CUSTODIAN_LEAST;
/// The salt of every stretching of kit words: they are random, so that a common salt helps nobody.
const SALT: Salt = Salt(*b"fh1/kit-words/00");

/// Why words are no kit words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KitWordsError {
    /// More or fewer than twelve.
    #[error("twelve words are needed, {have} are there")]
    Count {
        /// How many.
        have: usize,
    },
    /// A word that is in no list.
    #[error("word {position} is in neither list")]
    Unknown {
        /// Which, from 1.
        position: usize,
    },
    /// All words are known, and one is wrong or two have changed places.
    #[error("one of the words is wrong, or two have changed places")]
    Checksum,
}

/// Twelve words that passed their check. Never printed by accident, wiped on drop.
pub struct KitWords {
    text: Zeroizing<String>,
    words: Words,
}

impl core::fmt::Debug for KitWords {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("KitWords(..)")
    }
}

impl KitWords {
    /// Fresh words.
    #[must_use]
    pub fn generate(rng: &mut (impl RngCore + CryptoRng), words: Words) -> Self {
        let mut at: Vec<usize> = (1..COUNT).map(|_| words.draw(rng)).collect();
        at.push(check(words, &at));
        Self {
            text: spell(words, &at),
            words,
        }
    }

    /// Reads what somebody typed, in either language, forgiving what keyboards do.
    ///
    /// # Errors
    /// Another number of words, a word of neither list, or a failed check.
    pub fn parse(typed: &Passphrase) -> Result<Self, KitWordsError> {
        let canonical = typed.canonical();
        let typed: Vec<&str> = canonical.split(' ').filter(|w| !w.is_empty()).collect();
        if typed.len() != COUNT {
            return Err(KitWordsError::Count { have: typed.len() });
        }
        let mut furthest = 0;
        for words in [Words::English, Words::Arabic] {
            let known: Vec<usize> = typed.iter().map_while(|w| words.position(w)).collect();
            furthest = furthest.max(known.len());
            if let [first @ .., last] = known.as_slice()
                && known.len() == COUNT
            {
                if check(words, first) != *last {
                    return Err(KitWordsError::Checksum);
                }
                return Ok(Self {
                    text: spell(words, &known),
                    words,
                });
            }
        }
        Err(KitWordsError::Unknown {
            position: furthest + 1,
        })
    }

    /// The words, for showing them once.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Their language.
    #[must_use]
    pub fn words(&self) -> Words {
        self.words
    }

    /// What everything else comes from. Slow on purpose: it makes up for the shorter list.
    ///
    /// # Errors
    /// Not enough memory.
    pub fn seed(&self, cost: Cost) -> Result<KitWordsSeed, StretchError> {
        let stretched = stretch(&Passphrase::new(&self.text), &SALT, cost)?;
        Ok(KitWordsSeed(*stretched))
    }
}

secret32! {
    /// What twelve words become: known to the desk and to the reporter.
    KitWordsSeed
}

/// What a device that asks for its kit makes of the words and of its owner's passphrase: the same each time it is asked,
/// so that nothing need be stored before there is a kit.
pub struct Asker {
    /// What the kit will be sealed to.
    pub identity: ReplyIdentity,
    /// The secret of the one session.
    pub session: Zeroizing<[u8; 32]>,
    /// The seed of the one question's nonce and id.
    pub question: Zeroizing<[u8; 32]>,
}

impl core::fmt::Debug for Asker {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Asker(..)")
    }
}

impl KitWordsSeed {
    /// The chain under whose first epoch the question is veiled.
    #[must_use]
    pub fn chain(&self) -> ChainKey {
        ChainKey::from_bytes(*derive(&self.0, labels::WORDS_CHAIN))
    }

    /// The id under which the question comes, in place of a kit's.
    #[must_use]
    pub fn id(&self) -> [u8; 8] {
        let mut id = [0; 8];
        id.copy_from_slice(&derive(&self.0, labels::WORDS_ID)[..8]);
        id
    }

    /// The token of the one session in which the question is asked.
    #[must_use]
    pub fn token(&self) -> Zeroizing<[u8; 32]> {
        derive(&self.0, labels::WORDS_TOKEN)
    }

    /// What veils and addresses the answer's cells, the first `count` of them.
    #[must_use]
    pub fn reply_secrets(&self, count: usize) -> Vec<ReplySecret> {
        let mut link = derive(&self.0, labels::WORDS_REPLY);
        let mut secrets = Vec::with_capacity(count);
        for _ in 0..count {
            let next = derive(&link, labels::WORDS_REPLY);
            secrets.push(ReplySecret::from_bytes(*link));
            link = next;
        }
        secrets
    }

    /// The device's own part, from its owner's passphrase.
    ///
    /// # Errors
    /// Not enough memory.
    pub fn asker(&self, passphrase: &Passphrase, cost: Cost) -> Result<Asker, StretchError> {
        let mut salt = Salt([0; 16]);
        salt.0
            .copy_from_slice(&derive(&self.0, labels::WORDS_SALT)[..16]);
        let own = stretch(passphrase, &salt, cost)?;
        Ok(Asker {
            identity: ReplyIdentity::from_bytes(*derive(&own, labels::WORDS_IDENTITY)),
            session: derive(&own, labels::WORDS_SESSION),
            question: derive(&own, labels::WORDS_QUESTION),
        })
    }

    /// Four words to compare aloud: they differ when the kit was sealed to another device's key. Slow on purpose, so
    /// that nobody can look for a key that gives the same ones.
    ///
    /// # Errors
    /// Not enough memory.
    pub fn code(
        &self,
        asker: &ReplyRecipient,
        words: Words,
        cost: Cost,
    ) -> Result<String, StretchError> {
        let mut salt = Salt([0; 16]);
        salt.0
            .copy_from_slice(&derive(&self.0, labels::WORDS_CODE)[..16]);
        let key = data_encoding::HEXLOWER.encode(asker.as_bytes());
        let code = stretch(&Passphrase::new(&key), &salt, cost)?;
        let (parts, _) = code.as_chunks::<8>();
        let at: Vec<usize> = parts
            .iter()
            .take(CODE_COUNT)
            .map(|part| place(words, *part))
            .collect();
        Ok(spell(words, &at).to_string())
    }
}

/// The checking word's place in the list.
fn check(words: Words, first: &[usize]) -> usize {
    let mut hash = Sha256::new();
    hash.update(b"fh1/kit-words/check");
    for at in first {
        hash.update((*at as u64).to_be_bytes());
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hash.finalize()[..8]);
    place(words, first)
}

/// A place in the list from eight bytes; the excess of some places over others is below 2^-50.
fn place(words: Words, bytes: [u8; 8]) -> usize {
    let length = words.list().len() as u64;
    usize::try_from(u64::from_be_bytes(bytes) % length).unwrap_or(0)
}

fn spell(words: Words, at: &[usize]) -> Zeroizing<String> {
    // Reserved once, so that growing leaves no copies behind; no word has more than 31 bytes.
    let mut text = Zeroizing::new(String::with_capacity(at.len() * 32));
    for (n, at) in at.iter().enumerate() {
        if n > 0 {
            text.push(' ');
        }
        text.push_str(words.list().get(*at).copied().unwrap_or_default());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    const LISTS: [Words; 2] = [Words::English, Words::Arabic];

    fn parse(text: &str) -> Result<KitWords, KitWordsError> {
        KitWords::parse(&Passphrase::new(text))
    }

    #[test]
    fn words_come_back_and_keyboards_are_forgiven() {
        for words in LISTS {
            let made = KitWords::generate(&mut ChaCha20Rng::seed_from_u64(3), words);
            assert_eq!(made.expose().split(' ').count(), COUNT);
            let typed = made.expose().to_uppercase().replace(' ', " \n ");
            let read = parse(&typed).unwrap();
            assert_eq!((read.expose(), read.words()), (made.expose(), words));
            let seeds = [&made, &read].map(|w| w.seed(Cost::FOR_TESTS).unwrap());
            assert_eq!(seeds[0].expose_bytes(), seeds[1].expose_bytes());
        }
    }

    #[test]
    fn a_wrong_word_and_a_swap_are_caught_and_an_unknown_one_is_named() {
        for words in LISTS {
            let (mut wrong, mut swapped) = (0, 0);
            for seed in 0..200 {
                let made = KitWords::generate(&mut ChaCha20Rng::seed_from_u64(seed), words);
                let mut list: Vec<&str> = made.expose().split(' ').collect();
                let all = words.list();
                let at = all.iter().position(|word| *word == list[5]).unwrap();
                list.swap(3, 4);
                swapped += usize::from(parse(&list.join(" ")).is_ok() && list[3] != list[4]);
                list.swap(3, 4);
                list[5] = all[(at + 1) % all.len()];
                wrong += usize::from(parse(&list.join(" ")).is_ok());
                list[7] = "xyzzy";
                let unknown = KitWordsError::Unknown { position: 8 };
                assert_eq!(parse(&list.join(" ")).unwrap_err(), unknown);
            }
            // One in as many as the list has words passes by chance.
            assert!(wrong <= 2 && swapped <= 2, "{wrong} {swapped}");
        }
        let few = KitWordsError::Count { have: 2 };
        assert_eq!(parse("one two").unwrap_err(), few);
    }

    #[test]
    fn what_comes_of_the_words_differs_by_words_device_and_key() {
        let seed = |n| KitWordsSeed::from_bytes([n; 32]);
        let (one, two) = (seed(1), seed(2));
        assert_ne!(one.id(), two.id());
        assert_ne!(*one.token(), *two.token());
        let boxes: Vec<_> = one
            .reply_secrets(4)
            .iter()
            .map(ReplySecret::mailbox)
            .collect();
        for (n, mailbox) in boxes.iter().enumerate() {
            assert!(!boxes[n + 1..].contains(mailbox));
        }
        let device = |seed: &KitWordsSeed, pass: &str| {
            let asker = seed.asker(&Passphrase::new(pass), Cost::FOR_TESTS).unwrap();
            asker.identity.recipient()
        };
        let mine = device(&one, "mine");
        assert_eq!(mine, device(&one, "mine"));
        assert_ne!(mine, device(&one, "another's"));
        assert_ne!(mine, device(&two, "mine"));
        let code = |seed: &KitWordsSeed, key: &ReplyRecipient| {
            seed.code(key, Words::English, Cost::FOR_TESTS).unwrap()
        };
        assert_eq!(code(&one, &mine).split(' ').count(), CODE_COUNT);
        assert_ne!(code(&one, &mine), code(&one, &device(&one, "another's")));
        assert_ne!(code(&one, &mine), code(&two, &mine));
    }
}
