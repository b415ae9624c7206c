//! Identities: the secret halves that open age files of the hybrid recipient `mlkem768x25519`.
//!
//! The rules are those of the C2SP age specification: a stanza of ours with a wrong shape spoils the header, a low-order
//! X25519 share too; a stanza that is merely for someone else does not. `tests/it/cctv.rs` runs the public vectors.

use std::fmt;
use std::io::{self, Read};
use std::marker::PhantomData;
use std::str::FromStr;

use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use data_encoding::BASE64_NOPAD;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::XWing;
use hpke::{Deserializable, Kem, OpModeR, Serializable};
use keys::hybrid::{self, BODY_LEN, ENCAPSULATED_LEN, IDENTITY_HRP, STANZA_TAG};
use keys::role::{Archive, Intake, Role};
use keys::{BechError, HybridRecipient};
use rand_core::{CryptoRng, RngCore};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

pub use age::stream::StreamReader;

/// Opens pieces; held by the unlocked desk.
pub type IntakeIdentity = HybridIdentity<Intake>;
/// Opens stored originals; held by the unlocked desk.
pub type ArchiveIdentity = HybridIdentity<Archive>;

type PrivateKey = <XWing as Kem>::PrivateKey;

/// Why an identity cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {role} identity cannot be read")]
pub struct IdentityError {
    /// Which identity.
    pub role: &'static str,
    /// What is wrong with it.
    #[source]
    pub source: BechError,
}

/// Why a sealed file does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A proper age file, sealed to another key.
    #[error("the file is not sealed to this {role} key")]
    NotForThisKey {
        /// Which key was tried.
        role: &'static str,
    },
    /// No age file, or its header was altered or cut short.
    #[error("the file's header is not a valid age header")]
    Header(#[source] age::DecryptError),
    /// The header's authentication failed though our key opened it.
    #[error("the file's header was altered")]
    HeaderMac,
    /// The content was altered or cut short.
    #[error("the file's content was altered or cut short")]
    Damaged(#[source] io::Error),
    /// The file could not be read.
    #[error("the sealed file could not be read")]
    Read(#[source] io::Error),
}

/// A hybrid identity (`AGE-SECRET-KEY-PQ-1...`) of one role: a 32-byte seed.
#[derive(ZeroizeOnDrop)]
pub struct HybridIdentity<R: Role> {
    seed: [u8; 32],
    #[zeroize(skip)]
    role: PhantomData<R>,
}

impl<R: Role> HybridIdentity<R> {
    /// Takes a stored seed.
    #[must_use]
    pub fn from_bytes(seed: [u8; 32]) -> Self {
        Self {
            seed,
            role: PhantomData,
        }
    }

    /// A fresh identity.
    #[must_use]
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut identity = Self::from_bytes([0; 32]);
        rng.fill_bytes(&mut identity.seed);
        identity
    }

    /// The seed, for storing it wrapped.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The spelling that stock age reads, for recovery.
    #[must_use]
    pub fn expose_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(keys::encode_bech32(IDENTITY_HRP, &self.seed));
        text.make_ascii_uppercase();
        text
    }

    /// The public half.
    #[must_use]
    pub fn recipient(&self) -> HybridRecipient<R> {
        let mut bytes = [0; hybrid::PUBLIC_LEN];
        XWing::sk_to_pk(&self.private_key()).write_exact(&mut bytes);
        #[expect(
            clippy::expect_used,
            reason = "a public key made by the KEM itself is usable"
        )]
        HybridRecipient::from_bytes(&bytes).expect("the KEM's own public keys are usable")
    }

    /// Opens an age file for reading from front to back.
    ///
    /// # Errors
    /// [`OpenError`] for the header. Errors while reading mean that the content was altered or cut.
    pub fn open_reader<I: Read>(&self, sealed: I) -> Result<StreamReader<I>, OpenError> {
        let file = age::Decryptor::new(sealed).map_err(from_header::<R>)?;
        file.decrypt(std::iter::once(self as &dyn age::Identity))
            .map_err(from_header::<R>)
    }

    /// Opens an age file for reading from any place. Same as [`Self::open_reader`]; the stream seeks when its source does.
    ///
    /// # Errors
    /// [`OpenError`] for the header.
    pub fn open_seekable<I: Read + io::Seek>(
        &self,
        sealed: I,
    ) -> Result<StreamReader<I>, OpenError> {
        self.open_reader(sealed)
    }

    /// Opens a whole age file in memory.
    ///
    /// # Errors
    /// [`OpenError`]; nothing of a damaged file is handed out.
    pub fn open(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let file = age::Decryptor::new_buffered(sealed).map_err(from_header::<R>)?;
        let mut reader = file
            .decrypt(std::iter::once(self as &dyn age::Identity))
            .map_err(from_header::<R>)?;
        // The plaintext is shorter than the file, so this never grows and leaves no copies behind.
        let mut text = Zeroizing::new(Vec::with_capacity(sealed.len()));
        reader.read_to_end(&mut text).map_err(OpenError::Damaged)?;
        Ok(text)
    }

    fn private_key(&self) -> PrivateKey {
        #[expect(clippy::expect_used, reason = "refused only when the length is not 32")]
        PrivateKey::from_bytes(&self.seed).expect("an X-Wing seed is any 32 bytes")
    }

    /// Opens the file key of one well-formed stanza.
    fn unwrap_body(&self, encapsulated: &[u8], body: &[u8]) -> Option<FileKey> {
        let key = <XWing as Kem>::EncappedKey::from_bytes(encapsulated).ok()?;
        let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeR::Base,
            &self.private_key(),
            &key,
            hybrid::INFO,
            body,
            &[],
        );
        let mut opened = Zeroizing::new(opened.ok()?);
        let file_key = (opened.len() == FILE_KEY_BYTES)
            .then(|| FileKey::init_with_mut(|slot| slot.copy_from_slice(&opened)));
        opened.zeroize();
        file_key
    }
}

