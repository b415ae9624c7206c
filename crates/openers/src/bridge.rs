//! Our randomness, as the Shamir crate wants it.
//!
//! The workspace speaks `rand_core` 0.6, which age and the dalek crates use; `blahaj` speaks 0.10. This is the one place
//! where the two meet.

use core::convert::Infallible;

use hpke::rand_core::{TryCryptoRng, TryRng};
use rand_core::{CryptoRng, RngCore};

/// A 0.6 generator seen as a 0.10 one.
pub(crate) struct Bridge<'a, R>(pub(crate) &'a mut R);

impl<R: RngCore + CryptoRng> TryRng for Bridge<'_, R> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(out);
        Ok(())
    }
}

impl<R: RngCore + CryptoRng> TryCryptoRng for Bridge<'_, R> {}
