//! The two languages, and the loading of texts that a program has compiled in.
//!
//! One sentence of purpose: every program speaks Arabic and English, and loads its Fluent files the same way.
//! **Absence:** no text lies here; each program keeps its own, and `fl!` checks their ids where they are used.

use std::borrow::Cow;

use i18n_embed::fluent::FluentLanguageLoader;
use i18n_embed::{I18nAssets, LanguageLoader as _};
use unic_langid::LanguageIdentifier;

/// One of the two languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    /// English, written from left to right.
    En,
    /// Arabic, written from right to left.
    Ar,
}

impl Tongue {
    /// Both, Arabic first: it is the language of those whom it is about.
    pub const BOTH: [Self; 2] = [Self::Ar, Self::En];

    /// BCP 47.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ar => "ar",
        }
    }

    /// HTML's `dir`.
    #[must_use]
    pub const fn dir(self) -> &'static str {
        match self {
            Self::En => "ltr",
            Self::Ar => "rtl",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::En => Self::Ar,
            Self::Ar => Self::En,
        }
    }

    /// Both, this one first.
    #[must_use]
    pub const fn both(self) -> [Self; 2] {
        [self, self.other()]
    }

    /// The better of the two for an `Accept-Language` header (RFC 9110); English when neither is named.
    #[must_use]
    pub fn negotiate(header: &str) -> Self {
        let mut best = (0.0_f32, Self::En);
        for part in header.split(',') {
            let (range, weight) = part.split_once(";q=").unwrap_or((part, "1"));
            let primary = range.trim().split('-').next().unwrap_or_default();
            let weight: f32 = weight.trim().parse().unwrap_or(0.0);
            if let Some(tongue) = Self::from_tag(&primary.to_ascii_lowercase())
                && weight > best.0
            {
                best = (weight, tongue);
            }
        }
        best.1
    }

    /// `en` and `ar`, and nothing else.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag {
            "en" => Some(Self::En),
            "ar" => Some(Self::Ar),
            _ => None,
        }
    }

    /// The language of a POSIX locale or a tag such as `ar_SY.UTF-8`; English when it is neither of ours.
    #[must_use]
    pub fn of_locale(locale: &str) -> Self {
        let primary = locale.split(['-', '_', '.', '@']).next();
        primary
            .and_then(|tag| Self::from_tag(&tag.to_ascii_lowercase()))
            .unwrap_or(Self::En)
    }
}

/// A program's Fluent files, compiled in.
#[derive(Debug, Clone, Copy)]
pub struct Texts {
    /// The domain: the package's name, as `fl!` looks for it.
    pub domain: &'static str,
    /// The English file.
    pub en: &'static [u8],
    /// The Arabic file.
    pub ar: &'static [u8],
}

/// The texts of this package, from `i18n/{en,ar}/PACKAGE.ftl`.
#[macro_export]
macro_rules! texts {
    ($package:literal) => {
        $crate::Texts {
            domain: $package,
            en: include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/i18n/en/",
                $package,
                ".ftl"
            )),
            ar: include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/i18n/ar/",
                $package,
                ".ftl"
            )),
        }
    };
}

impl Texts {
    /// A loader for `fl!` in one language. Texts are checked when compiling and loaded by a test of each program; should one
    /// fail to load all the same, ids stand where words should.
    #[must_use]
    pub fn load(self, tongue: Tongue) -> FluentLanguageLoader {
        let [fallback, wanted] =
            ["en", tongue.tag()].map(|tag| tag.parse::<LanguageIdentifier>().unwrap_or_default());
        let loader = FluentLanguageLoader::new(self.domain, fallback);
        let _ = loader.load_languages(&self, &[wanted]);
        loader
    }

    fn path(self, tongue: Tongue) -> String {
        format!("{}/{}.ftl", tongue.tag(), self.domain)
    }
}

impl I18nAssets for Texts {
    fn get_files(&self, path: &str) -> Vec<Cow<'_, [u8]>> {
        let text = Tongue::BOTH
            .into_iter()
            .find(|tongue| self.path(*tongue) == path);
        text.map(|tongue| match tongue {
            Tongue::En => Cow::Borrowed(self.en),
            Tongue::Ar => Cow::Borrowed(self.ar),
        })
        .into_iter()
        .collect()
    }

    fn filenames_iter(&self) -> Box<dyn Iterator<Item = String> + '_> {
        Box::new(Tongue::BOTH.into_iter().map(|tongue| self.path(tongue)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: Texts = Texts {
        domain: "trial",
        en: b"greeting = Hello\n",
        ar: "greeting = \u{645}\u{631}\u{62d}\u{628}\u{627}\n".as_bytes(),
    };

    #[test]
    fn each_language_has_its_own_words() {
        assert_eq!(TEXTS.load(Tongue::En).get("greeting"), "Hello");
        let arabic = TEXTS.load(Tongue::Ar).get("greeting");
        assert_eq!(arabic, "\u{645}\u{631}\u{62d}\u{628}\u{627}");
    }

    #[test]
    fn locales_lead_to_a_language() {
        for (locale, tongue) in [
            ("ar", Tongue::Ar),
            ("AR_SY.UTF-8", Tongue::Ar),
            ("ar-SY", Tongue::Ar),
            ("arn_CL", Tongue::En),
            ("C", Tongue::En),
            ("", Tongue::En),
        ] {
            assert_eq!(Tongue::of_locale(locale), tongue, "{locale}");
        }
    }
}
