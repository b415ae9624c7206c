//! `fh-desk init`.

use std::path::Path;

use anyhow::Context;
use newsroom::accounts::Roles;
use rand_core::OsRng;

use super::people::{self, Role};
use super::{Init, terminal};
use crate::config::{Database, DeskFolder};
use crate::founding::{self, Founding, Handover};
use crate::{clock, files};

/// Founds a newsroom and hands its secrets over, once.
pub(super) fn run(args: Init) -> anyhow::Result<()> {
    people::all_different("custodian", args.custodians.iter().map(String::as_str))?;
    people::all_different(
        "editor",
        args.editors.iter().map(|editor| editor.name.as_str()),
    )?;
    for name in &args.custodians {
        people::checked_name(name).map_err(anyhow::Error::msg)?;
    }
    let founding = Founding {
        organisation: args.organisation,
        custodians: args.custodians,
        threshold: args.threshold,
        editors: args
            .editors
            .into_iter()
            .map(|editor| (editor.name, roles(editor.role)))
            .collect(),
        database: match args.database_url {
            Some(url) => Database::Postgres { url },
            None => Database::Sqlcipher,
        },
        cost: founding::cost_for_this_machine(),
    };
    if let Some(folder) = &args.passphrase_dir {
        files::private_folder(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let folder = DeskFolder::new(&args.dir);
    let runtime = tokio::runtime::Runtime::new()?;
    let handover = runtime.block_on(founding::found(
        &folder,
        &founding,
        &mut OsRng,
        clock::now(),
    ))?;
    match &args.passphrase_dir {
        Some(to) => hand_over_files(&handover, to),
        None => hand_over_here(&handover),
    }
}

fn roles(role: Role) -> Roles {
    match role {
        Role::Editor => Roles::EDITOR,
        // The safety editor writes too in a small team; the distinction stays recorded.
        Role::Safety => Roles::BOTH,
    }
}

fn hand_over_files(handover: &Handover, to: &Path) -> anyhow::Result<()> {
    for (name, passphrase) in &handover.passphrases {
        let path = to.join(format!("{name}.passphrase"));
        files::create_new(&path, passphrase.expose().as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    for (name, code) in &handover.enrolments {
        let path = to.join(format!("{name}.enrol"));
        files::create_new(&path, code.as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    terminal::say(&format!(
        "The newsroom is founded. Passphrases and enrolment codes lie in {}; hand each to its owner and delete the files.",
        to.display()
    ))?;
    Ok(())
}

fn hand_over_here(handover: &Handover) -> anyhow::Result<()> {
    terminal::say("The newsroom is founded. What follows is shown once and kept nowhere.")?;
    terminal::say("\nCustodians' passphrases (write them down, apart from each other):")?;
    for (name, passphrase) in &handover.passphrases {
        terminal::say(&format!("  {name}: {}", passphrase.expose()))?;
    }
    terminal::say("\nEditors' enrolment codes (good for seven days, at /enrol/CODE):")?;
    for (name, code) in &handover.enrolments {
        terminal::say(&format!("  {name}: {}", code.as_str()))?;
    }
    Ok(())
}
