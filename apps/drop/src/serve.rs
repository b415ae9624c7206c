//! `fh-drop serve`: opens the store, listens, and stops cleanly.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use drop::Limits;
use drop::commit::Clock;
use drop::disk::RealDisk;
use drop::store::Store;
use rand_core::{OsRng, RngCore as _};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing::level_filters::LevelFilter;
use wire::{CELL_BYTES, TokenHash};
use zeroize::Zeroizing;

use crate::{logging, token};

/// Options of `fh-drop serve`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder that holds everything the drop keeps; made when it is not there.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Address to listen on, usually of a loopback behind Tor. With port 0 the system picks one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// File with a desk's token or its hash, made by `fh-drop token`. Repeat it for each desk that reads this drop, each with a
    /// token of its own: cells stay until all of them have confirmed that they hold them.
    #[arg(long = "desk-token-file", value_name = "FILE", required = true)]
    desk_token_files: Vec<PathBuf>,
    /// How many GiB of cells the drop may hold.
    #[arg(long, value_name = "GIB", default_value_t = 64)]
    total_gib: u32,
    /// How many GiB of cells one session may store.
    #[arg(long, value_name = "GIB", default_value_t = 8)]
    session_gib: u32,
    /// How many seconds lie between two checkpoints of the log. Shorter ones tell a watcher more about when cells come.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(i64).range(1..=86_400))]
    checkpoint_seconds: i64,
    /// Within a day checkpoints name multiples of this many cells, so that they do not tell when a single report came.
    #[arg(long, value_name = "CELLS", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..))]
    checkpoint_cells: u64,
    /// How many days cells are kept after every desk has confirmed that it holds them.
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..))]
    keep_days: i64,
    /// After how many seconds a line on which nothing moves is closed. Slow ones are not.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    stall_seconds: u64,
    /// How much to log: error, warn, info, debug or trace. Nothing about clients is logged at any level.
    #[arg(long, env = "FH_LOG", value_name = "LEVEL", default_value = "info")]
    log: LevelFilter,
}

/// Serves until SIGTERM or SIGINT.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    logging::start(arguments.log);
    let desks = desks(&arguments.desk_token_files)?;
    allow_many_connections();
    let store = Arc::new(open(arguments)?);
    let runtime = tokio::runtime::Runtime::new().context("cannot start the server's threads")?;
    let served = runtime.block_on(listen(arguments.listen, store, desks));
    // Uploads that did not end in time are cut here: what they were told is stored is on the disk.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

/// The desks' hashes. One token in two files would be one desk that is waited for twice: somebody meant another.
fn desks(files: &[PathBuf]) -> anyhow::Result<Vec<TokenHash>> {
    let mut desks: Vec<TokenHash> = Vec::new();
    for file in files {
        let desk = token::read_hash(file)?;
        if desks
            .iter()
            .any(|known| known.as_bytes() == desk.as_bytes())
        {
            anyhow::bail!(
                "{} holds the token of another file; make one for each desk with `fh-drop token`",
                file.display()
            );
        }
        desks.push(desk);
    }
    Ok(desks)
}

fn open(arguments: &Arguments) -> anyhow::Result<Store> {
    let dir = &arguments.dir;
    let disk =
        RealDisk::open(dir).with_context(|| format!("cannot use the folder {}", dir.display()))?;
    let mut secret = Zeroizing::new([0; 32]);
    OsRng.fill_bytes(secret.as_mut_slice());
    let (store, recovery) = Store::open(Arc::new(disk), limits(arguments), secret, clock()())?;
    tracing::info!(cells = recovery.cells, "the log is open");
    if recovery.cut_bytes > 0 {
        tracing::warn!(
            bytes = recovery.cut_bytes,
            "cut a torn write from the end of the log"
        );
    }
    if recovery.damaged > 0 {
        tracing::error!(
            cells = recovery.damaged,
            "cells in the last pack are damaged: check this disk; the desk will ask for them again"
        );
    }
    Ok(store)
}

fn limits(arguments: &Arguments) -> Limits {
    let cells = |gib: u32| (u64::from(gib) << 30) / CELL_BYTES as u64;
    Limits {
        session_cells: cells(arguments.session_gib),
        total_cells: cells(arguments.total_gib),
        checkpoint_micros: arguments.checkpoint_seconds.saturating_mul(1_000_000),
        checkpoint_round: arguments.checkpoint_cells,
        keep_days: arguments.keep_days,
        stall: Duration::from_secs(arguments.stall_seconds),
        ..Limits::default()
    }
}

async fn listen(
    address: SocketAddr,
    store: Arc<Store>,
    desks: Vec<TokenHash>,
) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address);
    let listener = listener
        .await
        .with_context(|| format!("cannot listen on {address}"))?;
    let address = listener
        .local_addr()
        .context("the listening address is not known")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    };
    announce(address, &store.log_key())?;
    drop::serve::serve(listener, store, desks, clock(), None, stop)
        .await
        .context("cannot serve")
}

/// Two lines on standard output: where it listens, so that whoever started the drop knows its port, and the log's key,
/// for the desk to compare. One write, so that a reader of the first line alone does not break the second.
fn announce(address: SocketAddr, log_key: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let lines = format!("listening http://{address}\nlog-key {log_key}\n");
    out.write_all(lines.as_bytes())
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
}

/// Microseconds since 1970; a clock before that counts as 1970.
fn clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    })
}

/// As many open files as the system lets us have: one for each connection.
pub(crate) fn allow_many_connections() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if setrlimit(Resource::Nofile, limit).is_err() {
        tracing::warn!("the limit on open files could not be raised; many connections may not fit");
    }
}
