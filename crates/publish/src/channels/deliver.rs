//! Carrying one row of the outbox out, part by part, so that a crash anywhere loses nothing and repeats nothing.
//!
//! What stands is told to the caller after each part, and kept by it before the next is sent. An attempt whose end is not
//! known begins, where the class allows it, by looking for what may stand.

use super::{Abilities, Attachment, Channel, Class, Fault, Handle, Part, Remote};
use crate::renditions::Post;
use ledger::Digest;

/// How often a lost answer is read back before it is left in doubt.
const READS: usize = 3;

/// What is to be done with a story in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Tell it.
    Post,
    /// Change what stands.
    Edit,
    /// Take away what stands.
    Delete,
    /// Answer what stands, where it can be neither changed nor taken away.
    Reply,
}

impl Action {
    /// Its stable word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Reply => "reply",
        }
    }

    /// How a correction reaches what stands: changed if it can be, else answered.
    #[must_use]
    pub const fn correcting(can: &Abilities) -> Self {
        if can.edits { Self::Edit } else { Self::Reply }
    }

    /// How a withdrawal reaches what stands: taken away if it can be, else changed, else answered.
    #[must_use]
    pub const fn withdrawing(can: &Abilities) -> Self {
        if can.deletes {
            Self::Delete
        } else {
            Self::correcting(can)
        }
    }
}

/// One row of the outbox.
#[derive(Debug, Clone)]
pub struct Task<'a> {
    /// What is to be done.
    pub action: Action,
    /// Hash of what was approved.
    pub clearance: Digest,
    /// The channel's id.
    pub channel: [u8; 16],
    /// When it was decided.
    pub at: i64,
    /// The moment of this attempt, microseconds since 1970 UTC.
    pub now: i64,
    /// The story's page on the newsroom's own site.
    pub link: &'a str,
    /// What is to stand.
    pub posts: &'a [Post],
    /// The story's files.
    pub files: &'a [Attachment],
    /// What this row has made stand so far.
    pub done: Vec<Remote>,
    /// What stood before: what is changed, taken away or answered.
    pub before: Vec<Remote>,
    /// Whether an earlier attempt ended in a way that is not known.
    pub doubtful: bool,
    /// Whether a person saw that the part which was in doubt stands.
    pub seen: bool,
    /// Whether a later row overtook this one: what may stand is looked for, and nothing is sent.
    pub overtaken: bool,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It is as it should be; this stands.
    Confirmed(Vec<Remote>),
    /// It is not, for this reason.
    Faulted(Fault),
}

/// Carries a row out. `keep` is told what stands after each part; when it fails nothing more is sent.
///
/// A doubtful row of class D must not come here: a person decides about it first.
pub fn deliver(
    channel: &mut dyn Channel,
    task: &Task<'_>,
    keep: &mut dyn FnMut(&[Remote]) -> Result<(), Fault>,
) -> Ended {
    let mut run = Run {
        task,
        done: task.done.clone(),
        keep,
    };
    let ended = match task.action {
        Action::Delete => run.delete(channel),
        _ if task.overtaken => run.look(channel),
        Action::Post => run.post_from(channel, None),
        Action::Reply => run.post_from(channel, task.before.first().zip(task.before.last())),
        Action::Edit => run.edit(channel),
    };
    match ended {
        Ok(()) => Ended::Confirmed(run.done),
        Err(fault) => Ended::Faulted(fault),
    }
}

/// Looks for what an earlier row may have left standing, by the names that row gave it, and sends nothing. Tells what was
/// found, and whether nothing else of it can stand: all of it was found, or the platform knows posts by our names for
/// them, so that what it does not know does not stand.
///
/// # Errors
/// The [`Fault`] that kept it from looking.
pub fn look_for(channel: &mut dyn Channel, task: &Task<'_>) -> Result<(Vec<Remote>, bool), Fault> {
    let mut run = Run {
        task,
        done: task.done.clone(),
        keep: &mut |_| Ok(()),
    };
    run.look(channel)?;
    // An answer is named by what it answers, which this task does not know.
    let named = channel.abilities().class == Class::Free;
    let sure = named && (task.action != Action::Reply || !task.before.is_empty());
    let whole = !task.posts.is_empty() && run.done.len() >= task.posts.len();
    Ok((run.done, sure || whole))
}

/// Sends once. Where nothing may be sent again by itself, a lost answer is read back at once: what is found stands, what is
/// not found stays unknown, because a platform may show it later.
fn sent(channel: &mut dyn Channel, part: &Part<'_>) -> Result<Remote, Fault> {
    match channel.send(part) {
        Err(fault @ Fault::Unknown { .. }) if channel.abilities().class == Class::Once => {
            // A line that has just lost an answer may lose the next; looking changes nothing.
            let looked = (0..READS).find_map(|_| channel.find(part).ok());
            looked.flatten().ok_or(fault)
        }
        sent => sent,
    }
}

