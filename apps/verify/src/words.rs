//! The words of findings in both languages; every id is checked when compiling.

use std::collections::BTreeMap;

use i18n_embed::fluent::FluentLanguageLoader;
use i18n_embed_fl::fl;
use proof::{Code, Finding, Grade};
use words::Tongue;

/// The words of one language.
pub(crate) struct Words {
    pub(crate) loader: FluentLanguageLoader,
}

impl Words {
    /// `ar` or `en`; anything else is English.
    pub(crate) fn new(tag: &str) -> Self {
        let tongue = Tongue::from_tag(tag).unwrap_or(Tongue::En);
        Self {
            loader: words::texts!("fh-verify").load(tongue),
        }
    }

    pub(crate) fn grade(&self, grade: Grade) -> String {
        match grade {
            Grade::Holds => fl!(self.loader, "grade-holds"),
            Grade::Limited => fl!(self.loader, "grade-limited"),
            Grade::Fails => fl!(self.loader, "grade-fails"),
        }
    }

    pub(crate) fn verdict(&self, grade: Grade) -> String {
        match grade {
            Grade::Holds => fl!(self.loader, "verdict-holds"),
            Grade::Limited => fl!(self.loader, "verdict-limited"),
            Grade::Fails => fl!(self.loader, "verdict-fails"),
        }
    }

    /// A finding in a sentence.
    pub(crate) fn finding(&self, finding: &Finding) -> String {
        let arg = |name| value(&finding.args, name);
        let l = &self.loader;
        match finding.code {
            Code::ProofUnreadable => fl!(l, "proof-unreadable", reason = arg("reason")),
            Code::KeyMalformed => fl!(l, "key-malformed"),
            Code::CheckpointRefused => fl!(l, "checkpoint-refused", reason = arg("reason")),
            Code::StatementLogged => fl!(
                l,
                "statement-logged",
                entry = arg("entry"),
                entries = arg("entries")
            ),
            Code::StatementNotLogged => fl!(l, "statement-not-logged"),
            Code::FileUnchanged => fl!(l, "file-unchanged", sha256 = arg("sha256")),
            Code::FileChanged => fl!(
                l,
                "file-changed",
                sha256 = arg("sha256"),
                expected = arg("expected")
            ),
            Code::KeyMatches => fl!(l, "key-matches", log = arg("log"), key = arg("key")),
            Code::KeyUnconfirmed => fl!(l, "key-unconfirmed", log = arg("log"), key = arg("key")),
            Code::KeyDiffers => fl!(l, "key-differs", key = arg("key")),
            Code::LoggedBefore => fl!(l, "logged-before", time = time(&arg("time"))),
            Code::PublishedAt => fl!(l, "published-at", time = time(&arg("time"))),
            Code::Assessment => self.assessment(&arg("assessment")),
            Code::Supersedes => fl!(l, "supersedes", earlier = arg("earlier")),
            Code::NotShown => fl!(l, "not-shown"),
            _ => self.mirror(finding),
        }
    }

    /// A finding about a copy of a site.
    fn mirror(&self, finding: &Finding) -> String {
        let arg = |name| value(&finding.args, name);
        let l = &self.loader;
        match finding.code {
            Code::ManifestRefused => fl!(l, "manifest-refused", reason = arg("reason")),
            Code::MirrorFileChanged => fl!(l, "mirror-file-changed", path = arg("path")),
            Code::MirrorFileMissing => fl!(l, "mirror-file-missing", path = arg("path")),
            Code::MirrorFileForeign => fl!(l, "mirror-file-foreign", path = arg("path")),
            Code::MirrorMore => fl!(l, "mirror-more", count = arg("count")),
            Code::SiteStale => fl!(l, "site-stale", time = time(&arg("time"))),
            Code::SiteComplete => fl!(
                l,
                "site-complete",
                files = arg("files"),
                bytes = arg("bytes")
            ),
            Code::SiteSigned => fl!(
                l,
                "site-signed",
                site = arg("site"),
                log = arg("log"),
                key = arg("key")
            ),
            Code::SiteAsOf => fl!(l, "site-as-of", time = time(&arg("time"))),
            Code::SiteForeignUnknown => fl!(l, "site-foreign-unknown"),
            // Everything else is about one file and its proof.
            _ => fl!(l, "site-not-shown"),
        }
    }

    fn assessment(&self, assessment: &str) -> String {
        match assessment {
            "confirmed" => fl!(self.loader, "assessment-confirmed"),
            "probable" => fl!(self.loader, "assessment-probable"),
            "contested" => fl!(self.loader, "assessment-contested"),
            "unverifiable" => fl!(self.loader, "assessment-unverifiable"),
            _ => fl!(self.loader, "assessment-unconfirmed"),
        }
    }
}

/// A value as it may stand on a terminal: one from a proof is a stranger's, and no control character
/// or direction override of it is obeyed.
fn value(args: &BTreeMap<&'static str, String>, name: &str) -> String {
    printable(args.get(name).map_or("", String::as_str))
}

/// Replaces what a terminal would obey instead of show.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{202A}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{061C}' => '\u{FFFD}',
            c if c.is_control() => '\u{FFFD}',
            c => c,
        })
        .collect()
}

fn time(seconds: &str) -> String {
    let known = seconds
        .parse()
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    known.map_or_else(
        || seconds.to_owned(),
        |time| time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use fluent::FluentResource;
    use regex::Regex;

    use super::*;

    const EN: &str = include_str!("../i18n/en/fh-verify.ftl");
    const AR: &str = include_str!("../i18n/ar/fh-verify.ftl");

    fn messages(text: &str) -> BTreeMap<String, Vec<String>> {
        assert!(FluentResource::try_new(text.to_owned()).is_ok());
        let argument = Regex::new(r"\$([a-z0-9-]+)").unwrap();
        text.lines()
            .filter(|line| !line.starts_with('#') && line.contains(" = "))
            .map(|line| {
                let (id, value) = line.split_once(" = ").unwrap();
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
        let en = messages(EN);
        assert!(en.len() > 35);
        assert_eq!(en, messages(AR));
        for tag in ["en", "ar"] {
            let words = Words::new(tag);
            assert!(en.keys().all(|id| words.loader.has(id)), "{tag}");
        }
        assert_ne!(
            Words::new("ar").grade(Grade::Holds),
            Words::new("en").grade(Grade::Holds)
        );
    }

    #[test]
    fn no_word_overclaims() {
        for text in [EN, AR] {
            for word in [
                "true",
                "truth",
                "authentic",
                "genuine",
                "guarantee",
                "حقيقي",
                "صحيح",
                "أصيل",
                "مضمون",
            ] {
                assert!(!text.to_lowercase().contains(word), "{word}");
            }
        }
    }

    #[test]
    fn strangers_cannot_steer_the_terminal() {
        assert_eq!(
            printable("a\u{1b}[2Jb\u{202E}c\nd"),
            "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d"
        );
        assert_eq!(printable("منبر/statements"), "منبر/statements");
        assert_eq!(time("0"), "1970-01-01 00:00:00 UTC");
        assert_eq!(time("99999999999999999"), "99999999999999999");
    }
}