impl<R: Role> age::Identity for HybridIdentity<R> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        if stanza.tag != STANZA_TAG {
            return None;
        }
        let Some(encapsulated) = well_formed(stanza) else {
            return Some(Err(age::DecryptError::InvalidHeader));
        };
        self.unwrap_body(&encapsulated, &stanza.body).map(Ok)
    }
}

/// The encapsulated key of a stanza that has the one allowed shape.
fn well_formed(stanza: &Stanza) -> Option<Vec<u8>> {
    let [argument] = stanza.args.as_slice() else {
        return None;
    };
    // This decoder refuses padding and loose trailing bits: only the canonical spelling passes.
    let encapsulated = BASE64_NOPAD.decode(argument.as_bytes()).ok()?;
    let shaped = encapsulated.len() == ENCAPSULATED_LEN && stanza.body.len() == BODY_LEN;
    (shaped && !hybrid::has_low_order_share(&encapsulated)).then_some(encapsulated)
}

/// age's errors about headers, in our words.
fn from_header<R: Role>(error: age::DecryptError) -> OpenError {
    match error {
        age::DecryptError::NoMatchingKeys => OpenError::NotForThisKey { role: R::NAME },
        age::DecryptError::InvalidMac => OpenError::HeaderMac,
        // age reports a malformed or cut header as I/O errors of these kinds; others come from the source.
        age::DecryptError::Io(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::InvalidData
                    | io::ErrorKind::InvalidInput
                    | io::ErrorKind::UnexpectedEof
            ) =>
        {
            OpenError::Read(error)
        }
        other => OpenError::Header(other),
    }
}

impl<R: Role> FromStr for HybridIdentity<R> {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        keys::decode_bech32::<32>(IDENTITY_HRP, text)
            .map(|seed| Self::from_bytes(*seed))
            .map_err(|source| IdentityError {
                role: R::NAME,
                source,
            })
    }
}

impl<R: Role> fmt::Debug for HybridIdentity<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HybridIdentity<{}>(..)", R::NAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Seek, SeekFrom, Write};

    fn identity(byte: u8) -> IntakeIdentity {
        IntakeIdentity::from_bytes([byte; 32])
    }

    #[test]
    fn opens_what_its_recipient_sealed() {
        let mine = identity(1);
        for length in [0, 1, 65_535, 65_536, 65_537, 200_000] {
            let text: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
            let sealed = mine.recipient().seal(&text).unwrap();
            assert_eq!(mine.open(&sealed).unwrap().as_slice(), text, "{length}");
            let other = identity(2).open(&sealed);
            assert!(matches!(
                other,
                Err(OpenError::NotForThisKey { role: "intake" })
            ));
        }
    }

    #[test]
    fn streams_and_seeks() {
        let mine = identity(1);
        let text: Vec<u8> = (0..200_000u32).flat_map(u32::to_le_bytes).collect();
        let mut writer = mine.recipient().seal_writer(Vec::new()).unwrap();
        writer.write_all(&text).unwrap();
        let sealed = writer.finish().unwrap();
        let mut reader = mine.open_seekable(Cursor::new(&sealed)).unwrap();
        let mut part = [0; 1000];
        for at in [0, 65_000, 131_072, 799_000, 3] {
            reader.seek(SeekFrom::Start(at as u64)).unwrap();
            reader.read_exact(&mut part).unwrap();
            assert_eq!(part, text[at..at + 1000], "at {at}");
        }
    }

    #[test]
    fn every_cut_and_flip_of_a_small_file_is_refused() {
        let mine = identity(1);
        let sealed = mine.recipient().seal(b"a short report").unwrap();
        for length in 0..sealed.len() {
            assert!(mine.open(&sealed[..length]).is_err(), "cut at {length}");
        }
        for at in (0..sealed.len()).step_by(7) {
            let mut hurt = sealed.clone();
            hurt[at] ^= 1;
            assert!(mine.open(&hurt).is_err(), "flipped {at}");
        }
        let mut longer = sealed.clone();
        longer.push(0);
        assert!(matches!(mine.open(&longer), Err(OpenError::Damaged(_))));
    }

    #[test]
    fn spelling_round_trips_and_recipients_agree() {
        let mine = identity(7);
        let text = mine.expose_text();
        assert!(text.starts_with("AGE-SECRET-KEY-PQ-1"));
        let again: IntakeIdentity = text.parse().unwrap();
        assert_eq!(again.expose_bytes(), mine.expose_bytes());
        assert_eq!(again.recipient(), mine.recipient());
        let spelt = mine.recipient().to_string();
        assert_eq!(
            spelt.parse::<keys::IntakeRecipient>().unwrap(),
            mine.recipient()
        );
        assert!(spelt.parse::<keys::X25519Recipient>().is_err());
        assert_eq!(format!("{mine:?}"), "HybridIdentity<intake>(..)");
    }

    #[test]
    fn hybrid_recipients_never_mix_with_others() {
        let hybrid = identity(1).recipient();
        let plain = age::x25519::Identity::generate().to_public();
        let both: [&dyn age::Recipient; 2] = [&hybrid, &plain];
        let made = age::Encryptor::with_recipients(both.into_iter());
        assert!(matches!(
            made,
            Err(age::EncryptError::IncompatibleRecipients { .. })
        ));
    }
}
