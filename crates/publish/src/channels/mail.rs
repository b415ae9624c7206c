//! A newsletter by e-mail. Class D for each recipient: a mail server offers no handle, so that each has a row of their own that
//! is written before and after the one attempt. The rows make the whole resumable: whoever has it never gets it again, whoever
//! was not begun with gets it later, and who may have it is left to a person.
//!
//! One letter for each; nobody sees another's address. A letter shows nothing from elsewhere and its links lead straight to our
//! own page, so that nobody learns who reads it. A letter cannot be changed or called back: a correction and a withdrawal are
//! letters that answer the first.

mod leaving;
mod letter;
mod smtp;

use std::net::SocketAddr;
use std::str::FromStr as _;
use std::sync::Arc;

use lettre::message::Mailbox;
use zeroize::Zeroizing;

use super::http::Line;
use super::long::article;
use super::{
    Abilities, Bounds, Channel, Class, Covering, Fault, Limits, LineError, Measure, Part, Remote,
    Standing,
};
pub use leaving::leaving;
use letter::{Leave, LeaveError, Letter};
use smtp::{Post, Session};

/// Ports where mail is handed in: over TLS from the first byte, and after STARTTLS.
const PORTS: [u16; 2] = [465, 587];

/// Somebody who gets the newsletter.
#[derive(Clone)]
pub struct Recipient {
    /// Their row: random, and so the word in their links by which they leave.
    pub id: [u8; 16],
    /// Their address.
    pub address: Zeroizing<String>,
}

/// What became of one letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Had {
    /// Their server took it.
    Taken,
    /// It was refused for good.
    Refused,
    /// It was not taken now.
    Later,
    /// It may have been taken.
    Unknown,
}

/// How far a mailing is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rolled {
    /// All who get it.
    pub all: u32,
    /// Who has it.
    pub taken: u32,
    /// Whose server refused it.
    pub refused: u32,
    /// Who is yet to get it.
    pub left: u32,
    /// Who may have it.
    pub unknown: u32,
}

/// Who gets a mailing, and what became of each letter; kept where a crash does not reach.
pub trait Roll: Send + Sync {
    /// Begins an attempt: who gets it is fixed at the first; who was being sent to when an attempt broke off is in doubt.
    ///
    /// # Errors
    /// [`Fault`] when the rows cannot be written.
    fn begin(&self) -> Result<(), Fault>;

    /// The next whom this attempt has not tried, noted as being sent to before anything is sent.
    ///
    /// # Errors
    /// [`Fault`] when the row cannot be written.
    fn next(&self) -> Result<Option<Recipient>, Fault>;

    /// Notes what became of a letter.
    ///
    /// # Errors
    /// [`Fault`] when the row cannot be written.
    fn settle(&self, recipient: &[u8; 16], had: Had) -> Result<(), Fault>;

    /// How far it is.
    ///
    /// # Errors
    /// [`Fault`] when the rows cannot be read.
    fn rolled(&self) -> Result<Rolled, Fault>;
}

/// Where letters are handed in, and from whom they come.
pub struct MailAccount {
    line: Line,
    /// `http` for a connection that is not secure from its first byte.
    base: String,
    /// Whether it must become secure before anything is said.
    upgrade: bool,
    from: Mailbox,
    leave: Leave,
    user: String,
    password: Zeroizing<String>,
}

/// Why an account can hand in no letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The server.
    #[error("expected smtps://host or smtp://host, with or without a port")]
    Server,
    /// Sender, or page to leave at.
    #[error(transparent)]
    Leave(#[from] LeaveError),
    /// The sender.
    #[error(
        "expected a sender such as News <news@example.org>, a blank, and the https:// page where people leave"
    )]
    Sender,
    /// The credential.
    #[error("expected the user's name at the mail server, a blank, and the password")]
    Login,
}

impl From<LineError> for MailError {
    fn from(_: LineError) -> Self {
        Self::Server
    }
}

impl MailAccount {
    /// From what an editor enters: `smtps://host`, `News <news@example.org> https://news.example/leave`, `user password`.
    ///
    /// # Errors
    /// [`MailError`].
    pub fn parse(
        server: &str,
        account: &str,
        secret: &str,
        (proxy, circle): (Option<SocketAddr>, &str),
    ) -> Result<Self, MailError> {
        let (scheme, host) = server
            .trim()
            .trim_end_matches('/')
            .split_once("://")
            .ok_or(MailError::Server)?;
        let port = match scheme {
            "smtps" => PORTS[0],
            "smtp" => PORTS[1],
            _ => return Err(MailError::Server),
        };
        let bracketed = host.rfind(']').unwrap_or(0);
        let host = match host[bracketed..].contains(':') {
            true => host.to_owned(),
            false => format!("{host}:{port}"),
        };
        if host.contains('/') {
            return Err(MailError::Server);
        }
        // In the clear only within this machine, or to an onion address: by the rules of every line.
        let clear = format!("http://{host}");
        let may_be_clear = Line::new(&clear, proxy, circle).ok();
        let upgrade = scheme == "smtp" && may_be_clear.is_none();
        let (line, base) = match (scheme, may_be_clear) {
            ("smtp", Some(line)) => (line, clear),
            _ => {
                let secure = format!("https://{host}");
                let line = Line::new(&secure, proxy, circle)?;
                (line, if upgrade { clear } else { secure })
            }
        };
        let (from, leave) = account
            .trim()
            .rsplit_once(char::is_whitespace)
            .ok_or(MailError::Sender)?;
        let from = Mailbox::from_str(from.trim()).map_err(|_| MailError::Sender)?;
        let (user, password) = secret.trim().split_once(' ').ok_or(MailError::Login)?;
        Ok(Self {
            leave: Leave::new(leave, &from)?,
            line,
            base,
            upgrade,
            from,
            user: user.to_owned(),
            password: Zeroizing::new(password.trim().to_owned()),
        })
    }
}

