//! The key-encryption key and its shares, any k of n of which bring it back.
//!
//! Shamir's scheme itself cannot tell a wrong share from a right one. So the set's facts keep a hash of each share, and a
//! share carries its set, threshold, count and place; a bad one is named before anything is recombined.

use blahaj::Sharks;
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::bridge::Bridge;

/// Length of an encoded share.
pub const SHARE_LEN: usize = 1 + 16 + 3 + 32;
/// Version byte of an encoded share.
const VERSION: u8 = 1;
/// Most custodians of one newsroom. More would be a mistake, and unlocking would never end.
pub const CUSTODIANS_MAX: u8 = 32;

/// The key-encryption key: random, shared out, in memory only while something is wrapped or unwrapped.
#[derive(ZeroizeOnDrop)]
pub struct Kek([u8; 32]);

impl Kek {
    /// A fresh key.
    #[must_use]
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut kek = Self([0; 32]);
        rng.fill_bytes(&mut kek.0);
        kek
    }

    /// Takes 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key's bytes.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl core::fmt::Debug for Kek {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Kek(..)")
    }
}

/// Which split a share belongs to. A new one with every split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SetId(#[serde(with = "crate::code")] pub [u8; 16]);

/// What is publicly known of a set of shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetFacts {
    /// The set.
    pub id: SetId,
    /// How many shares bring the key back.
    pub k: u8,
    /// How many there are.
    pub n: u8,
    /// SHA-256 of each encoded share, by place.
    pub hashes: Vec<[u8; 32]>,
}

/// One share. As secret as the key itself once k - 1 others are known.
#[derive(ZeroizeOnDrop)]
pub struct Share {
    #[zeroize(skip)]
    set: SetId,
    #[zeroize(skip)]
    k: u8,
    #[zeroize(skip)]
    n: u8,
    #[zeroize(skip)]
    x: u8,
    y: [u8; 32],
}

/// Why shares do not give the key. `x` is a share's place in its set, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SharesError {
    /// Not a threshold: k from 1 to n, n at most 32.
    #[error("{k} of {n} is not a possible threshold: choose 1 <= k <= n <= 32")]
    Threshold {
        /// Shares wanted.
        k: u8,
        /// Shares made.
        n: u8,
    },
    /// Bytes that are no share.
    #[error("these bytes are not a share of version 1")]
    Encoding,
    /// Fewer different shares than needed.
    #[error("{have} shares were given and {need} are needed")]
    TooFew {
        /// Different shares given.
        have: usize,
        /// Shares needed.
        need: usize,
    },
    /// A share of another set: another newsroom's, or from before the last re-keying.
    #[error("share {x} belongs to another set: another newsroom's, or one from before re-keying")]
    Foreign {
        /// The share's place.
        x: u8,
    },
    /// A share that claims this set and is not what was handed out.
    #[error("share {x} was altered: it is not the share that was handed out")]
    Altered {
        /// The share's place.
        x: u8,
    },
    /// The facts themselves contradict each other.
    #[error("the set's facts are inconsistent")]
    Facts,
}

impl Share {
    /// The share's place in its set, from 1.
    #[must_use]
    pub fn x(&self) -> u8 {
        self.x
    }

    /// Its set.
    #[must_use]
    pub fn set(&self) -> SetId {
        self.set
    }

    /// Version, set, k, n, x, y: the encoding that is hashed and locked.
    #[must_use]
    pub fn expose_encoded(&self) -> Zeroizing<[u8; SHARE_LEN]> {
        let mut out = Zeroizing::new([0; SHARE_LEN]);
        out[0] = VERSION;
        out[1..17].copy_from_slice(&self.set.0);
        out[17] = self.k;
        out[18] = self.n;
        out[19] = self.x;
        out[20..].copy_from_slice(&self.y);
        out
    }

    /// Reads an encoded share.
    ///
    /// # Errors
    /// [`SharesError::Encoding`] for another length or version, [`SharesError::Threshold`] for impossible numbers.
    pub fn decode(bytes: &[u8]) -> Result<Self, SharesError> {
        let bytes: &[u8; SHARE_LEN] = bytes.try_into().map_err(|_| SharesError::Encoding)?;
        let (k, n, x) = (bytes[17], bytes[18], bytes[19]);
        if bytes[0] != VERSION || x == 0 || x > n {
            return Err(SharesError::Encoding);
        }
        check_threshold(k, n)?;
        let (mut set, mut y) = ([0; 16], [0; 32]);
        set.copy_from_slice(&bytes[1..17]);
        y.copy_from_slice(&bytes[20..]);
        let share = Self {
            set: SetId(set),
            k,
            n,
            x,
            y,
        };
        y.zeroize();
        Ok(share)
    }

