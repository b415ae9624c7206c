//! Stories made from a seed: Arabic, English, both in one line, joined emoji, letters under many marks, isolates.

use std::sync::Arc;

use ledger::sha256;
use publish::channels::Attachment;
use publish::renditions::{StoryWords, Turn};
use publish::{Grade, MediaKind};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use words::Tongue;

const WORDS: [&str; 24] = [
    "city",
    "checkpoint",
    "water",
    "market.",
    "بيت",
    "مدينة",
    "الماء",
    "قال.",
    "حاجز",
    "شارع",
    "سوق؟",
    "نعم!",
    "👩‍👩‍👧‍👦",
    "👍🏽",
    "🇸🇾",
    "🏳️‍🌈",
    "e\u{301}",
    "م\u{64E}د\u{652}ر",
    "\u{2067}العربية\u{2069}",
    "\u{2066}left\u{2069}",
    "12:30",
    "2026/11/22",
    "https://elsewhere.example/page",
    "कि",
];

/// A story from a seed; the link is its own alone.
pub(crate) fn story(seed: u64) -> StoryWords {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let tongue = if seed.is_multiple_of(2) {
        Tongue::Ar
    } else {
        Tongue::En
    };
    let paragraphs = 1 + rng.next_u32() % 4;
    let length = if seed.is_multiple_of(3) { 8 } else { 90 };
    let body: Vec<String> = (0..paragraphs)
        .map(|_| sentence(&mut rng, length))
        .collect();
    StoryWords {
        place: None,
        when: None,
        tongue,
        link: format!("https://news.example/{}/stories/s{seed}.html", tongue.tag()),
        title: sentence(&mut rng, 10),
        body: body.join("\n\n"),
        grade: [Grade::Unconfirmed, Grade::Confirmed][usize::from(seed.is_multiple_of(5))],
        graphic: seed.is_multiple_of(7),
        tags: vec!["مدينة".to_owned(), "Raqqa news".to_owned()],
        alts: vec![sentence(&mut rng, 6)],
        turn: Turn::New,
    }
}

fn sentence(rng: &mut ChaCha20Rng, most: u32) -> String {
    let count = 3 + rng.next_u32() % most;
    let mut out: Vec<String> = Vec::new();
    for _ in 0..count {
        let mut word = WORDS[usize::try_from(rng.next_u32()).unwrap() % WORDS.len()].to_owned();
        match rng.next_u32() % 60 {
            // A letter under far too many marks, and a word without an end.
            0 => word.push_str(&"\u{30A}".repeat(usize::try_from(rng.next_u32() % 900).unwrap())),
            1 => word = "ا".repeat(usize::try_from(rng.next_u32() % 700).unwrap()),
            2 => word = "\u{2067}بلا نهاية".to_owned(),
            _ => {}
        }
        out.push(word);
    }
    out.join(" ")
}

/// A small picture whose bytes are its own.
pub(crate) fn picture(seed: u64) -> Attachment {
    let mut out = std::io::Cursor::new(Vec::new());
    let shade = u8::try_from(seed % 251).unwrap();
    let high = u8::try_from(seed / 251 % 251).unwrap();
    let image = image::RgbImage::from_pixel(32, 24, image::Rgb([shade, high, 9]));
    image.write_to(&mut out, image::ImageFormat::Png).unwrap();
    let bytes = out.into_inner();
    Attachment {
        size: u64::try_from(bytes.len()).unwrap(),
        sha256: sha256(&bytes),
        bytes: Arc::new(bytes),
        kind: MediaKind::Png,
        dimensions: Some((32, 24)),
        lasts: None,
        variants: Vec::new(),
    }
}
