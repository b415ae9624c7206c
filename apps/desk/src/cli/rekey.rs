//! `fh-desk rekey`: new keys after a custodian was captured, on the word of those who remain.

use std::io::{self, IsTerminal as _};
use std::path::Path;

use anyhow::{Context, bail};
use keys::{Passphrase, Words};
use openers::{Custodian, KeyringFile, Rekeying, Share};
use rand_core::OsRng;

use super::{Rekey, intake, people, terminal};
use crate::config::{DeskConfig, DeskFolder};
use crate::rekey::{Plan, RekeyRefusal, Replacement, Wish, plan};
use crate::settling::{self, KeysAlone};
use crate::web::text::{Tongue, t};
use crate::{clock, files};

/// Custodians with the passphrases that lock their new shares, and those among them who have to be told new words.
struct NewSet {
    custodians: Vec<Custodian>,
    told: Vec<String>,
}

/// Replaces all keys and shares them out anew.
pub(super) fn run(args: &Rekey, tongue: Tongue) -> anyhow::Result<()> {
    let folder = DeskFolder::new(&args.desk.dir);
    settling::settle(&folder)?;
    DeskConfig::load(&folder)?;
    let _spool = intake::alone(&folder, tongue)?;
    let alone = KeysAlone::take(&folder)?;
    settling::settle_alone(&folder, &alone)?;
    let mut config = DeskConfig::load(&folder)?;
    let bytes = std::fs::read(folder.keyring())
        .with_context(|| terminal::cannot_read(tongue, &folder.keyring()))?;
    let keyring = KeyringFile::from_json(&bytes)?;
    let wish = Wish {
        remove: args.remove.clone(),
        add: args.add.clone(),
        threshold: args.threshold,
    };
    for name in &wish.add {
        people::checked_name(name).map_err(anyhow::Error::msg)?;
    }
    let plan = plan(&keyring, &wish).map_err(|refusal| refused(&refusal, tongue))?;
    if let Some(to) = &args.passphrase_dir {
        files::private_folder(to).with_context(|| terminal::cannot_write(tongue, to))?;
    }
    let (given, shares) = present(args, &keyring, &plan, tongue)?;
    let set = new_set(given, &plan, args.new_words, tongue);
    let to = Rekeying {
        custodians: &set.custodians,
        threshold: plan.threshold,
        at: clock::now().0,
    };
    let change = keyring.rekey(&shares, &to, &mut OsRng)?;
    // Words are handed over before the keys they open are in force: nobody must be left with words that open nothing
    // any more and none that do.
    hand_over(&set, args.passphrase_dir.as_deref(), tongue)?;
    let leaving = config.signers_leave(&wish.remove);
    let replacement = Replacement {
        folder: &folder,
        config: &config,
        change: &change,
        plan: &plan,
        removed: wish.remove.len(),
        now: clock::now(),
    };
    tokio::runtime::Runtime::new()?.block_on(replacement.carry_out(&alone))?;
    report(&keyring, &plan, &wish, leaving, tongue)
}

fn refused(refusal: &RekeyRefusal, tongue: Tongue) -> anyhow::Error {
    let words = match refusal {
        RekeyRefusal::Unknown { name, names } => t!(
            tongue,
            "cli-not-a-custodian",
            name = name.as_str(),
            names = names.join(", ")
        ),
        RekeyRefusal::Known { name } => t!(tongue, "cli-rekey-known", name = name.as_str()),
        RekeyRefusal::Twice { name } => t!(tongue, "cli-named-twice", name = name.as_str()),
        &RekeyRefusal::TooFewLeft { left, need } => {
            t!(tongue, "cli-rekey-too-few", left = left, need = need)
        }
        &RekeyRefusal::Threshold { threshold, count } => t!(
            tongue,
            "cli-rekey-threshold",
            threshold = threshold,
            count = count
        ),
    };
    anyhow::Error::msg(words)
}

type Given = Vec<(String, Passphrase)>;

/// The remaining custodians who are here, and their old shares.
fn present(
    args: &Rekey,
    keyring: &KeyringFile,
    plan: &Plan,
    tongue: Tongue,
) -> anyhow::Result<(Given, Vec<Share>)> {
    let need = usize::from(keyring.threshold());
    // At a terminal everybody who is here is asked, and keeps their passphrase.
    let ask = if io::stdin().is_terminal() {
        plan.remaining.len()
    } else {
        need
    };
    let given = people::gather_up_to(tongue, &args.desk.passphrases, &plan.remaining, (need, ask))?;
    let mut shares = Vec::with_capacity(given.len());
    for (name, passphrase) in &given {
        shares.push(keyring.open_share(name, passphrase)?);
    }
    Ok((given, shares))
}

/// Who is here keeps their passphrase, unless everybody is to get new words; all others get new words.
fn new_set(mut given: Given, plan: &Plan, new_words: bool, tongue: Tongue) -> NewSet {
    let words = match tongue {
        Tongue::En => Words::English,
        Tongue::Ar => Words::Arabic,
    };
    if new_words {
        given.clear();
    }
    let mut set = NewSet {
        custodians: Vec::new(),
        told: Vec::new(),
    };
    for name in plan.remaining.iter().chain(&plan.added) {
        let kept = given.iter().position(|(known, _)| known == name);
        let passphrase = match kept {
            Some(at) => given.swap_remove(at).1,
            None => {
                set.told.push(name.clone());
                Passphrase::generate(&mut OsRng, words)
            }
        };
        set.custodians.push(Custodian {
            name: name.clone(),
            passphrase,
        });
    }
    set
}

fn hand_over(set: &NewSet, to: Option<&Path>, tongue: Tongue) -> anyhow::Result<()> {
    let told = set
        .custodians
        .iter()
        .filter(|one| set.told.contains(&one.name));
    let Some(folder) = to else {
        if set.told.is_empty() {
            return Ok(());
        }
        terminal::say(&t!(tongue, "cli-rekey-words"))?;
        for one in told {
            terminal::say(&format!("  {}: {}", one.name, one.passphrase.expose()))?;
        }
        if !terminal::written_down(&t!(tongue, "cli-rekey-confirm"))? {
            bail!("{}", t!(tongue, "cli-rekey-not-done"));
        }
        return Ok(());
    };
    for one in told {
        let path = folder.join(format!("{}.passphrase", one.name));
        files::create_new(&path, one.passphrase.expose().as_bytes())
            .with_context(|| terminal::cannot_write(tongue, &path))?;
    }
    Ok(())
}

fn report(
    old: &KeyringFile,
    plan: &Plan,
    wish: &Wish,
    leaving: crate::config::Leaving,
    tongue: Tongue,
) -> anyhow::Result<()> {
    let (generation, count) = (
        old.generation() + 1,
        plan.remaining.len() + plan.added.len(),
    );
    terminal::say(&t!(
        tongue,
        "cli-rekey-done",
        generation = generation,
        threshold = plan.threshold,
        count = count
    ))?;
    terminal::say(&t!(tongue, "cli-rekey-bulletin"))?;
    match leaving {
        crate::config::Leaving::Nobody => {}
        crate::config::Leaving::Left => {
            terminal::say(&t!(
                tongue,
                "cli-rekey-signers",
                names = wish.remove.join(", ")
            ))?;
        }
        crate::config::Leaving::TooFew => {
            terminal::say(&t!(tongue, "cli-rekey-signers-few"))?;
        }
    }
    terminal::say(&t!(tongue, "cli-rekey-backups"))?;
    Ok(())
}
