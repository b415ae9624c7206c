//! Carrying the outbox out while the desk is open: claim, render once, deliver, settle.
//!
//! What is sent is fixed in the record before the first byte leaves, and what stands is kept after each part. A desk that
//! is killed in between finds its row unknown when it opens again (`Store::recover_deliveries`).

pub(crate) mod senders;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger::Digest;
use newsroom::outbox::{Deed, Ended};
use newsroom::time::HOUR;
use newsroom::{ChannelId, Micros};
use publish::Tongue;
use publish::channels::{
    Abilities, Action, Attachment, Channel, ChannelSettings, Class, Ended as Carried, Fault,
    Remote, Task, deliver, look_for,
};
use publish::renditions::{Post, Turn, render};
use serde::de::DeserializeOwned;
use store::{Astray, Attempt, StoreError};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use crate::clock;
use crate::desk::EventKind;
use crate::newsletter::Rows;
use crate::open_desk::OpenDesk;
use crate::outbox::senders::Sending;
use crate::{publishing, renditions};

/// How often the outbox is looked at when nobody says that something was added: half of the two seconds within which a
/// scheduled post has to leave.
const LOOK: Duration = Duration::from_millis(500);

/// No attempt takes longer; one that seems to belongs to a process that ended.
const LONGEST: i64 = 6 * HOUR;

/// How often it is asked whether another desk on the same record left something in the middle.
const RECOVER: Duration = Duration::from_secs(3_600);

/// Channels that are carried to at once: each at most one attempt, so that a slow one holds up no other.
const ABREAST: usize = 8;

/// Starts carrying on an open desk.
pub(crate) fn start(open: &Arc<OpenDesk>) {
    open.spawn(carrying(open.clone()));
}

/// An adapter that is signed in, with the digest of the sealed credentials that it was made from.
type Adapter = (Digest, Box<dyn Channel>);
/// Those of all channels where nothing is under way.
type Adapters = HashMap<ChannelId, Adapter>;
/// Attempts under way; each gives its adapter back.
type Running = JoinSet<(ChannelId, Option<Adapter>)>;

