//! The site's words in both languages, and how each writes dates and sizes.

use std::sync::LazyLock;

use i18n_embed::fluent::FluentLanguageLoader;
use jiff::Timestamp;
use jiff::tz::TimeZone;
pub(crate) use words::Tongue;
use words::texts;

use crate::event::{EventDate, Moment};
use crate::whole::Month;

/// Looks a message up in a language; id and arguments are checked when compiling. What has no arguments is
/// looked up once and remembered: a large site asks for it a million times.
macro_rules! t {
    ($tongue:expr, $id:literal) => {{
        static ASKED: [std::sync::OnceLock<String>; 2] = [const { std::sync::OnceLock::new() }; 2];
        let tongue: $crate::words::Tongue = $tongue;
        ASKED[usize::from(tongue == $crate::words::Tongue::Ar)]
            .get_or_init(|| i18n_embed_fl::fl!($crate::words::loader(tongue), $id))
            .clone()
    }};
    ($tongue:expr, $id:literal, $($args:tt)+) => {
        i18n_embed_fl::fl!($crate::words::loader($tongue), $id, $($args)+)
    };
}
pub(crate) use t;

static EN: LazyLock<FluentLanguageLoader> = LazyLock::new(|| texts!("publish").load(Tongue::En));
static AR: LazyLock<FluentLanguageLoader> = LazyLock::new(|| texts!("publish").load(Tongue::Ar));

/// The loader of a language, for `t!`.
pub(crate) fn loader(tongue: Tongue) -> &'static FluentLanguageLoader {
    match tongue {
        Tongue::En => &EN,
        Tongue::Ar => &AR,
    }
}

/// How a language writes times and sizes.
pub(crate) trait Written {
    /// Day, month, year and clock in UTC.
    fn time(self, micros: i64) -> String;
    /// Day, month and year in UTC.
    fn date(self, micros: i64) -> String;
    /// When something happened, as precisely as is said.
    fn event(self, when: EventDate) -> String;
    /// A month and its year, or a year alone.
    fn month(self, month: Month) -> String;
    /// A size that people can compare: one decimal below ten, none above.
    fn size(self, bytes: u64) -> String;
}

impl Written for Tongue {
    fn time(self, micros: i64) -> String {
        let zoned = timestamp(micros).to_zoned(TimeZone::UTC);
        bare(&t!(
            self,
            "time-utc",
            day = zoned.day().to_string(),
            month = month_name(self, zoned.month()),
            year = zoned.year().to_string(),
            clock = format!("{:02}:{:02}", zoned.hour(), zoned.minute())
        ))
    }

    fn date(self, micros: i64) -> String {
        let zoned = timestamp(micros).to_zoned(TimeZone::UTC);
        bare(&t!(
            self,
            "date-only",
            day = zoned.day().to_string(),
            month = month_name(self, zoned.month()),
            year = zoned.year().to_string()
        ))
    }

    fn event(self, when: EventDate) -> String {
        let from = moment(self, when.from());
        when.to().map_or_else(
            || from.clone(),
            |to| {
                bare(&t!(
                    self,
                    "event-range",
                    from = from.as_str(),
                    to = moment(self, to)
                ))
            },
        )
    }

    fn month(self, month: Month) -> String {
        let year = month.year.to_string();
        match month.month {
            None => year,
            Some(number) => bare(&t!(
                self,
                "month-year",
                month = month_name(self, number),
                year = year
            )),
        }
    }

    fn size(self, bytes: u64) -> String {
        let scaled = |unit: u64| {
            let tenths = (u128::from(bytes) * 10 + u128::from(unit) / 2) / u128::from(unit);
            if tenths < 100 {
                format!("{}.{}", tenths / 10, tenths % 10)
            } else {
                ((tenths + 5) / 10).to_string()
            }
        };
        match bytes {
            0..1_000 => t!(self, "size-bytes", count = bytes.to_string()),
            1_000..1_000_000 => t!(self, "size-kb", count = scaled(1_000)),
            1_000_000..1_000_000_000 => t!(self, "size-mb", count = scaled(1_000_000)),
            _ => t!(self, "size-gb", count = scaled(1_000_000_000)),
        }
    }
}

/// Without the invisible marks that isolate arguments. A date made of isolated parts alone shows a browser no letter
/// to tell its direction by, and stands in the wrong order inside another sentence.
fn bare(date: &str) -> String {
    date.replace(['\u{2068}', '\u{2069}'], "")
}

fn moment(tongue: Tongue, moment: Moment) -> String {
    let date = match moment.day.zip(moment.month) {
        Some((day, month)) => t!(
            tongue,
            "date-only",
            day = day.to_string(),
            month = month_name(tongue, month),
            year = moment.year.to_string()
        ),
        None => tongue.month(Month {
            year: moment.year,
            month: moment.month,
        }),
    };
    bare(&match (moment.about, moment.uncertain) {
        (true, _) => t!(tongue, "event-about", date = date),
        (false, true) => t!(tongue, "event-uncertain", date = date),
        (false, false) => date,
    })
}

