//! `fh-desk drill`: the capture drill at a terminal, for the hour in which no page can be reached. It is a safety editor's act
//! here as on the page: she signs in for it, sees what it would do, and types the name of the source.

use std::fs;

use anyhow::{Context, bail};
use newsroom::{Micros, Private};
use store::{CapturePlan, Store, StoryAtRisk};
use zeroize::Zeroizing;

use super::{Drill, terminal, unlocked};
use crate::auth::{Auth, Password, SignInRefusal, Signed};
use crate::config::{DeskConfig, DeskFolder};
use crate::web::text::{Tongue, t};
use crate::{clock, opening_store};

/// Rehearses the drill, or carries it out.
pub(super) fn drill(args: &Drill, tongue: Tongue) -> anyhow::Result<()> {
    let since = match args.since.as_deref() {
        None => clock::now(),
        Some(text) => {
            let moment = super::kit::moment(text);
            moment.with_context(|| t!(tongue, "cli-bad-moment", text = text))?
        }
    };
    let folder = DeskFolder::new(&args.desk.dir);
    let config = DeskConfig::load(&folder)?;
    let keys = unlocked::keys(&args.desk, tongue)?;
    let password = password(args, tongue)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let store = opening_store::open(&folder, &config, &keys).await?;
        let done = signed_in(&store, args, password, since, tongue).await;
        store.close().await;
        done
    })
}

/// The safety editor's password, from a file or asked for.
fn password(args: &Drill, tongue: Tongue) -> anyhow::Result<Password> {
    let typed = match &args.password_file {
        Some(path) => {
            let read = fs::read_to_string(path);
            Zeroizing::new(read.with_context(|| terminal::cannot_read(tongue, path))?)
        }
        None => {
            let question = t!(tongue, "cli-ask-password", name = args.editor.as_str());
            terminal::ask_secret(tongue, &question)?
        }
    };
    Ok(Password::new(
        typed.trim_end_matches(['\r', '\n']).to_owned(),
    ))
}

async fn signed_in(
    store: &Store,
    args: &Drill,
    password: Password,
    since: Micros,
    tongue: Tongue,
) -> anyhow::Result<()> {
    let (auth, now) = (Auth::new(), clock::now().0);
    let token = match auth.sign_in(store, &args.editor, password, now).await {
        Ok(token) => token,
        Err(SignInRefusal::Wrong) => bail!("{}", t!(tongue, "cli-drill-not-signed-in")),
        Err(error) => return Err(error.into()),
    };
    let session = auth.session(store, &token, now).await?;
    let done = match session {
        Some((editor, _)) => act(store, args, &editor, since, tongue).await,
        None => Err(anyhow::anyhow!(t!(tongue, "cli-drill-not-signed-in"))),
    };
    auth.sign_out(store, &token, clock::now().0).await?;
    done
}

async fn act(
    store: &Store,
    args: &Drill,
    editor: &Signed,
    since: Micros,
    tongue: Tongue,
) -> anyhow::Result<()> {
    let pseudonym = args.pseudonym.trim();
    let kit = unlocked::explained(store.kit_named(pseudonym).await, tongue)?;
    let planned = store
        .capture_plan(kit, since, editor.id, clock::now())
        .await;
    let planned = unlocked::explained(planned, tongue)?;
    show(&planned, tongue)?;
    // A rehearsal goes through every check, and a reason is one of them.
    let reason = match &args.reason {
        Some(reason) => Private::new(reason.as_str()),
        None => Private::new("rehearsal"),
    };
    if !args.rehearse {
        let typed = terminal::ask_line(&t!(tongue, "cli-drill-type"))?;
        if typed.trim() != pseudonym {
            bail!("{}", t!(tongue, "cli-drill-not-typed"));
        }
    }
    let (shown, rehearse) = (planned.plan.hash(), args.rehearse);
    let done = store.capture(
        kit,
        since,
        shown,
        &reason,
        rehearse,
        editor.id,
        clock::now(),
    );
    unlocked::explained(done.await, tongue)?;
    terminal::say(&if rehearse {
        t!(tongue, "capture-rehearsed")
    } else {
        t!(tongue, "cli-drill-done")
    })?;
    Ok(())
}

/// What it does, who is at risk, and what has to be changed, in the words of the page.
fn show(planned: &CapturePlan, tongue: Tongue) -> anyhow::Result<()> {
    let plan = &planned.plan;
    let mut lines = vec![
        t!(tongue, "cli-drill-refused", epoch = plan.from_epoch),
        t!(tongue, "capture-tokens", count = plan.tokens),
        t!(tongue, "capture-frozen", count = planned.frozen.len()),
    ];
    lines.extend(planned.frozen.iter().map(|story| title(story, tongue)));
    lines.push(t!(
        tongue,
        "capture-published",
        count = planned.published.len()
    ));
    lines.extend(planned.published.iter().map(|story| title(story, tongue)));
    if !planned.published.is_empty() {
        lines.push(t!(tongue, "capture-published-hint"));
    }
    let noted = planned.dispatches.iter().filter(|one| one.note.is_some());
    lines.push(t!(tongue, "capture-items", count = planned.items.len()));
    lines.push(t!(tongue, "cli-drill-notes", count = noted.count()));
    lines.push(t!(tongue, "capture-items-hint"));
    lines.push(t!(tongue, "capture-rotates"));
    for line in lines {
        terminal::say(&line)?;
    }
    Ok(())
}

/// A story's title on a line of its own. What an editor typed must not steer the terminal.
fn title(story: &StoryAtRisk, tongue: Tongue) -> String {
    let title = match tongue {
        Tongue::En => &story.title_en,
        Tongue::Ar => &story.title_ar,
    };
    let plain: String = title.chars().filter(|c| !c.is_control()).collect();
    match plain.trim() {
        "" => format!("  {}", story.id.short()),
        named => format!("  {named}"),
    }
}
