//! Logs of every kind through the reader, and what is left of them on the disk.

use std::fs;
use std::io::{BufReader, Cursor};
use std::net::Ipv4Addr;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::config::DeskFolder;
use crate::reach::shelf::Batch;

/// 2026-11-24.
const TODAY: i64 = 20_781;

/// A database that knows the networks of two countries: the format of MaxMind, written by hand.
fn country_db() -> Vec<u8> {
    let text = |s: &str| [&[0x40 | u8::try_from(s.len()).unwrap()], s.as_bytes()].concat();
    let map = |n: u8| vec![0xe0 | n];
    let uint = |kind: u8, n: u8| vec![kind | 1, n];
    let country = |code: &str| {
        [
            map(1),
            text("country"),
            map(1),
            text("iso_code"),
            text(code),
        ]
        .concat()
    };
    let (de, sy) = (country("DE"), country("SY"));
    // 0.0.0.0/1 is in no country, 128.0.0.0/2 in DE, 192.0.0.0/2 in SY.
    let nodes: u32 = 2;
    let data = |offset: usize| nodes + 16 + u32::try_from(offset).unwrap();
    let records = [nodes, 1, data(0), data(de.len())];
    let mut out: Vec<u8> = records
        .iter()
        .flat_map(|r| r.to_be_bytes()[1..].to_vec())
        .collect();
    out.extend([0; 16]);
    out.extend([de, sy].concat());
    out.extend(b"\xab\xcd\xefMaxMind.com");
    out.extend(map(9));
    for (name, value) in [
        ("binary_format_major_version", uint(0xa0, 2)),
        ("binary_format_minor_version", vec![0xa0]),
        ("build_epoch", vec![0x01, 2, 1]),
        ("database_type", text("Country")),
        ("description", map(0)),
        ("ip_version", uint(0xa0, 4)),
        ("languages", vec![0x00, 4]),
        ("node_count", uint(0xc0, 2)),
        ("record_size", uint(0xa0, 24)),
    ] {
        out.extend(text(name));
        out.extend(value);
    }
    out
}

struct Bench {
    folder: tempfile::TempDir,
    rng: ChaCha20Rng,
}

impl Bench {
    fn new(seed: u64) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            rng: ChaCha20Rng::seed_from_u64(seed),
        }
    }

    fn shelf(&self) -> Shelf {
        Shelf::of(&DeskFolder::new(self.folder.path()))
    }

    fn line(&mut self, day: &str, origin: &str, path: &str) -> String {
        let mut nonce = [0; 16];
        self.rng.fill_bytes(&mut nonce);
        format!(
            "fh1\t{day}\t{}\tGET\t200\t{origin}\tMozilla/5.0\t{path}\n",
            hex::encode(nonce)
        )
    }

    fn read(&mut self, log: &[u8], live: bool) -> Seen {
        let countries = Some(Countries::read(country_db()).unwrap());
        let shelf = self.shelf();
        let mut reading = Reading::new(shelf, countries, TODAY, &mut self.rng);
        // A small buffer, so that lines are cut everywhere.
        let mut input = BufReader::with_capacity(7, Cursor::new(log));
        reading.log(&mut input, live).unwrap();
        reading.finish().unwrap()
    }

    fn counts(&self) -> Vec<(i64, String, String, u64)> {
        let waiting = self.shelf().waiting().unwrap();
        let all = waiting.into_iter().flat_map(|batch| batch.counts);
        all.map(|(cell, n)| (cell.day, cell.page, cell.country, n))
            .collect()
    }
}

