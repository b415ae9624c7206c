//! Bech32 as age uses it: BIP 173's checksum without its limit on length, either all lower or all upper case.
//!
//! Decoding is strict: what does not encode back to the same string is refused, so that one key has one spelling.

use bech32::primitives::checksum::Checksum;
use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};
use zeroize::{Zeroize, Zeroizing};

/// BIP 173's code with age's lifted length limit.
enum AgeBech32 {}

impl Checksum for AgeBech32 {
    type MidstateRepr = u32;
    const CODE_LENGTH: usize = 4096;
    const CHECKSUM_LENGTH: usize = Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = Bech32::TARGET_RESIDUE;
}

/// Why a string is not the key it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BechError {
    /// Characters, case, checksum or padding are wrong.
    #[error("the key is misspelt or cut short; copy it again, all of it")]
    Spelling,
    /// A valid key of another kind.
    #[error("this is another kind of key: it should begin with \"{expected}1\"")]
    Kind {
        /// The prefix that was wanted.
        expected: &'static str,
    },
    /// The right kind and the wrong number of bytes.
    #[error("the key has {found} bytes where {expected} belong")]
    Length {
        /// The number wanted.
        expected: usize,
        /// The number found.
        found: usize,
    },
}

/// Decodes `text`, which must carry the prefix `hrp` and exactly `N` bytes.
///
/// # Errors
/// [`BechError`] says what is wrong; it never quotes the text, which may be a secret.
pub fn decode<const N: usize>(
    hrp: &'static str,
    text: &str,
) -> Result<Zeroizing<[u8; N]>, BechError> {
    let checked = CheckedHrpstring::new::<AgeBech32>(text).map_err(|_| BechError::Spelling)?;
    if !checked.hrp().as_str().eq_ignore_ascii_case(hrp) {
        return Err(BechError::Kind { expected: hrp });
    }
    let found = checked.byte_iter().len();
    let mut bytes = Zeroizing::new([0; N]);
    if found != N {
        return Err(BechError::Length { expected: N, found });
    }
    for (slot, byte) in bytes.iter_mut().zip(checked.byte_iter()) {
        *slot = byte;
    }
    // Bits beyond the last whole byte must be zero, and no group may be superfluous: compare with our own spelling.
    let mut spelt = encode(hrp, bytes.as_ref());
    let same = spelt.eq_ignore_ascii_case(text);
    spelt.zeroize();
    if same {
        Ok(bytes)
    } else {
        Err(BechError::Spelling)
    }
}

/// Encodes `bytes` under `hrp` in lower case.
#[must_use]
pub fn encode(hrp: &'static str, bytes: &[u8]) -> String {
    let hrp = Hrp::parse_unchecked(hrp);
    #[expect(
        clippy::expect_used,
        reason = "refused only above 4,096 characters; the longest key here has 1,959"
    )]
    bech32::encode_lower::<AgeBech32>(hrp, bytes).expect("keys are far below the length limit")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HRP: &str = "age1pq";

    #[test]
    fn the_code_is_consistent() {
        AgeBech32::sanity_check();
    }

    #[test]
    fn long_keys_round_trip_in_both_cases() {
        let bytes = [0xa5; 1216];
        let text = encode(HRP, &bytes);
        assert!(text.starts_with("age1pq1"));
        assert_eq!(decode::<1216>(HRP, &text).as_deref(), Ok(&bytes));
        let upper = text.to_uppercase();
        assert_eq!(decode::<1216>(HRP, &upper).as_deref(), Ok(&bytes));
    }

    #[test]
    fn wrong_spelling_kind_and_length_are_told_apart() {
        let text = encode(HRP, &[1; 33]);
        let swapped = text.replace("age1pq1", "AGE1PQ1");
        assert_eq!(decode::<33>(HRP, &swapped), Err(BechError::Spelling));
        assert_eq!(
            decode::<33>(HRP, &text[..text.len() - 1]),
            Err(BechError::Spelling)
        );
        assert_eq!(
            decode::<33>("age", &text),
            Err(BechError::Kind { expected: "age" })
        );
        let wrong = BechError::Length {
            expected: 32,
            found: 33,
        };
        assert_eq!(decode::<32>(HRP, &text), Err(wrong));
    }

    #[test]
    fn bech32m_and_loose_padding_are_refused() {
        let hrp = Hrp::parse_unchecked(HRP);
        let other = bech32::encode_lower::<bech32::Bech32m>(hrp, &[1; 32]).unwrap();
        assert_eq!(decode::<32>(HRP, &other), Err(BechError::Spelling));
        // 32 bytes fill 51 groups and one bit of padding group 52: set a padding bit, keep the checksum right.
        use bech32::primitives::iter::{ByteIterExt, Fe32IterExt};
        let mut groups: Vec<bech32::Fe32> = [1u8; 32].into_iter().bytes_to_fes().collect();
        let last = groups.len() - 1;
        groups[last] = bech32::Fe32::try_from(groups[last].to_u8() | 1).unwrap();
        let loose: String = groups
            .into_iter()
            .with_checksum::<AgeBech32>(&hrp)
            .chars()
            .collect();
        assert_eq!(decode::<32>(HRP, &loose), Err(BechError::Spelling));
    }
}
