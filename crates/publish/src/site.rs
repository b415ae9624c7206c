//! Building: everything is written beside the present site, checked, synced, and swapped in at once.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ledger::{Digest, Sha256Writer};
use rustix::fs::{CWD, RenameFlags};
use thiserror::Error;

use crate::address::SitePath;
use crate::input::{InputError, MediaBytes, SiteInput, StoryInput};
use crate::media::{Shown, media_path, proof_path};
use crate::page::{icon_path, style_path};
use crate::story::Ready;
use crate::words::Tongue;
use crate::{feeds, front, pages, sitemap, story};

const STYLE: &[u8] = include_bytes!("../assets/style.css");
const ICON: &[u8] = include_bytes!("../assets/icon.svg");
const CHUNK: usize = 128 * 1024;

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
}

/// What was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Built {
    /// Files of the site.
    pub files: usize,
    /// Bytes of the site, media included.
    pub bytes: u64,
}

/// Builds the site and puts it in the place of `out`, which is created when it does not exist.
///
/// Readers see the old site or the new one, never a mixture; after an error they see the old one.
/// Files that nothing refers to any more are gone with it. Two builds from the same input are equal
/// to the byte. Calls for one folder must not overlap.
///
/// # Errors
/// [`PublishError`].
pub fn build(input: &SiteInput, out: &Path) -> Result<Built, PublishError> {
    input.validate()?;
    check_target(out)?;
    let beside = beside(out)?;
    remove(&beside)?;
    fs::create_dir(&beside).map_err(disk("create", &beside))?;
    let mut writer = Writer {
        root: &beside,
        old: out,
        sizes: BTreeMap::new(),
    };
    fill(&mut writer, input)?;
    let built = Built {
        files: writer.sizes.len(),
        bytes: writer.sizes.values().sum(),
    };
    swap(&beside, out)?;
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

fn remove(path: &Path) -> Result<(), PublishError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk("remove", path)(error)),
        _ => Ok(()),
    }
}

fn swap(beside: &Path, out: &Path) -> Result<(), PublishError> {
    let folder = File::open(beside).map_err(disk("open", beside))?;
    rustix::fs::syncfs(&folder).map_err(|error| disk("sync", beside)(error.into()))?;
    let flags = if out.exists() {
        RenameFlags::EXCHANGE
    } else {
        RenameFlags::NOREPLACE
    };
    rustix::fs::renameat_with(CWD, beside, CWD, out, flags)
        .map_err(|error| disk("put the new site in place of", out)(error.into()))?;
    let parent = out
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(parent)
        .and_then(|parent| parent.sync_all())
        .map_err(disk("sync", parent))?;
    remove(beside)
}

fn fill(writer: &mut Writer<'_>, input: &SiteInput) -> Result<(), PublishError> {
    let stories = place_media(writer, input)?;
    writer.put(&style_path(), STYLE)?;
    writer.put(&icon_path(), ICON)?;
    for (name, bytes) in &input.log.files {
        writer.put(&SitePath::made(format!("log/{name}")), bytes)?;
    }
    let mut texts = vec![front::door(input, &stories)];
    let mut files = vec![sitemap::sitemap(input, &stories), sitemap::robots(input)];
    for tongue in Tongue::BOTH {
        texts.push(front::index(input, tongue, &stories));
        texts.push(pages::verify(input, tongue));
        texts.push(pages::about(input, tongue));
        texts.extend(
            stories
                .iter()
                .map(|ready| story::page(input, tongue, ready)),
        );
        files.extend(feeds::all(input, tongue, &stories)?);
    }
    files.extend(
        texts
            .into_iter()
            .map(|(path, text)| (path, text.into_bytes())),
    );
    for (path, bytes) in &files {
        writer.put(path, bytes)?;
    }
    Ok(())
}

