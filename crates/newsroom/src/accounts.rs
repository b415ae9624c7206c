//! Accounts of editors: enrolment once, sign-in at a bounded rate.
//!
//! An attempt is counted *before* the password is checked, so that parallel guesses cannot outrun the counter; a
//! right password sets it back. The password itself never comes here.

use crate::ids::EditorId;
use crate::refusal::Refusal;
use crate::time::{DAY, MINUTE, Micros, SECOND};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How long an enrolment code is good for.
pub const ENROLMENT_LIFE: i64 = 7 * DAY;
/// Wrong passwords that cost nothing.
pub const FREE_ATTEMPTS: u32 = 5;
/// The longest wait between two attempts.
pub const LONGEST_WAIT: i64 = 15 * MINUTE;
/// How long a sign-in lasts without being renewed.
pub const SESSION_LIFE: i64 = DAY / 2;

/// What an editor may be. A small team may give one person both roles; the distinction stays recorded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Roles {
    /// Writes, edits and approves.
    pub editor: bool,
    /// Answers for the people in and behind the material; without this approval nothing goes out.
    pub safety: bool,
}

impl Roles {
    /// An editor.
    pub const EDITOR: Self = Self {
        editor: true,
        safety: false,
    };
    /// A safety editor.
    pub const SAFETY: Self = Self {
        editor: false,
        safety: true,
    };
    /// Both in one person.
    pub const BOTH: Self = Self {
        editor: true,
        safety: true,
    };

    /// Whether there is no role at all.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        !self.editor && !self.safety
    }

    /// As bits, for storage and canonical bytes: 1 editor, 2 safety.
    #[must_use]
    pub const fn bits(self) -> u8 {
        (self.editor as u8) | ((self.safety as u8) << 1)
    }

    /// From bits; `None` when an unknown bit is set.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits > 3 {
            return None;
        }
        Some(Self {
            editor: bits & 1 != 0,
            safety: bits & 2 != 0,
        })
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.editor, self.safety) {
            (true, true) => "editor+safety",
            (true, false) => "editor",
            (false, true) => "safety",
            (false, false) => "none",
        })
    }
}

/// The text names no known role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role is `editor`, `safety` or `editor+safety`")]
pub struct NotARole;

impl FromStr for Roles {
    type Err = NotARole;
    fn from_str(text: &str) -> Result<Self, NotARole> {
        match text {
            "editor" => Ok(Self::EDITOR),
            "safety" => Ok(Self::SAFETY),
            "editor+safety" | "safety+editor" => Ok(Self::BOTH),
            _ => Err(NotARole),
        }
    }
}

/// What the rules know of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Who.
    pub id: EditorId,
    /// What they may be.
    pub roles: Roles,
    /// When the open enrolment code ends; `None` when there is none.
    pub enrolment_until: Option<Micros>,
    /// Whether a password is set.
    pub enrolled: bool,
    /// Attempts since the last right password.
    pub attempts: u32,
    /// Before this moment no attempt counts.
    pub retry_at: Option<Micros>,
    /// Whether the account is closed.
    pub closed: bool,
}

impl Account {
    /// A new account with an open enrolment code.
    ///
    /// # Errors
    /// [`Refusal::NoRole`], [`Refusal::NameInvalid`].
    pub fn open(id: EditorId, name: &str, roles: Roles, now: Micros) -> Result<Self, Refusal> {
        if roles.is_empty() {
            return Err(Refusal::NoRole);
        }
        let length = name.chars().count();
        if !(1..=80).contains(&length) || name.trim() != name || name.chars().any(char::is_control)
        {
            return Err(Refusal::NameInvalid);
        }
        let enrolment_until = Some(now.plus(ENROLMENT_LIFE));
        Ok(Self {
            id,
            roles,
            enrolment_until,
            enrolled: false,
            attempts: 0,
            retry_at: None,
            closed: false,
        })
    }

    /// Whether this person may act.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.enrolled && !self.closed
    }
}

/// What can be asked of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Set the first password by enrolment code.
    Enrol,
    /// Someone is about to try a password.
    Attempt,
    /// The password of a counted attempt was right.
    SignIn,
    /// Hand out a fresh enrolment code (a lost password); the old password stops working.
    Reissue,
    /// Close the account for good.
    Close,
}

/// What becomes of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The code is spent, the password set.
    Enrolled,
    /// One more attempt; before `retry_at` the next is refused.
    AttemptCounted {
        /// Attempts since the last right password.
        attempts: u32,
        /// Before this moment no attempt counts.
        retry_at: Option<Micros>,
    },
    /// A session begins; the counter is zero again.
    SignedIn {
        /// When the session ends.
        session_until: Micros,
    },
    /// A new code is out; sessions end.
    Reissued {
        /// When it expires.
        until: Micros,
    },
    /// The account is closed; sessions end.
    Closed,
}

