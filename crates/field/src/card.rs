//! A card to be written: a file of fixed size, or a memory card or an image of one that holds pictures and stays in use.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use formats::CELL;
use formats::card::{Image, Space, VolumeError};
use rand_core::RngCore;
use rustix::fs::{FallocateFlags, OFlags, fallocate};

/// Bytes of noise made and written at once.
const STRETCH: usize = 1 << 20;

/// What a card is written to. Several threads write to different places at once.
pub trait CardStore: Sync {
    /// Writes all of it at a place.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()>;
    /// Makes what was written durable.
    ///
    /// # Errors
    /// When the system cannot promise it.
    fn sync(&self) -> io::Result<()>;
}

/// A card to be written, and where on it.
pub struct Card<'a> {
    /// Its unused space.
    pub space: &'a Space,
    /// Where the bytes go.
    pub store: &'a dyn CardStore,
    /// Whether everything on it has its place on the medium already. If not it is filled from the beginning to the end
    /// before any cell is written, because a file's pieces otherwise lie in the order in which they came.
    pub reserved: bool,
}

impl std::fmt::Debug for Card<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Card({} places)", self.space.places())
    }
}

/// Places on one card that hold cells.
#[derive(Debug, Clone, Default)]
pub(crate) struct Taken(Vec<u64>);

impl Taken {
    pub(crate) fn add(&mut self, place: u32) {
        let word = place as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (place % 64);
    }

    fn has(&self, place: u32) -> bool {
        let word = self.0.get(place as usize / 64);
        word.is_some_and(|word| word >> (place % 64) & 1 == 1)
    }
}

impl Card<'_> {
    /// Writes noise to every place that is not taken, and to every gap.
    pub(crate) fn fill(&self, taken: &Taken, rng: &mut impl RngCore) -> io::Result<()> {
        let mut noise = vec![0; STRETCH];
        let places = (0..self.space.places()).filter(|place| !taken.has(*place));
        let places = places.filter_map(|place| Some((self.space.place(place)?, CELL as u64)));
        let gaps = self.space.gaps().map(|gap| (gap.at, gap.length));
        let mut waiting: Option<(u64, u64)> = None;
        for (at, length) in places.chain(gaps) {
            match &mut waiting {
                Some((start, so_far)) if *start + *so_far == at => *so_far += length,
                other => {
                    if let Some((start, so_far)) = other.replace((at, length)) {
                        self.fill_run(start, so_far, &mut noise, rng)?;
                    }
                }
            }
        }
        match waiting {
            Some((start, length)) => self.fill_run(start, length, &mut noise, rng),
            None => Ok(()),
        }
    }

    fn fill_run(
        &self,
        mut at: u64,
        mut length: u64,
        noise: &mut [u8],
        rng: &mut impl RngCore,
    ) -> io::Result<()> {
        while length > 0 {
            let part = noise
                .len()
                .min(usize::try_from(length).unwrap_or(usize::MAX));
            rng.fill_bytes(&mut noise[..part]);
            self.store.write_at(at, &noise[..part])?;
            at += part as u64;
            length -= part as u64;
        }
        Ok(())
    }
}

/// A real file or device.
#[derive(Debug)]
pub struct CardFile {
    file: File,
    length: u64,
    /// What it shall be called once it is whole.
    becomes: Option<(PathBuf, PathBuf)>,
    reserved: bool,
}

impl CardFile {
    /// Begins a new file of this size under a name that says it is unfinished; [`Self::finish`] gives it its own.
    ///
    /// # Errors
    /// A file of that name is there already, or the disk refuses.
    pub fn create(path: &Path, length: u64) -> io::Result<Self> {
        if path.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(".part");
        let unfinished = PathBuf::from(unfinished);
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).read(true).write(true);
        let file = options.open(&unfinished)?;
        // From here on a failure removes the file again.
        let mut card = Self {
            file,
            length,
            becomes: Some((unfinished, path.to_owned())),
            reserved: false,
        };
        match fallocate(&card.file, FallocateFlags::empty(), 0, length) {
            Ok(()) => card.reserved = true,
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(card)
    }

    /// Opens a memory card or an image of one, to write to its unused space.
    ///
    /// # Errors
    /// [`io::ErrorKind::ResourceBusy`] for a card that the system has in use; what the system says otherwise.
    pub fn open(path: &Path) -> io::Result<Self> {
        let facts = path.metadata()?;
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        if facts.file_type().is_block_device() {
            // The system refuses this while it or anything on it is mounted.
            options.custom_flags(i32::try_from(OFlags::EXCL.bits()).unwrap_or(0));
        }
        let mut file = options.open(path)?;
        if is_mounted_image(path)? {
            return Err(io::ErrorKind::ResourceBusy.into());
        }
        let length = file.seek(SeekFrom::End(0))?;
        Ok(Self {
            file,
            length,
            becomes: None,
            reserved: true,
        })
    }

    /// The card, to be written.
    #[must_use]
    pub fn card<'a>(&'a self, space: &'a Space) -> Card<'a> {
        Card {
            space,
            store: self,
            reserved: self.reserved,
        }
    }

    /// Its unused space, by its own file system.
    ///
    /// # Errors
    /// As for [`Space::unused`].
    pub fn unused(&self) -> Result<Space, VolumeError> {
        Space::unused(self)
    }

    /// The card is whole and synced: a new file gets its name.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn finish(mut self) -> io::Result<()> {
        let Some((unfinished, path)) = self.becomes.take() else {
            return Ok(());
        };
        std::fs::rename(&unfinished, &path)?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Drop for CardFile {
    /// Half a card is of no use to anybody, and says that one was begun.
    fn drop(&mut self) {
        if let Some((unfinished, _)) = &self.becomes {
            let _ = std::fs::remove_file(unfinished);
        }
    }
}

/// Whether an image is behind a loop device that the system has open.
fn is_mounted_image(path: &Path) -> io::Result<bool> {
    let path = path.canonicalize()?;
    let Ok(devices) = std::fs::read_dir("/sys/block") else {
        return Ok(false);
    };
    let behind = |device: io::Result<std::fs::DirEntry>| {
        let file = std::fs::read_to_string(device.ok()?.path().join("loop/backing_file")).ok()?;
        Some(Path::new(file.trim_end_matches('\n')) == path)
    };
    Ok(devices.filter_map(behind).any(|same| same))
}

impl CardStore for CardFile {
    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, at)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

impl Image for CardFile {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(into, at)
    }
}
