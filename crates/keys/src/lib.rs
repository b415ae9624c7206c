//! Role-typed keys and everything that seals.
//!
//! One sentence of purpose: a key is a type that names its role, and this crate holds every role that may lie
//! on a reporter's device. Recipients seal, veil keys hide cells, MAC keys authenticate pieces, reply keys carry
//! answers back in.
//!
//! **Absence:** nothing here opens a piece. The identities that do are in `openers`, which the field, the drop and
//! the verifier never link. No module does I/O or reads a clock; randomness is an argument, with one exception
//! stated in [`recipient`]: an age file's own header randomness comes from the operating system.
//!
//! Every label, layout and length is written down in `docs/formats/keys.md` and fixed by `vectors/`.

mod bech;
mod bulk;
pub mod chain;
pub mod hybrid;
pub mod import;
pub mod kit_words;
pub mod labels;
pub mod mac;
pub mod newsroom;
pub mod passphrase;
pub mod recipient;
pub mod reply;
pub mod role;
mod secret;
pub mod signing;
mod stream;
mod stream_buffer;
pub mod stretch;
pub mod vault;
pub mod veil;

pub use bech::{BechError, decode as decode_bech32, encode as encode_bech32};
pub use chain::{ChainKey, EpochKeys};
pub use import::{ImportFacts, ImportKey, ImportTag};
pub use kit_words::{Asker, KitWords, KitWordsError, KitWordsSeed};
pub use mac::{PieceFacts, PieceMacKey, PieceTag, TagMismatch};
pub use newsroom::{ColumnKey, DatabaseKey, IndexKey, StatementLogSeed};
pub use passphrase::{Passphrase, Weakness, Words};
pub use recipient::{
    ArchiveRecipient, HybridRecipient, IntakeRecipient, RecipientError, SealError, StreamBuffer,
    StreamWriter, X25519Recipient,
};
pub use reply::{
    MailboxAddress, ReplyIdentity, ReplyKeys, ReplyOpenError, ReplyPair, ReplyRecipient,
    ReplySecret,
};
pub use signing::{CustodianSigningKey, CustodianVerifyingKey, Signature, SigningError};
pub use stretch::{Cost, CostError, Salt, StretchError};
pub use vault::{HeaderKey, HeaderKeys, SlotGeneration, SlotKey, StateKey, StaysShut, VaultKey};
pub use veil::{
    CELL_LEN, Damaged, GLIMPSE_LEN, HEADER_LEN, NONCE_LEN, NotForThisKey, SHARD_LEN, VeilKeys,
};