/// An address as it is kept and written to, from one line of a list; none when it is no address that every server takes.
#[must_use]
pub fn address(line: &str) -> Option<String> {
    let mailbox = Mailbox::from_str(line.trim()).ok()?;
    let address = mailbox.email.to_string();
    (address.is_ascii() && address.len() <= 254).then_some(address)
}

/// A newsletter.
pub struct Mail {
    account: MailAccount,
    roll: Option<Arc<dyn Roll>>,
}

impl Mail {
    /// The newsletter of an account.
    #[must_use]
    pub fn new(account: MailAccount) -> Self {
        Self {
            account,
            roll: None,
        }
    }

    fn session(&self) -> Result<Session, Fault> {
        let account = &self.account;
        let mut session = Session::open(account.line.agent(), &account.base)?;
        if account.upgrade {
            session = session.upgrade(account.line.agent(), account.line.base())?;
        }
        session.sign_in(&account.user, &account.password)?;
        Ok(session)
    }

    /// Letters to all whom this attempt has not tried. A connection that broke is made anew; one that cannot be ends the attempt.
    fn carry(&self, roll: &dyn Roll, part: &Part<'_>) -> Result<Option<String>, Fault> {
        let mut session = Some(self.session()?);
        let mut said = None;
        while let Some(recipient) = roll.next()? {
            let letter = Letter {
                from: &self.account.from,
                leave: &self.account.leave,
                recipient: &recipient,
                part,
            };
            // An address that is none is refused like one that the server does not know.
            let Some(bytes) = letter.bytes(article(part)?) else {
                roll.settle(&recipient.id, Had::Refused)?;
                continue;
            };
            let mut open = match session.take().map_or_else(|| self.session(), Ok) {
                Ok(open) => open,
                Err(fault) => {
                    roll.settle(&recipient.id, Had::Later)?;
                    return Err(fault);
                }
            };
            let sender = self.account.from.email.to_string();
            let post = open.send(&sender, &recipient.address, &bytes);
            let had = match &post {
                Post::Taken => Had::Taken,
                Post::Refused(_) => Had::Refused,
                Post::Later(_) | Post::Broken | Post::Closed(_) => Had::Later,
                Post::Unknown => Had::Unknown,
            };
            roll.settle(&recipient.id, had)?;
            match post {
                Post::Closed(words) => return Err(Fault::account(&words)),
                Post::Broken | Post::Unknown => continue,
                // Servers repeat whom they do not take letters for; no page shows an address.
                Post::Later(words) => said = Some(words.replace(recipient.address.as_str(), "…")),
                Post::Taken | Post::Refused(_) => {}
            }
            session = open.fit().then_some(open);
        }
        if let Some(open) = session {
            open.quit();
        }
        Ok(said)
    }
}

impl Channel for Mail {
    fn abilities(&self) -> Abilities {
        Abilities {
            class: Class::Each,
            limits: Limits {
                measure: Measure::Graphemes,
                text: 100_000,
                caption: None,
                bytes: 1_000_000,
                link: None,
                posts: 1,
                // A letter has no files, and fetches none: they are behind the link.
                pictures: 0,
                picture_bytes: 0,
                video_bytes: 0,
                alt: 1_000,
                bounds: Bounds::NONE,
            },
            covering: Covering::None,
            long: true,
            edits: false,
            deletes: false,
            cards: false,
        }
    }

    fn check(&mut self) -> Result<Standing, Fault> {
        self.session()?.quit();
        Ok(Standing {
            name: self.account.from.email.to_string(),
            abilities: self.abilities(),
        })
    }

    fn call_roll(&mut self, roll: Arc<dyn Roll>) {
        self.roll = Some(roll);
    }

    fn send(&mut self, part: &Part<'_>) -> Result<Remote, Fault> {
        let roll = self.roll.take();
        let roll = roll.ok_or_else(|| Fault::refused("nobody said who gets it"))?;
        roll.begin()?;
        let carried = self.carry(roll.as_ref(), part);
        let rolled = roll.rolled()?;
        let said = carried.map_err(Fault::harmless)?;
        if rolled.left > 0 {
            let said = said.unwrap_or_default();
            let words = format!("{} of {} wait: {said}", rolled.left, rolled.all);
            return Err(Fault::later(&words));
        }
        if rolled.unknown > 0 {
            return Err(Fault::unknown(&format!(
                "{} of {} may have it: the connection broke after the whole letter",
                rolled.unknown, rolled.all
            )));
        }
        Ok(Remote {
            id: letter::name(part),
            url: String::new(),
        })
    }

    /// A mail server cannot be asked what it took.
    fn find(&mut self, _: &Part<'_>) -> Result<Option<Remote>, Fault> {
        Ok(None)
    }

    fn edit(&mut self, _: &Remote, _: &Part<'_>) -> Result<Remote, Fault> {
        Err(Fault::refused("letters cannot be changed"))
    }

    fn delete(&mut self, _: &Remote) -> Result<(), Fault> {
        Err(Fault::refused("letters cannot be called back"))
    }
}