    /// What the set's facts keep of this share.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.expose_encoded().as_ref()).into()
    }
}

impl core::fmt::Debug for Share {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Share({} of {}, ..)", self.x, self.n)
    }
}

impl SetFacts {
    /// The one encoding of the facts that the keyring's check covers.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(18 + self.hashes.len() * 32);
        out.extend_from_slice(&self.id.0);
        out.extend_from_slice(&[self.k, self.n]);
        self.hashes
            .iter()
            .for_each(|hash| out.extend_from_slice(hash));
        out
    }

    /// Checks that numbers and hashes fit together.
    ///
    /// # Errors
    /// [`SharesError::Threshold`] or [`SharesError::Facts`].
    pub fn validate(&self) -> Result<(), SharesError> {
        check_threshold(self.k, self.n)?;
        if self.hashes.len() == usize::from(self.n) {
            Ok(())
        } else {
            Err(SharesError::Facts)
        }
    }

    /// Checks that `share` is one that was handed out for this set.
    fn admit(&self, share: &Share) -> Result<(), SharesError> {
        let x = share.x;
        if share.set != self.id {
            return Err(SharesError::Foreign { x });
        }
        let known = usize::from(x)
            .checked_sub(1)
            .and_then(|at| self.hashes.get(at));
        let same = known.is_some_and(|hash| bool::from(hash.ct_eq(&share.hash())));
        if same {
            Ok(())
        } else {
            Err(SharesError::Altered { x })
        }
    }
}

fn check_threshold(k: u8, n: u8) -> Result<(), SharesError> {
    if k >= 1 && k <= n && n <= CUSTODIANS_MAX {
        Ok(())
    } else {
        Err(SharesError::Threshold { k, n })
    }
}

/// Splits `kek` into `n` shares, any `k` of which bring it back, as a new set.
///
/// # Errors
/// [`SharesError::Threshold`] when k and n are impossible.
pub fn split(
    kek: &Kek,
    k: u8,
    n: u8,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(SetFacts, Vec<Share>), SharesError> {
    check_threshold(k, n)?;
    let mut id = SetId([0; 16]);
    rng.fill_bytes(&mut id.0);
    let shares: Vec<Share> = Sharks(k)
        .dealer_rng(&kek.0, &mut Bridge(rng))
        .take(usize::from(n))
        .map(|dealt| {
            let bytes = Zeroizing::new(Vec::from(&dealt));
            let mut share = Share {
                set: id,
                k,
                n,
                x: bytes[0],
                y: [0; 32],
            };
            share.y.copy_from_slice(&bytes[1..]);
            share
        })
        .collect();
    let hashes = shares.iter().map(Share::hash).collect();
    Ok((SetFacts { id, k, n, hashes }, shares))
}

/// Brings the key back from at least k different shares of the set that `facts` describe.
///
/// # Errors
/// [`SharesError`] names the first foreign or altered share, or says how many are missing.
pub fn combine(shares: &[Share], facts: &SetFacts) -> Result<Kek, SharesError> {
    facts.validate()?;
    let mut dealt: Vec<blahaj::Share> = Vec::with_capacity(shares.len());
    for share in shares {
        facts.admit(share)?;
        if dealt.iter().all(|other| other.x.0 != share.x) {
            let encoded = share.expose_encoded();
            dealt.push(blahaj::Share::try_from(&encoded[19..]).map_err(|_| SharesError::Encoding)?);
        }
    }
    let (have, need) = (dealt.len(), usize::from(facts.k));
    if have < need {
        return Err(SharesError::TooFew { have, need });
    }
    let secret = Sharks(facts.k)
        .recover(&dealt[..need])
        .map_err(|_| SharesError::Facts)?;
    let secret = Zeroizing::new(secret);
    let bytes: &[u8; 32] = secret
        .as_slice()
        .try_into()
        .map_err(|_| SharesError::Facts)?;
    Ok(Kek(*bytes))
}
