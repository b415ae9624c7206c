//! How much fits: graphemes, UTF-16 units or X's weights, and bytes beside them.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use crate::channels::{Limits, Measure};

/// What stands for what was cut off.
const ELLIPSIS: char = '…';

/// How much of a channel's measure a text takes.
#[must_use]
pub fn weigh(measure: Measure, text: &str) -> usize {
    match measure {
        Measure::Graphemes => text.graphemes(true).count(),
        Measure::Utf16 => text.encode_utf16().count(),
        Measure::Weighted => weighted(text),
    }
}

/// What X counts for every link.
const LINK: usize = 23;

/// X's weight of a text: its clusters, and what a link in it takes more than its letters. What only looks like a link
/// is counted as both, because X knows every top-level domain and this does not: never too little.
fn weighted(text: &str) -> usize {
    let letters: usize = text.graphemes(true).map(weight).sum();
    let in_link = |c: char| c.is_ascii_alphanumeric() || "-_.~:/?#&=%+@".contains(c);
    let links = text.split(|c| !in_link(c)).map(|run| {
        if run.starts_with("http://") || run.starts_with("https://") {
            LINK.saturating_sub(run.len())
        } else if is_domain(run) {
            LINK
        } else {
            0
        }
    });
    letters + links.sum::<usize>()
}

/// Whether a dot in it has a letter or digit before it and two letters behind it.
fn is_domain(run: &str) -> bool {
    let bytes = run.as_bytes();
    bytes.windows(4).any(|four| {
        four[0].is_ascii_alphanumeric()
            && four[1] == b'.'
            && four[2].is_ascii_alphabetic()
            && four[3].is_ascii_alphabetic()
    })
}

/// X counts most letters once, everything beyond them twice, and a whole emoji, joined or not, twice as well.
fn weight(cluster: &str) -> usize {
    if is_emoji(cluster) {
        return 2;
    }
    let light =
        |c: char| matches!(u32::from(c), 0..=4351 | 8192..=8205 | 8208..=8223 | 8242..=8247);
    cluster
        .nfc()
        .map(|c| if light(c) { 1 } else { 2 })
        .sum::<usize>()
}

/// Whether a cluster is one emoji: a picture or a keycap with what colours, joins and styles it, and nothing else.
fn is_emoji(cluster: &str) -> bool {
    let picture = |c: char| matches!(u32::from(c), 0x2190..=0x2BFF | 0x3030 | 0x303D | 0x3297 | 0x3299 | 0x1F000..=0x1FAFF);
    let styled = cluster.contains(['\u{FE0F}', '\u{20E3}']);
    let begins = cluster.chars().next().is_some_and(|c| {
        picture(c)
            || (styled
                && matches!(
                    c,
                    '0'..='9' | '#' | '*' | '\u{A9}' | '\u{AE}' | '\u{203C}' | '\u{2049}'
                ))
    });
    begins
        && cluster.chars().skip(1).all(|c| {
            picture(c)
                || matches!(
                    c,
                    '\u{200D}' | '\u{FE0F}' | '\u{20E3}' | '\u{E0020}'..='\u{E007F}'
                )
        })
}

/// The room of one post.
#[derive(Debug, Clone)]
pub(super) struct Room {
    pub(super) measure: Measure,
    pub(super) text: usize,
    pub(super) bytes: usize,
    pub(super) link: Option<usize>,
    pub(super) posts: usize,
    /// The most text of the first post, which carries the files.
    first: usize,
}

impl Room {
    /// The limits, less the words of a warning, which are counted with the text.
    pub(super) fn new(limits: &Limits, warning: Option<&str>, files: bool) -> Self {
        let taken = warning.unwrap_or_default();
        let caption = limits.caption.filter(|_| files).unwrap_or(limits.text);
        let left = |most: usize| most.saturating_sub(weigh(limits.measure, taken));
        Self {
            measure: limits.measure,
            text: left(limits.text),
            first: left(caption.min(limits.text)),
            bytes: limits.bytes.saturating_sub(taken.len()),
            link: limits.link,
            posts: limits.posts.max(1),
        }
    }

    /// The room of the first post.
    pub(super) fn beginning(&self) -> Self {
        Self {
            text: self.first,
            ..self.clone()
        }
    }

    /// The same room with so much less.
    pub(super) fn less(&self, text: usize, bytes: usize) -> Self {
        Self {
            text: self.text.saturating_sub(text),
            bytes: self.bytes.saturating_sub(bytes),
            ..self.clone()
        }
    }

    /// Whether a text without links fits.
    pub(super) fn holds(&self, text: &str) -> bool {
        text.len() <= self.bytes && weigh(self.measure, text) <= self.text
    }

    /// What a link takes.
    pub(super) fn link_takes(&self, link: &str) -> usize {
        self.link.unwrap_or_else(|| weigh(self.measure, link))
    }

    /// The longest beginning of whole clusters that fits, in bytes.
    pub(super) fn reach(&self, text: &str) -> usize {
        let (mut taken, mut end) = (0, 0);
        for (at, cluster) in text.grapheme_indices(true) {
            taken += weigh(self.measure, cluster);
            if taken > self.text || at + cluster.len() > self.bytes {
                break;
            }
            end = at + cluster.len();
        }
        // A link can take more than its letters.
        while end > 0 && !self.holds(&text[..end]) {
            let last = text[..end].graphemes(true).next_back();
            end -= last.map_or(end, str::len);
        }
        end
    }
}

/// At most so many clusters; what is cut ends with an ellipsis.
pub(super) fn cut(text: &str, most: usize) -> String {
    let chars = text.chars().count();
    if chars <= most {
        return text.to_owned();
    }
    let mut out = String::new();
    for cluster in text.graphemes(true) {
        if out.chars().count() + cluster.chars().count() + 1 > most {
            break;
        }
        out.push_str(cluster);
    }
    let mut out = out.trim_end().to_owned();
    if most > 0 {
        out.push(ELLIPSIS);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_joined_emoji_is_one_and_is_never_cut() {
        let family = "👩‍👩‍👧‍👦";
        assert_eq!(weigh(Measure::Graphemes, family), 1);
        assert_eq!(weigh(Measure::Utf16, family), 11);
        assert_eq!(weigh(Measure::Weighted, &format!("ab{family}")), 4);
        assert_eq!(weigh(Measure::Weighted, "مدينة"), 5);
        assert_eq!(cut(&format!("a{family}b"), 4), "a…");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
    }
}
