//! Passphrases: secret strings that people type, and the words they are generated from.
//!
//! What is stretched is the canonical form, which forgives what keyboards do to people: spacing, capitals, Arabic
//! diacritics and the spelling variants of alef, ya, ta marbuta and digits. The lists hold no two words that fold to
//! the same form, so nothing is lost by it.

use std::collections::HashSet;
use std::sync::OnceLock;

use rand_core::{CryptoRng, RngCore};
use zeroize::{Zeroize, Zeroizing};

/// Strength of a generated passphrase: two to this power equally likely ones, at least.
pub const GENERATED_BITS: u32 = 77;
/// What a passphrase made of list words must reach at least to be accepted without a warning.
const ACCEPTED_BITS: u32 = 64;
/// Fewest characters of a passphrase that somebody thought up.
const CHARACTERS_LEAST: usize = 16;
/// Fewest different characters of such a passphrase.
const DISTINCT_LEAST: usize = 8;

/// The embedded word lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Words {
    /// English, BIP-39's list.
    English,
    /// Arabic, our own list.
    Arabic,
}

impl Words {
    /// The list's words.
    #[must_use]
    pub fn list(self) -> &'static [&'static str] {
        static ENGLISH: OnceLock<Vec<&'static str>> = OnceLock::new();
        static ARABIC: OnceLock<Vec<&'static str>> = OnceLock::new();
        match self {
            Self::English => {
                ENGLISH.get_or_init(|| include_str!("../words/en.txt").lines().collect())
            }
            Self::Arabic => {
                ARABIC.get_or_init(|| include_str!("../words/ar.txt").lines().collect())
            }
        }
    }

    /// How many words of this list give at least `bits` bits (up to 100).
    #[must_use]
    pub fn count_for(self, bits: u32) -> usize {
        let (mut ways, mut count) = (1u128, 0);
        while ways < 1 << bits.min(100) {
            ways *= self.list().len() as u128;
            count += 1;
        }
        count
    }

    /// Where a word stands in the list, by its canonical form.
    pub(crate) fn position(self, canonical: &str) -> Option<usize> {
        let folds = |word: &&str| word.chars().filter_map(fold).eq(canonical.chars());
        self.list().iter().position(folds)
    }

    /// One word, each as likely as any other.
    fn pick(self, rng: &mut (impl RngCore + CryptoRng)) -> &'static str {
        self.list()[self.draw(rng)]
    }

    /// One word's place in the list, each as likely as any other.
    pub(crate) fn draw(self, rng: &mut (impl RngCore + CryptoRng)) -> usize {
        let length = self.list().len() as u64;
        // The largest multiple of the length: draws beyond it would favour the first words and are thrown away.
        let fair = u64::MAX - u64::MAX % length;
        loop {
            let drawn = rng.next_u64();
            if drawn < fair {
                return usize::try_from(drawn % length).unwrap_or(0);
            }
        }
    }
}

/// Why a passphrase that somebody chose is too weak for what it would protect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// Too few characters.
    TooShort {
        /// How many it has.
        have: usize,
        /// How many it needs.
        need: usize,
    },
    /// Too few different characters.
    Repeats,
    /// Digits alone.
    DigitsOnly,
    /// List words, and too few different ones.
    TooFewWords {
        /// How many different words it has.
        have: usize,
        /// How many it needs.
        need: usize,
    },
}

