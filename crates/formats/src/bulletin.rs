//! The bulletin: news for every kit at once, signed by k custodians with keys of their own.
//!
//! It brings a new intake recipient, drops, and the custodian set that signs the next one. It names no kit, so that the
//! same bytes may go to everybody and fall into any hands. What was read is a [`SignedBulletin`], of which nothing may
//! be used; [`SignedBulletin::verify`] alone makes a [`Bulletin`] of it, against what a kit has pinned.

use keys::{CustodianSigningKey, IntakeRecipient, Signature};
use ledger::{LogVerifier, sha256};
use serde::{Deserialize, Serialize};

use crate::canonical::{self, EncodeError};
use crate::error::{DecodeError, at_most, version};
use crate::kit::{
    Custodian, CustodianJson, DROPS_MAX, DropUrl, IntakeJson, check_custodians, check_newsroom,
    custodian_key,
};

const WHAT: &str = "bulletin";
const MAGIC: &[u8] = b"fh-bulletin/1\n";
/// Goes before the document where it is signed: a custodian's signature under anything else is none under a bulletin.
const DOMAIN: &[u8] = b"fh1/bulletin\0";
/// The version this program writes and reads.
pub const VERSION: u32 = 1;
/// The longest bulletin, so that it fits one reply's cell.
pub const ENCODED_MAX: usize = 32 * 1024;
/// The most retired intake identities a bulletin dates.
pub const RETIRED_MAX: usize = 32;
/// How long a retired intake identity is kept at the least, in microseconds: twelve months.
pub const KEPT_AT_LEAST: i64 = 365 * 24 * 3_600 * 1_000_000;

/// Byte 1 of a reply that is a bulletin.
pub const KIND: u8 = 6;

/// A drop to use from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDrop {
    /// Where it is.
    pub url: DropUrl,
    /// Verifies its log's checkpoints, where it has a log.
    pub log_key: Option<LogVerifier>,
}

/// Until when the newsroom can open what is sealed to an earlier intake recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retired {
    /// Its epoch.
    pub epoch: u32,
    /// Until when it is kept, in microseconds since 1970 UTC.
    pub until: i64,
}

/// What the newsroom has to say to all kits. Made by the desk, or by [`SignedBulletin::verify`].
#[derive(Debug, Clone)]
pub struct Bulletin {
    /// The newsroom's name, as kits carry it.
    pub newsroom: String,
    /// Counts the newsroom's bulletins, from 1.
    pub number: u32,
    /// When it was drawn up, in microseconds since 1970 UTC.
    pub issued_at: i64,
    /// After this moment no kit takes it.
    pub valid_until: i64,
    /// What is sealed to from now on.
    pub intake: IntakeRecipient,
    /// Which intake identity that is.
    pub intake_epoch: u32,
    /// Until when earlier ones are kept, ascending.
    pub retired: Vec<Retired>,
    /// Drops to use from now on as well.
    pub drops_add: Vec<NewDrop>,
    /// Drops to use no longer.
    pub drops_remove: Vec<DropUrl>,
    /// Who signs the next one.
    pub custodians: Vec<Custodian>,
    /// How many of them it takes.
    pub threshold: u8,
}

/// A bulletin as it came: well-formed, and so far the word of nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBulletin {
    document: Vec<u8>,
    signatures: Vec<([u8; 32], Signature)>,
}

/// What a bulletin is held against: what the kit has pinned.
#[derive(Debug, Clone, Copy)]
pub struct Pinned<'a> {
    /// The newsroom's name.
    pub newsroom: &'a str,
    /// The custodians who may sign.
    pub custodians: &'a [Custodian],
    /// How many must.
    pub threshold: u8,
    /// The last bulletin that was taken.
    pub number: u32,
    /// The intake epoch in use.
    pub intake_epoch: u32,
}

