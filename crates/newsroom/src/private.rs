//! Text about a source: pseudonyms, file names, notes. It can be shown to an editor; it must never reach a log.

use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A text that `Debug` does not print, that cannot be serialised by accident and is wiped when dropped.
///
/// There is no `Display`: whoever shows it says so with [`Private::expose`].
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Default)]
pub struct Private(String);

impl Private {
    /// Guards a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Call it where a page for a signed-in editor is written, and nowhere near a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Private(..)")
    }
}

impl From<String> for Private {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Private {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        let note = Private::new("the blue door");
        assert_eq!(format!("{note:?} {note:#?}"), "Private(..) Private(..)");
        assert_eq!(note.expose(), "the blue door");
    }
}
