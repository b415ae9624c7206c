//! Making a vault: noise from end to end, then the state or states, then the headers.

use formats::vault::{BLOCK, Header, Layout, Other, Root};
use keys::{Cost, HeaderKey, HeaderKeys, Passphrase, Salt, StateKey, VaultKey};
use rand_core::{CryptoRng, RngCore};

use super::saving::{blocks_for, write_headers, write_snapshot};
use super::{Vault, slots::Slots};
use crate::OnProgress;
use crate::disk::Disk;
use crate::error::FieldError;
use crate::pack::fork;

/// Noise is written in runs of this many bytes.
const RUN: usize = 16 * BLOCK;

/// A passphrase and the state that it shall open.
pub(crate) struct Wanted<'a> {
    pub(crate) passphrase: &'a Passphrase,
    pub(crate) snapshot: &'a [u8],
}

impl<D: Disk> Vault<D> {
    /// Makes a vault, with a second one in it if a second is wanted. Interrupted, it leaves noise that nothing opens.
    ///
    /// # Errors
    /// Not a vault's size, a state that does not fit it, not enough memory for the passphrase, or the disk failed.
    pub(crate) fn create(
        mut disk: D,
        first: &Wanted<'_>,
        second: Option<&Wanted<'_>>,
        cost: Cost,
        rng: &mut (impl RngCore + CryptoRng),
        progress: OnProgress<'_>,
    ) -> Result<Self, FieldError> {
        let failed = |error| FieldError::disk("making the vault")(error);
        let layout = Layout::of(disk.length()).map_err(FieldError::Size)?;
        let longest = second.map_or(0, |other| other.snapshot.len());
        let blocks = blocks_for(first.snapshot.len().max(longest), 0, &layout)?;
        let salt = fill(&mut disk, rng, progress).map_err(failed)?;
        let at_second = rng.next_u32() & 1 == 1;
        // Which position and which areas are in use tells nothing about the passphrase that opened them.
        let area = rng.next_u32().to_be_bytes()[0] % formats::vault::AREAS;
        let make = |wanted: &Wanted<'_>, area: u8, rng: &mut _| Root {
            generation: 1,
            exchanged: wanted.passphrase.ordered().1,
            area,
            blocks,
            length: u32::try_from(wanted.snapshot.len()).unwrap_or(u32::MAX),
            vault_key: VaultKey::generate(rng),
            state_key: StateKey::generate(rng),
        };
        let root = make(first, area, rng);
        write_snapshot(&mut disk, &layout, &root, first.snapshot, rng).map_err(failed)?;
        let other = match second {
            None => None,
            Some(wanted) => {
                let root = make(wanted, area ^ 2, rng);
                write_snapshot(&mut disk, &layout, &root, wanted.snapshot, rng).map_err(failed)?;
                let key = HeaderKeys::derive(wanted.passphrase, &salt, cost)?.at(!at_second);
                Some(Other { key, root })
            }
        };
        let vault = Self {
            key: HeaderKeys::derive(first.passphrase, &salt, cost)?.at(at_second),
            slots: Slots::new(layout.slots(), rng.next_u64()),
            disk,
            layout,
            second: at_second,
            header: Header { root, other },
            logged: 0,
            torn: false,
        };
        vault.first_headers(rng)
    }

    fn first_headers(mut self, rng: &mut (impl RngCore + CryptoRng)) -> Result<Self, FieldError> {
        let own = Some((&self.key, self.header.encode()));
        let other = self.header.other.as_ref();
        let other = other.map(|other: &Other| -> (&HeaderKey, _) {
            (&other.key, Header::encode_root(&other.root))
        });
        let positions = if self.second {
            [other, own]
        } else {
            [own, other]
        };
        let (disk, layout) = (&mut self.disk, &self.layout);
        disk.sync()
            .and_then(|()| write_headers(disk, layout, &positions, rng))
            .map_err(FieldError::disk("making the vault"))?;
        Ok(self)
    }
}

/// Writes noise over everything and returns its first bytes, which are the salt.
fn fill(
    disk: &mut impl Disk,
    rng: &mut (impl RngCore + CryptoRng),
    progress: OnProgress<'_>,
) -> std::io::Result<Salt> {
    let mut noise = fork(rng);
    let mut run = vec![0; RUN];
    let (mut at, mut salt) = (0, Salt([0; 16]));
    while at < disk.length() {
        let count = usize::try_from(disk.length() - at).map_or(RUN, |left| left.min(RUN));
        noise.fill_bytes(&mut run[..count]);
        if at == 0 {
            salt.0.copy_from_slice(&run[..16]);
        }
        disk.write_at(at, &run[..count])?;
        at += count as u64;
        progress(at);
    }
    disk.sync()?;
    Ok(salt)
}
