//! `fh-desk init`.

use std::path::Path;

use anyhow::Context;
use keys::Words;
use newsroom::accounts::Roles;
use rand_core::OsRng;

use super::people::{self, Role};
use super::{Init, terminal};
use crate::config::{Database, DeskFolder};
use crate::founding::{self, Founding, Handover};
use crate::web::text::{Tongue, t};
use crate::{clock, files};

/// Founds a newsroom and hands its secrets over, once.
pub(super) fn run(args: Init, tongue: Tongue) -> anyhow::Result<()> {
    people::all_different(tongue, args.custodians.iter().map(String::as_str))?;
    people::all_different(
        tongue,
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
        words: match tongue {
            Tongue::En => Words::English,
            Tongue::Ar => Words::Arabic,
        },
    };
    if let Some(folder) = &args.passphrase_dir {
        files::private_folder(folder).with_context(|| terminal::cannot_write(tongue, folder))?;
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
        Some(to) => hand_over_files(&handover, to, tongue),
        None => hand_over_here(&handover, tongue),
    }
}

fn roles(role: Role) -> Roles {
    match role {
        Role::Editor => Roles::EDITOR,
        // The safety editor writes too in a small team; the distinction stays recorded.
        Role::Safety => Roles::BOTH,
    }
}

fn hand_over_files(handover: &Handover, to: &Path, tongue: Tongue) -> anyhow::Result<()> {
    let write = |name: String, secret: &str| {
        let path = to.join(name);
        files::create_new(&path, secret.as_bytes())
            .with_context(|| terminal::cannot_write(tongue, &path))
    };
    for (name, passphrase) in &handover.passphrases {
        write(format!("{name}.passphrase"), passphrase.expose())?;
    }
    for (name, code) in &handover.enrolments {
        write(format!("{name}.enrol"), code)?;
    }
    let path = to.display().to_string();
    terminal::say(&t!(tongue, "cli-founded-files", path = path))?;
    Ok(())
}

fn hand_over_here(handover: &Handover, tongue: Tongue) -> anyhow::Result<()> {
    terminal::say(&t!(tongue, "cli-founded-here"))?;
    terminal::say(&format!("\n{}", t!(tongue, "cli-passphrases")))?;
    for (name, passphrase) in &handover.passphrases {
        terminal::say(&format!("  {name}: {}", passphrase.expose()))?;
    }
    terminal::say(&format!("\n{}", t!(tongue, "cli-enrolments")))?;
    for (name, code) in &handover.enrolments {
        terminal::say(&format!("  {name}: {}", code.as_str()))?;
    }
    Ok(())
}
