//! Many slow lines at once, one fast one beside them, and the memory that this takes.
//!
//! The server runs as a process of its own, as people run it, so that its memory can be told from ours.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use wire::{CELL_BYTES, DeskToken};

use super::Scale;
use super::client::{Connection, Session};
use super::direct::{self, Scratch};
use super::figure::{Figure, at_least, below, median};
use crate::token;

/// Bytes a second of each slow line.
const SLOW: usize = 1_024;
/// Requests in one burst of the fast line: 16 MiB, then a rest, so that an hour's disk is not filled.
const BURST: usize = 4;
const LIMIT_MIB: f64 = 256.0;

/// The fast line alone; then beside the slow ones; and the server's memory at its highest.
pub(crate) fn measure(scale: &Scale, dir: &Scratch) -> anyhow::Result<Vec<Figure>> {
    crate::serve::allow_many_connections();
    let server = Server::start(dir)?;
    let slow: Vec<Session> = (0..scale.clients).map(|_| Session::random()).collect();
    let mut connection = Connection::open(server.address)?;
    for sessions in slow.chunks(wire::MAX_TOKENS_PER_REQUEST) {
        connection.register(&server.desk, sessions)?;
    }
    let solo = bursts(
        &server,
        Duration::from_secs(10).min(Duration::from_secs(u64::from(scale.seconds))),
    )?;
    let beside = beside_slow(&server, slow, scale.seconds)?;
    let peak = peak_mib(server.process.id())?;
    let fast = at_least(
        "fast client beside slow ones",
        &[(beside, solo)],
        0.50,
        "at least 0.50 of its rate alone, MiB/s",
    );
    let name = "memory with slow clients";
    let memory = below(
        name,
        peak,
        LIMIT_MIB,
        "below 256 MiB resident at its highest",
    );
    Ok(vec![fast, memory])
}

fn beside_slow(server: &Server, slow: Vec<Session>, seconds: u32) -> anyhow::Result<f64> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let address = server.address;
    let lines = std::thread::spawn(move || runtime.block_on(slow_lines(address, slow, seconds)));
    let beside = bursts(server, Duration::from_secs(u64::from(seconds)))?;
    lines
        .join()
        .map_err(|_| anyhow::anyhow!("the slow clients ended badly"))??;
    Ok(beside)
}

/// Every slow line brings one cell, most of it at its own pace, and must hear that it is stored.
async fn slow_lines(address: SocketAddr, slow: Vec<Session>, seconds: u32) -> anyhow::Result<()> {
    let mut cells = direct::random_cells(1);
    let cell = cells.pop().unwrap_or_default();
    let mut lines = JoinSet::new();
    let count = u64::try_from(slow.len())?.max(1);
    for (place, session) in (0..).zip(slow) {
        // Spread over a second, so that they do not all write at the same moment.
        let offset = Duration::from_micros(1_000_000 * place / count);
        lines.spawn(slow_line(address, session, cell.clone(), seconds, offset));
    }
    while let Some(line) = lines.join_next().await {
        line??;
    }
    Ok(())
}

async fn slow_line(
    address: SocketAddr,
    session: Session,
    cell: Bytes,
    seconds: u32,
    offset: Duration,
) -> anyhow::Result<()> {
    tokio::time::sleep(offset).await;
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(session.head(CELL_BYTES).as_bytes())
        .await?;
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    let paced = CELL_BYTES.min(SLOW * usize::try_from(seconds)?);
    let (slowly, rest) = cell.split_at(paced);
    for part in slowly.chunks(SLOW) {
        tick.tick().await;
        stream.write_all(part).await?;
    }
    tick.tick().await;
    stream.write_all(rest).await?;
    let mut answer = [0; 512];
    let length = stream.read(&mut answer).await?;
    let answer = answer.get(..length).unwrap_or_default();
    let stored = answer.ends_with(b"{\"stored\":1}");
    ensure!(
        stored,
        "a slow client heard {:?}",
        String::from_utf8_lossy(answer)
    );
    Ok(())
}

/// The fast line: bursts, one a second, each with cells of its own. The median of their speeds.
fn bursts(server: &Server, duration: Duration) -> anyhow::Result<f64> {
    let session = Session::random();
    let mut connection = Connection::open(server.address)?;
    connection.register(&server.desk, std::slice::from_ref(&session))?;
    let begin = Instant::now();
    let mut speeds = Vec::new();
    while speeds.is_empty() || begin.elapsed() < duration {
        let cells = direct::random_cells(BURST * wire::MAX_CELLS_PER_REQUEST);
        let bodies: Vec<Vec<u8>> = cells
            .chunks(wire::MAX_CELLS_PER_REQUEST)
            .map(<[Bytes]>::concat)
            .collect();
        let burst = Instant::now();
        bodies
            .iter()
            .try_for_each(|body| connection.upload(&session, body))?;
        speeds.push(direct::mib_per_second(cells.len(), burst));
        std::thread::sleep(Duration::from_secs(1).saturating_sub(burst.elapsed()));
    }
    Ok(median(speeds))
}

/// `fh-drop serve`, ended when dropped.
struct Server {
    process: Child,
    address: SocketAddr,
    desk: Arc<DeskToken>,
}

impl Server {
    fn start(dir: &Scratch) -> anyhow::Result<Self> {
        let token_file = dir.at("desk-token");
        token::make(&token_file)?;
        let mut process = Command::new(std::env::current_exe()?)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--log",
                "error",
                "--dir",
            ])
            .arg(dir.at("slow"))
            .arg("--desk-token-file")
            .arg(&token_file)
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start fh-drop serve")?;
        let address = listening(&mut process);
        let desk = token::read(&token_file);
        match (address, desk) {
            (Ok(address), Ok(desk)) => Ok(Self {
                process,
                address,
                desk: Arc::new(desk),
            }),
            (address, desk) => {
                end(&mut process);
                Err(address
                    .err()
                    .or(desk.err())
                    .unwrap_or_else(|| anyhow::anyhow!("no server")))
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

fn end(process: &mut Child) {
    // Already gone is as good.
    let _ = process.kill();
    let _ = process.wait();
}

fn listening(process: &mut Child) -> anyhow::Result<SocketAddr> {
    let out = process.stdout.take().context("no standard output")?;
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line)?;
    let address = line.trim_end().strip_prefix("listening http://");
    address
        .context("fh-drop serve did not say where it listens")?
        .parse()
        .context("not an address")
}

/// The most memory a process ever had resident, in MiB.
fn peak_mib(process: u32) -> anyhow::Result<f64> {
    let status = Path::new("/proc").join(process.to_string()).join("status");
    let status = std::fs::read_to_string(status)?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: f64 = peak
        .context("no VmHWM")?
        .trim()
        .trim_end_matches(" kB")
        .parse()?;
    Ok(kib / 1_024.0)
}
