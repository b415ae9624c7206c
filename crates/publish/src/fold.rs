//! Words as one looks for them: without vowel marks, with one spelling for letters that people mix up.
//!
//! `assets/search.js` folds questions by the same rules; a test runs both over the same words.

/// The folded words of a text, two letters or more.
pub(crate) fn words_of(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !(c.is_alphanumeric() || is_mark(c)))
        .map(fold)
        .filter(|word| word.chars().nth(1).is_some())
}

/// One word, folded.
pub(crate) fn fold(word: &str) -> String {
    let letters = word.chars().filter(|c| !is_mark(*c));
    let folded: String = letters.flat_map(char::to_lowercase).map(letter).collect();
    without_article(&folded).to_owned()
}

/// Vowel marks, the dagger alif, Quranic signs and the stretching line: written or not, it is the same word.
const fn is_mark(c: char) -> bool {
    matches!(c, '\u{0610}'..='\u{061A}' | '\u{0640}' | '\u{064B}'..='\u{065F}' | '\u{0670}' | '\u{06D6}'..='\u{06DC}' | '\u{06DF}'..='\u{06E4}' | '\u{06E7}' | '\u{06E8}' | '\u{06EA}'..='\u{06ED}' | '\u{0300}'..='\u{036F}')
}

/// Letters that people write for one another, and the digits of both scripts.
fn letter(c: char) -> char {
    match c {
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ى' | 'ئ' | 'ی' => 'ي',
        'ؤ' => 'و',
        'ة' => 'ه',
        'ک' => 'ك',
        '\u{0660}'..='\u{0669}' => digit(c, 0x0660),
        '\u{06F0}'..='\u{06F9}' => digit(c, 0x06F0),
        c => c,
    }
}

fn digit(c: char, zero: u32) -> char {
    char::from_digit(u32::from(c) - zero, 10).unwrap_or(c)
}

/// "The", alone or with the small words that are written onto it, where a word remains.
fn without_article(word: &str) -> &str {
    for article in ["وال", "بال", "كال", "فال", "ال", "لل"] {
        if let Some(rest) = word.strip_prefix(article)
            && rest.chars().nth(2).is_some()
        {
            return rest;
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// What is written, and what it is found by.
    const WORDS: &[(&str, &str)] = &[
        ("Bread", "bread"),
        ("أفران", "افران"),
        ("إغلاق", "اغلاق"),
        ("آبار", "ابار"),
        ("البلدة", "بلده"),
        ("والمدرسة", "مدرسه"),
        ("بالموسيقى", "موسيقي"),
        ("للحاجز", "حاجز"),
        ("مُصَوَّبٌ", "مصوب"),
        ("حـــاجز", "حاجز"),
        ("رؤية", "رويه"),
        ("٢٠٢٦", "2026"),
        ("۴۱", "41"),
        ("الى", "الي"),
        ("ÉCOLE", "école"),
    ];

    #[test]
    fn spellings_of_one_word_meet() {
        for (written, folded) in WORDS {
            assert_eq!(fold(written), *folded, "{written}");
        }
        assert_eq!(fold("البلدة"), fold("بلده"));
        let words: Vec<String> = words_of("«أفران» البلدة، 41 a: don’t مُصَوَّب").collect();
        assert_eq!(words, ["افران", "بلده", "41", "don", "مصوب"]);
    }

    #[test]
    fn the_script_folds_questions_as_the_index_is_folded() {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/search.js");
        let program = "const {fold} = require(process.argv[1]); for (const w of process.argv.slice(2)) console.log(fold(w));";
        let written = WORDS.iter().map(|(written, _)| *written);
        let answer = Command::new("node")
            .args(["-e", program, script])
            .args(written)
            .output()
            .unwrap();
        assert!(
            answer.status.success(),
            "{}",
            String::from_utf8_lossy(&answer.stderr)
        );
        let folded: Vec<String> = String::from_utf8(answer.stdout)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect();
        let expected: Vec<&str> = WORDS.iter().map(|(_, folded)| *folded).collect();
        assert_eq!(folded, expected);
    }
}