/// A passphrase. Never printed, wiped on drop.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes what somebody typed.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// Takes what somebody typed, wiping it when done.
    #[must_use]
    pub fn from_string(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Generates a passphrase of at least [`GENERATED_BITS`] bits.
    #[must_use]
    pub fn generate(rng: &mut (impl RngCore + CryptoRng), words: Words) -> Self {
        let count = words.count_for(GENERATED_BITS);
        // Reserved once, so that growing leaves no copies behind; no word has more than 31 bytes.
        let mut text = Zeroizing::new(String::with_capacity(count * 32));
        for index in 0..count {
            if index > 0 {
                text.push(' ');
            }
            text.push_str(words.pick(rng));
        }
        Self(text)
    }

    /// The passphrase as typed or generated, for showing it once to the person it belongs to.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether nothing was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// What is stretched: see the module's header for what is folded.
    #[must_use]
    pub fn canonical(&self) -> Zeroizing<String> {
        let mut out = Zeroizing::new(String::with_capacity(self.0.len() * 3 + 4));
        for word in self.0.split_whitespace() {
            // A word may consist of dropped marks alone, hence the space comes with its first letter.
            let mut letters = word.chars().filter_map(fold).peekable();
            if letters.peek().is_some() && !out.is_empty() {
                out.push(' ');
            }
            letters.for_each(|letter| out.extend(letter.to_lowercase()));
        }
        out
    }

    /// The form that opens a vault: canonical, the lesser of the first two words first. Says also whether they had to be exchanged
    /// for it. Both orders open the same vault; the one that its owner did not enrol is her duress mark.
    #[must_use]
    pub fn ordered(&self) -> (Zeroizing<String>, bool) {
        let canonical = self.canonical();
        let mut words = canonical.splitn(3, ' ');
        match (words.next(), words.next()) {
            (Some(first), Some(second)) if first > second => {
                let mut out = Zeroizing::new(String::with_capacity(canonical.len()));
                for (at, word) in [second, first].into_iter().chain(words).enumerate() {
                    if at > 0 {
                        out.push(' ');
                    }
                    out.push_str(word);
                }
                (out, true)
            }
            _ => (canonical, false),
        }
    }

    /// Whether exchanging its first two words makes a difference: without one it has no duress mark.
    #[must_use]
    pub fn can_mark(&self) -> bool {
        let canonical = self.canonical();
        let mut words = canonical.split(' ');
        matches!((words.next(), words.next()), (Some(first), Some(second)) if first != second)
    }

    /// How many different words it has in common with another one.
    #[must_use]
    pub fn shared_words(&self, other: &Self) -> usize {
        let (mine, theirs) = (self.canonical(), other.canonical());
        let mine: HashSet<&str> = mine.split(' ').collect();
        let theirs: HashSet<&str> = theirs.split(' ').collect();
        mine.intersection(&theirs).count()
    }

    /// Why this passphrase should not protect anything, if so. Generated ones pass.
    #[must_use]
    pub fn weakness(&self) -> Option<Weakness> {
        let canonical = self.canonical();
        let words: HashSet<&str> = canonical.split(' ').collect();
        for list in [Words::English, Words::Arabic] {
            let known = folded_list(list);
            if words.iter().all(|word| known.contains(*word)) {
                let (have, need) = (words.len(), list.count_for(ACCEPTED_BITS));
                return (have < need).then_some(Weakness::TooFewWords { have, need });
            }
        }
        let have = canonical.chars().count();
        if have < CHARACTERS_LEAST {
            return Some(Weakness::TooShort {
                have,
                need: CHARACTERS_LEAST,
            });
        }
        if canonical.chars().all(|c| c.is_numeric() || c == ' ') {
            return Some(Weakness::DigitsOnly);
        }
        let distinct: HashSet<char> = canonical.chars().collect();
        (distinct.len() < DISTINCT_LEAST).then_some(Weakness::Repeats)
    }
}

impl core::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

impl Zeroize for Passphrase {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// A list in its folded form.
fn folded_list(words: Words) -> &'static HashSet<String> {
    static ENGLISH: OnceLock<HashSet<String>> = OnceLock::new();
    static ARABIC: OnceLock<HashSet<String>> = OnceLock::new();
    let fold_all = || {
        let folded = |word: &&str| word.chars().filter_map(fold).collect();
        words.list().iter().map(folded).collect()
    };
    match words {
        Words::English => ENGLISH.get_or_init(fold_all),
        Words::Arabic => ARABIC.get_or_init(fold_all),
    }
}

