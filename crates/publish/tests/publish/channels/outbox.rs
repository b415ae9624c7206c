//! The sender's side as the desk has it: what stands is kept after each part, and a kill loses what was not kept.

use ledger::Digest;
use publish::channels::{Action, Attachment, Channel, Ended, Fault, Remote, Task, deliver};
use publish::renditions::Post;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

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
            link: row.link,
            posts: row.posts,
            files: row.files,
            done: kept.clone(),
            before: row.before.clone(),
            doubtful,
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
