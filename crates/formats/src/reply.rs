//! The reply: one word of the newsroom to one reporter, in one cell that only one reply pair can open.
//!
//! Authentic twice over: the cell is veiled with keys made from the reply secret, which travelled sealed to the newsroom
//! and is known to nobody else, and its content is sealed to the pair's one-time recipient. Every kind fills the same
//! cell, so that a drop or a courier cannot tell a receipt from a letter.

use keys::{MailboxAddress, ReplyIdentity, ReplyOpenError, ReplyPair, ReplySecret, SealError};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::SHARD;
use crate::bulletin::{self, SignedBulletin};
use crate::cell::{Cell, NONCE, ReplyHeader};
use crate::choice::{self, Choice};
use crate::error::{DecodeError, at_most, head_of, version};
use crate::message::{self, Message};
use crate::receipt::{self, Receipt};
use crate::supply::{self, Supply};

const WHAT: &str = "reply";
/// The version this program writes and reads.
pub const VERSION: u8 = 1;
/// The longest plaintext of any kind, so that its age file fits one shard.
pub const PLAIN_MAX: usize = receipt::ENCODED_MAX;

/// What the newsroom says in one reply. Byte 1 of the plaintext is the kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Kinds 1 to 4: about pieces.
    Receipt(Receipt),
    /// Kind 5: words from a person at the desk.
    Message(Message),
    /// Kind 6: news for every kit, whose signatures are still to be checked.
    Bulletin(SignedBulletin),
    /// Kind 7: new session tokens.
    Supply(Supply),
    /// Kinds 8 and 9: about items that are held back.
    Choice(Choice),
}

impl Reply {
    /// The one encoding.
    ///
    /// # Errors
    /// When the reply breaks a rule that decoding would refuse.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, DecodeError> {
        match self {
            Self::Receipt(receipt) => receipt.encode().map(Zeroizing::new),
            Self::Message(message) => message.encode(),
            Self::Bulletin(bulletin) => Ok(Zeroizing::new(bulletin.encode_reply())),
            Self::Supply(supply) => supply.encode(),
            Self::Choice(choice) => choice.encode().map(Zeroizing::new),
        }
    }

    /// Reads a reply's plaintext.
    ///
    /// # Errors
    /// Another version, a kind that is not known (an update may know it), or what the kind's own format refuses.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let ([found, kind], _) = head_of::<2>(WHAT, bytes)?;
        version(WHAT, VERSION, *found)?;
        match *kind {
            1..=4 => Receipt::decode(bytes).map(Self::Receipt),
            message::KIND => Message::decode(bytes).map(Self::Message),
            bulletin::KIND => SignedBulletin::decode_reply(bytes).map(Self::Bulletin),
            supply::KIND => Supply::decode(bytes).map(Self::Supply),
            choice::WANT | choice::DECLINE => Choice::decode(bytes).map(Self::Choice),
            got => Err(DecodeError::UnknownKind { what: WHAT, got }),
        }
    }
}

impl From<Receipt> for Reply {
    fn from(receipt: Receipt) -> Self {
        Self::Receipt(receipt)
    }
}

impl From<Message> for Reply {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl From<SignedBulletin> for Reply {
    fn from(bulletin: SignedBulletin) -> Self {
        Self::Bulletin(bulletin)
    }
}

impl From<Choice> for Reply {
    fn from(choice: Choice) -> Self {
        Self::Choice(choice)
    }
}

impl From<Supply> for Reply {
    fn from(supply: Supply) -> Self {
        Self::Supply(supply)
    }
}

/// Why a reply could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    /// The cell is not this pair's: noise of an empty mailbox, another pair's, or forged.
    #[error("there is no reply for this pair")]
    NotForThisPair,
    /// The cell is this pair's and was damaged on the way.
    #[error("the reply was damaged on the way")]
    Damaged,
    /// The cell opens, its content does not.
    #[error("the reply does not open")]
    Sealed(#[from] ReplyOpenError),
    /// The content breaks the format, or is of a kind or version that this program does not know.
    #[error(transparent)]
    Format(#[from] DecodeError),
    /// Sealing failed.
    #[error("sealing the reply failed")]
    Seal(#[from] SealError),
}

impl ReplyError {
    /// Whether the reply is authentic and this program is too old to read it.
    #[must_use]
    pub fn wants_update(&self) -> bool {
        matches!(
            self,
            Self::Format(DecodeError::UnknownKind { .. } | DecodeError::Version { .. })
        )
    }
}

/// Seals a reply into the one cell that its mailbox will hold, under a fresh nonce.
///
/// # Errors
/// A reply against the rules, or sealing failed.
pub fn seal_reply(
    reply: &Reply,
    pair: &ReplyPair,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(MailboxAddress, Cell), ReplyError> {
    let plain = reply.encode()?;
    at_most(WHAT, PLAIN_MAX, plain.len())?;
    let sealed = pair.recipient.seal(&plain)?;
    at_most("sealed reply", SHARD, sealed.len())?;
    let length = u32::try_from(sealed.len()).unwrap_or(u32::MAX);
    let mut shard = [0; SHARD];
    shard[..sealed.len()].copy_from_slice(&sealed);
    let mut nonce = [0; NONCE];
    rng.fill_bytes(&mut nonce);
    let mut cell = Cell::blank();
    let header = ReplyHeader { length }.encode();
    pair.secret
        .veil()
        .seal(&nonce, &header, &shard, cell.as_mut_bytes());
    Ok((pair.secret.mailbox(), cell))
}

/// Veils a sealed reply anew, under a fresh nonce: what goes on a card shares no string with what lies in a mailbox.
///
/// # Errors
/// [`ReplyError::NotForThisPair`] and [`ReplyError::Damaged`] when this secret does not unveil it.
pub fn reveil_reply(
    cell: &Cell,
    secret: &ReplySecret,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Cell, ReplyError> {
    let veil = secret.veil();
    let header = veil
        .open_header(cell.as_bytes())
        .map_err(|_| ReplyError::NotForThisPair)?;
    let mut shard = Zeroizing::new([0; SHARD]);
    veil.open_body(cell.as_bytes(), &mut shard)
        .map_err(|_| ReplyError::Damaged)?;
    let mut nonce = [0; NONCE];
    rng.fill_bytes(&mut nonce);
    let mut out = Cell::blank();
    veil.seal(&nonce, &header, &shard, out.as_mut_bytes());
    Ok(out)
}

/// Opens what a mailbox or a card gave, if it is this pair's reply.
///
/// # Errors
/// [`ReplyError::NotForThisPair`] for noise and for every forgery; the others for what only the newsroom could have made.
pub fn open_reply(
    cell: &Cell,
    identity: &ReplyIdentity,
    secret: &ReplySecret,
) -> Result<Reply, ReplyError> {
    let veil = secret.veil();
    let header = veil
        .open_header(cell.as_bytes())
        .map_err(|_| ReplyError::NotForThisPair)?;
    let header = ReplyHeader::decode(&header)?;
    let mut shard = Zeroizing::new([0; SHARD]);
    veil.open_body(cell.as_bytes(), &mut shard)
        .map_err(|_| ReplyError::Damaged)?;
    let plain = identity.open(&shard[..header.length as usize], PLAIN_MAX)?;
    Ok(Reply::decode(&plain)?)
}
