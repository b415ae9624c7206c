//! The border to a camera's card: what lies on it, reading, overwriting, and putting something harmless in its place.

use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use crate::import::{Edges, read_edge};

/// How much of a file's beginning and end it is recognised by.
pub(crate) const EDGE: usize = 64 * 1024;
/// How deep folders may lie, and how many files are looked at: a card is no place for either to be large.
const DEPTH: usize = 16;
const FILES_MAX: usize = 100_000;

/// One file on a card, or one harmless picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraFile {
    /// Where it lies, with `/` between folders.
    pub place: String,
    /// Its size.
    pub bytes: u64,
    /// When it was last written, in microseconds since 1970 UTC: on a camera's card, when it was captured.
    pub modified: i64,
}

impl CameraFile {
    /// Its name, without folders.
    #[must_use]
    pub fn name(&self) -> &str {
        self.place.rsplit('/').next().unwrap_or_default()
    }

    /// What it seems to be, by its name's ending; only a hint.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        kind_hint(self.name())
    }

    fn ending(&self) -> &str {
        self.name().rsplit_once('.').map_or("", |(_, end)| end)
    }

    /// Where a picture goes that takes this file's place: the same name, with an ending of the picture's kind.
    pub(crate) fn place_for(&self, picture: &Self) -> String {
        let (ours, theirs) = (self.kind(), picture.kind());
        if ours == theirs {
            return self.place.clone();
        }
        let stem = match self.ending() {
            "" => self.place.as_str(),
            ending => &self.place[..self.place.len() - ending.len() - 1],
        };
        let ending = picture.ending();
        let shouts = self.ending().chars().any(char::is_uppercase);
        let ending = if shouts {
            ending.to_ascii_uppercase()
        } else {
            ending.to_ascii_lowercase()
        };
        format!("{stem}.{ending}")
    }
}

/// A media type by a name's ending; only a hint, the desk looks at the bytes.
#[must_use]
pub fn kind_hint(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or("", |(_, end)| end);
    match ending.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "heic" | "heif" | "hif" => "image/heic",
        "mp4" | "m4v" => "video/mp4",
        "mov" => "video/quicktime",
        "webm" => "video/webm",
        "mkv" => "video/x-matroska",
        "ts" | "mts" | "m2ts" => "video/mp2t",
        "avi" => "video/x-msvideo",
        "3gp" => "video/3gpp",
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "ogg" | "opus" => "audio/ogg",
        "wav" => "audio/wav",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        _ => "",
    }
}

/// Whether a camera or a computer made this for its own use: thumbnails, indexes, databases. Everything else is taken.
pub(crate) fn is_made_by_the_camera(file: &CameraFile) -> bool {
    let lower = file.place.to_ascii_lowercase();
    let mut folders: Vec<&str> = lower.split('/').collect();
    let name = folders.pop().unwrap_or_default();
    let own_folder = folders.iter().any(|folder| {
        folder.starts_with(".thumb")
            || folder.starts_with(".trash")
            || folder.starts_with(".spotlight")
            || matches!(
                *folder,
                "thmbnl" | "system volume information" | "lost.dir" | "$recycle.bin"
            )
    });
    let own_name = name.starts_with("._") || matches!(name, ".ds_store" | ".nomedia" | "thumbs.db");
    let ending = name.rsplit_once('.').map_or("", |(_, end)| end);
    let own_ending = matches!(
        ending,
        "thm" | "lrv" | "ctg" | "ind" | "mrk" | "bdm" | "mpl" | "cpi" | "tdt" | "tid" | "tdb"
    );
    file.bytes == 0 || own_folder || own_name || own_ending
}

/// A camera's card, and the pictures that may take the places of others.
pub trait CameraCard {
    /// Everything on it.
    ///
    /// # Errors
    /// The card cannot be read.
    fn files(&mut self) -> io::Result<Vec<CameraFile>>;
    /// The first and last 65,536 bytes of a file of this card or of a harmless picture.
    ///
    /// # Errors
    /// It cannot be read.
    fn edges(&mut self, file: &CameraFile) -> io::Result<Edges>;
    /// A file's bytes.
    ///
    /// # Errors
    /// It cannot be opened.
    fn open(&mut self, file: &CameraFile) -> io::Result<Box<dyn Read + Send>>;
    /// Whether something lies at this place.
    fn has(&mut self, place: &str) -> bool;
    /// Gives a file another name in its folder, durably.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&mut self, file: &CameraFile, name: &str) -> io::Result<CameraFile>;
    /// Writes noise over all of a file, durably, then shortens it to nothing.
    ///
    /// # Errors
    /// What the system says.
    fn overwrite(&mut self, file: &CameraFile, noise: &mut dyn FnMut(&mut [u8])) -> io::Result<()>;
    /// Removes a file, durably.
    ///
    /// # Errors
    /// What the system says.
    fn remove(&mut self, file: &CameraFile) -> io::Result<()>;
    /// The harmless pictures; none if there are none to put.
    ///
    /// # Errors
    /// Their folder cannot be read.
    fn harmless(&mut self) -> io::Result<Vec<CameraFile>>;
    /// Copies a harmless picture to a place on the card, as if it had been written then. Until it is whole it lies in the
    /// same folder under the name `part`.
    ///
    /// # Errors
    /// What the system says.
    fn put(
        &mut self,
        picture: &CameraFile,
        part: &str,
        place: &str,
        modified: i64,
    ) -> io::Result<()>;
}

