//! Building: everything is written beside the present site, checked, synced, and swapped in at once.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use ledger::{Digest, LogSigner};
use rustix::fs::{CWD, RenameFlags};
use thiserror::Error;

use crate::check::InputError;
use crate::fill::fill;
use crate::input::SiteInput;
use crate::state::State;
use crate::twin;
use crate::writer::Writer;

/// Why a site was not built. The present site stays as it was.
#[derive(Debug, Error)]
pub enum PublishError {
    /// The input cannot be shown.
    #[error("the site cannot be built from this input")]
    Input(#[from] InputError),
    /// A file is not the one that was approved.
    #[error(
        "a file of story {story} is not the one that was approved: expected SHA-256 {expected}, found {found}"
    )]
    Differs {
        /// The story.
        story: String,
        /// What was approved.
        expected: Digest,
        /// What was found.
        found: Digest,
    },
    /// The manifest cannot be signed.
    #[error("the manifest of the site cannot be signed")]
    Manifest(#[from] ledger::ManifestError),
    /// The target is something else.
    #[error(
        "{0} holds something that is not a site of this program; choose an empty or a new folder"
    )]
    NotASite(PathBuf),
    /// The target has no folder around it or no name.
    #[error("{0} cannot be a site's folder")]
    Target(PathBuf),
    /// A feed could not be written.
    #[error("a feed could not be written")]
    Feed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An edition for reading without the net could not be packed.
    #[error("an edition for reading without the net could not be packed")]
    Edition(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The disk refused.
    #[error("cannot {doing} {path}")]
    Disk {
        /// What was tried.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
}

impl PublishError {
    pub(crate) fn feed(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Feed(source.into())
    }

    pub(crate) fn edition(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Edition(source.into())
    }
}

/// What was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Built {
    /// Files of the site.
    pub files: usize,
    /// Bytes of the site, media included.
    pub bytes: u64,
    /// Files that were made anew; the others were taken over from the present site.
    pub written: usize,
}

/// Builds the site and puts it in the place of `out`, which is created when it does not exist.
///
/// Readers see the old site or the new one, never a mixture; after an error they see the old one.
/// `signer` signs the manifest by which mirrors are checked: the statement log's.
/// Files that nothing refers to any more are gone with it. The folder `.NAME.building` beside it holds the same
/// files as hard links, for the next build. What would come out the same is taken over from
/// the present site, and the outcome is equal to the byte to that of a build from nothing. Calls for one
/// folder must not overlap.
///
/// # Errors
/// [`PublishError`].
pub fn build(input: &SiteInput, signer: &LogSigner, out: &Path) -> Result<Built, PublishError> {
    input.validate()?;
    check_target(out)?;
    let beside = beside(out)?;
    let follows = open_beside(&beside, out)?;
    let mut writer = Writer::new(&beside, out, follows);
    let words = fill(&mut writer, input, signer)?;
    if follows {
        twin::sweep(&beside, writer.files())?;
    }
    let built = Built {
        files: writer.files().len(),
        bytes: writer.files().values().map(|kept| kept.bytes).sum(),
        written: writer.written(),
    };
    let (before, now) = writer.into_states();
    swap(&beside, out, &now)?;
    // What was withdrawn is gone from both folders before this returns; and the next build is quick.
    fs::create_dir_all(&beside).map_err(disk("create", &beside))?;
    twin::follow(&beside, &before.0, out, &now.0).or_else(|_| remove(&beside))?;
    for (tongue, postings) in words {
        postings
            .save(out, tongue)
            .map_err(disk("write the words beside", out))?;
    }
    Ok(built)
}

/// A folder that does not look like a site is not replaced: its content would be deleted.
fn check_target(out: &Path) -> Result<(), PublishError> {
    let mut entries = match fs::read_dir(out) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(disk("read", out)(source)),
    };
    let ours = entries.next().is_none()
        || ["index.html", "log/checkpoint", "style.css"]
            .iter()
            .all(|name| out.join(name).is_file());
    if ours {
        Ok(())
    } else {
        Err(PublishError::NotASite(out.to_owned()))
    }
}

fn beside(out: &Path) -> Result<PathBuf, PublishError> {
    let name = out
        .file_name()
        .ok_or_else(|| PublishError::Target(out.to_owned()))?;
    Ok(out.with_file_name(format!(".{}.building", name.to_string_lossy())))
}

/// The folder in which the new site is made: what the last build left there, or an empty one. Whether there was one.
fn open_beside(beside: &Path, out: &Path) -> Result<bool, PublishError> {
    let found = fs::symlink_metadata(beside).is_ok_and(|found| found.is_dir());
    if found && out.exists() {
        return Ok(true);
    }
    twin::unlink(beside)?;
    fs::create_dir(beside).map_err(disk("create", beside))?;
    Ok(false)
}

fn remove(path: &Path) -> Result<(), PublishError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Everything is on the disk before readers see it; the state comes last, since an older one does no harm. A site that
/// was there before then stands beside.
fn swap(beside: &Path, out: &Path, state: &State) -> Result<(), PublishError> {
    let noted = State::path(out);
    let fresh = noted.with_extension("state.new");
    fs::write(&fresh, state.encode()).map_err(disk("write", &fresh))?;
    let folder = File::open(beside).map_err(disk("open", beside))?;
    rustix::fs::syncfs(&folder).map_err(|error| disk("sync", beside)(error.into()))?;
    let flags = if out.exists() {
        RenameFlags::EXCHANGE
    } else {
        RenameFlags::NOREPLACE
    };
    rustix::fs::renameat_with(CWD, beside, CWD, out, flags)
        .map_err(|error| disk("put the new site in place of", out)(error.into()))?;
    fs::rename(&fresh, &noted).map_err(disk("rename", &fresh))?;
    let parent = out
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(parent)
        .and_then(|parent| parent.sync_all())
        .map_err(disk("sync", parent))
}

pub(crate) fn disk<'a>(
    doing: &'static str,
    path: &'a Path,
) -> impl FnOnce(io::Error) -> PublishError + 'a {
    move |source| PublishError::Disk {
        doing,
        path: path.to_owned(),
        source,
    }
}