fn month_name(tongue: Tongue, month: i8) -> String {
    match month {
        1 => t!(tongue, "month-1"),
        2 => t!(tongue, "month-2"),
        3 => t!(tongue, "month-3"),
        4 => t!(tongue, "month-4"),
        5 => t!(tongue, "month-5"),
        6 => t!(tongue, "month-6"),
        7 => t!(tongue, "month-7"),
        8 => t!(tongue, "month-8"),
        9 => t!(tongue, "month-9"),
        10 => t!(tongue, "month-10"),
        11 => t!(tongue, "month-11"),
        _ => t!(tongue, "month-12"),
    }
}

pub(crate) fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_second(micros.div_euclid(1_000_000)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// RFC 3339 in UTC, to the second: for machines.
pub(crate) fn rfc3339(micros: i64) -> String {
    timestamp(micros).to_string()
}

/// RFC 2822, as RSS wants it.
pub(crate) fn rfc2822(micros: i64) -> String {
    let zoned = timestamp(micros).to_zoned(TimeZone::UTC);
    zoned.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// The paragraphs of a text.
pub(crate) fn paragraphs(body: &str) -> impl Iterator<Item = &str> {
    body.split("\n\n")
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// The beginning of a text, cut between words.
pub(crate) fn excerpt(body: &str, limit: usize) -> String {
    let first = paragraphs(body).next().unwrap_or_default();
    let line = first.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= limit {
        return line;
    }
    let cut: String = line.chars().take(limit).collect();
    let kept = cut.rsplit_once(' ').map_or(cut.as_str(), |(kept, _)| kept);
    format!("{}…", kept.trim_end_matches(['،', ',', ';', '؛', ':', '.']))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use fluent::FluentResource;
    use regex::Regex;

    use super::*;

    fn messages(text: &str) -> BTreeMap<String, Vec<String>> {
        assert!(FluentResource::try_new(text.to_owned()).is_ok());
        let argument = Regex::new(r"\$([a-z-]+)").unwrap();
        text.lines()
            .filter(|line| !line.starts_with('#') && line.contains(" = "))
            .map(|line| {
                let (id, value) = line.split_once(" = ").unwrap();
                assert!(!value.trim().is_empty(), "{id} is empty");
                let mut arguments: Vec<String> = argument
                    .captures_iter(value)
                    .map(|found| found[1].to_owned())
                    .collect();
                arguments.sort();
                (id.to_owned(), arguments)
            })
            .collect()
    }

    #[test]
    fn both_languages_have_every_message_with_the_same_arguments() {
        let en = messages(include_str!("../i18n/en/publish.ftl"));
        let ar = messages(include_str!("../i18n/ar/publish.ftl"));
        assert!(en.len() > 60);
        assert_eq!(en, ar);
        for tongue in Tongue::BOTH {
            assert!(en.keys().all(|id| loader(tongue).has(id)));
        }
        assert_ne!(t!(Tongue::En, "nav-about"), t!(Tongue::Ar, "nav-about"));
    }

    #[test]
    fn nothing_on_the_site_claims_truth() {
        for text in [
            include_str!("../i18n/en/publish.ftl"),
            include_str!("../i18n/ar/publish.ftl"),
        ] {
            // A correction claims nothing, though its letters hold those of another word.
            let text = text.to_lowercase().replace("تصحيح", "");
            for word in [
                "true",
                "truth",
                "authentic",
                "genuine",
                "حقيقي",
                "صحيح",
                "أصيل",
            ] {
                assert!(!text.contains(word), "{word}");
            }
        }
    }

    #[test]
    fn dates_and_sizes() {
        let isolated = |text: String| text.replace(['\u{2068}', '\u{2069}'], "");
        let time = 1_795_370_460_000_000;
        assert_eq!(
            isolated(Tongue::En.time(time)),
            "22 November 2026, 18:01 UTC"
        );
        assert_eq!(
            isolated(Tongue::Ar.time(time)),
            "22 تشرين الثاني/نوفمبر 2026، 18:01 بالتوقيت العالمي"
        );
        assert_eq!(rfc3339(time), "2026-11-22T18:01:00Z");
        assert_eq!(rfc2822(time), "Sun, 22 Nov 2026 18:01:00 +0000");
        for (bytes, text) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_000, "1.0 KB"),
            (1_249_000, "1.2 MB"),
            (24_600_000, "25 MB"),
            (3_000_000_000, "3.0 GB"),
        ] {
            assert_eq!(isolated(Tongue::En.size(bytes)), text);
        }
    }

    #[test]
    fn dates_of_events_read_as_they_are_said() {
        for (text, en, ar) in [
            ("2026", "2026", "2026"),
            (
                "2026-11~",
                "around November 2026",
                "نحو تشرين الثاني/نوفمبر 2026",
            ),
            (
                "2026-11-22?",
                "22 November 2026, not certain",
                "22 تشرين الثاني/نوفمبر 2026، وليس مؤكّدًا",
            ),
            (
                "2026-11-19/2026-12",
                "19 November 2026 to December 2026",
                "من 19 تشرين الثاني/نوفمبر 2026 إلى كانون الأول/ديسمبر 2026",
            ),
        ] {
            let when: EventDate = text.parse().unwrap();
            assert_eq!(Tongue::En.event(when), en);
            assert_eq!(Tongue::Ar.event(when), ar);
        }
    }

    #[test]
    fn excerpts_end_between_words() {
        assert_eq!(excerpt("short", 20), "short");
        assert_eq!(excerpt("one two, three four\n\nnext", 10), "one two…");
        assert_eq!(excerpt("\n\n  first\nline  \n\nsecond", 40), "first line");
    }
}
