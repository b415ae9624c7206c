//! Where a drop's log begins for this desk, and what lies before that.
//!
//! A drop that served other desks has removed what all of them confirmed. A desk that is added to it starts at what is
//! still there; that alone is no loss. A drop could pretend it, so it may say so once: when `fh-desk drop add` first asks it, before a kit
//! names it, or else at the first answer that the desk gets, and never after it handed out anything, even an empty log. It
//! gains the silence about cells that reporters left in that time and that it could as well have thrown away before they
//! stood in any log: what has no receipt stays in the field, so nothing is forgotten for it. Where a reporter brought
//! a checkpoint of it before that, the desk's own people did use it, and the missing is called lost. What it signed over the removed cells binds it all
//! the same: the desk's tree grows over them by tiles that must lead to the signed root, and so later signed words cannot differ.

use std::io;

use ledger::{Digest, LogVerifier, SignedCheckpoint, stored};
use newsroom::conduct::{Conduct, OwnTree as _};

use super::{Known, One, Watch, WatchError, lock};
use crate::drops::DropClient;

/// Cells that are caught up by tiles, at most: 1 TiB of them, 1 GiB of hashes on the disk.
const CAUGHT_UP: u64 = 1 << 24;
/// Leaves taken from tiles before they are written: 2 MiB of memory.
const WRITTEN_AT_ONCE: usize = 1 << 16;
/// Leaves of a whole tile.
const TILE: u64 = 256;

impl Known {
    /// This desk has seen nothing of this drop.
    fn is_fresh(&self) -> bool {
        let seen = self.began.is_some() || self.looked_at.is_some() || self.last.is_some();
        !seen && self.alarms.is_empty()
    }
}

impl Watch {
    /// The log began here when this desk first read it; only the first word counts.
    pub(crate) fn begins(&self, url: &str, first: u64) -> io::Result<()> {
        let one = self.one(url)?;
        lock(&one).begins(first)
    }

    /// The drop says that cells from `from` on were removed and that it begins at `first`. Answers whether any of them is
    /// this desk's loss; whatever they are, the tree reaches to `first` afterwards if the drop can prove it.
    ///
    /// # Errors
    /// When the files cannot be written, or the drop does not answer: then nothing was read past the gap yet.
    pub(crate) fn removed(
        &self,
        client: &DropClient,
        from: u64,
        first: u64,
        now: i64,
    ) -> Result<bool, WatchError> {
        let one = self.one(client.url())?;
        let mut guard = lock(&one);
        if from == 0 && guard.known.is_fresh() {
            let key = guard.learn_key(client)?;
            // Whoever holds a kit can bring words that the drop never signed: they are no sign of having been there.
            let mut notes = guard.known.pending.iter();
            let was_there = notes.any(|note| {
                let key = key.as_ref();
                key.is_some_and(|key| key.open(note.as_bytes()).is_ok())
            });
            guard.begins(if was_there { 0 } else { first })?;
        }
        let lost = first.saturating_sub(from.max(guard.known.began.unwrap_or(0)));
        if lost > 0 {
            guard.raise(Conduct::Lost, lost, now, Vec::new())?;
        }
        if guard.tree.size() >= first {
            return Ok(lost > 0);
        }
        let Some(key) = guard.learn_key(client)? else {
            return Ok(lost > 0);
        };
        let note = client.fetch_checkpoint()?;
        guard.bridge(client, &key, &note, from..first, now)?;
        Ok(lost > 0)
    }
}

impl One {
    fn begins(&mut self, first: u64) -> io::Result<()> {
        if !self.known.is_fresh() || self.tree.size() > 0 {
            return Ok(());
        }
        self.known.began = Some(first);
        self.save()
    }

    /// The tree over the removed cells, up to where the drop begins and no further: what it hands out from there on is
    /// hashed by the desk itself. A drop that signed no such tree is read on, but has its alarm and hears no confirmation.
    fn bridge(
        &mut self,
        client: &DropClient,
        key: &LogVerifier,
        note: &[u8],
        gone: std::ops::Range<u64>,
        now: i64,
    ) -> Result<(), WatchError> {
        let notes = || vec![String::from_utf8_lossy(note).into_owned()];
        let Ok(seen) = key.open(note) else {
            self.raise(Conduct::OtherKey, 0, now, notes())?;
            return Ok(());
        };
        if seen.size() < gone.end {
            // It removed what it never signed.
            self.raise(Conduct::RolledBack, gone.end, now, notes())?;
            return Ok(());
        }
        if seen.size() - self.tree.size() > CAUGHT_UP {
            return Ok(());
        }
        if self.take_tiles(client, &seen, gone.start)? {
            self.tree.cut(gone.end)?;
        } else {
            self.raise(Conduct::Rewritten, seen.size(), now, notes())?;
        }
        Ok(())
    }

    /// Cells that were read before they were watched are known by the drop's tiles: taken only when they lead to the root
    /// that it signed.
    pub(super) fn catch_up(
        &mut self,
        client: &DropClient,
        key: &LogVerifier,
        note: &[u8],
        read: u64,
    ) -> Result<(), WatchError> {
        let held = self.tree.size();
        let Ok(seen) = key.open(note) else {
            return Ok(());
        };
        // One that was signed in this very moment waits for the next look.
        if seen.size() <= held || seen.size() > read || seen.size() - held > CAUGHT_UP {
            return Ok(());
        }
        self.take_tiles(client, &seen, held)?;
        Ok(())
    }

    /// Grows the tree to the size of a checkpoint; what does not lead to its root is cut back to `own`, up to where the
    /// leaves are the desk's own. A crash leaves what the next attempt holds against the root.
    fn take_tiles(
        &mut self,
        client: &DropClient,
        seen: &SignedCheckpoint,
        own: u64,
    ) -> Result<bool, WatchError> {
        let own = own.min(self.tree.size());
        let mut leaves: Vec<Digest> = Vec::new();
        let mut at = self.tree.size();
        while at < seen.size() {
            let number = at / TILE;
            let width = (seen.size() - number * TILE).min(TILE);
            let tile = client.fetch_tile(&stored::leaf_tile_name(number, width))?;
            let (hashes, _) = tile.as_chunks::<32>();
            let skip = usize::try_from(at % TILE).unwrap_or(0);
            let most = usize::try_from(width).unwrap_or(0);
            let fresh = hashes.iter().take(most).skip(skip);
            let before = leaves.len();
            leaves.extend(fresh.map(|hash| Digest(*hash)));
            if leaves.len() == before {
                break;
            }
            at += (leaves.len() - before) as u64;
            if leaves.len() >= WRITTEN_AT_ONCE {
                self.tree.append(&std::mem::take(&mut leaves))?;
            }
        }
        self.tree.append(&leaves)?;
        let leads = at == seen.size() && self.tree.root(at) == Some(seen.root());
        if !leads {
            self.tree.cut(own)?;
        }
        Ok(leads)
    }
}