/// Writes media and proofs; what comes back is the stories, newest first, as pages need them.
fn place_media<'a>(
    writer: &mut Writer<'_>,
    input: &'a SiteInput,
) -> Result<Vec<Ready<'a>>, PublishError> {
    let mut stories: Vec<&StoryInput> = input.stories.iter().collect();
    stories.sort_by(|a, b| {
        b.published_at
            .cmp(&a.published_at)
            .then_with(|| a.id.cmp(&b.id))
    });
    stories
        .into_iter()
        .map(|story| {
            let media = story.media.iter().map(|medium| {
                let file = media_path(&medium.sha256, medium.kind);
                let bytes = writer.copy(&file, medium.bytes.as_ref(), &medium.sha256, &story.id)?;
                // Covered media have no still on any page, so none is published.
                let still = medium.poster.as_ref().filter(|_| !story.graphic);
                let poster = still.map(|poster| {
                    let path = media_path(&poster.sha256, crate::MediaKind::Jpeg);
                    writer.copy(&path, poster.bytes.as_ref(), &poster.sha256, &story.id)?;
                    Ok::<_, PublishError>(path)
                });
                let proof = proof_path(&story.slug, &medium.sha256, medium.kind);
                let poster = poster.transpose()?;
                writer.put(&proof, &medium.proof)?;
                Ok(Shown {
                    input: medium,
                    file,
                    proof,
                    poster,
                    bytes,
                })
            });
            let media = media.collect::<Result<Vec<_>, PublishError>>()?;
            Ok(Ready {
                input: story,
                media,
            })
        })
        .collect()
}

/// Writes below the new root and knows what stands there already.
struct Writer<'a> {
    root: &'a Path,
    old: &'a Path,
    sizes: BTreeMap<SitePath, u64>,
}

impl Writer<'_> {
    fn target(&self, path: &SitePath) -> Result<PathBuf, PublishError> {
        let target = self.root.join(path.as_str());
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(disk("create", folder))?;
        }
        Ok(target)
    }

    fn put(&mut self, path: &SitePath, bytes: &[u8]) -> Result<(), PublishError> {
        let target = self.target(path)?;
        fs::write(&target, bytes).map_err(disk("write", &target))?;
        self.sizes.insert(path.clone(), bytes.len() as u64);
        Ok(())
    }

    /// Copies a published file and checks it against what was approved. One that the present site
    /// holds already is linked instead, after the same check.
    fn copy(
        &mut self,
        path: &SitePath,
        source: &dyn MediaBytes,
        expected: &Digest,
        story: &str,
    ) -> Result<u64, PublishError> {
        if let Some(bytes) = self.sizes.get(path) {
            return Ok(*bytes);
        }
        let target = self.target(path)?;
        let bytes = match self.link(path, &target, expected) {
            Some(bytes) => bytes,
            None => copy_checked(source, &target, expected, story)?,
        };
        self.sizes.insert(path.clone(), bytes);
        Ok(bytes)
    }

    fn link(&self, path: &SitePath, target: &Path, expected: &Digest) -> Option<u64> {
        let old = self.old.join(path.as_str());
        let mut file = File::open(&old).ok()?;
        let (found, bytes) = pass(&mut file, &mut io::sink()).ok()?;
        (found == *expected && fs::hard_link(&old, target).is_ok()).then_some(bytes)
    }
}

fn copy_checked(
    source: &dyn MediaBytes,
    target: &Path,
    expected: &Digest,
    story: &str,
) -> Result<u64, PublishError> {
    let mut reader = source.open().map_err(disk("read the bytes of", target))?;
    let mut file = File::create(target).map_err(disk("create", target))?;
    let (found, bytes) = pass(&mut reader, &mut file).map_err(disk("write", target))?;
    if found == *expected {
        Ok(bytes)
    } else {
        Err(PublishError::Differs {
            story: story.to_owned(),
            expected: *expected,
            found,
        })
    }
}

/// Passes bytes on in constant memory; gives their digest and number.
fn pass(reader: &mut dyn Read, writer: &mut dyn Write) -> io::Result<(Digest, u64)> {
    let mut state = Sha256Writer::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => {
                state.update(&chunk[..read]);
                writer.write_all(&chunk[..read])?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let bytes = state.bytes();
    Ok((state.finish(), bytes))
}

fn disk<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> PublishError + 'a {
    move |source| PublishError::Disk {
        doing,
        path: path.to_owned(),
        source,
    }
}
