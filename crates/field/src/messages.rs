//! Messages of the newsroom between their arrival and the one time they are shown.
//!
//! A message is shown in two steps, each saved: first it is marked as being shown, and only when its words are out is it
//! erased. Whoever is interrupted in between finds it again, with a word that it may have been seen: nothing is
//! lost, and nothing is shown twice in silence.

use formats::{DecodeError, Message, MessageId};
use rand_core::{CryptoRng, RngCore};

use crate::book::Field;
use crate::disk::Disk;
use crate::error::FieldError;
use crate::judge::Refusal;
use crate::record::{Reader, Writer};

/// Messages kept unread. More stay in their mailboxes until these are read: the device's room is finite.
pub(crate) const WAITING_MAX: usize = 32;

const SHOWING: u8 = 1;
/// Arrival, flags, length, and a message's head with one byte of text.
const ENTRY_MIN: usize = 8 + 1 + 4 + formats::message::HEAD + 1;

/// One message that waits.
struct Waiting {
    message: Message,
    received_at: i64,
    showing: bool,
}

/// All messages that wait, in the order of their arrival.
#[derive(Default)]
pub(crate) struct Messages(Vec<Waiting>);

/// A message being shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownMessage {
    /// What the newsroom wrote.
    pub message: Message,
    /// When it came to this device, in microseconds since 1970 UTC.
    pub received_at: i64,
    /// An earlier showing was interrupted: its owner may have seen it already.
    pub maybe_seen: bool,
}

impl Messages {
    /// Keeps a message until it is shown, and says whether it is new. One that arrives twice is kept once.
    pub(crate) fn keep(&mut self, message: &Message, now: i64) -> Result<bool, Refusal> {
        if self.0.iter().any(|known| known.message.id == message.id) {
            return Ok(false);
        }
        if self.0.len() >= WAITING_MAX {
            return Err(Refusal::TooManyMessages);
        }
        self.0.push(Waiting {
            message: message.clone(),
            received_at: now,
            showing: false,
        });
        Ok(true)
    }

    pub(crate) fn waiting(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn encode(&self, w: &mut Writer) -> Result<(), DecodeError> {
        w.count(self.0.len());
        for waiting in &self.0 {
            let bytes = waiting.message.encode()?;
            w.i64(waiting.received_at);
            w.byte(if waiting.showing { SHOWING } else { 0 });
            w.count(bytes.len()).bytes(&bytes);
        }
        Ok(())
    }

    /// Bytes that [`Messages::encode`] writes, so that the state's memory never grows while it is written.
    pub(crate) fn room(&self) -> usize {
        let texts = self.0.iter().map(|waiting| waiting.message.text.len());
        4 + texts.map(|length| ENTRY_MIN + length).sum::<usize>()
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut waiting = Vec::new();
        for _ in 0..r.count(ENTRY_MIN)? {
            let received_at = r.i64()?;
            let showing = r.flags(SHOWING)? == SHOWING;
            let length = r.count(1)?;
            let message = Message::decode(r.take(length)?)?;
            waiting.push(Waiting {
                message,
                received_at,
                showing,
            });
        }
        Ok(Self(waiting))
    }
}

impl<D: Disk> Field<D> {
    /// Takes out every waiting message to be shown, marked as being shown. Call [`Field::shown`] once its words are out.
    ///
    /// # Errors
    /// The disk failed; nothing may be shown then.
    pub fn show_messages(
        &mut self,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Vec<ShownMessage>, FieldError> {
        if self.state.messages.0.is_empty() {
            return Ok(Vec::new());
        }
        let mut shown = Vec::with_capacity(self.state.messages.0.len());
        for waiting in &mut self.state.messages.0 {
            shown.push(ShownMessage {
                message: waiting.message.clone(),
                received_at: waiting.received_at,
                maybe_seen: waiting.showing,
            });
            waiting.showing = true;
        }
        self.commit(rng)?;
        Ok(shown)
    }

    /// Erases messages whose words are out.
    ///
    /// # Errors
    /// The disk failed; they are shown again, marked as perhaps seen.
    pub fn shown(
        &mut self,
        ids: &[MessageId],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        let before = self.state.messages.0.len();
        let messages = &mut self.state.messages.0;
        messages.retain(|waiting| !ids.contains(&waiting.message.id));
        if messages.len() == before {
            return Ok(());
        }
        self.commit(rng)
    }
}
