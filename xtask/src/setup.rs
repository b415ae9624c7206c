//! Installs the Debian packages that are missing, so that nothing depends on what somebody installed by hand.

use crate::shell::{must, root, say};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::{Command, Stdio};

/// The lists of packages; each crate that needs programs at run time keeps its own.
const LISTS: [&str; 2] = ["xtask/apt.txt", "crates/media/apt.txt"];

/// Installs what is missing from all lists.
pub(crate) fn packages() -> Result<()> {
    install(&LISTS)
}

/// Installs what is missing from one more list.
pub(crate) fn packages_of(list: &str) -> Result<()> {
    install(&[list])
}

fn install(lists: &[&str]) -> Result<()> {
    let mut missing = Vec::new();
    for list in lists {
        for name in read_list(&root().join(list))? {
            if !installed(&name) && !missing.contains(&name) {
                missing.push(name);
            }
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    say(&format!(
        "Installing Debian packages: {}",
        missing.join(" ")
    ));
    apt(&["update", "-qq"])?;
    let mut args = vec!["install", "-y", "-qq", "--no-install-recommends"];
    args.extend(missing.iter().map(String::as_str));
    apt(&args)
}

/// Package names of a list: the first word of each line that is no comment and no section title.
fn read_list(path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the package list {} is missing", path.display()))?;
    Ok(parse_list(&text))
}

fn parse_list(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| line.split('#').next().unwrap_or("").trim())
        .filter(|line| !line.is_empty() && !line.starts_with('['))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

fn installed(package: &str) -> bool {
    Command::new("dpkg-query")
        .args(["-W", "-f=${db:Status-Status}", package])
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|out| out.stdout == b"installed")
}

fn apt(args: &[&str]) -> Result<()> {
    let root_user = std::fs::metadata("/proc/self")
        .map(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0)
        .unwrap_or(false);
    let mut command = if root_user {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "apt-get"]);
        sudo
    };
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
    if must(command.stdout(Stdio::null())).is_err() {
        bail!(
            "apt-get {} failed; install these packages yourself, then run this again",
            args.join(" ")
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::parse_list;

    #[test]
    fn a_list_gives_first_words_without_comments_and_sections() {
        let text = "# why\n[run]\nffmpeg  # video\n\n[test]\nqpdf\n";
        assert_eq!(parse_list(text), ["ffmpeg", "qpdf"]);
    }
}
