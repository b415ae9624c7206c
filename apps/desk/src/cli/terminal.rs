//! Talking to the person at the terminal: the only place of the desk that writes to it.

use std::io::{self, IsTerminal, Write};

use anyhow::{Context, bail};
use zeroize::Zeroizing;

/// Writes one line to standard output.
pub(crate) fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Writes one line to standard error; when even that fails, there is nobody left to tell.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Asks for a secret without showing it.
pub(crate) fn ask_secret(question: &str) -> anyhow::Result<Zeroizing<String>> {
    if !io::stdin().is_terminal() {
        bail!("{question}there is no terminal to ask on; give passphrase files instead");
    }
    rpassword::prompt_password(question)
        .map(Zeroizing::new)
        .context("cannot read from the terminal")
}
