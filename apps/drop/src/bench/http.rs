//! Storing through HTTP: four clients upload 64 cells at a time; the groups that formed are then written directly.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::Context as _;
use bytes::Bytes;
use drop::store::Store;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use wire::{DeskToken, MAX_UPLOAD_BYTES};

use super::Scale;
use super::client::{Connection, Session};
use super::direct::{self, Scratch};
use super::figure::{Figure, at_least};

const CLIENTS: usize = 4;

/// Alternating pairs: through HTTP, and the same groups directly.
pub(crate) fn measure(scale: &Scale, dir: &Scratch) -> anyhow::Result<Figure> {
    let cells = direct::random_cells(scale.groups * wire::MAX_CELLS_PER_REQUEST);
    let mut pairs = Vec::new();
    for _ in 0..scale.pairs {
        let (ours, groups) = through_http(dir, &cells)?;
        let peer = direct::write(&dir.at("direct"), &cells, &groups)?;
        pairs.push((ours, peer));
    }
    let target = "at least 0.40 of writing and syncing the same groups directly, MiB/s";
    Ok(at_least("through HTTP", &pairs, 0.40, target))
}

fn through_http(dir: &Scratch, cells: &[Bytes]) -> anyhow::Result<(f64, Vec<usize>)> {
    let store = direct::open_store(&dir.at("http"))?;
    let groups = Arc::new(Mutex::new(Vec::new()));
    let runtime = Runtime::new()?;
    let (stop, stopped) = oneshot::channel();
    let (address, server) = start(&runtime, store, Arc::clone(&groups), stopped)?;
    let speed = upload_all(address, cells);
    // The server may have failed already; joining it below says how.
    let _ = stop.send(());
    runtime
        .block_on(server)
        .context("the server ended badly")??;
    let groups = groups
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    Ok((speed?, groups))
}

type Server = tokio::task::JoinHandle<std::io::Result<()>>;

fn start(
    runtime: &Runtime,
    store: Arc<Store>,
    groups: Arc<Mutex<Vec<usize>>>,
    stopped: oneshot::Receiver<()>,
) -> anyhow::Result<(SocketAddr, Server)> {
    let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
    let address = listener.local_addr()?;
    let observer = Box::new(move |cells| {
        groups
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(cells);
    });
    let stop = async move {
        // A sender that is gone means the same as one that says stop.
        let _ = stopped.await;
    };
    let desk = desk().hash();
    let clock = Arc::new(|| 1);
    let server = drop::serve::serve(listener, store, [desk], clock, Some(observer), stop);
    Ok((address, runtime.spawn(server)))
}

fn desk() -> DeskToken {
    DeskToken::from_bytes([9; 32])
}

fn upload_all(address: SocketAddr, cells: &[Bytes]) -> anyhow::Result<f64> {
    let sessions: Vec<Session> = (0..CLIENTS).map(|_| Session::random()).collect();
    Connection::open(address)?.register(&desk(), &sessions)?;
    let bodies: Vec<Vec<u8>> = cells
        .chunks(wire::MAX_CELLS_PER_REQUEST)
        .map(<[Bytes]>::concat)
        .collect();
    let share = bodies.len().div_ceil(CLIENTS);
    let begin = Instant::now();
    thread::scope(|scope| {
        let clients = sessions
            .iter()
            .zip(bodies.chunks(share))
            .map(|(session, bodies)| {
                scope.spawn(move || {
                    let mut connection = Connection::open(address)?;
                    bodies
                        .iter()
                        .try_for_each(|body| connection.upload(session, body))
                })
            });
        let clients: Vec<_> = clients.collect();
        let join = |client: thread::ScopedJoinHandle<'_, anyhow::Result<()>>| {
            client
                .join()
                .unwrap_or_else(|_| Err(anyhow::anyhow!("a client ended badly")))
        };
        clients.into_iter().try_for_each(join)
    })?;
    debug_assert!(bodies.iter().all(|body| body.len() <= MAX_UPLOAD_BYTES));
    Ok(direct::mib_per_second(cells.len(), begin))
}
