//! Passphrases to keys: one Argon2id run with parameters as values, its memory wiped afterwards.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use rand_core::{CryptoRng, RngCore};
use zeroize::{Zeroize, Zeroizing};

use crate::passphrase::Passphrase;

/// Most memory that a stored cost may ask for, in KiB: 4 GiB. A hostile file must not take the machine down.
const MEMORY_MAX_KIB: u32 = 4 * 1024 * 1024;
/// Most passes that a stored cost may ask for.
const PASSES_MAX: u32 = 64;
/// Most lanes that a stored cost may ask for.
const LANES_MAX: u32 = 16;

/// A salt: random, stored in the clear beside what it helps to lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salt(pub [u8; 16]);

impl Salt {
    /// A fresh salt.
    #[must_use]
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut salt = Self([0; 16]);
        rng.fill_bytes(&mut salt.0);
        salt
    }
}

/// What one guess at a passphrase costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// A stored cost is outside what Argon2id or this machine can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Argon2id with {memory_kib} KiB, {passes} passes and {lanes} lanes is out of bounds")]
pub struct CostError {
    /// Memory asked for.
    pub memory_kib: u32,
    /// Passes asked for.
    pub passes: u32,
    /// Lanes asked for.
    pub lanes: u32,
}

/// Why no key came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StretchError {
    /// The machine does not have that memory.
    #[error("{memory_kib} KiB of memory are needed to check a passphrase; close other programs")]
    Memory {
        /// What was asked for.
        memory_kib: u32,
    },
    /// Argon2 itself refused.
    #[error("the passphrase could not be turned into a key")]
    Refused,
}

impl Cost {
    /// The field's cost: 256 MiB, three passes. Fixed, because a field must open on its owner's phone.
    pub const FIELD: Self = Self {
        memory_kib: 256 * 1024,
        passes: 3,
        lanes: 1,
    };
    /// A custodian's cost where the machine allows: 1 GiB, three passes.
    pub const CUSTODIAN: Self = Self {
        memory_kib: 1024 * 1024,
        passes: 3,
        lanes: 1,
    };
    /// The least a custodian's passphrase may cost: 64 MiB, three passes.
    pub const CUSTODIAN_LEAST: Self = Self {
        memory_kib: 64 * 1024,
        passes: 3,
        lanes: 1,
    };
    /// For tests: protects nothing.
    pub const FOR_TESTS: Self = Self {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
    };

    /// Takes stored parameters.
    ///
    /// # Errors
    /// [`CostError`] when they are too small for Argon2id or larger than any machine should obey.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, CostError> {
        let error = CostError {
            memory_kib,
            passes,
            lanes,
        };
        if memory_kib > MEMORY_MAX_KIB || passes > PASSES_MAX || lanes > LANES_MAX {
            return Err(error);
        }
        let cost = Self {
            memory_kib,
            passes,
            lanes,
        };
        cost.params().map(|_| cost).ok_or(error)
    }

    /// Memory in KiB.
    #[must_use]
    pub fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// Passes over that memory.
    #[must_use]
    pub fn passes(&self) -> u32 {
        self.passes
    }

    /// Lanes.
    #[must_use]
    pub fn lanes(&self) -> u32 {
        self.lanes
    }

    fn params(&self) -> Option<Params> {
        Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).ok()
    }
}

/// Argon2id (version 0x13) over the passphrase's canonical form.
///
/// # Errors
/// [`StretchError::Memory`] when the memory is not there.
pub fn stretch(
    passphrase: &Passphrase,
    salt: &Salt,
    cost: Cost,
) -> Result<Zeroizing<[u8; 32]>, StretchError> {
    stretch_text(&passphrase.canonical(), salt, cost)
}

/// As [`stretch`], over a form of the passphrase that is canonical already.
pub(crate) fn stretch_text(
    text: &str,
    salt: &Salt,
    cost: Cost,
) -> Result<Zeroizing<[u8; 32]>, StretchError> {
    let params = cost.params().ok_or(StretchError::Refused)?;
    let mut memory: Vec<Block> = Vec::new();
    memory
        .try_reserve_exact(params.block_count())
        .map_err(|_| StretchError::Memory {
            memory_kib: cost.memory_kib,
        })?;
    memory.resize(params.block_count(), Block::default());
    let mut key = Zeroizing::new([0; 32]);
    let made = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(text.as_bytes(), &salt.0, key.as_mut(), &mut memory);
    memory.iter_mut().for_each(Zeroize::zeroize);
    made.map_err(|_| StretchError::Refused)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_costs_are_refused() {
        assert!(Cost::new(64, 1, 1).is_ok());
        for (memory, passes, lanes) in [
            (0, 1, 1),
            (7, 1, 1),
            (64, 0, 1),
            (64, 1, 0),
            (u32::MAX, 1, 1),
            (64, 65, 1),
            (1024, 1, 17),
        ] {
            assert!(
                Cost::new(memory, passes, lanes).is_err(),
                "{memory} {passes} {lanes}"
            );
        }
    }

    #[test]
    fn salt_cost_and_passphrase_all_matter() {
        let one = Passphrase::new("one two three");
        let key = |p: &Passphrase, s: u8, c| *stretch(p, &Salt([s; 16]), c).unwrap();
        let base = key(&one, 1, Cost::FOR_TESTS);
        assert_eq!(base, key(&one, 1, Cost::FOR_TESTS));
        assert_ne!(
            base,
            key(&Passphrase::new("one two tree"), 1, Cost::FOR_TESTS)
        );
        assert_ne!(base, key(&one, 2, Cost::FOR_TESTS));
        assert_ne!(base, key(&one, 1, Cost::new(64, 2, 1).unwrap()));
    }
}
