//! A line that is not to be trusted: it passes requests on and then loses the answer, cuts requests short, or waits.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Passes,
    LosesAnswer,
    CutsRequest,
    Waits,
}

/// What the line did.
#[derive(Debug, Default)]
struct Tally {
    lost: AtomicU32,
    cut: AtomicU32,
}

/// The line: a listener on loopback before the real server. It ends with the test.
pub(crate) struct HostileLine {
    pub(crate) address: SocketAddr,
    tally: Arc<Tally>,
}

impl HostileLine {
    /// Before `server`, with fates drawn from `seed`.
    pub(crate) fn before(server: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let tally = Arc::new(Tally::default());
        let rng = Arc::new(Mutex::new(ChaCha20Rng::seed_from_u64(seed)));
        let count = tally.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (fate, share) = draw(&mut rng.lock().unwrap());
                let count = count.clone();
                thread::spawn(move || {
                    // A side that hangs up is what this line is about.
                    let _ = carry(client, server, fate, share, &count);
                });
            }
        });
        Self { address, tally }
    }

    /// Nothing was tested if nothing was lost.
    pub(crate) fn was_hostile(&self) -> bool {
        let count = |of: &AtomicU32| of.load(Ordering::SeqCst) > 0;
        count(&self.tally.lost) && count(&self.tally.cut)
    }
}

fn draw(rng: &mut ChaCha20Rng) -> (Fate, u32) {
    let fate = match rng.next_u32() % 100 {
        0..20 => Fate::LosesAnswer,
        20..30 => Fate::CutsRequest,
        30..40 => Fate::Waits,
        _ => Fate::Passes,
    };
    (fate, rng.next_u32() % 100)
}

fn carry(
    mut client: TcpStream,
    server: SocketAddr,
    fate: Fate,
    share: u32,
    tally: &Tally,
) -> std::io::Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(60)))?;
    let request = read_request(&mut client)?;
    let mut server = TcpStream::connect(server)?;
    server.set_read_timeout(Some(Duration::from_secs(60)))?;
    match fate {
        Fate::CutsRequest => {
            let part = request.len() * usize::try_from(share).unwrap() / 100;
            server.write_all(&request[..part])?;
            tally.cut.fetch_add(1, Ordering::SeqCst);
            client.shutdown(Shutdown::Both)
        }
        Fate::LosesAnswer => {
            server.write_all(&request)?;
            // The answer's first byte: the server has done it.
            let mut first = [0; 1];
            server.read_exact(&mut first)?;
            tally.lost.fetch_add(1, Ordering::SeqCst);
            client.shutdown(Shutdown::Both)
        }
        Fate::Passes | Fate::Waits => {
            if fate == Fate::Waits {
                thread::park_timeout(Duration::from_millis(u64::from(share) * 3));
            }
            server.write_all(&request)?;
            std::io::copy(&mut server, &mut client)?;
            client.shutdown(Shutdown::Both)
        }
    }
}

/// One request with its body, asking the server to hang up afterwards.
fn read_request(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut byte = [0; 1];
    while !bytes.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse::<usize>().unwrap());
    let mut head = head
        .trim_end_matches("\r\n")
        .lines()
        .filter(|line| !line.to_ascii_lowercase().starts_with("connection:"))
        .collect::<Vec<_>>()
        .join("\r\n");
    head.push_str("\r\nconnection: close\r\n\r\n");
    let mut request = head.into_bytes();
    let start = request.len();
    request.resize(start + length, 0);
    client.read_exact(&mut request[start..])?;
    Ok(request)
}
