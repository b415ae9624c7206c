//! The real road against a real drop on loopback, directly and through a SOCKS5 proxy that can be missing or die.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use drop::Limits;
use drop::disk::RealDisk;
use drop::store::Store;
use field::{FieldError, HttpRoad, Road, RoadError, SendWish, Trust, Way};
use formats::{Cell, DropUrl, Kit};
use wire::{DeskToken, MailboxAddress, SessionToken};
use zeroize::Zeroizing;

use crate::doubles::{Desk, NOW, Waits, kit, noise, rng, send, set_up, source, wish};

/// A real drop, serving until the test ends.
struct RealDrop {
    url: DropUrl,
    store: Arc<Store>,
    _folder: tempfile::TempDir,
    _runtime: tokio::runtime::Runtime,
}

impl RealDrop {
    fn start(kit: &Kit) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk = Arc::new(RealDisk::open(folder.path()).unwrap());
        let secret = Zeroizing::new([5; 32]);
        let (store, _) = Store::open(disk, Limits::default(), secret, NOW).unwrap();
        let store = Arc::new(store);
        let tokens = kit.drops.iter().flat_map(|drop| &drop.tokens);
        let hashes: Vec<_> = tokens
            .map(|token| SessionToken::from_bytes(*token.expose_bytes()).hash())
            .collect();
        store.register(&hashes).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let address = listener.local_addr().unwrap();
        let desk = DeskToken::from_bytes([0xd0; 32]).hash();
        let serving = drop::serve::serve(
            listener,
            Arc::clone(&store),
            [desk],
            Arc::new(|| NOW),
            None,
            std::future::pending(),
        );
        runtime.spawn(serving);
        let url = format!("http://{address}").parse().unwrap();
        Self {
            url,
            store,
            _folder: folder,
            _runtime: runtime,
        }
    }

    fn cells(&self) -> Vec<Cell> {
        let mut bytes = Vec::new();
        let mut from = 0;
        while from < self.store.size() {
            from += self.store.read(from, 64, &mut bytes).unwrap();
        }
        bytes
            .chunks(formats::CELL)
            .map(|cell| Cell::from_slice(cell).unwrap())
            .collect()
    }
}

/// A drop, and a kit whose only drop it is.
fn drop_and_kit(tokens: u8) -> (RealDrop, Kit) {
    let mut kit = kit(1, tokens);
    let drop = RealDrop::start(&kit);
    kit.drops[0].url = drop.url.clone();
    (drop, kit)
}

/// A SOCKS5 proxy that counts and can be told to die after so many bytes.
struct Socks {
    address: SocketAddr,
    connections: Arc<AtomicU64>,
    users: Arc<std::sync::Mutex<Vec<String>>>,
}

