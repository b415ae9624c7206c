//! The token supply: new session tokens for one kit, sent in a reply before the old ones run out.
//!
//! Binary and short, so that it fits one cell beside the age header. Secret as a whole: a token lets its holder begin
//! one session at one drop.

use zeroize::Zeroizing;

use crate::bulletin::check_head;
use crate::error::{DecodeError, at_most};
use crate::kit::{DROPS_MAX, DropUrl, SessionToken, URL_MAX};

const WHAT: &str = "token supply";
/// The version this program writes and reads.
pub const VERSION: u8 = 1;
/// Version, kind and two reserved bytes.
const HEAD: usize = 4;
/// Bytes of one token.
const TOKEN: usize = 32;
/// The most tokens of one supply over all drops, so that it fits one cell.
pub const TOKENS_MAX: usize = 1_800;
/// The longest encoding.
pub const ENCODED_MAX: usize = HEAD + 1 + DROPS_MAX * (3 + URL_MAX) + TOKENS_MAX * TOKEN;

/// Byte 1 of a reply that is a token supply.
pub const KIND: u8 = 7;

/// New session tokens, by drop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supply {
    /// For each drop its new tokens; no drop twice.
    pub drops: Vec<(DropUrl, Vec<SessionToken>)>,
}

impl Supply {
    /// The one encoding: version, kind, two zero bytes, the number of drops, and for each the length of its URL, the URL, the number of tokens (big
    /// endian) and the tokens.
    ///
    /// # Errors
    /// When the supply breaks a rule that decoding would refuse.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, DecodeError> {
        self.check()?;
        let mut out = Zeroizing::new(Vec::with_capacity(ENCODED_MAX));
        out.extend_from_slice(&[VERSION, KIND, 0, 0]);
        out.push(u8::try_from(self.drops.len()).unwrap_or(u8::MAX));
        for (url, tokens) in &self.drops {
            let url = url.as_str().as_bytes();
            out.push(u8::try_from(url.len()).unwrap_or(u8::MAX));
            out.extend_from_slice(url);
            let count = u16::try_from(tokens.len()).unwrap_or(u16::MAX);
            out.extend_from_slice(&count.to_be_bytes());
            for token in tokens {
                out.extend_from_slice(token.expose_bytes());
            }
        }
        Ok(out)
    }

    /// Reads a supply.
    ///
    /// # Errors
    /// Cut short, too long, trailing bytes, or against a rule.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        at_most(WHAT, ENCODED_MAX, bytes.len())?;
        let mut rest = bytes;
        check_head(WHAT, KIND, take(&mut rest, HEAD, bytes.len())?)?;
        let count = take(&mut rest, 1, bytes.len())?[0];
        let mut drops = Vec::new();
        for _ in 0..count {
            drops.push(take_drop(&mut rest, bytes.len())?);
        }
        if !rest.is_empty() {
            return Err(DecodeError::Trailing {
                what: WHAT,
                extra: rest.len(),
            });
        }
        let supply = Self { drops };
        supply.check()?;
        Ok(supply)
    }

    fn check(&self) -> Result<(), DecodeError> {
        at_most("drops of a supply", DROPS_MAX, self.drops.len())?;
        let tokens = self.drops.iter().map(|(_, tokens)| tokens.len()).sum();
        at_most("tokens of a supply", TOKENS_MAX, tokens)?;
        let twice = |at: usize| {
            let url = &self.drops[at].0;
            self.drops[..at].iter().any(|(other, _)| other == url)
        };
        let rule = if self.drops.is_empty() {
            "it is for at least one drop"
        } else if self.drops.iter().any(|(_, tokens)| tokens.is_empty()) {
            "each drop gets at least one token"
        } else if (0..self.drops.len()).any(twice) {
            "each drop is named once"
        } else {
            return Ok(());
        };
        Err(DecodeError::invalid(WHAT, rule))
    }
}

fn take<'a>(rest: &mut &'a [u8], count: usize, all: usize) -> Result<&'a [u8], DecodeError> {
    let (front, back) = rest.split_at_checked(count).ok_or(DecodeError::Truncated {
        what: WHAT,
        need: all - rest.len() + count,
        got: all,
    })?;
    *rest = back;
    Ok(front)
}

fn take_drop(rest: &mut &[u8], all: usize) -> Result<(DropUrl, Vec<SessionToken>), DecodeError> {
    let length = take(rest, 1, all)?[0];
    let url = std::str::from_utf8(take(rest, length.into(), all)?)
        .map_err(|_| DecodeError::invalid(WHAT, "a drop's URL is ASCII"))?;
    let url: DropUrl = url.parse()?;
    let count = take(rest, 2, all)?;
    let count = usize::from(u16::from_be_bytes([count[0], count[1]]));
    let list = take(rest, count * TOKEN, all)?;
    let tokens = list.as_chunks::<TOKEN>().0.iter();
    let tokens = tokens.map(|token| SessionToken::from_bytes(*token));
    Ok((url, tokens.collect()))
}