/// A real card: a folder, and perhaps another with harmless pictures.
#[derive(Debug)]
pub struct FolderCard {
    root: PathBuf,
    pictures: Option<PathBuf>,
}

/// What the places of harmless pictures begin with, so that they are told from the card's own.
const PICTURES: &str = "\0pictures/";

impl FolderCard {
    /// A card at `root`, to be filled again from `pictures`.
    #[must_use]
    pub fn new(root: &Path, pictures: Option<&Path>) -> Self {
        Self {
            root: root.to_owned(),
            pictures: pictures.map(Path::to_owned),
        }
    }

    fn at(&self, place: &str) -> PathBuf {
        match (place.strip_prefix(PICTURES), &self.pictures) {
            (Some(inner), Some(pictures)) => pictures.join(inner),
            _ => self.root.join(place),
        }
    }

    fn sync_folder_of(&self, place: &str) -> io::Result<()> {
        let path = self.at(place);
        File::open(path.parent().unwrap_or(&self.root))?.sync_all()
    }
}

impl CameraCard for FolderCard {
    fn files(&mut self) -> io::Result<Vec<CameraFile>> {
        let mut found = Vec::new();
        walk(&self.root, "", DEPTH, &mut found)?;
        Ok(found)
    }

    fn edges(&mut self, file: &CameraFile) -> io::Result<Edges> {
        let mut open = File::open(self.at(&file.place))?;
        let head = read_edge(&mut open)?;
        open.seek(SeekFrom::Start(file.bytes.saturating_sub(EDGE as u64)))?;
        let tail = read_edge(&mut open)?;
        Ok((head, tail))
    }

    fn open(&mut self, file: &CameraFile) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(self.at(&file.place))?))
    }

    fn has(&mut self, place: &str) -> bool {
        self.at(place).symlink_metadata().is_ok()
    }

    fn rename(&mut self, file: &CameraFile, name: &str) -> io::Result<CameraFile> {
        let place = beside(&file.place, name);
        fs::rename(self.at(&file.place), self.at(&place))?;
        self.sync_folder_of(&place)?;
        Ok(CameraFile {
            place,
            ..file.clone()
        })
    }

    fn overwrite(&mut self, file: &CameraFile, noise: &mut dyn FnMut(&mut [u8])) -> io::Result<()> {
        let mut open = OpenOptions::new().write(true).open(self.at(&file.place))?;
        let mut left = open.metadata()?.len();
        let mut block = vec![0; EDGE];
        while left > 0 {
            let now = usize::try_from(left).unwrap_or(usize::MAX).min(EDGE);
            noise(&mut block[..now]);
            open.write_all(&block[..now])?;
            left -= now as u64;
        }
        open.sync_all()?;
        open.set_len(0)?;
        open.sync_all()
    }

    fn remove(&mut self, file: &CameraFile) -> io::Result<()> {
        fs::remove_file(self.at(&file.place))?;
        self.sync_folder_of(&file.place)
    }

    fn harmless(&mut self) -> io::Result<Vec<CameraFile>> {
        let mut found = Vec::new();
        if let Some(pictures) = &self.pictures {
            walk(pictures, "", DEPTH, &mut found)?;
        }
        found.retain(|file| !is_made_by_the_camera(file) && !file.kind().is_empty());
        for file in &mut found {
            file.place.insert_str(0, PICTURES);
        }
        Ok(found)
    }

    fn put(
        &mut self,
        picture: &CameraFile,
        part: &str,
        place: &str,
        modified: i64,
    ) -> io::Result<()> {
        let mut from = File::open(self.at(&picture.place))?;
        let part = self.at(&beside(place, part));
        let mut to = File::create(&part)?;
        io::copy(&mut from, &mut to)?;
        let micros = Duration::from_micros(u64::try_from(modified).unwrap_or(0));
        let then = SystemTime::UNIX_EPOCH + micros;
        to.set_times(FileTimes::new().set_modified(then).set_accessed(then))?;
        to.sync_all()?;
        drop(to);
        fs::rename(&part, self.at(place))?;
        self.sync_folder_of(place)
    }
}

/// A name in the folder of a place.
fn beside(place: &str, name: &str) -> String {
    match place.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{name}"),
        None => name.to_owned(),
    }
}

/// Lists the files below a folder. Links are not followed: they lead off the card.
fn walk(folder: &Path, prefix: &str, depth: usize, found: &mut Vec<CameraFile>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // A name that is not text could not be told from another after it was made so; such a file is left alone.
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let place = format!("{prefix}{name}");
        let facts = entry.metadata()?;
        if facts.is_dir() && depth > 0 {
            walk(&entry.path(), &format!("{place}/"), depth - 1, found)?;
        } else if facts.is_file() && found.len() < FILES_MAX {
            found.push(CameraFile {
                place,
                bytes: facts.len(),
                modified: micros(facts.modified()?),
            });
        }
    }
    Ok(())
}

fn micros(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok();
    since
        .and_then(|since| i64::try_from(since.as_micros()).ok())
        .unwrap_or(0)
}

/// The edges of bytes in memory, for doubles.
#[must_use]
pub fn edges_of(bytes: &[u8]) -> (Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>) {
    let head = &bytes[..bytes.len().min(EDGE)];
    let tail = &bytes[bytes.len().saturating_sub(EDGE)..];
    (Zeroizing::new(head.to_vec()), Zeroizing::new(tail.to_vec()))
}
