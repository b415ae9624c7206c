//! Names the pages' templates, words and style by a hash, so that a site remembers which of them made a page.
//!
//! A page whose story did not change is taken over from the present site. That is right only while the
//! program would write the same page again; another program has another name here, and writes all anew.

#![expect(
    clippy::unwrap_used,
    reason = "a build script that cannot read its sources fails the build"
)]

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};

fn main() {
    let mut files = BTreeSet::new();
    for root in [
        "src",
        "assets",
        "i18n",
        "build.rs",
        "../words/src",
        "../ledger/src",
        "../../Cargo.lock",
    ] {
        println!("cargo::rerun-if-changed={root}");
        gather(Path::new(root), &mut files);
    }
    // Not against forgers: only this program's own state file carries the name.
    let mut hasher = DefaultHasher::new();
    for file in files {
        let bytes = fs::read(&file).unwrap();
        hasher.write(file.to_string_lossy().as_bytes());
        hasher.write_usize(bytes.len());
        hasher.write(&bytes);
    }
    println!(
        "cargo::rustc-env=PUBLISH_TEMPLATES={:016x}",
        hasher.finish()
    );
}

fn gather(path: &Path, files: &mut BTreeSet<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            gather(&entry.unwrap().path(), files);
        }
    } else if path.is_file() {
        files.insert(path.to_owned());
    }
}
