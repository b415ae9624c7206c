//! Editors' passwords: Argon2id, a few at a time, equal work for names that do not exist.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use rand_core::OsRng;
use zeroize::Zeroizing;

/// A password as typed; wiped when dropped, never printed.
pub(crate) struct Password(Zeroizing<String>);

/// The shortest password an editor may choose.
pub(crate) const SHORTEST: usize = 12;
/// The longest that is hashed; more is an attack on our time.
const LONGEST: usize = 1_024;

/// Why a password was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    /// Fewer than [`SHORTEST`] characters.
    #[error("the password is too short; use at least {SHORTEST} characters")]
    TooShort,
    /// Longer than anybody types.
    #[error("the password is longer than {LONGEST} bytes")]
    TooLong,
    /// The two fields of the form differ.
    #[error("the two passwords differ")]
    Differ,
    /// One character over and over, or the editor's own name.
    #[error("the password is too easy to guess")]
    Guessable,
}

impl Unfit {
    /// The key of the Fluent message.
    #[must_use]
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::TooShort => "too-short",
            Self::TooLong => "too-long",
            Self::Differ => "differ",
            Self::Guessable => "guessable",
        }
    }
}

impl Password {
    /// Takes a password as typed.
    #[must_use]
    pub(crate) fn new(typed: String) -> Self {
        Self(Zeroizing::new(typed))
    }

    /// Whether it may become `name`'s password; `again` is the second field of the form.
    ///
    /// # Errors
    /// Names what is wrong with it.
    pub(crate) fn fit(&self, again: &Self, name: &str) -> Result<(), Unfit> {
        let distinct: std::collections::HashSet<char> = self.0.chars().collect();
        if *self.0 != *again.0 {
            Err(Unfit::Differ)
        } else if self.0.chars().count() < SHORTEST {
            Err(Unfit::TooShort)
        } else if self.0.len() > LONGEST {
            Err(Unfit::TooLong)
        } else if distinct.len() < 5 || name.to_lowercase() == self.0.trim().to_lowercase() {
            Err(Unfit::Guessable)
        } else {
            Ok(())
        }
    }
}

/// How much work a hash costs.
#[derive(Debug, Clone)]
pub struct Cost(Params);

impl Default for Cost {
    /// 64 MiB, three passes: about a fifth of a second on a small server.
    fn default() -> Self {
        Self(Params::new(64 * 1024, 3, 1, None).unwrap_or_default())
    }
}

impl Cost {
    /// Almost none; for tests that sign in a hundred times.
    #[must_use]
    pub fn for_tests() -> Self {
        Self(Params::new(Params::MIN_M_COST, 1, 1, None).unwrap_or_default())
    }

    fn argon2(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.0.clone())
    }

    /// A PHC string for the database. Blocking: about 0.2 s.
    pub(super) fn hash(&self, password: &Password) -> Option<String> {
        let salt = SaltString::generate(&mut OsRng);
        let hash = self.argon2().hash_password(password.0.as_bytes(), &salt);
        hash.ok().map(|hash| hash.to_string())
    }

    /// Whether the password fits the hash. Without a hash (no such name, never enrolled) the same
    /// work is done against a hash of the same cost, and the answer is no. Blocking.
    pub(super) fn verify(&self, password: &Password, hash: Option<&str>) -> bool {
        let bytes = password.0.as_bytes();
        if bytes.len() > LONGEST {
            return false;
        }
        let known = hash.and_then(|hash| PasswordHash::new(hash).ok());
        if let Some(known) = known {
            return self.argon2().verify_password(bytes, &known).is_ok();
        }
        let mut out = Zeroizing::new([0_u8; 32]);
        let _ = self
            .argon2()
            .hash_password_into(bytes, &[0_u8; 16], out.as_mut());
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text.to_owned())
    }

    #[test]
    fn right_and_wrong_passwords() {
        let cost = Cost::for_tests();
        let hash = cost.hash(&password("a long enough one")).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$"));
        assert!(cost.verify(&password("a long enough one"), Some(&hash)));
        assert!(!cost.verify(&password("a long enough On"), Some(&hash)));
        assert!(!cost.verify(&password("a long enough one"), None));
        assert!(!cost.verify(&password("a long enough one"), Some("not a hash")));
    }

    #[test]
    fn unfit_passwords_are_named() {
        let fit = |a: &str, b: &str| password(a).fit(&password(b), "Amal Al-Hassan");
        assert_eq!(fit("correct horse", "correct horse"), Ok(()));
        assert_eq!(fit("correct horse", "correct hors"), Err(Unfit::Differ));
        assert_eq!(fit("short", "short"), Err(Unfit::TooShort));
        assert_eq!(
            fit(&"aaaa".repeat(9), &"aaaa".repeat(9)),
            Err(Unfit::Guessable)
        );
        assert_eq!(
            fit("amal al-hassan", "amal al-hassan"),
            Err(Unfit::Guessable)
        );
        assert_eq!(
            fit(&"abcdefgh".repeat(200), &"abcdefgh".repeat(200)),
            Err(Unfit::TooLong)
        );
        assert_eq!(fit("كلمة سر طويلة", "كلمة سر طويلة"), Ok(()));
    }
}