impl Socks {
    fn start(die_after: Option<u64>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicU64::new(0));
        let users = Arc::new(std::sync::Mutex::new(Vec::new()));
        let (counted, named) = (Arc::clone(&connections), Arc::clone(&users));
        let left = Arc::new(AtomicU64::new(die_after.unwrap_or(u64::MAX)));
        let dead = Arc::new(AtomicBool::new(false));
        std::thread::spawn(move || {
            listener.set_nonblocking(true).unwrap();
            // Dropping the listener is how the proxy dies for new connections.
            while !dead.load(Ordering::SeqCst) {
                let Ok((stream, _)) = listener.accept() else {
                    std::thread::sleep(Duration::from_millis(1));
                    continue;
                };
                stream.set_nonblocking(false).unwrap();
                let (left, dead) = (Arc::clone(&left), Arc::clone(&dead));
                let (counted, named) = (Arc::clone(&counted), Arc::clone(&named));
                std::thread::spawn(move || {
                    let _ = Self::serve(stream, &counted, &named, &left, &dead);
                });
            }
        });
        Self {
            address,
            connections,
            users,
        }
    }

    fn serve(
        mut client: TcpStream,
        counted: &AtomicU64,
        named: &std::sync::Mutex<Vec<String>>,
        left: &Arc<AtomicU64>,
        dead: &Arc<AtomicBool>,
    ) -> std::io::Result<()> {
        let mut two = [0; 2];
        client.read_exact(&mut two)?;
        let mut methods = vec![0; usize::from(two[1])];
        client.read_exact(&mut methods)?;
        assert!(methods.contains(&2), "sessions must be kept apart by name");
        client.write_all(&[5, 2])?;
        client.read_exact(&mut two)?;
        let mut user = vec![0; usize::from(two[1])];
        client.read_exact(&mut user)?;
        let mut length = [0];
        client.read_exact(&mut length)?;
        client.read_exact(&mut vec![0; usize::from(length[0])])?;
        client.write_all(&[1, 0])?;
        let mut request = [0; 4];
        client.read_exact(&mut request)?;
        assert_eq!(request[3], 1, "an address");
        let mut target = [0; 6];
        client.read_exact(&mut target)?;
        let ip: [u8; 4] = target[..4].try_into().unwrap();
        let server = TcpStream::connect((
            std::net::Ipv4Addr::from(ip),
            u16::from_be_bytes([target[4], target[5]]),
        ))?;
        client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
        counted.fetch_add(1, Ordering::SeqCst);
        named.lock().unwrap().push(String::from_utf8(user).unwrap());
        let (mut back, mut from) = (client.try_clone()?, server.try_clone()?);
        std::thread::spawn(move || std::io::copy(&mut from, &mut back));
        let (mut server, mut window) = (server, [0; 16_384]);
        loop {
            let got = client.read(&mut window)?;
            let room = left.load(Ordering::SeqCst);
            if got == 0 || (got as u64) > room {
                dead.store(got > 0, Ordering::SeqCst);
                let _ = server.shutdown(std::net::Shutdown::Both);
                let _ = client.shutdown(std::net::Shutdown::Both);
                return Ok(());
            }
            left.fetch_sub(got as u64, Ordering::SeqCst);
            server.write_all(&window[..got])?;
        }
    }
}

fn through(address: SocketAddr) -> HttpRoad {
    let way = Way::Tor {
        proxy: address,
        trust: Trust::Web,
    };
    HttpRoad::new(way, [42; 32])
}

#[test]
fn a_report_crosses_to_a_real_drop() {
    let (drop, kit) = drop_and_kit(2);
    let (_, mut field) = set_up(kit);
    let film = noise(1, 7_000_000);
    let added = field
        .add(
            &mut [source("f", &film)],
            "n",
            NOW,
            &mut rng(2),
            &mut |_| {},
        )
        .unwrap();
    let mut road = HttpRoad::new(Way::Loopback, [1; 32]);
    let sent = send(&mut field, &mut road, &wish(), 3).unwrap();
    assert_eq!((sent.cells_left, sent.cells_resent), (0, 0));
    assert_eq!(sent.cells_sent + sent.noise, drop.store.size());
    assert_eq!(Desk::read(&drop.cells()).item(added.dispatch, 0), film);
}

#[test]
fn mailboxes_answer_noise_and_mail_alike() {
    let (drop, kit) = drop_and_kit(2);
    let (_, mut field) = set_up(kit);
    let added = field
        .add(&mut [], "n", NOW, &mut rng(2), &mut |_| {})
        .unwrap();
    let mut road = HttpRoad::new(Way::Loopback, [1; 32]);
    send(&mut field, &mut road, &wish(), 3).unwrap();
    let empty = field
        .receive(&mut road, &[], NOW, &mut rng(4), &mut |_| {})
        .unwrap();
    assert_eq!(
        (empty.polled, empty.receipts, empty.failures.len()),
        (8, 0, 0)
    );
    let desk = Desk::read(&drop.cells());
    let receipt = desk.receipt(formats::ReceiptKind::Complete, added.dispatch);
    let pair = &desk.pairs(added.dispatch)[3];
    let (address, cell) = formats::seal_reply(&receipt.into(), pair, &mut rng(5)).unwrap();
    drop.store
        .put_mail(&MailboxAddress::from_bytes(address.0), cell.as_bytes(), NOW)
        .unwrap();
    let full = field
        .receive(&mut road, &[], NOW, &mut rng(6), &mut |_| {})
        .unwrap();
    assert_eq!((full.receipts, full.forgotten), (1, 2));
}

