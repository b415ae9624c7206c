//! The workshop from outside: the walls, then each kind of file through probe, preview and scrub with planted canaries.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail the test they help"
)]

mod canaries;
mod hostile;
mod inputs;
mod kinds;
mod parsers;
mod variants;
mod walls;

use media::{Workshop, WorkshopConfig};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// A workshop with this crate's own worker.
fn workshop() -> Workshop {
    workshop_with(|_| ())
}

fn workshop_with(change: impl FnOnce(&mut WorkshopConfig)) -> Workshop {
    let mut config = WorkshopConfig {
        worker: Some(env!("CARGO_BIN_EXE_fh-media-worker").into()),
        ..WorkshopConfig::default()
    };
    change(&mut config);
    Workshop::new(config, &mut ChaCha20Rng::seed_from_u64(1)).unwrap()
}
