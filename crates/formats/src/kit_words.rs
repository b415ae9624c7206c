//! A kit by twelve words: the question that a device sends, and the answer that only this device opens.
//!
//! The question is one cell like any other, veiled under keys that the words give. It names the key that the device made.
//! The answer is the kit, sealed to that key and padded to one size, in four cells that lie in four mailboxes.

use keys::{KitWordsSeed, MailboxAddress, ReplyIdentity, ReplyRecipient, ReplySecret};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::assemble::{AssembleError, AuthenticPiece, PieceKey};
use crate::cell::{Cell, CellHeader, NONCE, ReplyHeader};
use crate::error::{DecodeError, at_most, exactly, version};
use crate::id::{DispatchId, KitId, PieceNo};
use crate::kit::Kit;
use crate::piece::{PieceError, PiecePlace, SealedPiece};
use crate::reply::ReplyError;
use crate::{Assembler, SHARD};

const WHAT: &str = "kit question";
const ANSWER: &str = "kit answer";
/// The version of the question that this program writes and reads.
pub const VERSION: u8 = 1;
/// Cells of every answer, whatever the kit's size.
pub const CELLS: usize = 4;
/// Bytes of a question.
const QUESTION: usize = 33;
/// Plaintext of every answer: what four shards hold, less room for the age file's header and tags.
const ROOM: usize = CELLS * SHARD - 1_024;
/// The longest kit that can be handed over this way.
pub const KIT_MAX: usize = ROOM - 4;

/// The id under which a question with these words comes.
#[must_use]
pub fn question_id(seed: &KitWordsSeed) -> KitId {
    KitId(seed.id())
}

/// The one cell of a question. The same `rng` gives the same cell, so that asking again within the session stores
/// nothing twice.
///
/// # Errors
/// None that these lengths allow.
pub fn seal_question(
    seed: &KitWordsSeed,
    asker: &ReplyRecipient,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Cell, PieceError> {
    let plain = [&[VERSION], asker.as_bytes().as_slice()].concat();
    let place = PiecePlace {
        kit: question_id(seed),
        dispatch: DispatchId::random(rng),
        piece: PieceNo::CONTACT,
        last: false,
    };
    let piece = SealedPiece::from_ciphertext(plain)?;
    let mut cells = piece.cells(&seed.chain().epoch_keys(), &place, 0, rng)?;
    Ok(cells.pop().unwrap_or_else(Cell::blank))
}

/// Opens a cell that may be a question with these words: the key of the device that asks. `None` for every other cell.
#[must_use]
pub fn open_question(seed: &KitWordsSeed, cell: &Cell) -> Option<ReplyRecipient> {
    let keys = seed.chain().epoch_keys();
    let header = keys.veil.open_header(cell.as_bytes()).ok()?;
    let header = CellHeader::decode(&header).ok()?;
    let mut shard = Box::new([0; SHARD]);
    keys.veil.open_body(cell.as_bytes(), &mut shard).ok()?;
    let mut assembler = Assembler::new(PieceKey::of(&header));
    assembler.add(&header, shard.as_slice()).ok()?;
    let whole: Result<AuthenticPiece, AssembleError> = assembler.finish(&keys.mac, 1);
    let whole = whole.ok()?;
    decode_question(&whole.ciphertext).ok()
}

/// Reads a question's plaintext.
///
/// # Errors
/// Another length or version, or a key that nothing can be sealed to.
pub fn decode_question(bytes: &[u8]) -> Result<ReplyRecipient, DecodeError> {
    let [found, key @ ..] = exactly::<QUESTION>(WHAT, bytes)?;
    version(WHAT, VERSION, found)?;
    ReplyRecipient::from_bytes(key)
        .map_err(|_| DecodeError::invalid(WHAT, "the asking device's key is an X25519 key"))
}

/// Seals a kit file to the device that asked, as the four cells that its mailboxes will hold.
///
/// # Errors
/// A kit that is too large for this way, or sealing failed.
pub fn seal_answer(
    kit: &[u8],
    asker: &ReplyRecipient,
    seed: &KitWordsSeed,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Vec<(MailboxAddress, Cell)>, ReplyError> {
    at_most(ANSWER, KIT_MAX, kit.len())?;
    let mut plain = Zeroizing::new(vec![0; ROOM]);
    let length = u32::try_from(kit.len()).unwrap_or(u32::MAX);
    plain[..4].copy_from_slice(&length.to_be_bytes());
    plain[4..4 + kit.len()].copy_from_slice(kit);
    let sealed = asker.seal(&plain)?;
    at_most(ANSWER, CELLS * SHARD, sealed.len())?;
    let secrets = seed.reply_secrets(CELLS);
    let parts = sealed.chunks(SHARD);
    Ok(secrets
        .iter()
        .zip(parts)
        .map(|(secret, part)| (secret.mailbox(), veil(secret, part, rng)))
        .collect())
}

fn veil(secret: &ReplySecret, part: &[u8], rng: &mut (impl RngCore + CryptoRng)) -> Cell {
    let mut shard = Box::new([0; SHARD]);
    shard[..part.len()].copy_from_slice(part);
    let mut nonce = [0; NONCE];
    rng.fill_bytes(&mut nonce);
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    let header = ReplyHeader { length }.encode();
    let mut cell = Cell::blank();
    secret
        .veil()
        .seal(&nonce, &header, &shard, cell.as_mut_bytes());
    cell
}

/// Opens what the four mailboxes gave.
///
/// # Errors
/// [`ReplyError::NotForThisPair`] when one of them holds no answer (yet); [`ReplyError::Sealed`] when the kit was sealed
/// to another device: somebody else asked with these words.
pub fn open_answer(
    cells: &[Cell],
    identity: &ReplyIdentity,
    seed: &KitWordsSeed,
) -> Result<Kit, ReplyError> {
    let mut sealed = Vec::with_capacity(CELLS * SHARD);
    let secrets = seed.reply_secrets(CELLS);
    if cells.len() != CELLS {
        return Err(ReplyError::NotForThisPair);
    }
    for (secret, cell) in secrets.iter().zip(cells) {
        let header = secret
            .veil()
            .open_header(cell.as_bytes())
            .map_err(|_| ReplyError::NotForThisPair)?;
        let header = ReplyHeader::decode(&header)?;
        let mut shard = Box::new([0; SHARD]);
        secret
            .veil()
            .open_body(cell.as_bytes(), &mut shard)
            .map_err(|_| ReplyError::Damaged)?;
        sealed.extend_from_slice(&shard[..header.length as usize]);
    }
    let plain = identity.open(&sealed, ROOM)?;
    Ok(Kit::decode(unpad(&plain)?)?)
}

/// Takes the length and the padding off an answer's plaintext.
fn unpad(plain: &[u8]) -> Result<&[u8], DecodeError> {
    let cut = DecodeError::Truncated {
        what: ANSWER,
        need: ROOM,
        got: plain.len(),
    };
    if plain.len() != ROOM {
        return Err(cut);
    }
    let Some((length, rest)) = plain.split_first_chunk::<4>() else {
        return Err(cut);
    };
    let Some((kit, padding)) = rest.split_at_checked(u32::from_be_bytes(*length) as usize) else {
        return Err(cut);
    };
    if padding.iter().any(|byte| *byte != 0) {
        return Err(DecodeError::Reserved { what: ANSWER });
    }
    Ok(kit)
}