#[test]
fn socks5_carries_everything_and_keeps_sessions_apart() {
    let (drop, kit) = drop_and_kit(4);
    let socks = Socks::start(None);
    let (_, mut field) = set_up(kit);
    let film = noise(1, 5_000_000);
    let added = field
        .add(
            &mut [source("f", &film)],
            "n",
            NOW,
            &mut rng(2),
            &mut |_| {},
        )
        .unwrap();
    for seed in [3, 4] {
        let mut road = through(socks.address);
        let wish = SendWish {
            again: true,
            ..wish()
        };
        let (clock, rng) = (&mut Waits::default(), &mut rng(seed));
        let sent = field
            .send(&mut road, clock, &wish, rng, &mut |_| {})
            .unwrap();
        assert_eq!(sent.cells_left, 0);
    }
    assert_eq!(Desk::read(&drop.cells()).item(added.dispatch, 0), film);
    field
        .receive(
            &mut through(socks.address),
            &[],
            NOW,
            &mut rng(5),
            &mut |_| {},
        )
        .unwrap();
    let names = socks.users.lock().unwrap();
    assert_eq!(
        names.len(),
        12,
        "two sessions, two looks at the log, eight mailboxes, a circuit each"
    );
    assert_eq!(socks.connections.load(Ordering::SeqCst), 12);
}

#[test]
fn g04_without_its_proxy_nothing_leaves() {
    let (drop, kit) = drop_and_kit(2);
    let (_, mut field) = set_up(kit);
    field
        .add(&mut [], "n", NOW, &mut rng(2), &mut |_| {})
        .unwrap();
    // A port that was just free and that nobody listens on.
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut road = through(gone);
    assert!(matches!(
        road.check(&drop.url),
        Err(RoadError::NoProxy { .. })
    ));
    let outcome = send(&mut field, &mut road, &wish(), 3);
    assert!(matches!(
        outcome,
        Err(FieldError::Road(RoadError::NoProxy { .. }))
    ));
    let outcome = field.receive(&mut road, &[], NOW, &mut rng(4), &mut |_| {});
    assert!(matches!(
        outcome,
        Err(FieldError::Road(RoadError::NoProxy { .. }))
    ));
    assert_eq!(drop.store.size(), 0);
}

#[test]
fn g04_a_proxy_that_dies_mid_transfer_stops_the_transfer() {
    let (drop, kit) = drop_and_kit(3);
    let socks = Socks::start(Some(6_000_000));
    let (_, mut field) = set_up(kit);
    let film = noise(1, 12_000_000);
    let added = field
        .add(
            &mut [source("f", &film)],
            "n",
            NOW,
            &mut rng(2),
            &mut |_| {},
        )
        .unwrap();
    let mut clock = Waits::default();
    let outcome = field.send(
        &mut through(socks.address),
        &mut clock,
        &wish(),
        &mut rng(3),
        &mut |_| {},
    );
    assert!(
        matches!(outcome, Err(FieldError::Road(RoadError::NoProxy { .. }))),
        "{outcome:?}"
    );
    let stored = drop.store.size();
    assert!(
        (31..=6_000_000 / formats::CELL as u64).contains(&stored),
        "{stored}"
    );
    // With a proxy again, it goes on from there.
    let socks = Socks::start(None);
    let sent = field
        .send(
            &mut through(socks.address),
            &mut clock,
            &wish(),
            &mut rng(4),
            &mut |_| {},
        )
        .unwrap();
    assert_eq!(sent.cells_left, 0);
    assert!(drop.store.size() <= sent.cells_sent + sent.noise + 64 + stored);
    assert_eq!(Desk::read(&drop.cells()).item(added.dispatch, 0), film);
}