#[test]
fn no_address_is_left_anywhere_and_countries_are() {
    let mut bench = Bench::new(1);
    let mut addresses = Vec::new();
    let mut log = String::new();
    for at in 0..600 {
        let mut raw = [0; 4];
        bench.rng.fill_bytes(&mut raw);
        raw[0] |= 0x80;
        let address = Ipv4Addr::from(raw);
        log += &bench.line(
            "2026-11-23",
            &address.to_string(),
            if at % 3 == 0 { "/ar/" } else { "/en/?q=1" },
        );
        addresses.push(address);
    }
    let seen = bench.read(log.as_bytes(), false);
    assert_eq!((seen.requests, seen.unreadable), (600, 0));
    let counts = bench.counts();
    let of = |code: &str| {
        counts
            .iter()
            .filter(|(_, _, c, _)| c == code)
            .map(|(.., n)| n)
            .sum::<u64>()
    };
    let sy = addresses.iter().filter(|a| a.octets()[0] >= 0xc0).count();
    assert!(
        of("SY").abs_diff(sy as u64) < 20 && of("DE") > 200,
        "{counts:?}"
    );
    assert_eq!(of("unknown"), 0);
    let mut looked = 0;
    for entry in walkdir::WalkDir::new(bench.folder.path())
        .into_iter()
        .map(Result::unwrap)
    {
        if !entry.file_type().is_file() {
            continue;
        }
        let bytes = fs::read(entry.path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for address in &addresses {
            let raw = address.octets();
            assert!(!text.contains(&address.to_string()));
            assert!(!text.contains(&hex::encode(raw)));
            assert!(!bytes.windows(4).any(|window| window == raw));
        }
        looked += bytes.len();
    }
    assert!(looked > 200, "the counts are there");
}

#[test]
fn a_log_is_read_once_whatever_it_is_called_and_goes_on_where_it_ended() {
    let mut bench = Bench::new(2);
    let first: String = (0..25)
        .map(|_| bench.line("2026-11-22", "DE", "/en/"))
        .collect();
    let second: String = (0..20)
        .map(|_| bench.line("2026-11-23", "onion", "/en/"))
        .collect();
    let today: String = (0..50)
        .map(|_| bench.line("2026-11-24", "DE", "/en/"))
        .collect();
    let whole = format!("{first}{second}{today}");
    assert_eq!(bench.read(first.as_bytes(), false).requests, 25);
    // Half a line more: the server is writing it.
    let half = &whole.as_bytes()[..first.len() + 40];
    assert_eq!(bench.read(half, false), Seen::default());
    // Rotated, and grown: only what is new, and nothing of a day that is not over.
    assert_eq!(bench.read(whole.as_bytes(), false).requests, 20);
    assert_eq!(bench.read(whole.as_bytes(), false), Seen::default());
    let page = "en/index.html".to_owned();
    let expected = [
        (TODAY - 2, page.clone(), "DE".to_owned(), 20),
        (TODAY - 1, page.clone(), "onion".to_owned(), 20),
    ];
    assert_eq!(bench.counts(), expected);
    // A batch that the desk has taken waits no longer; the log is still known.
    let shelf = bench.shelf();
    let waiting: Vec<Batch> = shelf.waiting().unwrap();
    shelf.taken(waiting[0].id).unwrap();
    assert_eq!(shelf.waiting().unwrap(), waiting[1..]);
    assert_eq!(bench.read(whole.as_bytes(), false), Seen::default());
    // As a stream it is read to its end, and what was read of it is still not read again.
    assert_eq!(bench.read(whole.as_bytes(), true).requests, 50);
    assert_eq!(
        bench.counts().last().unwrap(),
        &(TODAY, page, "DE".to_owned(), 50)
    );
}

#[test]
fn odd_lines_are_counted_as_such_and_only_one_reads_at_a_time() {
    let mut bench = Bench::new(3);
    let robot = bench
        .line("2026-11-23", "DE", "/en/")
        .replace("Mozilla", "AnyBot");
    let good: String = (0..10)
        .map(|_| bench.line("2026-11-23", "SY", "/ar/"))
        .collect();
    let long = "x".repeat(100_000);
    let seen = bench.read(
        format!("nonsense\n{robot}{long}\n\n{good}").as_bytes(),
        false,
    );
    let expected = Seen {
        requests: 10,
        left_out: 1,
        unreadable: 3,
    };
    assert_eq!(seen, expected);
    let shelf = bench.shelf();
    let held = shelf.alone().unwrap();
    assert!(held.is_some() && shelf.alone().unwrap().is_none());
    drop(held);
    assert!(shelf.alone().unwrap().is_some());
    assert!(Countries::read(b"no database".to_vec()).is_err());
}
