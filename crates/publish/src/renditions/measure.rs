//! How much fits: graphemes, UTF-16 units or X's weights, and bytes beside them.

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
        Measure::Weighted => text.graphemes(true).map(weight).sum(),
    }
}

/// X counts most letters once, and everything beyond them, joined emoji included, twice.
fn weight(cluster: &str) -> usize {
    let light =
        |c: char| matches!(u32::from(c), 0..=4351 | 8192..=8205 | 8208..=8223 | 8242..=8247);
    if cluster.chars().all(light) {
        cluster.chars().count()
    } else {
        2
    }
}

/// The room of one post.
#[derive(Debug, Clone)]
pub(super) struct Room {
    pub(super) measure: Measure,
    pub(super) text: usize,
    pub(super) bytes: usize,
    pub(super) link: Option<usize>,
    pub(super) posts: usize,
}

impl Room {
    /// The limits, less the words of a warning, which are counted with the text.
    pub(super) fn new(limits: &Limits, warning: Option<&str>) -> Self {
        let taken = warning.unwrap_or_default();
        Self {
            measure: limits.measure,
            text: limits.text.saturating_sub(weigh(limits.measure, taken)),
            bytes: limits.bytes.saturating_sub(taken.len()),
            link: limits.link,
            posts: limits.posts.max(1),
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
