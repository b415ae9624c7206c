//! A line of 64 kbit/s with 800 ms there and back and 5 % of packets lost, a film on its way, and somebody who has something
//! to say: how long until it is stored.

use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::link::{Link, Quality};
use crate::nets::Net;
use crate::socks::Socks;
use crate::stage::{INIT, Newsroom, ONION, Stage, runs, text, write_noise};

/// The proxy is on the reporter's own machine, as Tor is; the bad line lies behind it.
const PROXY: &str = "127.0.0.1:9050";
const QUALITY: Quality = Quality {
    bits_per_second: 64_000,
    delay: Duration::from_millis(400),
    lost: 50,
};
/// How long words may take at the 95th percentile.
const MOST: Duration = Duration::from_secs(40);

/// One line, and one sending on it.
struct Sending {
    stage: Stage,
    told: Receiver<(Instant, Value)>,
    stdin: ChildStdin,
    child: std::process::Child,
    // In this order: the line must be gone before its worlds.
    _link: Link,
    _socks: Socks,
    _nets: (Net, Net),
}

impl Sending {
    fn start(seed: u64) -> Option<Self> {
        let (inside, outside) = (Net::new()?, Net::new()?);
        let stage = outside.inside(|| Stage::at("0.0.0.0:0", 3, Some(ONION)));
        let link = Link::lay([&inside, &outside], stage.folder.path(), QUALITY, seed);
        let drop = ([10, 78, 0, 2], stage.address.port()).into();
        let socks = inside.inside(|| Socks::start(PROXY.parse().unwrap(), drop, None));
        let init = stage.run(&INIT);
        assert!(init.status.success(), "{}", text(&init.stderr));
        write_noise(&stage.path("film.mp4"), seed, 10_000_000);
        stage.json(&["add", "film.mp4"]);
        let arguments = [
            "send", "--road", "tor", "--socks5", PROXY, "--lines", "--json",
        ];
        let command = stage.command(&arguments);
        let mut child = inside.inside(move || {
            let mut command = command;
            command.stdin(Stdio::piped()).stdout(Stdio::piped());
            command.spawn().unwrap()
        });
        let stdin = child.stdin.take().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (tell, told) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let said = serde_json::from_str(&line.unwrap()).unwrap();
                let _ = tell.send((Instant::now(), said));
            }
        });
        Some(Self {
            stage,
            told,
            stdin,
            child,
            _link: link,
            _socks: socks,
            _nets: (inside, outside),
        })
    }

    /// Waits until so many cells are stored, which on such a line is a matter of time alone.
    fn wait_for(&self, cells: u64) {
        let end = Instant::now() + Duration::from_secs(240);
        while self.stage.store.size() < cells {
            assert!(
                Instant::now() < end,
                "the line stands still at {} cells",
                self.stage.store.size()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Says 2 KiB, and measures until all of it is stored.
    fn say(&mut self, number: u32) -> Duration {
        let words = format!("{number:04} {}\n", "w".repeat(2_043));
        let said = Instant::now();
        self.stdin.write_all(words.as_bytes()).unwrap();
        loop {
            let (at, told) = self.told.recv_timeout(Duration::from_secs(280)).unwrap();
            if told["state"] == "stored" {
                return at - said;
            }
        }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Says something so many times on one line, at moments that have nothing to do with its requests.
fn measure(seed: u64, times: u32) -> Option<Vec<Duration>> {
    let mut sending = Sending::start(seed)?;
    // The film's own words, and at least one cell of the film itself.
    sending.wait_for(3);
    let mut took = Vec::new();
    let mut random = seed | 1;
    for number in 0..times {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        std::thread::sleep(Duration::from_millis((random >> 33) % 12_000));
        took.push(sending.say(number));
    }
    let cells = sending.stage.store.size();
    let whole = Newsroom::read(&sending.stage.log());
    assert!(whole.0.len() >= 2 * took.len(), "every word arrived whole");
    assert!(cells < 150, "and the film was still on its way");
    Some(took)
}

#[test]
fn road_words_overtake_a_film_on_a_bad_line() {
    let each = runs(2);
    // Several lines at once: each is slow, and none of them keeps the machine busy.
    let lines: u32 = if each > 2 { 4 } else { 1 };
    let took: Vec<Option<Vec<Duration>>> = std::thread::scope(|scope| {
        let measuring: Vec<_> = (0..lines)
            .map(|line| scope.spawn(move || measure(77 + u64::from(line), each.div_ceil(lines))))
            .collect();
        measuring
            .into_iter()
            .map(|one| one.join().unwrap())
            .collect()
    });
    let Some(took) = took.into_iter().collect::<Option<Vec<_>>>() else {
        return;
    };
    let mut took: Vec<Duration> = took.into_iter().flatten().collect();
    took.sort();
    let at = |part: usize| took[(took.len() * part).div_ceil(100).saturating_sub(1)];
    println!(
        "words stored after {:.1} s (median), {:.1} s (95 of 100)",
        at(50).as_secs_f64(),
        at(95).as_secs_f64()
    );
    assert!(at(95) <= MOST, "{took:?}");
}
