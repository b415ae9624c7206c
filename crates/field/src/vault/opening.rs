//! Opening: a passphrase, one Argon2id run, four boxes to try, and the state behind the one that opens.

use formats::vault::{BLOCK, BLOCK_TEXT, Header, JOURNAL, Layout, RECORD, RECORDS};
use keys::{Cost, HeaderKey, HeaderKeys, Passphrase, Salt};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use super::{Kind, Vault, byte_of, place};
use crate::disk::Disk;
use crate::error::FieldError;
use crate::vault::slots::Slots;

/// What an opening brings, before anything was written.
pub(crate) struct Opened<D> {
    pub(crate) vault: Vault<D>,
    /// The state as it was last saved whole.
    pub(crate) snapshot: Zeroizing<Vec<u8>>,
    /// The journal as it lies there; [`Vault::replay`] reads it.
    pub(crate) journal: Zeroizing<Vec<u8>>,
    /// The first two words came in the other order: the duress mark.
    pub(crate) forced: bool,
}

/// Blocks read before a passphrase is known to be right: the salt and all headers.
const FRONT: usize = 5;

impl<D: Disk> Vault<D> {
    /// Opens a vault with any of its passphrases. Reads the same blocks for each, and writes nothing: the caller saves, and shows
    /// nothing before that.
    ///
    /// # Errors
    /// Wrong passphrase, not a vault's size, or the disk failed.
    pub(crate) fn open(
        mut disk: D,
        passphrase: &Passphrase,
        cost: Cost,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Opened<D>, FieldError> {
        let doing = "opening the vault";
        let layout = Layout::of(disk.length()).map_err(FieldError::Size)?;
        let mut front = Zeroizing::new(vec![0; FRONT * BLOCK]);
        disk.read_at(0, &mut front)
            .map_err(FieldError::disk(doing))?;
        let mut salt = Salt([0; 16]);
        salt.0.copy_from_slice(&front[..16]);
        let keys = HeaderKeys::derive(passphrase, &salt, cost)?;
        let (header, second) = try_headers(&keys, &layout, &mut front).ok_or(FieldError::Locked)?;
        let header = header?;
        let forced = passphrase.ordered().1 != header.root.exchanged;
        let mut journal = Zeroizing::new(vec![0; JOURNAL as usize * BLOCK]);
        disk.read_at(byte_of(layout.journal()), &mut journal)
            .map_err(FieldError::disk(doing))?;
        let mut vault = Self {
            slots: Slots::new(layout.slots(), rng.next_u64()),
            disk,
            layout,
            key: keys.at(second),
            second,
            header,
            logged: 0,
            torn: false,
        };
        let snapshot = vault.read_snapshot()?;
        Ok(Opened {
            vault,
            snapshot,
            journal,
            forced,
        })
    }

    fn read_snapshot(&mut self) -> Result<Zeroizing<Vec<u8>>, FieldError> {
        let root = &self.header.root;
        let room = usize::from(root.blocks) * BLOCK_TEXT;
        let mut out = Zeroizing::new(Vec::with_capacity(room));
        let mut memory = super::blank();
        for number in 0..u32::from(root.blocks) {
            let block = self.layout.area(root.area) + number;
            self.disk
                .read_at(byte_of(block), &mut memory)
                .map_err(FieldError::disk("reading the state"))?;
            let bound = place(Kind::Snapshot, block, number, 0);
            let opened = root.state_key.open(&bound, &mut memory);
            opened.map_err(|_| FieldError::DamagedState)?;
            out.extend_from_slice(&memory[keys::vault::TEXT_AT..][..BLOCK_TEXT]);
        }
        out.truncate(root.length as usize);
        Ok(out)
    }

    /// Gives `apply` each record of the journal, up to the first that is not of this save, whole and in place.
    pub(crate) fn replay(&mut self, journal: &[u8], mut apply: impl FnMut(&[u8]) -> bool) {
        let mut memory = Zeroizing::new(vec![0; RECORD]);
        while self.logged < RECORDS {
            let at = self.logged as usize * RECORD;
            let Some(sealed) = journal.get(at..at + RECORD) else {
                return;
            };
            memory.copy_from_slice(sealed);
            let root = &self.header.root;
            let bound = place(Kind::Journal, 0, self.logged, root.generation);
            if root.state_key.open(&bound, &mut memory).is_err() {
                return;
            }
            let text = &memory[keys::vault::TEXT_AT..];
            let length = usize::from(u16::from_be_bytes([text[0], text[1]]));
            if !text.get(2..2 + length).is_some_and(&mut apply) {
                return;
            }
            self.logged += 1;
        }
    }
}

/// Tries each position with its key, the header first and then its copy. All four are tried whatever opens, so that the time
/// is the same.
fn try_headers(
    keys: &HeaderKeys,
    layout: &Layout,
    front: &mut [u8],
) -> Option<(Result<Header, FieldError>, bool)> {
    let mut found = None;
    for second in [false, true] {
        let key = keys.at(second);
        for copy in [false, true] {
            let block = layout.header(second, copy);
            let opened = open_header(&key, block, front);
            if found.is_none() {
                found = opened.map(|header| (header, second));
            }
        }
    }
    found
}

fn open_header(
    key: &HeaderKey,
    block: u32,
    front: &mut [u8],
) -> Option<Result<Header, FieldError>> {
    let sealed = front.get_mut(block as usize * BLOCK..(block as usize + 1) * BLOCK)?;
    key.open(&place(Kind::Header, block, 0, 0), sealed).ok()?;
    let text = &sealed[keys::vault::TEXT_AT..][..BLOCK_TEXT];
    let (header, rest) = text.split_at(formats::vault::HEADER_LEN);
    let header = Header::decode(header).and_then(|header| {
        if rest.iter().all(|byte| *byte == 0) {
            return Ok(header);
        }
        Err(formats::DecodeError::Reserved {
            what: "vault header",
        })
    });
    Some(header.map_err(FieldError::State))
}
