//! Gathering at the desk, from the moment it is unlocked: cards are handed in one after another and read meanwhile, until
//! every piece is authentic and stored.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use desk::config::DeskFolder;
use desk::desk::{Desk, DeskOptions, DispatchState, LockState};
use keys::Passphrase;
use newsroom::arrival::DispatchKey;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::resident::{forget_peak, peak_mib};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

#[derive(clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    desk: PathBuf,
    /// `NAME=FILE`, as many as unlock the desk.
    #[arg(long)]
    custodian: Vec<String>,
    /// Where to list the pieces' digests.
    #[arg(long)]
    digests: PathBuf,
    cards: Vec<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<Value> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let desk = open(&args.desk, &args.custodian).await?;
        forget_peak()?;
        let start = Instant::now();
        let (handing, paths) = (desk.clone(), args.cards.clone());
        let taken = tokio::task::spawn_blocking(move || -> Result<()> {
            for path in paths {
                handing.take_card(&mut File::open(path)?)?;
            }
            Ok(())
        });
        let key = all_pieces(&desk).await?;
        let seconds = start.elapsed().as_secs_f64();
        let resident = peak_mib()?;
        taken.await??;
        // Opening compares every item with the hash that its manifest names.
        until_opened(&desk).await?;
        let resident_opened = peak_mib()?;
        let pieces = desk.store()?.dispatch_pieces(&key).await?;
        let digests: Vec<String> = pieces
            .iter()
            .filter_map(|piece| Some(piece.authentic.as_ref()?.0.to_string()))
            .collect();
        fs::write(&args.digests, digests.join("\n"))?;
        let items = desk.store()?.items_of(&key).await?;
        let item = items.first().context("the dispatch has no item")?;
        let sha256 = item.sha256.to_string();
        desk.stop().await;
        Ok(json!({
            "seconds": seconds,
            "resident": resident,
            "resident_opened": resident_opened,
            "pieces": digests.len(),
            "sha256": sha256,
        }))
    })
}

/// The desk, unlocked with these custodians' passphrases.
pub(crate) async fn open(folder: &std::path::Path, custodians: &[String]) -> Result<Desk> {
    let options = DeskOptions {
        folder: DeskFolder::new(folder),
        site: folder.join("site"),
        base_url: "https://bench.example".into(),
        onion_url: None,
        // Its drop does not exist.
        poll: Duration::from_secs(3_600),
        worker: Some(beside("fh-desk")?),
    };
    let desk = Desk::start(options, CancellationToken::new())?;
    let mut state = desk.lock_state().await;
    for given in custodians {
        let (name, file) = given.split_once('=').context("NAME=FILE is needed")?;
        let text = fs::read_to_string(file)?;
        let passphrase = Passphrase::new(text.lines().next().context("no passphrase")?);
        state = desk.enter_share(name, passphrase).await?;
    }
    ensure!(state == LockState::Open, "the desk did not open");
    Ok(desk)
}

/// A program that was built with this one.
fn beside(name: &str) -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let folder = here.ancestors().nth(2).context("where are the programs?")?;
    Ok(folder.join(name))
}

/// Waits until nothing of the only dispatch is missing.
async fn all_pieces(desk: &Desk) -> Result<DispatchKey> {
    loop {
        let store = desk.store()?;
        if let Some(dispatch) = store.dispatches(1).await?.first() {
            let pieces = store.dispatch_pieces(&dispatch.key).await?;
            let whole = pieces.iter().all(|piece| piece.authentic.is_some());
            let ends = pieces.last().is_some_and(|piece| piece.last);
            let gapless = pieces.iter().zip(0..).all(|(piece, no)| piece.no.0 == no);
            if whole && ends && gapless {
                return Ok(dispatch.key);
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn until_opened(desk: &Desk) -> Result<()> {
    loop {
        let inbox = desk.inbox().await?;
        let state = inbox.dispatches.first().map(|one| one.state);
        match state {
            Some(DispatchState::Complete) => return Ok(()),
            Some(DispatchState::Damaged) => anyhow::bail!("the dispatch is damaged"),
            _ => tokio::time::sleep(LOOK).await,
        }
    }
}
