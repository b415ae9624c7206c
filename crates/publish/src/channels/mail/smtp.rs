//! Handing letters in (RFC 5321), a step at a time: a library that hides the steps could not tell a letter that was never
//! handed in from one whose answer was lost, and that is all that matters here.

use std::io::{Read as _, Write as _};

use data_encoding::BASE64;
use ureq::Agent;
use zeroize::Zeroizing;

use super::super::stream::{Stream, dial, secure};
use super::Fault;

/// The most bytes of one answer.
const ANSWER: usize = 16 * 1024;
/// Says nothing of this machine.
const HELLO: &str = "EHLO [127.0.0.1]";

/// What became of one letter.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Post {
    Taken,
    /// Refused for good, in the server's words.
    Refused(String),
    /// Not taken now, in the server's words.
    Later(String),
    /// The connection broke before the letter was handed in.
    Broken,
    /// The connection broke after it, and before the server said what it did.
    Unknown,
    /// The server does not take letters of ours, in its words.
    Closed(String),
}

/// What the server said.
struct Said {
    code: u16,
    lines: Vec<String>,
}

impl Said {
    fn words(&self) -> String {
        format!("{} {}", self.code, self.lines.join(" "))
    }

    const fn is(&self, hundred: u16) -> bool {
        self.code / 100 == hundred
    }
}

/// A connection to a mail server.
pub(super) struct Session {
    stream: Stream,
    abilities: Vec<String>,
    /// Whether another letter may follow.
    fit: bool,
}

impl Session {
    /// Connects and greets.
    pub(super) fn open(agent: &Agent, base: &str) -> Result<Self, Fault> {
        let mut session = Self {
            stream: dial(agent, base)?,
            abilities: Vec::new(),
            fit: true,
        };
        let greeting = session.read().ok_or_else(broke)?;
        if greeting.code != 220 {
            return Err(Fault::later(&greeting.words()));
        }
        session.greet()?;
        Ok(session)
    }

    fn greet(&mut self) -> Result<(), Fault> {
        let said = self.ask(HELLO).ok_or_else(broke)?;
        if said.code != 250 {
            return Err(Fault::later(&said.words()));
        }
        let upper = |line: &String| line.to_ascii_uppercase();
        self.abilities = said.lines.iter().skip(1).map(upper).collect();
        Ok(())
    }

    /// Makes the connection secure. What was said before is forgotten (RFC 3207).
    pub(super) fn upgrade(mut self, agent: &Agent, base: &str) -> Result<Self, Fault> {
        if !self.abilities.iter().any(|ability| ability == "STARTTLS") {
            return Err(Fault::account("the server offers no secure connection"));
        }
        let said = self.ask("STARTTLS").ok_or_else(broke)?;
        if said.code != 220 {
            return Err(Fault::later(&said.words()));
        }
        let mut session = Self {
            stream: secure(agent, base, self.stream)?,
            abilities: Vec::new(),
            fit: true,
        };
        session.greet()?;
        Ok(session)
    }

    /// Signs in (RFC 4954).
    pub(super) fn sign_in(&mut self, user: &str, password: &str) -> Result<(), Fault> {
        let offered = self
            .abilities
            .iter()
            .find_map(|line| line.strip_prefix("AUTH "));
        let offers =
            |way: &str| offered.is_some_and(|ways| ways.split_whitespace().any(|one| one == way));
        let said = if offers("PLAIN") {
            let both = Zeroizing::new(format!("\0{user}\0{password}"));
            let both = Zeroizing::new(BASE64.encode(both.as_bytes()));
            self.ask(&Zeroizing::new(format!("AUTH PLAIN {}", both.as_str())))
        } else if offers("LOGIN") {
            self.ask("AUTH LOGIN");
            self.ask(&BASE64.encode(user.as_bytes()));
            self.ask(&Zeroizing::new(BASE64.encode(password.as_bytes())))
        } else {
            return Err(Fault::account("the server offers no way to sign in"));
        };
        let said = said.ok_or_else(broke)?;
        match said.code {
            235 => Ok(()),
            400..=499 => Err(Fault::later(&said.words())),
            _ => Err(Fault::account(&said.words())),
        }
    }