/// Why a well-formed bulletin is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BulletinRefusal {
    /// The kit pins no custodian, so that nobody can sign for it.
    #[error("this kit pins no custodian; ask the newsroom for a new kit")]
    NobodyPinned,
    /// A key that is not pinned has signed.
    #[error("somebody has signed who is no custodian of this newsroom")]
    UnknownCustodian,
    /// A signature does not fit.
    #[error("a custodian's signature was not made over exactly this bulletin")]
    Signature,
    /// Fewer signatures than the kit asks for.
    #[error("{have} of {need} custodians have signed")]
    TooFew {
        /// Signatures there.
        have: usize,
        /// Signatures needed.
        need: usize,
    },
    /// Another newsroom's.
    #[error("it is another newsroom's bulletin")]
    OtherNewsroom,
    /// It was taken already, or a later one was.
    #[error("it is number {got}, and number {known} is known already")]
    NotNewer {
        /// Its number.
        got: u32,
        /// The last one taken.
        known: u32,
    },
    /// Its time is over.
    #[error("its time is over")]
    Expired,
    /// It would seal to an intake recipient older than the one in use.
    #[error("it goes back to an earlier intake recipient")]
    IntakeBackwards,
}

// Fields of the signed document; written in canonical order by `canonical`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    custodians: Vec<CustodianJson>,
    drops: DropsJson,
    intake: IntakeJson,
    issued_at: i64,
    newsroom: String,
    number: u32,
    retired: Vec<Retired>,
    threshold: u8,
    valid_until: i64,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DropsJson {
    add: Vec<NewDropJson>,
    remove: Vec<DropUrl>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewDropJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log_key: Option<String>,
    url: DropUrl,
}

impl NewDropJson {
    fn of(drop: &NewDrop) -> Self {
        Self {
            log_key: drop.log_key.as_ref().map(LogVerifier::to_string),
            url: drop.url.clone(),
        }
    }

    fn open(self) -> Result<NewDrop, DecodeError> {
        let bad =
            || DecodeError::invalid(WHAT, "a drop's log key is a name, an id and an Ed25519 key");
        let open = |spelt: String| {
            let key: Option<LogVerifier> = spelt.parse().ok();
            key.filter(|key| key.to_string() == spelt).ok_or_else(bad)
        };
        Ok(NewDrop {
            log_key: self.log_key.map(open).transpose()?,
            url: self.url,
        })
    }
}

impl Bulletin {
    /// The one encoding of the document, which is what custodians sign.
    fn document(&self) -> Result<Vec<u8>, DecodeError> {
        let json = Json {
            custodians: self.custodians.iter().map(CustodianJson::of).collect(),
            drops: DropsJson {
                add: self.drops_add.iter().map(NewDropJson::of).collect(),
                remove: self.drops_remove.clone(),
            },
            intake: IntakeJson::of(self.intake_epoch, &self.intake),
            issued_at: self.issued_at,
            newsroom: self.newsroom.clone(),
            number: self.number,
            retired: self.retired.clone(),
            threshold: self.threshold,
            valid_until: self.valid_until,
            version: VERSION,
        };
        json.check()?;
        canonical::to_vec(&json).map_err(|error| match error {
            EncodeError::Json(source) => DecodeError::json(WHAT, &source),
            _ => DecodeError::invalid(WHAT, "its numbers are integers within 53 bits"),
        })
    }

    /// The bulletin as a draft that nobody has signed yet.
    ///
    /// # Errors
    /// When it breaks a rule that decoding would refuse.
    pub fn draft(&self) -> Result<SignedBulletin, DecodeError> {
        let draft = SignedBulletin {
            document: self.document()?,
            signatures: Vec::new(),
        };
        at_most(WHAT, ENCODED_MAX, draft.encode().len())?;
        Ok(draft)
    }
}

impl Json {
    fn check(&self) -> Result<(), DecodeError> {
        version(WHAT, VERSION, self.version)?;
        check_newsroom(WHAT, &self.newsroom)?;
        check_custodians(WHAT, &self.custodians, self.threshold)?;
        at_most("drops of a bulletin", DROPS_MAX, self.drops.add.len())?;
        at_most("drops of a bulletin", DROPS_MAX, self.drops.remove.len())?;
        at_most("retired intake identities", RETIRED_MAX, self.retired.len())?;
        let added = self.drops.add.iter().map(|drop| &drop.url);
        let named: Vec<&DropUrl> = added.chain(&self.drops.remove).collect();
        let twice = |at: usize| named[..at].contains(&named[at]);
        let epochs_ascend = self.retired.is_sorted_by(|a, b| a.epoch < b.epoch);
        let kept = |one: &Retired| {
            one.epoch < self.intake.epoch
                && one.until >= self.issued_at.saturating_add(KEPT_AT_LEAST)
        };
        let rule = if self.number == 0 {
            "bulletins are numbered from 1"
        } else if self.valid_until <= self.issued_at {
            "it ends after it begins"
        } else if self.custodians.is_empty() {
            "it names who signs the next one"
        } else if (0..named.len()).any(twice) {
            "each drop is named once"
        } else if !epochs_ascend || !self.retired.iter().all(kept) {
            "retired intake identities ascend, precede the current one and are kept for twelve months"
        } else {
            return Ok(());
        };
        Err(DecodeError::invalid(WHAT, rule))
    }

