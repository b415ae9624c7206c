//! The short code that is burnt into what is published, as far as this crate has to know it: which letters it may have.

use serde::{Deserialize, Serialize};

/// Letters that can be drawn, in the order in which they stand in `assets/letters.png`: Crockford's, and what stands between
/// groups of them.
pub(crate) const LETTERS: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ-";
/// Longer ones would be too small to read.
const MOST: usize = 12;

/// A code to be burnt in: 1 to 12 of `0123456789ABCDEFGHJKMNPQRSTVWXYZ-`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Code(String);

impl Code {
    /// A code, if it can be drawn.
    #[must_use]
    pub fn new(code: &str) -> Option<Self> {
        let drawable = code.chars().all(|c| LETTERS.contains(c));
        ((1..=MOST).contains(&code.len()) && drawable).then(|| Self(code.to_owned()))
    }

    /// Its letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Code {
    type Error = &'static str;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::new(&code).ok_or("not a code")
    }
}

impl From<Code> for String {
    fn from(code: Code) -> Self {
        code.0
    }
}
