//! How a drop behaves, judged by what it signed: forks, rewrites, losses and hidden cells get names here.
//!
//! The desk keeps a tree of its own over every cell it was handed. A checkpoint is held against that tree, against the one
//! before, and against those that reporters were shown. Two notes that contradict each other prove what was done.

use std::fmt;

use ledger::{Digest, LogVerifier, SignedCheckpoint};

/// What a drop did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Conduct {
    /// It signed two logs: one of them for somebody else.
    Forked,
    /// It signed a log that is not made of the cells it handed out.
    Rewritten,
    /// It went back behind what it had signed or handed out.
    RolledBack,
    /// It signed more cells than it hands out.
    Withheld,
    /// It removed cells before the desk had read them.
    Lost,
    /// It signs with another key.
    OtherKey,
    /// It shows a checkpoint that is long out of date.
    Stale,
    /// A reporter's device brought a checkpoint that this drop did not sign: the reporter was deceived, or deceives.
    Unproven,
}

impl Conduct {
    /// Every one.
    pub const ALL: [Self; 8] = [
        Self::Forked,
        Self::Rewritten,
        Self::RolledBack,
        Self::Withheld,
        Self::Lost,
        Self::OtherKey,
        Self::Stale,
        Self::Unproven,
    ];

    /// Its stable code: the key of its words in the desk's Fluent files (`conduct-CODE`).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Forked => "forked",
            Self::Rewritten => "rewritten",
            Self::RolledBack => "rolled-back",
            Self::Withheld => "withheld",
            Self::Lost => "lost",
            Self::OtherKey => "other-key",
            Self::Stale => "stale",
            Self::Unproven => "unproven",
        }
    }

    /// From its code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }
}

impl fmt::Display for Conduct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The tree over the cells that a drop handed to this desk, in the order of its log.
pub trait OwnTree {
    /// How many cells.
    fn size(&self) -> u64;
    /// The root over the first `size` of them; nothing when it cannot be told.
    fn root(&self, size: u64) -> Option<Digest>;
}

/// What a checkpoint turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// It names what the desk has.
    Fits,
    /// It names more than the desk has read so far, or what it cannot look up now: to be judged again later.
    Ahead,
    /// It shows this conduct, about a log of so many cells.
    Wrong(Conduct, u64),
}

/// A checkpoint older than this, by the desk's clock, while the drop answers, is out of date.
pub const STALE_SECONDS: u64 = 26 * 60 * 60;

/// Judges a checkpoint that the drop showed the desk, after the one it showed before.
#[must_use]
pub fn shown_to_desk(
    key: &LogVerifier,
    last: Option<&SignedCheckpoint>,
    note: &[u8],
    now_seconds: u64,
    tree: &dyn OwnTree,
) -> Judgement {
    let Ok(seen) = key.open(note) else {
        return Judgement::Wrong(Conduct::OtherKey, 0);
    };
    if let Some(last) = last {
        if seen.size() < last.size() {
            return Judgement::Wrong(Conduct::RolledBack, last.size());
        }
        if seen.size() == last.size() && seen.root() != last.root() {
            return Judgement::Wrong(Conduct::Forked, seen.size());
        }
    }
    match against(&seen, tree) {
        Judgement::Wrong(_, size) => Judgement::Wrong(Conduct::Rewritten, size),
        _ if now_seconds.saturating_sub(seen.clock()) > STALE_SECONDS => {
            Judgement::Wrong(Conduct::Stale, seen.size())
        }
        other => other,
    }
}

/// Judges a checkpoint that a reporter was shown, beside the newest one that the desk was shown.
#[must_use]
pub fn shown_to_reporter(
    key: &LogVerifier,
    latest: Option<&SignedCheckpoint>,
    note: &[u8],
    tree: &dyn OwnTree,
) -> Judgement {
    let Ok(seen) = key.open(note) else {
        return Judgement::Wrong(Conduct::Unproven, 0);
    };
    let hidden = latest.is_some_and(|latest| {
        let later = latest.clock() > seen.clock();
        later && latest.size() < seen.size()
    });
    match against(&seen, tree) {
        // The drop signed a longer log earlier than the shorter one that it shows the desk.
        Judgement::Ahead if hidden => Judgement::Wrong(Conduct::Withheld, seen.size()),
        other => other,
    }
}

fn against(seen: &SignedCheckpoint, tree: &dyn OwnTree) -> Judgement {
    if seen.size() > tree.size() {
        return Judgement::Ahead;
    }
    match tree.root(seen.size()) {
        Some(root) if root == seen.root() => Judgement::Fits,
        Some(_) => Judgement::Wrong(Conduct::Forked, seen.size()),
        None => Judgement::Ahead,
    }
}

