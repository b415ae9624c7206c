//! The folder beside the site: after each build it holds the very files of the site once more, as hard links, so
//! that the next build starts from them and touches only what changed.
//!
//! Nothing in it is believed: a build takes a file only while inode, size and time of change are those that were
//! noted for the present site, and removes whatever else it finds. So any state in which a crash leaves it is a
//! good one to start from, and so is none.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use rayon::prelude::*;

use crate::address::SitePath;
use crate::site::{PublishError, disk};
use crate::state::Kept;

type Files = BTreeMap<SitePath, Kept>;

/// Removes everything below `root` that is none of the files, and every folder that holds none of them.
pub(crate) fn sweep(root: &Path, files: &Files) -> Result<(), PublishError> {
    let names: BTreeSet<&str> = files.keys().map(SitePath::as_str).collect();
    sweep_folder(root, "", &names)
}

fn sweep_folder(root: &Path, below: &str, names: &BTreeSet<&str>) -> Result<(), PublishError> {
    let folder = root.join(below);
    let failed = |error| disk("read", &folder)(error);
    for entry in fs::read_dir(&folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if kind.is_dir() {
            let inside = format!("{name}/");
            let first = names.range(inside.as_str()..).next();
            if first.is_some_and(|first| first.starts_with(&inside)) {
                sweep_folder(root, &inside, names)?;
            } else {
                let path = entry.path();
                fs::remove_dir_all(&path).map_err(disk("remove", &path))?;
            }
        } else if !(kind.is_file() && names.contains(name.as_str())) {
            let path = entry.path();
            fs::remove_file(&path).map_err(disk("remove", &path))?;
        }
    }
    Ok(())
}

/// Makes `twin`, which holds the files of `before`, hold those of `site` and nothing else.
pub(crate) fn follow(
    twin: &Path,
    before: &Files,
    site: &Path,
    now: &Files,
) -> Result<(), PublishError> {
    let changed: Vec<&SitePath> = now
        .iter()
        .filter(|(path, kept)| !before.get(*path).is_some_and(|old| old.is_same_file(kept)))
        .map(|(path, _)| path)
        .collect();
    let folders: BTreeSet<_> = changed
        .iter()
        .filter_map(|path| Path::new(path.as_str()).parent())
        .collect();
    for folder in folders {
        let folder = twin.join(folder);
        fs::create_dir_all(&folder).map_err(disk("create", &folder))?;
    }
    changed.par_iter().try_for_each(|path| {
        let link = twin.join(path.as_str());
        unlink(&link)?;
        fs::hard_link(site.join(path.as_str()), &link).map_err(disk("link", &link))
    })?;
    // What was withdrawn is gone here too.
    sweep(twin, now)
}

/// Removes a name, if it is there. A file of the site is never written into: its other name is what readers see.
pub(crate) fn unlink(path: &Path) -> Result<(), PublishError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // Something else stands in the way.
        Err(_) if path.is_dir() => fs::remove_dir_all(path).map_err(disk("remove", path)),
        other => other.map_err(disk("remove", path)),
    }
}
