//! Bytes to types and back, for everything that travels or rests: kit, piece, dispatch, cell, reply, statement, proof file.
//!
//! Purpose: one place that says what each byte means, strict on the way in and canonical on the way out.
//! Absence: no files, no sockets, no clock, no async. Randomness and keys come in as arguments; nothing here
//! opens what is sealed to the newsroom (that is `openers`).
//!
//! The layouts are described in `docs/formats/`, and every one has vectors in `vectors/` that the tests replay.

pub mod assemble;
pub mod bulletin;
pub mod canonical;
pub mod card;
pub mod cell;
pub mod choice;
pub mod coding;
pub mod contact;
pub mod dispatch;
pub mod error;
pub mod film;
pub mod id;
pub mod kit;
pub mod kit_words;
pub mod message;
pub mod piece;
pub mod proof_file;
pub mod receipt;
pub mod reply;
mod secret;
pub mod statement;
pub mod supply;
pub mod vault;

pub use assemble::{AssembleError, Assembler, AuthenticPiece, PieceKey, PieceMemory, Progress};
pub use bulletin::{Bulletin, BulletinRefusal, NewDrop, Pinned, Retired, SignedBulletin};
pub use cell::{Cell, CellHeader};
pub use choice::{Choice, ChoiceKind};
pub use contact::{Checkpoint, Contact, ReplyPair, SessionsLeft, Standing};
pub use dispatch::{Item, Manifest};
pub use error::DecodeError;
pub use id::{DispatchId, KitId, MessageId, PieceNo};
pub use keys::chain::{EPOCH, EPOCHS_AHEAD, epoch_at};
pub use kit::{Custodian, DropUrl, Kit, KitDrop, SessionToken};
pub use ledger::{Digest, LogVerifier, Sha256Writer, sha256};
pub use message::Message;
pub use piece::{PieceError, PiecePlace, PieceSealer, SealedPiece, UnhashedPiece, seal_piece};
pub use proof_file::{LogProof, ProofFile};
pub use receipt::{Receipt, ReceiptKind, ReceiptPiece};
pub use reply::{Reply, ReplyError, open_reply, reveil_reply, seal_reply};
pub use statement::{Grade, Statement};
pub use supply::Supply;

/// Bytes of one shard, the unit of the erasure code.
pub const SHARD: usize = 65_408;
/// Bytes of one cell, the unit on every road.
pub const CELL: usize = 65_536;
/// The most shards a piece's ciphertext may fill.
pub const K_MAX: u16 = 256;
/// The most plaintext one piece holds: 255 age chunks, so that the ciphertext with its header fits 256 shards.
pub const PIECE_PLAIN_MAX: usize = 16_711_680;
/// The most ciphertext one piece holds.
pub const PIECE_SEALED_MAX: usize = SHARD * K_MAX as usize;