#[cfg(test)]
mod tests {
    use ledger::{EMPTY_ROOT, LogSigner, leaf_hash, stored};

    use super::*;

    struct Leaves(Vec<Digest>);

    impl Leaves {
        fn of(cells: &[u8]) -> Self {
            let leaves: Vec<Digest> = cells.iter().map(|cell| leaf_hash(&[*cell])).collect();
            Self(stored::grow(0, &leaves, [].as_slice()).unwrap())
        }
    }

    impl OwnTree for Leaves {
        fn size(&self) -> u64 {
            (0..100)
                .find(|n| stored::stored_hashes(*n) == self.0.len() as u64)
                .unwrap()
        }

        fn root(&self, size: u64) -> Option<Digest> {
            match size {
                0 => Some(EMPTY_ROOT),
                size => stored::root(size, self.0.as_slice()).ok(),
            }
        }
    }

    fn signer(seed: u8) -> LogSigner {
        LogSigner::named_by_key("drop", &[seed; 32]).unwrap()
    }

    fn note(cells: &[u8], clock: u64) -> SignedCheckpoint {
        let tree = Leaves::of(cells);
        let size = tree.size();
        let root = tree.root(size).unwrap();
        signer(1).sign_checkpoint(size, root, clock).unwrap()
    }

    #[test]
    fn what_a_drop_shows_the_desk_is_named() {
        let key = signer(1).verifier();
        let tree = Leaves::of(&[1, 2, 3]);
        let judge = |last: Option<&SignedCheckpoint>, seen: &SignedCheckpoint| {
            shown_to_desk(&key, last, seen.note().as_bytes(), 1_000, &tree)
        };
        let three = note(&[1, 2, 3], 900);
        assert_eq!(judge(None, &note(&[], 900)), Judgement::Fits);
        assert_eq!(judge(None, &note(&[1, 2], 900)), Judgement::Fits);
        assert_eq!(judge(Some(&three), &three), Judgement::Fits);
        assert_eq!(
            judge(Some(&three), &note(&[1, 2, 3, 4], 901)),
            Judgement::Ahead
        );
        let wrong = |what, size| Judgement::Wrong(what, size);
        assert_eq!(
            judge(Some(&three), &note(&[1, 2], 901)),
            wrong(Conduct::RolledBack, 3)
        );
        assert_eq!(
            judge(Some(&three), &note(&[1, 2, 9], 901)),
            wrong(Conduct::Forked, 3)
        );
        assert_eq!(
            judge(None, &note(&[1, 9], 900)),
            wrong(Conduct::Rewritten, 2)
        );
        let old = shown_to_desk(
            &key,
            None,
            three.note().as_bytes(),
            900 + STALE_SECONDS + 1,
            &tree,
        );
        assert_eq!(old, wrong(Conduct::Stale, 3));
        let other = signer(2).verifier();
        let foreign = shown_to_desk(&other, None, three.note().as_bytes(), 1_000, &tree);
        assert_eq!(foreign, wrong(Conduct::OtherKey, 0));
    }

    #[test]
    fn what_a_drop_showed_a_reporter_is_named() {
        let key = signer(1).verifier();
        let tree = Leaves::of(&[1, 2, 3]);
        let latest = note(&[1, 2, 3], 900);
        let judge = |seen: &SignedCheckpoint| {
            shown_to_reporter(&key, Some(&latest), seen.note().as_bytes(), &tree)
        };
        assert_eq!(judge(&note(&[1], 100)), Judgement::Fits);
        assert_eq!(
            judge(&note(&[1, 7], 100)),
            Judgement::Wrong(Conduct::Forked, 2)
        );
        assert_eq!(
            judge(&note(&[1, 2, 3, 4], 901)),
            Judgement::Ahead,
            "newer than what we saw"
        );
        let hidden = judge(&note(&[1, 2, 3, 4], 899));
        assert_eq!(hidden, Judgement::Wrong(Conduct::Withheld, 4));
        let garbage = shown_to_reporter(&key, Some(&latest), b"garbage", &tree);
        assert_eq!(garbage, Judgement::Wrong(Conduct::Unproven, 0));
    }

    #[test]
    fn codes_are_read_back() {
        for one in Conduct::ALL {
            assert_eq!(Conduct::from_code(one.code()), Some(one));
        }
    }
}
