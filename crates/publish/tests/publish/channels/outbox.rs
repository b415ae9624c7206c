//! The sender's side as the desk has it: what stands is kept after each part, and a kill loses what was not kept.

use std::fmt;

use ledger::{Digest, sha256};
use publish::channels::{Action, Attachment, Channel, Ended, Fault, Remote, Task, deliver};
use publish::renditions::{Post, render};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::{deliveries, stories};

/// One row of an outbox.
pub(crate) struct Row<'a> {
    pub(crate) action: Action,
    pub(crate) clearance: Digest,
    pub(crate) link: &'a str,
    pub(crate) posts: &'a [Post],
    pub(crate) files: &'a [Attachment],
    pub(crate) before: Vec<Remote>,
}

/// What happened on the way.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Way {
    pub(crate) attempts: u32,
    pub(crate) unknown: u32,
    pub(crate) kills: u32,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            attempts,
            unknown,
            kills,
        } = self;
        write!(f, "{attempts} attempts, {unknown} unknown, {kills} kills")
    }
}

/// Tells as many stories as there are deliveries, each with these files; gives the number of posts that stand by the channel's
/// own word, and what happened on the way.
pub(crate) fn tell_many(
    files: impl Fn(u64) -> Vec<Attachment>,
    fresh: &mut dyn FnMut() -> Box<dyn Channel>,
) -> (usize, Way) {
    let can = fresh().abilities();
    let (mut expected, mut all) = (0, Way::default());
    for seed in 0..u64::from(deliveries()) {
        let (words, files) = (stories::story(seed), files(seed));
        let posts = render(&words, &can, &files);
        let row = Row {
            action: Action::Post,
            clearance: sha256(&seed.to_be_bytes()),
            link: &words.link,
            posts: &posts,
            files: &files,
            before: Vec::new(),
        };
        let (stands, way) = carry(&row, seed, fresh);
        assert_eq!(stands.unwrap().len(), posts.len());
        expected += posts.len();
        all.attempts += way.attempts;
        all.kills += way.kills;
        all.unknown += way.unknown;
    }
    (expected, all)
}

/// Carries a row to its end with a sender that is killed in about one of five moments between a post and its record.
/// Each attempt after a kill begins with a channel that remembers nothing.
pub(crate) fn carry(
    row: &Row<'_>,
    seed: u64,
    fresh: &mut dyn FnMut() -> Box<dyn Channel>,
) -> (Result<Vec<Remote>, Fault>, Way) {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut kept: Vec<Remote> = Vec::new();
    let (mut way, mut doubtful) = (Way::default(), false);
    let mut channel = fresh();
    loop {
        way.attempts += 1;
        assert!(way.attempts < 200, "no end in sight: {way:?}");
        let task = Task {
            action: row.action,
            clearance: row.clearance,
            channel: [9; 16],
            at: 1_795_370_460_000_000 + i64::try_from(seed).unwrap() * 1_000_000,
            now: 1_795_370_500_000_000,
            link: row.link,
            posts: row.posts,
            files: row.files,
            done: kept.clone(),
            before: row.before.clone(),
            doubtful,
            seen: false,
            overtaken: false,
        };
        let mut killed = false;
        let mut keep = |done: &[Remote]| {
            if rng.next_u32() % 5 == 0 {
                killed = true;
                return Err(Fault::Unknown {
                    after: None,
                    words: "killed".to_owned(),
                });
            }
            kept = done.to_vec();
            Ok(())
        };
        let ended = deliver(channel.as_mut(), &task, &mut keep);
        match ended {
            Ended::Confirmed(done) => return (Ok(done), way),
            Ended::Faulted(Fault::Unknown { .. }) if killed => {
                way.kills += 1;
                doubtful = true;
                channel = fresh();
            }
            Ended::Faulted(Fault::Unknown { .. }) => {
                way.unknown += 1;
                if !channel.abilities().class.repeats() {
                    return (
                        Err(Fault::Unknown {
                            after: None,
                            words: "unknown".to_owned(),
                        }),
                        way,
                    );
                }
                doubtful = true;
            }
            Ended::Faulted(Fault::Later { .. }) => {}
            Ended::Faulted(fault) => return (Err(fault), way),
        }
    }
}
