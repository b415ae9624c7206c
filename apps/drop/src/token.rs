//! `fh-drop token`: makes a desk token, and reads one back.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rand_core::{OsRng, RngCore as _};
use wire::DeskToken;
use zeroize::Zeroizing;

/// Options of `fh-drop token`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// File to write the token to. It must not exist yet; only its owner may read it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Makes a token and writes it to a new file.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    make(&arguments.out)
}

/// Makes a token in a file that must not exist yet.
pub(crate) fn make(out: &Path) -> anyhow::Result<()> {
    let mut bytes = [0; 32];
    OsRng.fill_bytes(&mut bytes);
    let token = DeskToken::from_bytes(bytes);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(out)
        .with_context(|| format!("cannot make a new file {}", out.display()))?;
    file.write_all(token.expose_hex().as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write the token to {}", out.display()))
}

/// Reads a token from its file.
pub(crate) fn read(path: &Path) -> anyhow::Result<DeskToken> {
    let text = fs::read(path).map(Zeroizing::new);
    let text =
        text.with_context(|| format!("cannot read the desk token from {}", path.display()))?;
    DeskToken::from_hex(text.trim_ascii()).with_context(|| {
        let path = path.display();
        format!("{path} does not hold a desk token; make one with `fh-drop token --out FILE`")
    })
}
