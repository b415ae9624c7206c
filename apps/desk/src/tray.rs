//! The tray: cards that were handed in and wait to be read, locked or not.
//!
//! A card's windows are copied into the desk's folder at once, except those that cannot be cells (the courier's pictures,
//! empty space), so that the card need not stay. What waits is noise. The open desk reads each file, takes the cells that
//! are its own into the spool, and removes it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use formats::CELL;
use formats::card::{Windows, may_be_cell};
use rand_core::RngCore;

use crate::config::DeskFolder;
use crate::files;

/// What a card is called in the tray once all of it is there, and before.
const WHOLE: &str = "card";
const PART: &str = "part";
/// Bytes read at once.
const STRETCH: usize = 1 << 20;

/// What was put into the tray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Put {
    /// Bytes of the card.
    pub(crate) bytes: u64,
    /// Windows that may be cells, those among them that were taken at once.
    pub(crate) windows: u64,
    /// Where those wait that were not; none when nothing is left.
    pub(crate) waits: Option<PathBuf>,
}

/// Takes a window at once, or leaves it to wait.
pub(crate) type Taking<'a> = dyn FnMut(&[u8; CELL]) -> io::Result<bool> + 'a;

/// The desk's tray.
#[derive(Debug, Clone)]
pub(crate) struct Tray {
    folder: PathBuf,
}

impl Tray {
    pub(crate) fn of(folder: &DeskFolder) -> Self {
        Self {
            folder: folder.cards(),
        }
    }

    /// Copies what may be cells of a card, but for what is taken at once; when this returns, what is left is on the disk.
    pub(crate) fn put(
        &self,
        card: &mut dyn Read,
        rng: &mut impl RngCore,
        take: &mut Taking<'_>,
    ) -> io::Result<Put> {
        files::private_folder(&self.folder)?;
        self.sweep()?;
        let name = format!("{:016x}", rng.next_u64());
        let (part, whole) = (self.file(&name, PART), self.file(&name, WHOLE));
        let file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&part)?;
        // Held while it is written: what nobody holds was left by a program that is gone.
        file.lock()?;
        let mut put = match copy(card, &file, take) {
            Ok(put) if file.metadata()?.len() > 0 => put,
            other => {
                fs::remove_file(&part)?;
                return other;
            }
        };
        fs::rename(&part, &whole)?;
        files::sync_folder_of(&whole)?;
        put.waits = Some(whole);
        Ok(put)
    }

    /// Cards that wait, in no order.
    pub(crate) fn waiting(&self) -> io::Result<Vec<PathBuf>> {
        self.named(WHOLE)
    }

    fn named(&self, ending: &str) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|its| its == ending) {
                found.push(path);
            }
        }
        Ok(found)
    }

    fn file(&self, name: &str, ending: &str) -> PathBuf {
        self.folder.join(name).with_extension(ending)
    }

    /// Removes what a killed program left half-copied.
    fn sweep(&self) -> io::Result<()> {
        for part in self.named(PART)? {
            if File::open(&part).is_ok_and(|file| file.try_lock().is_ok()) {
                fs::remove_file(&part)?;
            }
        }
        Ok(())
    }
}

fn copy(card: &mut dyn Read, file: &File, take: &mut Taking<'_>) -> io::Result<Put> {
    let (mut windows, mut out) = (Windows::new(), BufWriter::with_capacity(STRETCH, file));
    let mut put = Put {
        bytes: 0,
        windows: 0,
        waits: None,
    };
    let mut room = vec![0; STRETCH];
    loop {
        let got = match card.read(&mut room) {
            Ok(0) => break,
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        put.bytes += got as u64;
        windows.push(&room[..got], |window: &[u8; CELL]| -> io::Result<()> {
            if take(window)? {
                put.windows += 1;
            } else if may_be_cell(window) {
                put.windows += 1;
                out.write_all(window)?;
            }
            Ok(())
        })?;
    }
    out.flush()?;
    file.sync_all()?;
    Ok(put)
}

/// The files of a path: itself, or all that lie in a folder, at any depth.
pub(crate) fn cards_at(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        // A link could lead in a circle.
        if !entry.file_type()?.is_symlink() {
            found.extend(cards_at(&entry.path())?);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn only_what_may_be_a_cell_waits_and_leftovers_are_swept() {
        let dir = tempfile::tempdir().unwrap();
        let tray = Tray::of(&DeskFolder::new(dir.path()));
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut card = vec![0; 6 * CELL + 7];
        rng.fill_bytes(&mut card[CELL..3 * CELL]);
        assert!(tray.waiting().unwrap().is_empty());
        let put = |card: &[u8], rng: &mut ChaCha20Rng, take: &mut Taking<'_>| {
            tray.put(&mut Cursor::new(card), rng, take).unwrap()
        };
        let one = put(&card, &mut rng, &mut |_| Ok(false));
        assert_eq!((one.bytes, one.windows), (card.len() as u64, 2));
        let waiting = tray.waiting().unwrap();
        assert_eq!(one.waits.as_ref(), waiting.first());
        assert_eq!(fs::read(&waiting[0]).unwrap(), card[CELL..3 * CELL]);
        // A photograph's emptiness leaves nothing; a killed program's half is removed by the next.
        fs::write(dir.path().join("cards/left.part"), b"half").unwrap();
        let none = put(&vec![0; 9 * CELL], &mut rng, &mut |_| Ok(false));
        assert_eq!((none.windows, none.waits), (0, None));
        // What is taken at once does not wait as well.
        let all = put(&card, &mut rng, &mut |window| Ok(window[0] != 0));
        assert_eq!((all.windows, all.waits), (2, None));
        assert_eq!(fs::read_dir(dir.path().join("cards")).unwrap().count(), 1);
        let inside = cards_at(dir.path()).unwrap();
        assert_eq!(inside, waiting);
    }
}