/// The thread that the next post belongs to: that of this row's own posts, under what it answers.
fn thread<'r>(
    first: &'r Option<Remote>,
    last: &'r Option<Remote>,
    under: Option<(&'r Remote, &'r Remote)>,
) -> Option<(&'r Remote, &'r Remote)> {
    match (first, last, under) {
        (Some(_), Some(last), Some((root, _))) => Some((root, last)),
        (Some(first), Some(last), None) => Some((first, last)),
        _ => under,
    }
}

/// The first and the last of these of which the name is known: what follows answers them.
fn named(done: &[Remote]) -> (Option<Remote>, Option<Remote>) {
    let mut known = done.iter().filter(|one| !one.is_nameless());
    let first = known.next().cloned();
    let last = known.next_back().cloned().or_else(|| first.clone());
    (first, last)
}

struct Run<'a, 'k> {
    task: &'a Task<'a>,
    done: Vec<Remote>,
    keep: &'k mut dyn FnMut(&[Remote]) -> Result<(), Fault>,
}

impl Run<'_, '_> {
    fn handle(&self, place: usize) -> Handle {
        let task = self.task;
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        Handle::new(
            &task.clearance,
            &task.channel,
            task.action.code(),
            task.at,
            place,
        )
    }

    /// Sends what is not known to stand. `under` is the thread that an answer belongs to.
    fn post_from(
        &mut self,
        channel: &mut dyn Channel,
        under: Option<(&Remote, &Remote)>,
    ) -> Result<(), Fault> {
        let class = channel.abilities().class;
        let (mut doubtful, mut seen) = (self.task.doubtful, self.task.seen);
        for place in self.done.len()..self.task.posts.len() {
            let (first, last) = named(&self.done);
            let part = self.part(place, thread(&first, &last, under));
            let found = match class {
                // It stands: its name is looked for, and it is never sent again where there is none.
                _ if seen => Some(channel.find(&part)?.unwrap_or_else(Remote::nameless)),
                Class::Reconcile if doubtful => channel.find(&part)?,
                Class::Free | Class::Reconcile | Class::Draft | Class::Each | Class::Once => None,
            };
            let remote = match found {
                Some(remote) => remote,
                None => sent(channel, &part)?,
            };
            // Only the part that was on its way when the attempt ended is in doubt.
            (doubtful, seen) = (false, false);
            self.done.push(remote);
            (self.keep)(&self.done)?;
        }
        Ok(())
    }

    /// Looks for what may stand, without sending any of it: it is to be taken away.
    fn look(&mut self, channel: &mut dyn Channel) -> Result<(), Fault> {
        self.take_over();
        let task = self.task;
        let answers = task.action == Action::Reply;
        let under = task.before.first().zip(task.before.last());
        let under = under.filter(|_| answers);
        for place in self.done.len()..task.posts.len() {
            let (first, last) = (self.done.first().cloned(), self.done.last().cloned());
            let found = channel.find(&self.part(place, thread(&first, &last, under)))?;
            // What is known already is not another one.
            let Some(remote) = found.filter(|one| !self.done.contains(one)) else {
                break;
            };
            self.done.push(remote);
            (self.keep)(&self.done)?;
        }
        Ok(())
    }

    /// What stood and is to be changed stands until it is known to be otherwise, so that nothing is lost sight of.
    fn take_over(&mut self) {
        let task = self.task;
        if task.action == Action::Edit && self.done.len() < task.posts.len() {
            let rest = task.before.iter().skip(self.done.len()).cloned();
            self.done.extend(rest);
        }
    }

    /// Changes what stood, post by post; a shorter thread loses its end, a longer one gets a new one. Changing twice changes
    /// nothing more, so that an attempt after another begins with the first.
    fn edit(&mut self, channel: &mut dyn Channel) -> Result<(), Fault> {
        let task = self.task;
        self.take_over();
        for place in 0..task.before.len().min(task.posts.len()) {
            let (root, last) = (
                self.done.first().cloned(),
                place.checked_sub(1).map(|last| self.done[last].clone()),
            );
            let part = self.part(place, root.as_ref().zip(last.as_ref()));
            self.done[place] = channel.edit(&self.done[place], &part)?;
            (self.keep)(&self.done)?;
        }
        while self.done.len() > task.posts.len() {
            if let Some(surplus) = self.done.last() {
                channel.delete(surplus)?;
            }
            self.done.pop();
            (self.keep)(&self.done)?;
        }
        self.post_from(channel, None)
    }

    fn delete(&mut self, channel: &mut dyn Channel) -> Result<(), Fault> {
        for remote in self.task.before.iter().rev() {
            channel.delete(remote)?;
        }
        Ok(())
    }

    fn part<'p>(&self, place: usize, thread: Option<(&'p Remote, &'p Remote)>) -> Part<'p>
    where
        Self: 'p,
    {
        let task: &'p Task<'p> = self.task;
        Part {
            handle: self.handle(place),
            post: &task.posts[place],
            files: task.files,
            link: task.link,
            thread,
            now: task.now,
        }
    }
}
