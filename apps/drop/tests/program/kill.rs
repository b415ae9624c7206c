//! `kill -9` in the middle of uploads: nothing acknowledged is lost, little is sent twice.

use std::collections::HashSet;
use std::sync::mpsc;
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use wire::{CellHash, MAX_CELLS_PER_REQUEST};

use crate::running::{Place, Running, Session, cells};

/// How many kills; the bench asks for more.
fn kills() -> u64 {
    std::env::var("FH_KILLS").map_or(20, |count| {
        count.parse().expect("FH_KILLS must be a number")
    })
}

/// A reporter's side over all kills of one drop.
struct Reporter {
    random: ChaCha20Rng,
    session: Session,
    /// Everything ever sent whole.
    sent: HashSet<CellHash>,
    /// Everything that must be there.
    acknowledged: HashSet<CellHash>,
    /// The request under way when the drop was killed.
    unanswered: Vec<Vec<u8>>,
}

impl Reporter {
    /// Uploads until the drop dies.
    fn upload_until_killed(&mut self, url: &str) {
        loop {
            let most = MAX_CELLS_PER_REQUEST as u32;
            let count = (1 + self.random.next_u32() % most) as usize;
            let fresh = cells(&mut self.random, count);
            self.sent
                .extend(fresh.iter().map(|cell| CellHash::of(cell)));
            match self.session.upload(url, &fresh) {
                Ok(stored) => {
                    assert_eq!(stored, fresh.len());
                    self.acknowledged
                        .extend(fresh.iter().map(|cell| CellHash::of(cell)));
                }
                Err(_) => {
                    self.unanswered = fresh;
                    return;
                }
            }
        }
    }

    /// Asks what of the last request is missing and sends that. Returns how many cells went twice.
    fn resume(&mut self, url: &str) -> usize {
        let missing = self.session.missing(url, &self.unanswered);
        let again: Vec<Vec<u8>> = missing
            .iter()
            .map(|position| self.unanswered[*position].clone())
            .collect();
        if !again.is_empty() {
            assert_eq!(self.session.upload(url, &again).unwrap(), again.len());
        }
        assert!(self.session.missing(url, &self.unanswered).is_empty());
        self.acknowledged
            .extend(self.unanswered.iter().map(|cell| CellHash::of(cell)));
        self.unanswered.clear();
        again.len()
    }
}

#[test]
fn kill_nine_loses_nothing_acknowledged() {
    let place = Place::new();
    let mut chance = ChaCha20Rng::seed_from_u64(9);
    let mut reporter = Reporter {
        random: ChaCha20Rng::seed_from_u64(10),
        session: Session::new(0),
        sent: HashSet::new(),
        acknowledged: HashSet::new(),
        unanswered: Vec::new(),
    };
    let mut running = Running::start(&place);
    let mut in_the_middle = 0;
    for kill in 0..kills() {
        // A session of its own now and then: some kills hit a session's first use.
        if kill % 3 == 0 {
            reporter.session = Session::new(kill + 1);
            reporter.session.register(&running.url, &place.desk);
        }
        let url = running.url.clone();
        let (stay, left) = mpsc::channel::<()>();
        let after = Duration::from_micros(u64::from(chance.next_u32() % 60_000));
        let killer = std::thread::spawn(move || {
            // The moment of the kill is what is drawn: from the seed, as far as a clock goes.
            let _ = left.recv_timeout(after);
            running.kill();
        });
        reporter.upload_until_killed(&url);
        drop(stay);
        killer.join().unwrap();
        running = Running::start(&place);
        let again = reporter.resume(&running.url);
        assert!(
            again <= MAX_CELLS_PER_REQUEST,
            "kill {kill}: {again} cells were sent again"
        );
        in_the_middle += usize::from(again > 0);
    }
    assert!(in_the_middle > 0, "no kill hit an upload");
    let log = reporter.session.log(&running.url, &place.desk);
    let there: HashSet<CellHash> = log.iter().copied().collect();
    assert!(
        reporter.acknowledged.is_subset(&there),
        "an acknowledged cell is lost"
    );
    assert!(
        there.is_subset(&reporter.sent),
        "the log holds a cell that nobody sent"
    );
}
