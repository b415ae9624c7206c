//! Mailboxes: where one reply waits at an address that only its two ends know.
//!
//! Anybody may ask for any address and gets 65,536 bytes: the cell that waits there, or noise that stays
//! the same for that address. Both take the same steps: the noise is computed and a file of the same size
//! is read in either case, and one of the two is thrown away.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use hmac::{Hmac, Mac};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use sha2::{Digest, Sha256};
use thiserror::Error;
use wire::{CELL_BYTES, MailboxAddress};
use zeroize::Zeroizing;

use crate::disk::{Disk, NEW_SUFFIX, join, replace};

const DIR: &str = "mail";
const DECOY: &str = "decoy";
const MAGIC: &[u8; 8] = b"FHMAIL\x00\x01";
const HEAD: usize = 16;
const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
/// Reply secrets live this long; so do unread replies.
const DAYS: i64 = 180;

/// Why a reply was not put into its mailbox.
#[derive(Debug, Error)]
pub enum MailboxError {
    /// As many mailboxes as allowed hold something.
    #[error("all mailboxes are taken")]
    Full,
    /// The disk failed.
    #[error("the reply could not be written")]
    Disk(#[from] io::Error),
}

/// All mailboxes of a drop.
pub(crate) struct Mailboxes {
    disk: Arc<dyn Disk>,
    secret: Zeroizing<[u8; 32]>,
    most: usize,
    /// Day on which each was filled, by the name of its file: coarse, so that it says little.
    filled: Mutex<HashMap<String, i64>>,
}

impl Mailboxes {
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        secret: Zeroizing<[u8; 32]>,
        most: usize,
    ) -> io::Result<Self> {
        disk.make_dir(DIR)?;
        disk.sync_dir("")?;
        let mut filled = HashMap::new();
        let mut decoy = false;
        for name in disk.list(DIR)? {
            if name == DECOY {
                decoy = true;
            } else if name.ends_with(NEW_SUFFIX) {
                disk.remove(&join(DIR, &name))?;
            } else if name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                let day = read_day(disk.as_ref(), &name)?;
                filled.insert(name, day);
            } else {
                let what = format!("unknown file {name} among the mailboxes");
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
        }
        // A rename that a killed process left behind counts only once it is on the disk.
        disk.sync_dir(DIR)?;
        let boxes = Self {
            disk,
            secret,
            most,
            filled: Mutex::new(filled),
        };
        if !decoy {
            let noise = boxes.noise(DECOY.as_bytes());
            replace(boxes.disk.as_ref(), DIR, DECOY, &[&head(0), &noise])?;
        }
        Ok(boxes)
    }

    /// Puts a reply into its mailbox, durably. The same address again replaces it.
    pub(crate) fn put(
        &self,
        address: &MailboxAddress,
        cell: &[u8],
        now: i64,
    ) -> Result<(), MailboxError> {
        let mut filled = self.filled.lock().unwrap_or_else(PoisonError::into_inner);
        let name = file_name(address);
        if !filled.contains_key(&name) && filled.len() >= self.most {
            return Err(MailboxError::Full);
        }
        let day = now.div_euclid(DAY_MICROS);
        replace(self.disk.as_ref(), DIR, &name, &[&head(day), cell])?;
        filled.insert(name, day);
        Ok(())
    }

    /// The cell at an address, or its noise.
    pub(crate) fn get(&self, address: &MailboxAddress) -> io::Result<Vec<u8>> {
        let name = file_name(address);
        let known = {
            let filled = self.filled.lock().unwrap_or_else(PoisonError::into_inner);
            filled.contains_key(&name)
        };
        let noise = self.noise(address.as_bytes());
        let name = if known { name.as_str() } else { DECOY };
        let mut cell = vec![0; CELL_BYTES];
        self.disk
            .open(&join(DIR, name))?
            .read_at(HEAD as u64, &mut cell)?;
        Ok(if known { cell } else { noise })
    }

    /// Removes replies that nobody can read any more.
    pub(crate) fn sweep(&self, now: i64) -> io::Result<()> {
        let today = now.div_euclid(DAY_MICROS);
        let mut filled = self.filled.lock().unwrap_or_else(PoisonError::into_inner);
        let old = filled.iter().filter(|(_, day)| today - **day > DAYS);
        let old: Vec<String> = old.map(|(name, _)| name.clone()).collect();
        for name in &old {
            self.disk.remove(&join(DIR, name))?;
            filled.remove(name);
        }
        if old.is_empty() {
            Ok(())
        } else {
            self.disk.sync_dir(DIR)
        }
    }

    fn noise(&self, address: &[u8]) -> Vec<u8> {
        let mut out = vec![0; CELL_BYTES];
        // HMAC takes keys of any length, so this is never an error.
        if let Ok(mac) = Hmac::<Sha256>::new_from_slice(self.secret.as_slice()) {
            let seed = mac
                .chain_update(b"fh-drop/noise/1")
                .chain_update(address)
                .finalize();
            ChaCha20Rng::from_seed(seed.into_bytes().into()).fill_bytes(&mut out);
        }
        out
    }
}

/// Where a reply lies: whoever takes the disk learns no address that he could ask other drops for.
fn file_name(address: &MailboxAddress) -> String {
    let hash = Sha256::new()
        .chain_update(b"fh-drop/mailbox/1")
        .chain_update(address.as_bytes())
        .finalize();
    hex::encode(hash)
}

fn head(day: i64) -> [u8; HEAD] {
    let mut out = [0; HEAD];
    out[..8].copy_from_slice(MAGIC);
    out[8..].copy_from_slice(&day.to_be_bytes());
    out
}

fn read_day(disk: &dyn Disk, name: &str) -> io::Result<i64> {
    let file = disk.open(&join(DIR, name))?;
    let mut found = [0; HEAD];
    file.read_at(0, &mut found)?;
    let (magic, day) = found.split_at(8);
    let whole = file.length()? == (HEAD + CELL_BYTES) as u64;
    match <[u8; 8]>::try_from(day) {
        Ok(day) if magic == MAGIC && whole => Ok(i64::from_be_bytes(day)),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a mailbox file is damaged",
        )),
    }
}