    /// Hands one letter in, once.
    pub(super) fn send(&mut self, from: &str, to: &str, letter: &[u8]) -> Post {
        // Addresses were read as addresses before; a line that breaks would be another command.
        if [from, to]
            .iter()
            .any(|one| one.contains(['\r', '\n', '<', '>']))
        {
            return Post::Refused("the address is none".to_owned());
        }
        let Some(said) = self.ask(&format!("MAIL FROM:<{from}>")) else {
            return Post::Broken;
        };
        match said.code {
            250 => {}
            400..=499 => return self.later(&said),
            _ => return Post::Closed(said.words()),
        }
        for (command, fine) in [(format!("RCPT TO:<{to}>"), 2), ("DATA".to_owned(), 3)] {
            let Some(said) = self.ask(&command) else {
                return Post::Broken;
            };
            match said.code {
                400..=499 => return self.later(&said),
                _ if said.is(fine) => {}
                _ => {
                    self.reset();
                    return Post::Refused(said.words());
                }
            }
        }
        if self.write(&stuffed(letter)).is_none() {
            return Post::Broken;
        }
        // From here on the server may have it whole.
        let said = self.write(b".\r\n").and_then(|()| self.read());
        match said {
            Some(said) if said.is(2) => Post::Taken,
            Some(said) if said.is(4) => self.later(&said),
            Some(said) if said.is(5) => Post::Refused(said.words()),
            Some(_) | None => Post::Unknown,
        }
    }

    /// Whether another letter may follow on this connection.
    pub(super) const fn fit(&self) -> bool {
        self.fit
    }

    /// Says good-bye; what the server thinks of it is of no matter.
    pub(super) fn quit(mut self) {
        self.ask("QUIT");
    }

    fn later(&mut self, said: &Said) -> Post {
        match said.code {
            421 => self.fit = false,
            _ => self.reset(),
        }
        Post::Later(said.words())
    }

    /// Forgets a letter that was not handed in.
    fn reset(&mut self) {
        self.fit = self.ask("RSET").is_some_and(|said| said.is(2));
    }

    fn ask(&mut self, command: &str) -> Option<Said> {
        let line = Zeroizing::new(format!("{command}\r\n"));
        self.write(line.as_bytes())?;
        self.read()
    }

    fn write(&mut self, bytes: &[u8]) -> Option<()> {
        self.stream.write_all(bytes).ok()?;
        self.stream.flush().ok()
    }

    /// One answer of one or several lines; none when the connection broke or what came is no answer.
    fn read(&mut self) -> Option<Said> {
        let (mut lines, mut taken) = (Vec::new(), 0);
        loop {
            let line = self.line(&mut taken)?;
            let code: u16 = line.get(..3)?.parse().ok()?;
            lines.push(line.get(4..).unwrap_or_default().to_owned());
            match line.as_bytes().get(3) {
                Some(b'-') => {}
                Some(b' ') | None if (200..600).contains(&code) => {
                    return Some(Said { code, lines });
                }
                _ => return None,
            }
        }
    }

    fn line(&mut self, taken: &mut usize) -> Option<String> {
        let (mut line, mut byte) = (Vec::new(), [0; 1]);
        loop {
            self.stream.read_exact(&mut byte).ok()?;
            *taken += 1;
            if *taken > ANSWER {
                return None;
            }
            match byte[0] {
                b'\n' => break,
                other => line.push(other),
            }
        }
        let text = String::from_utf8_lossy(&line).into_owned();
        Some(text.trim_end().to_owned())
    }
}

/// Nothing was handed in yet.
fn broke() -> Fault {
    Fault::later("the connection to the mail server broke")
}

/// A letter whose lines cannot be taken for its end; it ends with a line.
fn stuffed(letter: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(letter.len() + 16);
    let mut at_start = true;
    for byte in letter {
        if at_start && *byte == b'.' {
            out.push(b'.');
        }
        out.push(*byte);
        at_start = *byte == b'\n';
    }
    if !at_start {
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_letter_is_not_taken_for_its_end() {
        assert_eq!(stuffed(b".\r\na\r\n..b"), b"..\r\na\r\n...b\r\n");
        assert_eq!(stuffed(b"a\r\n"), b"a\r\n");
    }
}
