//! `fh-desk serve`.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Serve, terminal};
use crate::config::DeskFolder;
use crate::desk::{Desk, DeskOptions};
use crate::web::text::{Tongue, t};
use crate::{auth, clock, web};

/// How long pages may take to end when the desk is asked to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Runs the desk until it is told to stop.
pub(super) fn run(args: Serve, tongue: Tongue) -> anyhow::Result<()> {
    let swap = media::swap_in_clear();
    if !swap.is_empty() {
        terminal::complain(&t!(tongue, "cli-swap-in-clear", areas = swap.join(" ")));
    }
    let runtime = tokio::runtime::Runtime::new()?;
    let result = runtime.block_on(serve(args));
    // Sandboxed work that is still running is given up; it is begun again at the next start.
    runtime.shutdown_timeout(GRACE);
    result
}

async fn serve(args: Serve) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let desk = Desk::start(
        DeskOptions {
            folder: DeskFolder::new(&args.dir),
            site: args.site,
            base_url: args.base_url,
            onion_url: args.onion_url,
            poll: Duration::from_secs(args.poll_seconds.max(1)),
            worker: None,
        },
        stop.clone(),
    )?;
    // Fail closed: a desk that cannot hold hostile files does not open for any.
    let checked = desk.clone();
    tokio::task::spawn_blocking(move || checked.check_sandbox()).await??;
    let listener = TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("cannot listen on {}", args.listen))?;
    let settings = web::Settings {
        public_origin: args.public_origin,
        clock: Arc::new(|| clock::now().0),
        auth: auth::Auth::new(),
        zone: args.time_zone,
    };
    let router = web::router(desk.clone(), settings);
    terminal::say(&format!("listening http://{}", listener.local_addr()?))?;
    let quit = stop.clone();
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        asked_to_stop().await;
        quit.cancel();
    });
    let stopped = stop.clone();
    tokio::select! {
        served = async { server.await } => served?,
        // Event streams never end by themselves; they are cut after the grace.
        () = async { stopped.cancelled().await; tokio::time::sleep(GRACE).await } => {}
    }
    desk.stop().await;
    Ok(())
}

/// Ctrl-C, or the signal a service manager sends.
async fn asked_to_stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let terminate = async {
        let signal: io::Result<tokio::signal::unix::Signal> =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        match signal {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
