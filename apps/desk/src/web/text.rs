//! Words and values as people read them: two languages, foreign strings isolated, sizes and times.
//!
//! Everything a sender chose (names, notes, metadata) goes through [`foreign`] and nothing else:
//! escaped by maud, isolated by `<bdi>`, with direction overrides and control characters made
//! visible instead of obeyed.

use std::sync::LazyLock;

use i18n_embed::fluent::FluentLanguageLoader;
use maud::{Markup, html};
pub(crate) use words::Tongue;

/// Looks a message up in a tongue; id and arguments are checked when compiling.
macro_rules! t {
    ($tongue:expr, $id:literal $(, $($args:tt)*)?) => {
        i18n_embed_fl::fl!($crate::web::text::loader($tongue), $id $(, $($args)*)?)
    };
}
pub(crate) use t;

static EN: LazyLock<FluentLanguageLoader> =
    LazyLock::new(|| words::texts!("fh-desk").load(Tongue::En));
static AR: LazyLock<FluentLanguageLoader> =
    LazyLock::new(|| words::texts!("fh-desk").load(Tongue::Ar));

/// The loader of a language, for `t!`.
pub(crate) fn loader(tongue: Tongue) -> &'static FluentLanguageLoader {
    match tongue {
        Tongue::En => &EN,
        Tongue::Ar => &AR,
    }
}

/// Words that are chosen at run time.
pub(crate) trait Coded {
    /// The words for a code that another station chose, if we have any.
    fn coded(self, family: &str, code: &str) -> Option<String>;
}

impl Coded for Tongue {
    fn coded(self, family: &str, code: &str) -> Option<String> {
        let id = format!("{family}-{code}");
        loader(self).has(&id).then(|| loader(self).get(&id))
    }
}

/// A string that somebody else chose: escaped, isolated, its controls shown instead of obeyed.
pub(crate) fn foreign(text: &str) -> Markup {
    html! { bdi dir="auto" { (visible(text)) } }
}

/// As [`foreign`], for text of several lines.
pub(crate) fn foreign_lines(text: &str) -> Markup {
    html! {
        @for line in text.lines() {
            p dir="auto" { (visible(line)) }
        }
    }
}

/// Text with everything in it that does not show by itself made visible.
pub(crate) fn visible(text: &str) -> Markup {
    let mut parts = Vec::new();
    let mut plain = String::new();
    for c in text.chars() {
        if is_control(c) {
            parts.push((std::mem::take(&mut plain), Some(c)));
        } else {
            plain.push(c);
        }
    }
    parts.push((plain, None));
    html! {
        @for (plain, control) in parts {
            (plain)
            @if let Some(c) = control { span.control { (format!("U+{:04X}", u32::from(c))) } }
        }
    }
}

/// What must not act on the page around it: direction controls, other controls, invisible fillers.
fn is_control(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n'))
        || matches!(c,
            '\u{200B}' | '\u{2028}' | '\u{2029}'
            | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// A machine's string (hash, id): left to right in both languages, monospaced.
pub(crate) fn machine(text: &str) -> Markup {
    html! { code dir="ltr" { (visible(text)) } }
}

/// The start of a long machine string, the whole of it on demand as a title.
pub(crate) fn short(text: &str) -> Markup {
    let head: String = text.chars().take(12).collect();
    html! { code dir="ltr" title=(text) { (head) } }
}

/// A time in UTC to the minute, the same figures in both languages.
pub(crate) fn time(micros: i64) -> Markup {
    let Ok(stamp) = jiff::Timestamp::from_microsecond(micros) else {
        return html! { "–" };
    };
    let shown = stamp.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let full = stamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    html! { time dir="ltr" datetime=(full) title=(full) { (shown) } }
}

/// A size in the unit that people would say.
pub(crate) fn size(tongue: Tongue, bytes: u64) -> String {
    const STEP: u64 = 1_000;
    let tenths = |unit: u64| {
        let tenths = bytes.saturating_mul(10) / unit;
        if tenths < 100 && !tenths.is_multiple_of(10) {
            format!("{}.{}", tenths / 10, tenths % 10)
        } else {
            (tenths / 10).to_string()
        }
    };
    if bytes < STEP {
        t!(tongue, "size-bytes", count = bytes)
    } else if bytes < STEP * STEP {
        t!(tongue, "size-kilo", amount = tenths(STEP))
    } else if bytes < STEP * STEP * STEP {
        t!(tongue, "size-mega", amount = tenths(STEP * STEP))
    } else {
        t!(tongue, "size-giga", amount = tenths(STEP * STEP * STEP))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_strings_are_escaped_and_disarmed() {
        let out = foreign("<script>\u{202E}gpj.exe\u{2069}\u{0}").into_string();
        assert!(!out.contains("<script>"));
        assert!(!out.contains('\u{202E}') && !out.contains('\u{2069}') && !out.contains('\u{0}'));
        assert!(out.contains("U+202E") && out.contains("U+2069") && out.contains("U+0000"));
        assert!(out.starts_with("<bdi dir=\"auto\">"));
    }

    #[test]
    fn languages_are_negotiated() {
        assert_eq!(Tongue::negotiate("ar-SY,ar;q=0.9,en;q=0.5"), Tongue::Ar);
        assert_eq!(Tongue::negotiate("en-GB,ar;q=0.9"), Tongue::En);
        assert_eq!(Tongue::negotiate("fr, ar;q=0.3"), Tongue::Ar);
        assert_eq!(Tongue::negotiate("fr;q=x"), Tongue::En);
    }

    /// Ids of a Fluent file: the start of every line that defines a message.
    fn ids(text: &str) -> std::collections::BTreeSet<String> {
        text.lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            .filter_map(|line| line.split_once(" ="))
            .map(|(id, _)| id.to_owned())
            .collect()
    }

    #[test]
    fn both_languages_have_every_message() {
        let en = ids(include_str!("../../i18n/en/fh-desk.ftl"));
        let ar = ids(include_str!("../../i18n/ar/fh-desk.ftl"));
        assert!(en.len() > 100, "found only {} messages", en.len());
        assert_eq!(en, ar);
        for id in &en {
            assert!(
                Tongue::BOTH.iter().all(|tongue| loader(*tongue).has(id)),
                "{id}"
            );
        }
    }

    #[test]
    fn every_refusal_of_the_rules_has_its_words() {
        for code in newsroom::Refusal::CODES {
            let said = |tongue: Tongue| tongue.coded("refusal", code).is_some();
            assert!(Tongue::BOTH.into_iter().all(said), "{code}");
        }
    }

    #[test]
    fn sizes_and_times_read_well() {
        assert_eq!(
            size(Tongue::En, 512).replace(['\u{2068}', '\u{2069}'], ""),
            "512 bytes"
        );
        assert_eq!(
            size(Tongue::En, 1_450_000).replace(['\u{2068}', '\u{2069}'], ""),
            "1.4 MB"
        );
        assert!(time(0).into_string().contains("1970-01-01 00:00 UTC"));
    }
}
