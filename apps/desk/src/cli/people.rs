//! Names as they are typed on the command line: editors with roles, custodians with files.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};
use keys::passphrase::Passphrase;
use zeroize::Zeroizing;

use super::terminal;
use crate::web::text::{Tongue, t};

/// The longest name; names show in lists and in the keyring.
const NAME_MAX: usize = 64;

/// What an editor may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Writes, approves, publishes.
    Editor,
    /// All of that, and approves for the safety of sources.
    Safety,
}

/// An editor to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewEditor {
    pub(crate) name: String,
    pub(crate) role: Role,
}

/// A custodian's passphrase in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PassphraseFile {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// Reads `NAME:ROLE`.
pub(crate) fn parse_editor(text: &str) -> Result<NewEditor, String> {
    let (name, role) = text
        .rsplit_once(':')
        .ok_or("write it as NAME:editor or NAME:safety")?;
    let role = match role {
        "editor" => Role::Editor,
        "safety" => Role::Safety,
        _ => {
            return Err(format!(
                "{role:?} is not a role; roles are `editor` and `safety`"
            ));
        }
    };
    Ok(NewEditor {
        name: checked_name(name)?,
        role,
    })
}

/// Reads `NAME=FILE`.
pub(crate) fn parse_passphrase_file(text: &str) -> Result<PassphraseFile, String> {
    let (name, path) = text.split_once('=').ok_or("write it as NAME=FILE")?;
    Ok(PassphraseFile {
        name: checked_name(name)?,
        path: path.into(),
    })
}

/// A name that can stand in a list and be part of a file name.
pub(crate) fn checked_name(name: &str) -> Result<String, String> {
    if name.is_empty() || name.trim() != name {
        return Err("a name must not be empty or begin or end with a space".into());
    }
    if name.len() > NAME_MAX {
        return Err(format!("a name has at most {NAME_MAX} bytes"));
    }
    if name.contains(|c: char| c.is_control() || c == '/' || c == '\0') || name.starts_with('.') {
        return Err(
            "a name must not contain `/` or control characters, or begin with a dot".into(),
        );
    }
    Ok(name.to_owned())
}

/// Refuses a list in which a name comes twice.
pub(crate) fn all_different<'a>(
    tongue: Tongue,
    names: impl IntoIterator<Item = &'a str>,
) -> anyhow::Result<()> {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            bail!("{}", t!(tongue, "cli-named-twice", name = name));
        }
    }
    Ok(())
}

/// Reads passphrases from the files given, then asks for others until `threshold` are in.
pub(crate) fn gather_passphrases(
    tongue: Tongue,
    files: &[PassphraseFile],
    custodians: &[String],
    threshold: usize,
) -> anyhow::Result<Vec<(String, Passphrase)>> {
    gather_up_to(tongue, files, custodians, (threshold, threshold))
}

/// The same, but goes on asking until as many are in as the second number says; the first number is needed.
pub(crate) fn gather_up_to(
    tongue: Tongue,
    files: &[PassphraseFile],
    custodians: &[String],
    (threshold, asked_for): (usize, usize),
) -> anyhow::Result<Vec<(String, Passphrase)>> {
    let mut gathered = Vec::new();
    for file in files {
        gathered.push((file.name.clone(), from_file(tongue, file, custodians)?));
    }
    for name in custodians {
        if gathered.len() >= asked_for {
            break;
        }
        if gathered.iter().any(|(known, _)| known == name) {
            continue;
        }
        let question = t!(tongue, "cli-ask-passphrase", name = name.as_str());
        let asked = terminal::ask_secret(tongue, &question)?;
        if !asked.trim().is_empty() {
            gathered.push((name.clone(), Passphrase::new(asked.trim())));
        }
    }
    let have = gathered.len();
    if have < threshold {
        bail!(
            "{}",
            t!(tongue, "cli-too-few", need = threshold, have = have)
        );
    }
    Ok(gathered)
}

fn from_file(
    tongue: Tongue,
    file: &PassphraseFile,
    custodians: &[String],
) -> anyhow::Result<Passphrase> {
    let name = file.name.as_str();
    if !custodians.contains(&file.name) {
        let names = custodians.join(", ");
        bail!(
            "{}",
            t!(tongue, "cli-not-a-custodian", name = name, names = names)
        );
    }
    let text = fs::read_to_string(&file.path)
        .map(Zeroizing::new)
        .with_context(|| terminal::cannot_read(tongue, &file.path))?;
    Ok(Passphrase::new(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editors_have_a_name_and_a_role() {
        let safety = parse_editor("Noor Ali:safety").unwrap();
        assert_eq!(
            (safety.name.as_str(), safety.role),
            ("Noor Ali", Role::Safety)
        );
        assert_eq!(parse_editor("نور:editor").unwrap().role, Role::Editor);
        for bad in [
            "noor",
            "noor:boss",
            ":editor",
            " noor:editor",
            "a/b:editor",
            "..:editor",
        ] {
            assert!(parse_editor(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_same_name_twice_is_refused() {
        assert!(all_different(Tongue::En, ["a", "b"]).is_ok());
        let twice = all_different(Tongue::En, ["a", "b", "a"]).unwrap_err();
        assert!(twice.to_string().contains('a'));
    }
}
