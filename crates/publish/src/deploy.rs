//! Bringing the site to where readers fetch it: a folder, a bucket of S3's kind, or a server over SSH.
//!
//! Hosts that hold single files cannot exchange two states at once, so the order of steps keeps the promise: **while a
//! manifest stands there, every file is the one it lists.** What is new comes first, media before pages; then the old
//! manifest goes; then what differs is replaced, front pages last; what is gone goes; and the new manifest comes last. Cut
//! anywhere, the next call goes on from there. A folder is exchanged as a whole.

mod folder;
mod journal;
mod s3;
mod settings;
mod snapshot;
mod ssh;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use ledger::Listed;
use thiserror::Error;

pub use self::settings::{HostSettings, S3Settings, SshSettings};
use self::snapshot::Snapshot;
use crate::channels::{Clock, Fault, LineError};

/// The signed note; without it there is nothing to check a site against.
const NOTE: &str = "manifest";
/// The list that the note names.
const LIST: &str = "manifest.txt";

/// What may stand at the root of a site of this program, now or in an earlier state.
const ROOT: [&str; 15] = [
    "ar",
    "cover.png",
    "en",
    "icon.svg",
    "index.html",
    "log",
    LIST,
    NOTE,
    "media",
    "offline",
    "ours",
    "ours.js",
    "proofs",
    "robots.txt",
    "sitemaps",
];

/// Why a site is not where it should be. What stands there is a whole site or one without its manifest.
#[derive(Debug, Error)]
pub enum DeployError {
    /// There is no whole site to send.
    #[error("{0} holds no whole site")]
    NoSite(PathBuf),
    /// The host refused or could not be reached.
    #[error(transparent)]
    Host(#[from] Fault),
    /// The host's address.
    #[error(transparent)]
    Address(#[from] LineError),
    /// Something else stands there: it would be deleted.
    #[error("{0:?} stands there and is no part of a site; choose an empty place")]
    NotASite(String),
    /// Settings that lead nowhere.
    #[error("the {0} cannot be used")]
    Setting(&'static str),
    /// A program of the system failed.
    #[error("{program} failed: {words}")]
    Program {
        /// Which.
        program: &'static str,
        /// What it said last.
        words: String,
    },
    /// The disk refused.
    #[error("cannot use {path}")]
    Disk {
        /// Where.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
}

/// How far a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Files that are done.
    pub files: u64,
    /// Files to be done.
    pub of: u64,
    /// Bytes sent.
    pub bytes: u64,
}

/// What a transfer did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deployed {
    /// Files sent.
    pub sent: u64,
    /// Bytes sent.
    pub bytes: u64,
    /// Files taken away.
    pub removed: u64,
}

/// Brings the site in `site` to a host. `name` names the host among others: what is known to stand there is noted beside the
/// site by it. No other call for this host and no build may run while the call begins; `tell` is told as it goes on.
///
/// # Errors
/// [`DeployError`]; calling again goes on.
pub fn deploy(
    site: &Path,
    host: &HostSettings,
    name: &str,
    clock: Clock,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<Deployed, DeployError> {
    let snapshot = Snapshot::take(site, name)?;
    match host {
        HostSettings::Folder { path } => folder::deploy(&snapshot, path, tell),
        HostSettings::S3(settings) => s3::deploy(&snapshot, settings, clock, tell),
        HostSettings::Ssh(settings) => ssh::deploy(&snapshot, settings, tell),
    }
}

/// Refuses a place in whose root something stands that no site has.
fn refuse_foreign<'n>(
    roots: impl IntoIterator<Item = &'n str>,
    listed: &[Listed],
) -> Result<(), DeployError> {
    let ours: BTreeSet<&str> = listed
        .iter()
        .map(|one| root_of(&one.path))
        .chain(ROOT)
        .collect();
    // Style sheets and scripts of earlier programs.
    let known = |name: &str| {
        ours.contains(name)
            || [".css", ".js", ".xml"]
                .iter()
                .any(|end| name.ends_with(end))
    };
    match roots.into_iter().find(|name| !known(name)) {
        Some(name) => Err(DeployError::NotASite(name.to_owned())),
        None => Ok(()),
    }
}

fn root_of(path: &str) -> &str {
    path.split('/').next().unwrap_or(path)
}

/// The order in which files come, so that what is named stands before what names it.
fn rank(path: &str) -> u8 {
    if path.starts_with("media/") {
        0
    } else if path.starts_with("proofs/") || path.starts_with("log/") {
        1
    } else if path.ends_with(".css") || path.ends_with(".js") || path.ends_with(".svg") {
        2
    } else if path.contains("/stories/") || path.contains("/text/") {
        3
    } else if path.ends_with("index.html") {
        5
    } else {
        4
    }
}

fn disk<'a>(path: &'a Path) -> impl FnOnce(io::Error) -> DeployError + 'a {
    move |source| DeployError::Disk {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_comes_before_what_names_it() {
        let mut paths = [
            "index.html",
            "en/archive.html",
            "en/stories/a.html",
            "style.css",
            "proofs/a/b",
            "media/a.jpg",
        ];
        paths.sort_by_key(|path| rank(path));
        assert_eq!(
            paths,
            [
                "media/a.jpg",
                "proofs/a/b",
                "style.css",
                "en/stories/a.html",
                "en/archive.html",
                "index.html"
            ]
        );
    }

    #[test]
    fn a_place_of_somebody_else_is_refused() {
        for (roots, fine) in [
            (&[][..], true),
            (&["en", "media", "manifest.txt", "old.css"], true),
            (&["en", "thesis.doc"], false),
            (&[".ssh"], false),
        ] {
            let told = refuse_foreign(roots.iter().copied(), &[]);
            assert_eq!(told.is_ok(), fine, "{roots:?}");
        }
    }
}
