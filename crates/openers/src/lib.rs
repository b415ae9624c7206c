//! What opens: intake and archive identities, and the shares k of n that bring them back.
//!
//! One sentence of purpose: whatever can read a sealed piece is in this crate, so that one look at a dependency tree
//! tells who can. **Absence:** the field, the drop and the verifier never link it (`cargo xtask tidy` checks), and
//! nothing here does I/O or reads a clock.
//!
//! The way in is [`KeyringFile::unlock`]: custodians' passphrases open their shares, k shares give the key-encryption
//! key, that key unwraps the newsroom's keys and is wiped. Layouts are in `docs/formats/keys.md`.

mod bridge;
mod code;
pub mod identity;
pub mod keyring;
pub mod locked;
mod sealing;
pub mod shares;
pub mod signing_key;
pub mod wrap;

pub use identity::{
    ArchiveIdentity, HybridIdentity, IdentityError, IntakeIdentity, OpenError, StreamReader,
};
pub use keyring::{
    Custodian, Former, KeyChange, KeyringError, KeyringFile, NewKeyring, OpenKeyring, RekeyError,
    Rekeyed, Rekeying, UnlockError,
};
pub use keys::{ColumnKey, DatabaseKey, IndexKey, StatementLogSeed};
pub use locked::{LockedShare, LockedShareError};
pub use shares::{Kek, SetFacts, SetId, Share, SharesError, combine, split};
pub use signing_key::{LockedSigningKey, SigningKeyError};
pub use wrap::{WrapError, Wrapped};
