//! Words in the person's language, compiled in and checked against the English ids when compiling.

use i18n_embed::fluent::FluentLanguageLoader;
use words::Tongue;

/// The chosen language.
pub(crate) struct Words {
    loader: FluentLanguageLoader,
    arabic: bool,
}

impl Words {
    /// The language asked for, else that of the environment, else English.
    pub(crate) fn choose(asked: Option<&str>) -> Self {
        let system = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty());
        let wanted = asked.map(str::to_owned).or(system).unwrap_or_default();
        Self::load(Tongue::of_locale(&wanted))
    }

    fn load(tongue: Tongue) -> Self {
        let loader = words::texts!("fh-field").load(tongue);
        // Direction marks around numbers and addresses matter in a right-to-left line and only disturb another.
        let arabic = tongue == Tongue::Ar;
        loader.set_use_isolating(arabic);
        Self { loader, arabic }
    }

    /// The words that passphrases are generated from.
    pub(crate) fn list(&self) -> keys::Words {
        if self.arabic {
            keys::Words::Arabic
        } else {
            keys::Words::English
        }
    }

    /// For `fl!`.
    pub(crate) fn loader(&self) -> &FluentLanguageLoader {
        &self.loader
    }
}

/// A message, its id and arguments checked when compiling.
macro_rules! say {
    ($words:expr, $id:literal $(, $key:ident = $value:expr)* $(,)?) => {
        i18n_embed_fl::fl!($words.loader(), $id $(, $key = $value)*)
    };
}
pub(crate) use say;

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids and the variables each uses, in the order they appear.
    fn messages(language: &str) -> Vec<(String, Vec<String>)> {
        let texts = words::texts!("fh-field");
        let text = match language {
            "ar" => texts.ar,
            _ => texts.en,
        };
        let text = String::from_utf8(text.to_vec()).unwrap();
        let mut found = Vec::new();
        for line in text.lines() {
            if let Some((id, _)) = line
                .split_once(" =")
                .filter(|_| !line.starts_with([' ', '#']))
            {
                found.push((id.to_owned(), Vec::new()));
            }
            let variables = line
                .split("{ $")
                .skip(1)
                .filter_map(|rest| rest.split([' ', '}']).next());
            let Some((_, known)) = found.last_mut() else {
                continue;
            };
            known.extend(variables.map(str::to_owned));
            known.sort();
            known.dedup();
        }
        found.sort();
        found
    }

    #[test]
    fn both_languages_say_the_same_things() {
        assert!(messages("en").len() > 20);
        assert_eq!(messages("en"), messages("ar"));
    }

    #[test]
    fn arabic_is_spoken_when_asked_for() {
        let arabic = say!(Words::load(Tongue::Ar), "init-done");
        let english = say!(Words::load(Tongue::En), "init-done");
        assert!(
            arabic.chars().any(|c| ('\u{600}'..='\u{6ff}').contains(&c)),
            "{arabic}"
        );
        assert!(english.is_ascii(), "{english}");
    }
}