async fn carrying(open: Arc<OpenDesk>) {
    let (mut adapters, mut running) = (Adapters::new(), Running::new());
    let mut recovered = Instant::now();
    loop {
        // An embargo trusts the time that passes, not a clock that somebody may set.
        let now = open.steady.now();
        if !adapters.is_empty() {
            keep_used(&open, &mut adapters).await;
        }
        begin(&open, &mut adapters, &mut running, now).await;
        // What another desk on the same record left in the middle; its own are taken up when it opens.
        if recovered.elapsed() >= RECOVER {
            recovered = Instant::now();
            if let Err(error) = open.store.recover_deliveries(now.plus(-LONGEST), now).await {
                tracing::warn!(%error, "deliveries could not be taken up");
            }
        }
        tokio::select! {
            Some(ended) = running.join_next() => {
                if let Ok((id, Some(adapter))) = ended {
                    adapters.insert(id, adapter);
                }
            }
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Begins whatever may begin now, as far as there is room.
async fn begin(open: &Arc<OpenDesk>, adapters: &mut Adapters, running: &mut Running, now: Micros) {
    let senders = &open.around.senders;
    while running.len() < ABREAST {
        match open.store.claim_delivery(&senders.busy(), now).await {
            Ok(Some(attempt)) => {
                let Some(sending) = senders.enter(attempt.channel) else {
                    // Claimed where something is at work: nothing else enters channels, so this cannot be; it is found as
                    // what another desk left.
                    break;
                };
                let kept = adapters.remove(&attempt.channel);
                running.spawn(carry(open.clone(), (attempt, sending), kept));
            }
            Ok(None) => break,
            Err(error) => {
                tracing::warn!(%error, "the outbox could not be looked at");
                break;
            }
        }
    }
}

/// Drops the adapters of channels that are no longer open or have other credentials now.
async fn keep_used(open: &Arc<OpenDesk>, adapters: &mut Adapters) {
    let used = used(open).await;
    adapters.retain(|id, (digest, _)| used.get(id) == Some(digest));
}

/// The digests of the credentials in use.
async fn used(open: &Arc<OpenDesk>) -> HashMap<ChannelId, Digest> {
    match open.store.open_channels().await {
        Ok(used) => used.into_iter().collect(),
        Err(error) => {
            tracing::warn!(%error, "the channels in use could not be looked up");
            HashMap::new()
        }
    }
}

/// One attempt, from what is to be said to what is known afterwards.
async fn carry(
    open: Arc<OpenDesk>,
    (attempt, sending): (Attempt, Sending),
    kept: Option<Adapter>,
) -> (ChannelId, Option<Adapter>) {
    let (open, id) = (&open, attempt.channel);
    // Looked up before the settings are: credentials that change in between make this adapter the older one.
    let used = used(open).await.get(&id).copied();
    let kept = kept.filter(|(digest, _)| used == Some(*digest));
    let mut back = None;
    let (ended, words) =
        match adapter(open, &attempt, kept.map(|(_, channel)| channel), &sending).await {
            Ok(channel) => {
                let (channel, ended, words) = carry_in(open, &attempt, channel, sending).await;
                back = used.zip(channel);
                (ended, words)
            }
            Err(fault) => (ended_by(&fault, true), fault.words().to_owned()),
        };
    // What a platform asks us to wait begins now, not when a slow attempt began.
    let now = open.steady.now();
    if ended == Ended::Account {
        back = None;
        if let Err(error) = open.store.stop_channel(id, &words, now).await {
            tracing::warn!(%error, "a channel could not be stopped");
        }
    }
    match open
        .store
        .settle_delivery(&attempt, ended, &words, now)
        .await
    {
        Ok(stage) => tracing::info!(
            kind = attempt.kind,
            stage = stage.code(),
            "a delivery was tried"
        ),
        // The row stays as it is and is found when the desk opens again.
        Err(error) => tracing::warn!(%error, "a delivery could not be settled"),
    }
    open.tell(EventKind::Story, attempt.publication);
    (id, back)
}

/// The channel's adapter: the one in use, or one made from the sealed settings and signed in.
async fn adapter(
    open: &Arc<OpenDesk>,
    attempt: &Attempt,
    kept: Option<Box<dyn Channel>>,
    sending: &Sending,
) -> Result<Box<dyn Channel>, Fault> {
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let settings = open
        .store
        .channel_settings(attempt.channel, false)
        .await
        .map_err(|_| broken("settings"))?;
    let settings: ChannelSettings =
        serde_json::from_slice(&settings).map_err(|_| broken("settings"))?;
    let circle = attempt.channel.to_string();
    let mut channel =
        settings
            .open(&circle, || clock::now().0)
            .map_err(|error| Fault::Account {
                words: error.to_string(),
            })?;
    let at_work = sending.clone();
    let (channel, standing) = tokio::task::spawn_blocking(move || {
        let _at_work = at_work;
        let standing = channel.check();
        (channel, standing)
    })
    .await
    .map_err(|_| broken("task"))?;
    let standing = standing?;
    if let Err(error) = open
        .store
        .name_channel(attempt.channel, &standing.name)
        .await
    {
        tracing::warn!(%error, "a channel's name could not be kept");
    }
    if let Err(error) = renditions::keep(open, attempt.channel, &standing.abilities).await {
        tracing::warn!(%error, "a channel's limits could not be kept");
    }
    Ok(channel)
}

/// Something of ours failed before anything was sent.
fn broken(what: &str) -> Fault {
    Fault::Later {
        after: None,
        words: format!("our own {what} cannot be used"),
    }
}

/// Renders, fixes, delivers. The adapter comes back unless its thread died.
async fn carry_in(
    open: &Arc<OpenDesk>,
    attempt: &Attempt,
    mut channel: Box<dyn Channel>,
    at_work: Sending,
) -> (Option<Box<dyn Channel>>, Ended, String) {
    let can = channel.abilities();
    let made = match make(open, attempt, &can).await {
        Ok(made) => made,
        Err(fault) => {
            return (
                Some(channel),
                ended_by(&fault, can.class.repeats()),
                fault.words().to_owned(),
            );
        }
    };
    if can.class == Class::Each {
        channel.call_roll(Arc::new(Rows::of(open, attempt_key(attempt))));
    }
    let keeper = Keeper {
        open: open.clone(),
        attempt: attempt_key(attempt),
        runtime: Handle::current(),
    };
    let facts = (
        attempt.clearance,
        *attempt.channel.as_bytes(),
        attempt.created_at.0,
        attempt.doubtful,
        attempt.seen,
        attempt.overtaken,
    );
    // Taking away what is gone already harms nothing, on any platform.
    let repeats = can.class.repeats() || made.action == Action::Delete;
    let sending = tokio::task::spawn_blocking(move || {
        let _at_work = at_work;
        send(channel, made, facts, &keeper)
    });
    match sending.await {
        Ok((channel, Carried::Confirmed(_), _)) if attempt.overtaken => {
            (Some(channel), Ended::Overtaken, "superseded".to_owned())
        }
        // What can be found is taken away; of the rest only a person can say whether it stands.
        Ok((channel, Carried::Confirmed(_), false)) => (
            Some(channel),
            Ended::Unknown {
                repeats: false,
                after: None,
            },
            "an earlier post may stand that the record does not know".to_owned(),
        ),
        Ok((channel, Carried::Confirmed(_), true)) => {
            (Some(channel), Ended::Confirmed, String::new())
        }
        Ok((channel, Carried::Faulted(fault), _)) => (
            Some(channel),
            ended_by(&fault, repeats),
            fault.words().to_owned(),
        ),
        Err(_) => (
            None,
            Ended::Unknown {
                repeats: repeats || can.class.resumes(),
                after: None,
            },
            "the sending thread ended".to_owned(),
        ),
    }
}

fn ended_by(fault: &Fault, repeats: bool) -> Ended {
    match fault {
        Fault::Refused { .. } => Ended::Refused,
        Fault::Account { .. } => Ended::Account,
        Fault::Later { after, .. } => Ended::Later(after.map(micros)),
        Fault::Unknown { after, .. } => Ended::Unknown {
            repeats,
            after: after.map(micros),
        },
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

/// Everything a blocking thread needs.
struct Made {
    action: Action,
    now: i64,
    posts: Vec<Post>,
    files: Vec<Attachment>,
    link: String,
    done: Vec<Remote>,
    before: Vec<Remote>,
    astray: Vec<MadeAstray>,
}

/// What an earlier row may have left standing, to be looked for by its name before what stands is taken away.
struct MadeAstray {
    action: Action,
    clearance: Digest,
    at: i64,
    posts: Vec<Post>,
    done: Vec<Remote>,
}

/// What is to be sent: as fixed before, or rendered now and fixed.
async fn make(open: &Arc<OpenDesk>, attempt: &Attempt, can: &Abilities) -> Result<Made, Fault> {
    let record = open
        .store
        .publication(attempt.publication)
        .await
        .map_err(|_| broken("record"))?;
    let tongue = Tongue::from_tag(&attempt.language).unwrap_or(Tongue::En);
    let (action, turn) = match attempt.deed {
        Deed::Post => (Action::Post, Turn::New),
        Deed::Correct if record.story.draft.settings.telling.correction.is_some() => {
            (Action::correcting(can), Turn::Corrected)
        }
        // Brought up to date, and nothing was wrong before.
        Deed::Correct => (Action::correcting(can), Turn::New),
        Deed::Withdraw => (Action::withdrawing(can), Turn::Withdrawn),
    };
    let files = publishing::attachments(open, &record.derivatives).map_err(|_| broken("files"))?;
    let draft = &record.story.draft;
    let words = renditions::words_of(&open.site.base_url, draft, tongue, turn);
    let link = words.link.clone();
    let posts = match &attempt.posts {
        Some(fixed) => serde_json::from_slice(fixed).map_err(|_| broken("record"))?,
        None => {
            // Word for word what was approved, if it was fixed then; taking back has nothing to add to it.
            let told = attempt.deed != Deed::Withdraw;
            let again = turn == Turn::Corrected;
            let approved = draft.rendition(attempt.channel, again).filter(|_| told);
            let posts: Vec<Post> = match approved {
                Some(fixed) => serde_json::from_str(&fixed.posts).map_err(|_| broken("record"))?,
                None => render(&words, can, &files),
            };
            let json = serde_json::to_vec(&posts).map_err(|_| broken("record"))?;
            let repeats = can.class.resumes() || action == Action::Delete;
            let fixed = open.store.fix_posts(attempt, &json, repeats).await;
            fixed.map_err(|_| broken("record"))?;
            posts
        }
    };
    Ok(Made {
        astray: attempt
            .astray
            .iter()
            .map(|one| astray(one, can))
            .collect::<Result<_, Fault>>()?,
        action,
        now: clock::now().0,
        posts,
        files,
        link,
        done: read(&attempt.done)?,
        before: before(action, &attempt.before)?,
    })
}

/// What an action is about. What was changed stands as the newest row says, which took over all before it; an answer stands beside
/// what it answered, so that what is taken away or answered is of all rows, in their order.
fn before(action: Action, rows: &[Zeroizing<Vec<u8>>]) -> Result<Vec<Remote>, Fault> {
    let rows = match action {
        Action::Edit => &rows[..rows.len().min(1)],
        Action::Post | Action::Delete | Action::Reply => rows,
    };
    let mut all: Vec<Remote> = Vec::new();
    for row in rows.iter().rev() {
        let remotes: Vec<Remote> = serde_json::from_slice(row).map_err(|_| broken("record"))?;
        for remote in remotes {
            if all.iter().all(|known| known.id != remote.id) {
                all.push(remote);
            }
        }
    }
    Ok(all)
}

/// A list that the record keeps, empty when it keeps none.
fn read<T: DeserializeOwned>(bytes: &Option<Zeroizing<Vec<u8>>>) -> Result<Vec<T>, Fault> {
    match bytes {
        Some(bytes) => serde_json::from_slice(bytes).map_err(|_| broken("record")),
        None => Ok(Vec::new()),
    }
}

fn astray(one: &Astray, can: &Abilities) -> Result<MadeAstray, Fault> {
    Ok(MadeAstray {
        action: match one.deed {
            Deed::Post => Action::Post,
            Deed::Correct => Action::correcting(can),
            Deed::Withdraw => Action::withdrawing(can),
        },
        clearance: one.clearance,
        at: one.created_at.0,
        posts: read(&one.posts)?,
        done: read(&one.done)?,
    })
}

/// Writes down what stands, from the thread that sends.
struct Keeper {
    open: Arc<OpenDesk>,
    attempt: Attempt,
    runtime: Handle,
}

impl Keeper {
    fn keep(&self, remotes: &[Remote]) -> Result<(), Fault> {
        let lost = |_| Fault::Unknown {
            after: None,
            words: "what stands could not be written down".to_owned(),
        };
        let json = serde_json::to_vec(remotes).map_err(|error| lost(error.to_string()))?;
        let keeping = self.open.store.keep_remotes(&self.attempt, &json);
        self.runtime
            .block_on(keeping)
            .map_err(|error: StoreError| lost(error.to_string()))
    }
}

/// What names an attempt in the record, without what it says.
fn attempt_key(attempt: &Attempt) -> Attempt {
    Attempt {
        kind: attempt.kind.clone(),
        language: attempt.language.clone(),
        posts: None,
        done: None,
        before: Vec::new(),
        astray: Vec::new(),
        ..*attempt
    }
}

/// Delivers. Before what stands is taken away, what an earlier row may have left is looked for by its name and taken away
/// with it; the flag says whether all of it was found, or is known not to stand.
fn send(
    mut channel: Box<dyn Channel>,
    mut made: Made,
    (clearance, id, at, doubtful, seen, overtaken): (Digest, [u8; 16], i64, bool, bool, bool),
    keeper: &Keeper,
) -> (Box<dyn Channel>, Carried, bool) {
    // What a person saw without its name can be neither taken away nor changed by us.
    let nameless = made.before.iter().any(Remote::is_nameless);
    let mut all = !(nameless && matches!(made.action, Action::Delete | Action::Edit));
    made.before.retain(|one| !one.is_nameless());
    if made.action == Action::Delete {
        for one in std::mem::take(&mut made.astray) {
            let task = Task {
                action: one.action,
                clearance: one.clearance,
                channel: id,
                at: one.at,
                now: made.now,
                link: &made.link,
                posts: &one.posts,
                files: &made.files,
                done: one.done,
                before: Vec::new(),
                doubtful: true,
                seen: false,
                overtaken: true,
            };
            match look_for(channel.as_mut(), &task) {
                Ok((found, whole)) => {
                    all &= whole;
                    made.before.extend(found);
                }
                Err(fault) => return (channel, Carried::Faulted(fault), false),
            }
        }
    }
    let task = Task {
        action: made.action,
        clearance,
        channel: id,
        at,
        now: made.now,
        link: &made.link,
        posts: &made.posts,
        files: &made.files,
        done: made.done,
        before: made.before,
        doubtful,
        seen,
        overtaken,
    };
    let ended = deliver(channel.as_mut(), &task, &mut |remotes| keeper.keep(remotes));
    (channel, ended, all)
}
