//! Talking to the person at the terminal: the only place of the desk that writes to it.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use anyhow::bail;
use zeroize::Zeroizing;

use crate::web::text::{Tongue, t};

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
pub(crate) fn ask_secret(tongue: Tongue, question: &str) -> anyhow::Result<Zeroizing<String>> {
    if !io::stdin().is_terminal() {
        bail!("{question} {}", t!(tongue, "cli-no-terminal"));
    }
    Ok(rpassword::prompt_password(format!("{question} ")).map(Zeroizing::new)?)
}

/// Asks for a line, and shows what is typed. It may come from a pipe.
pub(crate) fn ask_line(question: &str) -> io::Result<String> {
    complain(question);
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line)
}

/// Waits for a person to say that what was shown is written down; a program that calls this one has it already.
pub(crate) fn written_down(question: &str) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        return Ok(true);
    }
    Ok(!ask_line(question)?.trim().is_empty())
}

/// That a file cannot be read.
pub(crate) fn cannot_read(tongue: Tongue, path: &Path) -> String {
    t!(tongue, "cli-cannot-read", path = path.display().to_string())
}

/// That a file cannot be written.
pub(crate) fn cannot_write(tongue: Tongue, path: &Path) -> String {
    t!(
        tongue,
        "cli-cannot-write",
        path = path.display().to_string()
    )
}