    fn open(self) -> Result<Bulletin, DecodeError> {
        let custodians = self.custodians.into_iter().map(|one| one.open(WHAT));
        let added = self.drops.add.into_iter().map(NewDropJson::open);
        Ok(Bulletin {
            newsroom: self.newsroom,
            number: self.number,
            issued_at: self.issued_at,
            valid_until: self.valid_until,
            intake: self.intake.open(WHAT)?,
            intake_epoch: self.intake.epoch,
            retired: self.retired,
            drops_add: added.collect::<Result<_, _>>()?,
            drops_remove: self.drops.remove,
            custodians: custodians.collect::<Result<_, _>>()?,
            threshold: self.threshold,
        })
    }
}

impl SignedBulletin {
    /// The one encoding: magic, document, and one line for each signature in the order of the keys.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = [MAGIC, &self.document, b"\n"].concat();
        for (key, signature) in &self.signatures {
            out.extend_from_slice(hex::encode(key).as_bytes());
            out.push(b' ');
            out.extend_from_slice(hex::encode(signature.0).as_bytes());
            out.push(b'\n');
        }
        out
    }

    /// As a reply carries it: version, kind, two zero bytes, and the bulletin.
    #[must_use]
    pub fn encode_reply(&self) -> Vec<u8> {
        [&[1, KIND, 0, 0], self.encode().as_slice()].concat()
    }

    /// Reads what a reply carries.
    ///
    /// # Errors
    /// As [`SignedBulletin::decode`], and `Reserved`.
    pub fn decode_reply(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (head, rest) = bytes.split_at_checked(4).ok_or(DecodeError::Truncated {
            what: WHAT,
            need: 4,
            got: bytes.len(),
        })?;
        check_head(WHAT, KIND, head)?;
        Self::decode(rest)
    }

    /// Reads a bulletin and checks its form; who signed is checked by [`SignedBulletin::verify`].
    ///
    /// # Errors
    /// Not a bulletin, cut short, not canonical, or against a rule of the format.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        at_most(WHAT, ENCODED_MAX, bytes.len())?;
        let rest = bytes
            .strip_prefix(MAGIC)
            .ok_or(DecodeError::Magic { what: WHAT })?;
        let cut = || DecodeError::Truncated {
            what: WHAT,
            need: bytes.len() + 1,
            got: bytes.len(),
        };
        let end = rest.iter().position(|b| *b == b'\n').ok_or_else(cut)?;
        let (document, list) = (&rest[..end], &rest[end + 1..]);
        let json: Json = canonical::from_slice(WHAT, document, ENCODED_MAX)?;
        json.check()?;
        json.open()?;
        if list.last().is_some_and(|last| *last != b'\n') {
            return Err(cut());
        }
        let lines = list.split(|b| *b == b'\n').filter(|line| !line.is_empty());
        let signed = Self {
            document: document.to_vec(),
            signatures: lines.map(signature_line).collect::<Result<_, _>>()?,
        };
        // Once each: the same custodian twice is refused here already, before anybody counts.
        if !signed.signatures.is_sorted_by(|a, b| a.0 < b.0) {
            return Err(DecodeError::invalid(
                WHAT,
                "signatures ascend by key, and nobody signs twice",
            ));
        }
        if signed.encode() != bytes {
            return Err(DecodeError::NotCanonical { what: WHAT });
        }
        Ok(signed)
    }

    /// With one more custodian's signature; signing again replaces nothing and adds nothing.
    #[must_use]
    pub fn signed_by(mut self, custodian: &CustodianSigningKey) -> Self {
        let key = *custodian.verifying_key().as_bytes();
        let signature = custodian.sign(&message(&self.document));
        if let Err(at) = self
            .signatures
            .binary_search_by(|(known, _)| known.cmp(&key))
        {
            self.signatures.insert(at, (key, signature));
        }
        self
    }

    /// All signatures of drafts that hold the same document; `None` when `other` holds another.
    #[must_use]
    pub fn merged(mut self, other: &Self) -> Option<Self> {
        if self.document != other.document {
            return None;
        }
        for (key, signature) in &other.signatures {
            if let Err(at) = self
                .signatures
                .binary_search_by(|(known, _)| known.cmp(key))
            {
                self.signatures.insert(at, (*key, *signature));
            }
        }
        Some(self)
    }

    /// Whose keys have signed, unchecked.
    pub fn signers(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.signatures.iter().map(|(key, _)| key)
    }

    /// A short text that custodians on two machines compare aloud before they sign: the first digits of the document's hash.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex::encode(&sha256(&self.document).0[..8])
    }

    /// What it says, before anybody is believed: for showing a draft to the custodian who is about to sign it.
    ///
    /// # Errors
    /// Never for what [`SignedBulletin::decode`] gave.
    pub fn dangerously_read_unverified(&self) -> Result<Bulletin, DecodeError> {
        canonical::from_slice::<Json>(WHAT, &self.document, ENCODED_MAX)?.open()
    }

    /// Makes a bulletin of it, if at least k different pinned custodians have signed exactly this document, and it is
    /// this newsroom's, newer than the last, and not over.
    ///
    /// # Errors
    /// [`BulletinRefusal`] names the first thing that is wrong.
    pub fn verify(&self, pinned: &Pinned<'_>, now: i64) -> Result<Bulletin, BulletinRefusal> {
        if pinned.custodians.is_empty() || pinned.threshold == 0 {
            return Err(BulletinRefusal::NobodyPinned);
        }
        let message = message(&self.document);
        for (key, signature) in &self.signatures {
            let custodian = pinned
                .custodians
                .iter()
                .find(|one| one.key.as_bytes() == key)
                .ok_or(BulletinRefusal::UnknownCustodian)?;
            custodian
                .key
                .verify(&message, signature)
                .map_err(|_| BulletinRefusal::Signature)?;
        }
        let (have, need) = (self.signatures.len(), usize::from(pinned.threshold));
        if have < need {
            return Err(BulletinRefusal::TooFew { have, need });
        }
        // It was decoded when this value was made, so that it reads again.
        let bulletin = self
            .dangerously_read_unverified()
            .map_err(|_| BulletinRefusal::OtherNewsroom)?;
        if bulletin.newsroom != pinned.newsroom {
            return Err(BulletinRefusal::OtherNewsroom);
        }
        if bulletin.number <= pinned.number {
            return Err(BulletinRefusal::NotNewer {
                got: bulletin.number,
                known: pinned.number,
            });
        }
        if now > bulletin.valid_until {
            return Err(BulletinRefusal::Expired);
        }
        if bulletin.intake_epoch < pinned.intake_epoch {
            return Err(BulletinRefusal::IntakeBackwards);
        }
        Ok(bulletin)
    }
}