#[test]
fn g04_roads_that_were_not_chosen_do_not_exist() {
    let direct = HttpRoad::new(Way::Loopback, [1; 32]);
    for far in [
        "http://192.0.2.1:80",
        "https://drop.example",
        "http://localhost:1",
        "http://10.0.0.1",
    ] {
        assert!(
            matches!(
                direct.check(&far.parse().unwrap()),
                Err(RoadError::NotHere(_))
            ),
            "{far}"
        );
    }
    let socks = Socks::start(None);
    let road = through(socks.address);
    let clear = road.check(&"http://drop.example".parse().unwrap());
    assert!(matches!(clear, Err(RoadError::Clear(_))));
    for fine in [
        "http://abcdefgh.onion",
        "https://drop.example",
        "http://127.0.0.1:5",
    ] {
        assert!(road.check(&fine.parse().unwrap()).is_ok(), "{fine}");
    }
    // Even when asked to, the direct road resolves no name and reaches no other machine.
    let mut direct = HttpRoad::new(Way::Loopback, [1; 32]);
    let address = MailboxAddress::from_bytes([1; 32]);
    let outcome = direct.mailbox(&"http://192.0.2.1:80".parse().unwrap(), &address);
    assert!(matches!(outcome, Err(RoadError::NotHere(_))));
}

#[test]
fn g04_each_road_reaches_its_own_drops_only() {
    let tls = HttpRoad::new(Way::Tls(Trust::Web), [1; 32]);
    let refused = |url: &str| tls.check(&url.parse().unwrap());
    assert!(tls.check(&"https://drop.example".parse().unwrap()).is_ok());
    assert!(matches!(
        refused("http://drop.example"),
        Err(RoadError::Clear(_))
    ));
    assert!(matches!(
        refused("http://127.0.0.1:5"),
        Err(RoadError::Clear(_))
    ));
    for onion in ["http://abcdefgh.onion", "https://abcdefgh.onion"] {
        assert!(
            matches!(refused(onion), Err(RoadError::OnlyTor(_))),
            "{onion}"
        );
    }
}

#[test]
fn proxies_are_addresses_and_never_names() {
    let at = |text: &str| match Way::tor(text, Trust::Web).unwrap() {
        Way::Tor { proxy, .. } => proxy,
        other => panic!("{other:?}"),
    };
    assert_eq!(at(Way::TOR), ([127, 0, 0, 1], 9050).into());
    assert_eq!(at("localhost:9"), ([127, 0, 0, 1], 9).into());
    assert!(at("[::1]:9050").is_ipv6());
    for bad in [
        "",
        "127.0.0.1",
        "tor.example:9050",
        "127.0.0.1:99999",
        "socks5://127.0.0.1:1",
    ] {
        assert!(
            matches!(Way::tor(bad, Trust::Web), Err(RoadError::BadProxy)),
            "{bad}"
        );
    }
}

#[test]
fn a_stranger_instead_of_a_drop_is_told_apart_and_redirects_lead_nowhere() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url: DropUrl = format!("http://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let answers = [
        "HTTP/1.1 302 Found\r\nlocation: http://192.0.2.1/\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\nhi",
        "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
    ];
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut seen = Vec::new();
            let mut window = [0; 4_096];
            while !seen.ends_with(b"\r\n\r\n") {
                let got = stream.read(&mut window).unwrap();
                seen.extend_from_slice(&window[..got]);
            }
            let head = String::from_utf8(seen).unwrap().to_ascii_lowercase();
            assert!(
                !head.contains("user-agent") && !head.contains("ureq"),
                "{head}"
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let mut road = HttpRoad::new(Way::Loopback, [1; 32]);
    let address = MailboxAddress::from_bytes([1; 32]);
    let mut ask = || road.mailbox(&url, &address).unwrap_err();
    assert!(matches!(ask(), RoadError::Strange { status: 302 }));
    assert!(matches!(ask(), RoadError::Strange { status: 200 }));
    assert!(matches!(ask(), RoadError::Line(_)));
    assert!(matches!(ask(), RoadError::Strange { status: 404 }));
}
