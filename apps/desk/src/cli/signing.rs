//! A custodian's own signing key: made, protected and read on the custodian's own machine.
//!
//! The key rests under a passphrase of generated words. Files of the first version had none; they still sign, and
//! `fh-desk custodian protect` puts words on them.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use keys::{Cost, CustodianSigningKey, Passphrase, Words};
use openers::LockedSigningKey;
use rand_core::OsRng;
use zeroize::Zeroizing;

use super::{Keygen, Protect, Protection, terminal};
use crate::web::text::{Tongue, t};
use crate::{files, founding};

/// The first line of a file of the first version, which has no passphrase.
const BARE_MAGIC: &str = "fh-custodian-key/1";
/// Passes and lanes of Argon2id, as for shares.
const PASSES: u32 = 3;
const LANES: u32 = 1;

/// A signing key as it was found.
pub(super) struct Found {
    pub(super) key: CustodianSigningKey,
    /// It lay there without a passphrase.
    pub(super) bare: bool,
}

/// Makes a custodian's signing key on this machine, and shows the half that kits pin.
pub(super) fn keygen(args: &Keygen, tongue: Tongue) -> anyhow::Result<()> {
    if args.out.exists() {
        bail!("{}", terminal::cannot_write(tongue, &args.out));
    }
    let key = CustodianSigningKey::generate(&mut OsRng);
    let locked = protected(&key, &args.protection, tongue)?;
    files::create_new(&args.out, &locked.to_json()?)
        .with_context(|| terminal::cannot_write(tongue, &args.out))?;
    let public = hex::encode(key.verifying_key().as_bytes());
    terminal::say(&t!(tongue, "cli-custodian-key"))?;
    // On a line of its own: whoever copies it must not copy a direction mark with it.
    terminal::say(&public)?;
    Ok(())
}

/// Puts words on a key that has none, or new words on one that has.
pub(super) fn protect(args: &Protect, tongue: Tongue) -> anyhow::Result<()> {
    let found = read(&args.key, args.passphrase_file.as_deref(), tongue)?;
    let locked = protected(&found.key, &args.protection, tongue)?;
    files::replace_erasing(&args.key, &locked.to_json()?)
        .with_context(|| terminal::cannot_write(tongue, &args.key))?;
    terminal::say(&t!(tongue, "cli-custodian-protected"))?;
    Ok(())
}

/// Reads a signing key, asking for its words if it has any.
pub(super) fn read(
    path: &Path,
    passphrase: Option<&Path>,
    tongue: Tongue,
) -> anyhow::Result<Found> {
    let bytes = fs::read(path)
        .map(Zeroizing::new)
        .with_context(|| terminal::cannot_read(tongue, path))?;
    if let Some(key) = bare(&bytes) {
        return Ok(Found { key, bare: true });
    }
    let locked =
        LockedSigningKey::from_json(&bytes).with_context(|| t!(tongue, "cli-no-custodian-key"))?;
    let words = match passphrase {
        Some(file) => fs::read_to_string(file)
            .map(Zeroizing::new)
            .with_context(|| terminal::cannot_read(tongue, file))?,
        None => terminal::ask_secret(tongue, &t!(tongue, "cli-ask-signing-words"))?,
    };
    let key = locked.open(&Passphrase::new(words.trim()))?;
    Ok(Found { key, bare: false })
}

/// A key of the first version.
fn bare(bytes: &[u8]) -> Option<CustodianSigningKey> {
    let text = std::str::from_utf8(bytes).ok()?;
    let seed = hex::decode(text.strip_prefix(BARE_MAGIC)?.trim()).ok()?;
    let seed = Zeroizing::new(seed);
    let seed = Zeroizing::new(<[u8; 32]>::try_from(seed.as_slice()).ok()?);
    Some(CustodianSigningKey::from_bytes(&seed))
}

/// Locks a key under new words, which are handed over before anything relies on them.
fn protected(
    key: &CustodianSigningKey,
    how: &Protection,
    tongue: Tongue,
) -> anyhow::Result<LockedSigningKey> {
    let words = match tongue {
        Tongue::En => Words::English,
        Tongue::Ar => Words::Arabic,
    };
    let passphrase = Passphrase::generate(&mut OsRng, words);
    let cost = match how.memory_mib {
        Some(mib) => Cost::new(mib * 1024, PASSES, LANES)?,
        None => founding::cost_for_this_machine(),
    };
    let locked = LockedSigningKey::lock(key, &passphrase, cost, &mut OsRng)?;
    match &how.passphrase_out {
        Some(to) => files::create_new(to, passphrase.expose().as_bytes())
            .with_context(|| terminal::cannot_write(tongue, to))?,
        None => {
            terminal::say(&t!(tongue, "cli-signing-words"))?;
            terminal::say(&format!("  {}", passphrase.expose()))?;
            if !terminal::written_down(&t!(tongue, "cli-signing-confirm"))? {
                bail!("{}", t!(tongue, "cli-rekey-not-done"));
            }
        }
    }
    Ok(locked)
}
