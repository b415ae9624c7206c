//! Every HKDF label of the project in one table, so that two uses can never share one by accident.
//!
//! `docs/formats/keys.md` lists them; `vectors/derivations.json` fixes what each gives for a fixed input.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// CK(e) to CK(e+1).
pub const CHAIN: &str = "fh1/chain";
/// Epoch key to the key of cell headers.
pub const VEIL_HEAD: &str = "fh1/veil-head";
/// Epoch key to the key of cell bodies.
pub const VEIL_BODY: &str = "fh1/veil-body";
/// Epoch key to the key that authenticates pieces.
pub const PIECE_MAC: &str = "fh1/piece-mac";
/// Reply secret to the key of a reply cell's header.
pub const REPLY_HEAD: &str = "fh1/reply-head";
/// Reply secret to the key of a reply cell's body.
pub const REPLY_BODY: &str = "fh1/reply-body";
/// Reply secret to the mailbox address at a drop.
pub const MAILBOX: &str = "fh1/mailbox";
/// Stretched passphrase of a vault's owner to the key of the header at the first position.
pub const HEADER_0: &str = "fh1/header/0";
/// Stretched passphrase of a vault's owner to the key of the header at the second position.
pub const HEADER_1: &str = "fh1/header/1";
/// Vault key, with a piece's generation, to the key of that piece's slots.
pub const SLOT: &str = "fh1/slot";
/// State key to the key of the state's snapshot and journal.
pub const INDEX: &str = "fh1/index";
/// Stretched passphrase to the key that locks a custodian's share.
pub const SHARE: &str = "fh1/share";
/// Stretched passphrase to the key that locks a custodian's signing key.
pub const SIGNING_KEY: &str = "fh1/signing-key";
/// Key-encryption key to the key that wraps the newsroom's keys.
pub const WRAP: &str = "fh1/wrap";
/// Key-encryption key to the key that checks a recombined set.
pub const CHECK: &str = "fh1/check";

/// Kit words to the chain that veils the question for the kit.
pub const WORDS_CHAIN: &str = "fh1/words-chain";
/// Kit words to the id that the question comes under.
pub const WORDS_ID: &str = "fh1/words-id";
/// Kit words to the session token for the question.
pub const WORDS_TOKEN: &str = "fh1/words-token";
/// Kit words to what veils and addresses the answer's cells, one after the other.
pub const WORDS_REPLY: &str = "fh1/words-reply";
/// Kit words to the salt of the asking device's passphrase.
pub const WORDS_SALT: &str = "fh1/words-salt";
/// Kit words to the salt of the code compared aloud.
pub const WORDS_CODE: &str = "fh1/words-code";
/// Stretched passphrase of the asking device to the identity the kit is sealed to.
pub const WORDS_IDENTITY: &str = "fh1/words-identity";
/// Stretched passphrase of the asking device to its session secret.
pub const WORDS_SESSION: &str = "fh1/words-session";
/// Stretched passphrase of the asking device to the seed of its question.
pub const WORDS_QUESTION: &str = "fh1/words-question";

/// All labels, for the documents' and vectors' completeness tests.
pub const ALL: &[&str] = &[
    CHAIN,
    VEIL_HEAD,
    VEIL_BODY,
    PIECE_MAC,
    REPLY_HEAD,
    REPLY_BODY,
    MAILBOX,
    HEADER_0,
    HEADER_1,
    SLOT,
    INDEX,
    SHARE,
    SIGNING_KEY,
    WRAP,
    CHECK,
    WORDS_CHAIN,
    WORDS_ID,
    WORDS_TOKEN,
    WORDS_REPLY,
    WORDS_SALT,
    WORDS_CODE,
    WORDS_IDENTITY,
    WORDS_SESSION,
    WORDS_QUESTION,
];

/// HKDF-SHA-256 with empty salt: `key` as input keying material, `label` as info, 32 bytes out.
#[must_use]
pub fn derive(key: &[u8; 32], label: &str) -> Zeroizing<[u8; 32]> {
    expand(key, &[label.as_bytes()])
}

/// As [`derive`], with the label and then `context` as info, for one key of many under the same label.
#[must_use]
pub fn derive_for(key: &[u8; 32], label: &str, context: &[u8; 16]) -> Zeroizing<[u8; 32]> {
    expand(key, &[label.as_bytes(), context])
}

fn expand(key: &[u8; 32], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    #[expect(
        clippy::expect_used,
        reason = "HKDF-SHA-256 refuses only outputs above 8,160 bytes; this is 32"
    )]
    Hkdf::<Sha256>::new(None, key)
        .expand_multi_info(info, out.as_mut())
        .expect("32 bytes are within HKDF's limit");
    out
}
