//! `fh-drop token`: makes a desk token, and reads one back.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rand_core::{OsRng, RngCore as _};
use wire::{DeskToken, TokenHash};
use zeroize::Zeroizing;

/// Options of `fh-drop token`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// File to write the token to. It must not exist yet; only its owner may read it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// File to write the token's hash to. `fh-drop serve` takes it in the token's place, so that a seized drop does not
    /// hold what opens its log to the desk.
    #[arg(long, value_name = "FILE")]
    hash_out: Option<PathBuf>,
}

/// Makes a token and writes it to a new file.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    make(&arguments.out)?;
    match &arguments.hash_out {
        Some(out) => {
            let hash = read(&arguments.out)?.hash();
            write_new(out, &format!("{HASH}{hash}\n"))
        }
        None => Ok(()),
    }
}

/// Makes a token in a file that must not exist yet.
pub(crate) fn make(out: &Path) -> anyhow::Result<()> {
    let mut bytes = [0; 32];
    OsRng.fill_bytes(&mut bytes);
    let token = DeskToken::from_bytes(bytes);
    write_new(out, &Zeroizing::new(format!("{}\n", *token.expose_hex())))
}

fn write_new(out: &Path, line: &str) -> anyhow::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(out)
        .with_context(|| format!("cannot make a new file {}", out.display()))?;
    file.write_all(line.as_bytes())
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write the token to {}", out.display()))
}

/// What a token's hash begins with in its file.
const HASH: &str = "sha256:";

/// Reads a token, or its hash, and gives the hash: all that a drop needs.
pub(crate) fn read_hash(path: &Path) -> anyhow::Result<TokenHash> {
    let text = fs::read(path).unwrap_or_default();
    let text = Zeroizing::new(text);
    match text.trim_ascii().strip_prefix(HASH.as_bytes()) {
        Some(digits) => {
            let digits = std::str::from_utf8(digits).unwrap_or_default();
            digits.parse().with_context(|| {
                format!("{} does not hold the hash of a desk token", path.display())
            })
        }
        None => Ok(read(path)?.hash()),
    }
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