/// Version, kind and reserved bytes of a reply.
pub(crate) fn check_head(what: &'static str, kind: u8, head: &[u8]) -> Result<(), DecodeError> {
    match head {
        [1, found, 0, 0] if *found == kind => Ok(()),
        [1, found, 0, 0] => Err(DecodeError::UnknownKind { what, got: *found }),
        [1, ..] => Err(DecodeError::Reserved { what }),
        _ => Err(DecodeError::Version {
            what,
            expected: 1,
            got: head.first().copied().unwrap_or(0).into(),
        }),
    }
}

fn message(document: &[u8]) -> Vec<u8> {
    [DOMAIN, document].concat()
}

/// `<key, 64 digits> <signature, 128 digits>`.
fn signature_line(line: &[u8]) -> Result<([u8; 32], Signature), DecodeError> {
    let bad = || {
        DecodeError::invalid(
            WHAT,
            "a signature line is a key and a signature in hexadecimal",
        )
    };
    let text = std::str::from_utf8(line).map_err(|_| bad())?;
    let (key, signature) = text.split_once(' ').ok_or_else(bad)?;
    let key = custodian_key(WHAT, key)?;
    let signature: [u8; 64] = hex::decode(signature)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(bad)?;
    Ok((*key.as_bytes(), Signature(signature)))
}