/// One character's canonical form, or nothing for marks that keyboards add and people leave out.
fn fold(c: char) -> Option<char> {
    match c {
        // Diacritics, superscript alef, combining hamza and madda; tatweel; direction marks and zero-width characters.
        '\u{064b}'..='\u{065f}' | '\u{0670}' | '\u{0640}' => None,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => None,
        '\u{2060}'..='\u{2069}' | '\u{feff}' => None,
        'أ' | 'إ' | 'آ' | 'ٱ' => Some('ا'),
        'ى' | 'ئ' | '\u{06cc}' => Some('ي'),
        'ؤ' => Some('و'),
        'ة' => Some('ه'),
        '\u{06a9}' => Some('ك'),
        '\u{0660}'..='\u{0669}' => char::from_digit(u32::from(c) - 0x0660, 10),
        '\u{06f0}'..='\u{06f9}' => char::from_digit(u32::from(c) - 0x06f0, 10),
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    const LISTS: [Words; 2] = [Words::English, Words::Arabic];

    #[test]
    fn lists_are_long_clean_and_distinct() {
        for words in LISTS {
            let list = words.list();
            assert!(list.len() >= 1024, "{words:?} has {}", list.len());
            assert_eq!(
                folded_list(words).len(),
                list.len(),
                "two words fold to one"
            );
            for word in list {
                assert!(word.chars().all(char::is_alphabetic), "{word}");
                assert!(word.chars().count() >= 3 && word.len() < 32, "{word}");
            }
        }
    }

    #[test]
    fn arabic_words_are_plain_and_a_letter_apart_from_each_other() {
        let words: Vec<Vec<char>> = Words::Arabic
            .list()
            .iter()
            .map(|word| word.chars().filter_map(fold).collect())
            .collect();
        for (i, one) in words.iter().enumerate() {
            assert!(
                one.iter().all(|c| ('ا'..='ي').contains(c) || *c == 'ء'),
                "{one:?}"
            );
            for other in &words[i + 1..] {
                assert!(!within_one_letter(one, other), "{one:?} {other:?}");
            }
        }
    }

    /// Whether one letter put in, left out or replaced turns one word into the other.
    fn within_one_letter(a: &[char], b: &[char]) -> bool {
        let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
        let same = short.iter().zip(long).take_while(|(x, y)| x == y).count();
        match long.len() - short.len() {
            0 => same == short.len() || short[same + 1..] == long[same + 1..],
            1 => short[same..] == long[same + 1..],
            _ => false,
        }
    }

    #[test]
    fn generated_passphrases_are_strong_enough_by_the_real_length() {
        for words in LISTS {
            let count = words.count_for(GENERATED_BITS);
            let bits = count as f64 * (words.list().len() as f64).log2();
            assert!((77.0..77.0 + 11.1).contains(&bits), "{bits}");
            let mut rng = ChaCha20Rng::seed_from_u64(1);
            let one = Passphrase::generate(&mut rng, words);
            let two = Passphrase::generate(&mut rng, words);
            assert_eq!(one.expose().split(' ').count(), count);
            assert_ne!(one.expose(), two.expose());
            assert_eq!(one.weakness(), None);
        }
    }

    #[test]
    fn every_word_is_about_as_likely() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let mut seen = std::collections::HashMap::new();
        let draws = 64 * Words::English.list().len();
        for _ in 0..draws {
            *seen.entry(Words::English.pick(&mut rng)).or_insert(0u32) += 1;
        }
        assert_eq!(seen.len(), Words::English.list().len());
        assert!(seen.values().all(|n| (20..130).contains(n)));
    }

    #[test]
    fn what_keyboards_change_does_not_matter() {
        for (one, two) in [
            ("Apple  river", "apple river\n"),
            ("مَدْرَسَة", "مدرسه"),
            ("أرنب إبرة", "ارنب ابره"),
            ("مستشفى ٣٤", "مستشفي 34"),
            ("كـــتاب", "كتاب"),
            ("كتاب \u{200b} قلم ـ", "كتاب قلم"),
        ] {
            assert_eq!(
                *Passphrase::new(one).canonical(),
                *Passphrase::new(two).canonical(),
                "{one}"
            );
        }
        assert_ne!(
            *Passphrase::new("a b").canonical(),
            *Passphrase::new("ab").canonical()
        );
    }

    #[test]
    fn the_first_two_words_have_one_order_and_the_rest_their_own() {
        let ordered = |text: &str| {
            let (form, exchanged) = Passphrase::new(text).ordered();
            (form.to_string(), exchanged)
        };
        let sorted = "apple river stone lake".to_owned();
        assert_eq!(ordered("river apple stone lake"), (sorted.clone(), true));
        assert_eq!(ordered("Apple river  stone lake"), (sorted, false));
        assert_eq!(ordered("b a"), ("a b".to_owned(), true));
        assert_eq!(ordered("alone"), ("alone".to_owned(), false));
        assert_eq!(ordered(""), (String::new(), false));
        let marks = |text: &str| Passphrase::new(text).can_mark();
        assert!(marks("river apple"));
        assert!(!marks("river River stone") && !marks("alone") && !marks(""));
        let shared =
            |one: &str, two: &str| Passphrase::new(one).shared_words(&Passphrase::new(two));
        assert_eq!(shared("a b c", "C d A"), 2);
    }

    #[test]
    fn weak_ones_are_named() {
        let weakness = |text: &str| Passphrase::new(text).weakness();
        assert_eq!(
            weakness("correct"),
            Some(Weakness::TooFewWords { have: 1, need: 6 })
        );
        let same = "abandon abandon abandon abandon abandon abandon abandon";
        assert_eq!(
            weakness(same),
            Some(Weakness::TooFewWords { have: 1, need: 6 })
        );
        assert_eq!(
            weakness("k7!xQ"),
            Some(Weakness::TooShort { have: 5, need: 16 })
        );
        assert_eq!(weakness(""), Some(Weakness::TooShort { have: 0, need: 16 }));
        assert_eq!(weakness("1234 5678 9012 3456"), Some(Weakness::DigitsOnly));
        assert_eq!(weakness("ababababababababab"), Some(Weakness::Repeats));
        assert_eq!(weakness("The heron sleeps under 4 bridges"), None);
    }

    #[test]
    fn debug_tells_nothing() {
        assert_eq!(format!("{:?}", Passphrase::new("x")), "Passphrase(..)");
    }
}
