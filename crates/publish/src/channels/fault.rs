//! What can go wrong at a platform: four things, because four different things are to be done about them.

use std::time::Duration;

use thiserror::Error;

/// The most characters of a platform's words that are kept.
const WORDS: usize = 300;

/// Why something was not done, or may have been.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// Refused for good, in the platform's words: asking again would be refused again.
    #[error("refused: {words}")]
    Refused {
        /// The platform's words.
        words: String,
    },
    /// The account does not let us in: nothing goes there until a person has looked.
    #[error("the account is closed to us: {words}")]
    Account {
        /// The platform's words.
        words: String,
    },
    /// Nothing was done; try again later.
    #[error("not now: {words}")]
    Later {
        /// How long the platform wants us to wait.
        after: Option<Duration>,
        /// Why.
        words: String,
    },
    /// The answer was lost: it may have been done.
    #[error("it may have been done: {words}")]
    Unknown {
        /// How long the platform wants us to wait.
        after: Option<Duration>,
        /// What happened.
        words: String,
    },
}

impl Fault {
    pub(crate) fn refused(words: &str) -> Self {
        Self::Refused {
            words: shortened(words),
        }
    }

    pub(crate) fn account(words: &str) -> Self {
        Self::Account {
            words: shortened(words),
        }
    }

    pub(crate) fn later(words: &str) -> Self {
        Self::Later {
            after: None,
            words: shortened(words),
        }
    }

    pub(crate) fn unknown(words: &str) -> Self {
        Self::Unknown {
            after: None,
            words: shortened(words),
        }
    }

    /// An answer that should not be: since it is an answer to something that was asked, that may have been done.
    pub(crate) fn strange() -> Self {
        Self::unknown("the answer makes no sense")
    }

    /// What it says, for the record.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::Refused { words }
            | Self::Account { words }
            | Self::Later { words, .. }
            | Self::Unknown { words, .. } => words,
        }
    }

    /// For requests that change nothing: then not knowing is no danger, and one simply asks again.
    pub(crate) fn harmless(self) -> Self {
        match self {
            Self::Unknown { after, words } => Self::Later { after, words },
            other => other,
        }
    }
}

/// One line without control characters, cut to what a page can show.
fn shortened(words: &str) -> String {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars()
        .filter(|c| !c.is_control())
        .take(WORDS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platforms_words_are_one_short_line() {
        let fault = Fault::refused(&format!("no\n\u{7}way {}", "x".repeat(1_000)));
        assert!(fault.words().starts_with("no way xxx"));
        assert_eq!(fault.words().chars().count(), WORDS);
    }
}
