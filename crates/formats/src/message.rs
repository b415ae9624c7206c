//! The message: words from a person at the desk to one reporter, kind 5 of a [reply](crate::reply).

use std::fmt;

use zeroize::Zeroizing;

use crate::error::{DecodeError, at_most, head_of, rest_is, version};
use crate::id::{DispatchId, MessageId};

const WHAT: &str = "message";
/// The version this program writes and reads.
pub const VERSION: u8 = 1;
/// Its kind among the replies.
pub const KIND: u8 = 5;
/// Bytes before the text.
pub const HEAD: usize = 48;
/// The most bytes of text.
pub const TEXT_MAX: usize = 16_384;
/// Moments are microseconds within 53 bits, as in every other format here.
const MOMENT_END: i64 = 1 << 53;
const ANSWERS: u8 = 1;

/// Words from the desk. Shown once in the field and then erased; neither printed by `Debug` nor left in memory.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Which message.
    pub id: MessageId,
    /// The dispatch that it answers, if it answers one.
    pub dispatch: Option<DispatchId>,
    /// When it was written: microseconds since 1970 UTC, by the desk's clock.
    pub sent_at: i64,
    /// The words: 1 to 16,384 bytes of UTF-8 without control characters but newline.
    pub text: Zeroizing<String>,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({}..)", self.id.short())
    }
}

/// Whether a text may be a message's.
///
/// # Errors
/// Empty, too long, or with a control character other than newline.
pub fn check_text(text: &str) -> Result<(), DecodeError> {
    if text.is_empty() {
        return Err(DecodeError::invalid(WHAT, "a message has words"));
    }
    at_most("text of a message", TEXT_MAX, text.len())?;
    // A terminal obeys control characters; a newline is the only one that words need.
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(DecodeError::invalid(
            WHAT,
            "no control characters but newline",
        ));
    }
    Ok(())
}

impl Message {
    /// The one encoding.
    ///
    /// # Errors
    /// When the message breaks a rule that decoding would refuse.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, DecodeError> {
        self.check()?;
        let length = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let flags = if self.dispatch.is_some() { ANSWERS } else { 0 };
        // With room for all of it, so that no half-written copy stays behind in memory.
        let mut out = Zeroizing::new(Vec::with_capacity(HEAD + self.text.len()));
        out.extend_from_slice(&[VERSION, KIND, flags, 0]);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&self.id.0);
        out.extend_from_slice(&self.sent_at.to_be_bytes());
        out.extend_from_slice(&self.dispatch.map_or([0; DispatchId::LEN], |id| id.0));
        out.extend_from_slice(self.text.as_bytes());
        Ok(out)
    }

    /// Reads a message's plaintext.
    ///
    /// # Errors
    /// Cut short, too long, trailing bytes, another version, reserved bytes, not UTF-8, or against a rule.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (head, text) = head_of::<HEAD>(WHAT, bytes)?;
        version(WHAT, VERSION, head[0])?;
        if head[1] != KIND {
            return Err(DecodeError::UnknownKind {
                what: WHAT,
                got: head[1],
            });
        }
        if head[2] > ANSWERS || head[3] != 0 {
            return Err(DecodeError::Reserved { what: WHAT });
        }
        let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
        at_most("text of a message", TEXT_MAX, length)?;
        rest_is(WHAT, HEAD, text, length)?;
        let text = std::str::from_utf8(text)
            .map_err(|_| DecodeError::invalid(WHAT, "the text is UTF-8"))?;
        let moment: [u8; 8] = crate::error::exactly(WHAT, &head[24..32])?;
        let message = Self {
            id: MessageId::from_slice(&head[8..24])?,
            dispatch: answered(head[2] == ANSWERS, &head[32..48])?,
            sent_at: i64::from_be_bytes(moment),
            text: Zeroizing::new(text.to_owned()),
        };
        message.check()?;
        Ok(message)
    }

    fn check(&self) -> Result<(), DecodeError> {
        if !(0..MOMENT_END).contains(&self.sent_at) {
            return Err(DecodeError::invalid(WHAT, "the moment is within 53 bits"));
        }
        check_text(&self.text)
    }
}

fn answered(flag: bool, bytes: &[u8]) -> Result<Option<DispatchId>, DecodeError> {
    if flag {
        return DispatchId::from_slice(bytes).map(Some);
    }
    if bytes.iter().any(|byte| *byte != 0) {
        return Err(DecodeError::Reserved { what: WHAT });
    }
    Ok(None)
}