/// Decides an account command.
///
/// # Errors
/// The [`Refusal`] that applies.
pub fn decide(account: &Account, command: Command, now: Micros) -> Result<Vec<Change>, Refusal> {
    if account.closed {
        return Err(Refusal::NotAnEditor);
    }
    match command {
        Command::Enrol => match account.enrolment_until {
            None => Err(Refusal::EnrolmentSpent),
            Some(until) if now > until => Err(Refusal::EnrolmentExpired),
            Some(_) => Ok(vec![Change::Enrolled]),
        },
        Command::Attempt => attempt(account, now),
        Command::SignIn if !account.enrolled || account.attempts == 0 => Err(Refusal::NotAnEditor),
        Command::SignIn => Ok(vec![Change::SignedIn {
            session_until: now.plus(SESSION_LIFE),
        }]),
        Command::Reissue => Ok(vec![Change::Reissued {
            until: now.plus(ENROLMENT_LIFE),
        }]),
        Command::Close => Ok(vec![Change::Closed]),
    }
}

fn attempt(account: &Account, now: Micros) -> Result<Vec<Change>, Refusal> {
    if !account.enrolled {
        return Err(Refusal::NotAnEditor);
    }
    if let Some(retry_at) = account.retry_at
        && now < retry_at
    {
        return Err(Refusal::TooManyAttempts { retry_at });
    }
    let attempts = account.attempts.saturating_add(1);
    let retry_at = wait_after(attempts).map(|wait| now.plus(wait));
    Ok(vec![Change::AttemptCounted { attempts, retry_at }])
}

/// The wait after the `attempts`-th attempt in a row: none at first, then doubling from ten seconds.
fn wait_after(attempts: u32) -> Option<i64> {
    let beyond = attempts.checked_sub(FREE_ATTEMPTS)?;
    let doubled = 10 * SECOND * (1_i64 << beyond.min(20));
    Some(doubled.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        let mut account = Account::open(
            EditorId::from_bytes([1; 16]),
            "Noor",
            Roles::EDITOR,
            Micros(0),
        )
        .unwrap();
        account.enrolled = true;
        account.enrolment_until = None;
        account
    }

    #[test]
    fn names_and_roles_are_checked() {
        let open = |name: &str, roles| {
            Account::open(EditorId::from_bytes([1; 16]), name, roles, Micros(0)).err()
        };
        assert_eq!(open("", Roles::EDITOR), Some(Refusal::NameInvalid));
        assert_eq!(open(" Noor", Roles::EDITOR), Some(Refusal::NameInvalid));
        assert_eq!(open("a\u{7}b", Roles::EDITOR), Some(Refusal::NameInvalid));
        assert_eq!(
            open(&"ن".repeat(81), Roles::EDITOR),
            Some(Refusal::NameInvalid)
        );
        assert_eq!(open("نور", Roles::default()), Some(Refusal::NoRole));
        assert_eq!(open(&"ن".repeat(80), Roles::SAFETY), None);
        for roles in [Roles::EDITOR, Roles::SAFETY, Roles::BOTH] {
            assert_eq!(roles.to_string().parse(), Ok(roles));
            assert_eq!(Roles::from_bits(roles.bits()), Some(roles));
        }
        assert_eq!(Roles::from_bits(4), None);
    }

    #[test]
    fn an_enrolment_code_is_good_once_and_for_a_week() {
        let fresh = Account::open(
            EditorId::from_bytes([1; 16]),
            "Noor",
            Roles::EDITOR,
            Micros(0),
        )
        .unwrap();
        assert_eq!(
            decide(&fresh, Command::Enrol, Micros(ENROLMENT_LIFE)),
            Ok(vec![Change::Enrolled])
        );
        assert_eq!(
            decide(&fresh, Command::Enrol, Micros(ENROLMENT_LIFE + 1)),
            Err(Refusal::EnrolmentExpired)
        );
        assert_eq!(
            decide(&account(), Command::Enrol, Micros(0)),
            Err(Refusal::EnrolmentSpent)
        );
        assert_eq!(
            decide(&fresh, Command::Attempt, Micros(0)),
            Err(Refusal::NotAnEditor)
        );
    }

    #[test]
    fn guessing_slows_down_and_parallel_guesses_count() {
        let mut state = account();
        let mut now = Micros(0);
        let mut waits = Vec::new();
        for _ in 0..14 {
            let Ok(changes) = decide(&state, Command::Attempt, now) else {
                panic!("refused at {now:?}")
            };
            let [Change::AttemptCounted { attempts, retry_at }] = changes[..] else {
                panic!("{changes:?}")
            };
            state.attempts = attempts;
            state.retry_at = retry_at;
            if let Some(retry_at) = retry_at {
                let early = decide(&state, Command::Attempt, retry_at.plus(-1));
                assert_eq!(early, Err(Refusal::TooManyAttempts { retry_at }));
                waits.push((retry_at.0 - now.0) / SECOND);
                now = retry_at;
            }
        }
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 900, 900, 900]);
    }

    #[test]
    fn signing_in_needs_a_counted_attempt_and_an_open_account() {
        let mut state = account();
        assert_eq!(
            decide(&state, Command::SignIn, Micros(0)),
            Err(Refusal::NotAnEditor)
        );
        state.attempts = 1;
        let session_until = Micros(SESSION_LIFE);
        assert_eq!(
            decide(&state, Command::SignIn, Micros(0)),
            Ok(vec![Change::SignedIn { session_until }])
        );
        state.closed = true;
        for command in [
            Command::Enrol,
            Command::Attempt,
            Command::SignIn,
            Command::Reissue,
            Command::Close,
        ] {
            assert_eq!(
                decide(&state, command, Micros(0)),
                Err(Refusal::NotAnEditor)
            );
        }
    }
}
