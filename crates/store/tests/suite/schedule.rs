//! Embargoes: what waits for its moment goes out then, and never before, whatever the machine's clock is set to.

use crate::outbox::opened;
use crate::world::World;
use newsroom::accounts::Roles;
use newsroom::audit::{Act, Chain};
use newsroom::outbox::Ended;
use newsroom::steady::SteadyClock;
use newsroom::stories::StoryStage;
use newsroom::time::{HOUR, MINUTE, SECOND};
use newsroom::{EditorId, Micros, StoryId};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use std::collections::HashMap;
use store::StoreError;

fn code<T>(result: &Result<T, StoreError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(StoreError::Refused(refusal)) => refusal.code(),
        Err(error) => panic!("{error}"),
    }
}

struct Newsroom {
    world: World,
    noor: EditorId,
    sami: EditorId,
}

impl Newsroom {
    async fn new(world: World) -> Self {
        let noor = world.editor("Noor", Roles::EDITOR).await;
        let sami = world.editor("Sami", Roles::SAFETY).await;
        Self { world, noor, sami }
    }

    /// Approved by both, and bound to a moment.
    async fn cleared(&self, at: Micros) -> StoryId {
        let story = self
            .world
            .store
            .create_story(self.noor, None, self.world.now());
        let id = story.await.unwrap();
        let mut draft = crate::world::draft(id, &[]);
        draft.settings.not_before = Some(at);
        let saved = self
            .world
            .store
            .save_story(id, self.noor, 1, &draft, self.world.now());
        saved.await.unwrap();
        for by in [self.noor, self.sami] {
            self.world.approve(id, by).await.unwrap();
        }
        id
    }

    async fn schedule(&self, id: StoryId) -> Result<(), StoreError> {
        let now = self.world.now();
        self.world.store.schedule_story(id, self.noor, now).await
    }
}

pub(crate) async fn a_cleared_version_goes_out_at_its_moment_and_an_edit_stops_it(world: World) {
    let mut room = Newsroom::new(world).await;
    let at = room.world.now().plus(HOUR);
    let id = room.cleared(at).await;
    let early = room
        .world
        .store
        .publish_story(id, room.noor, room.world.now());
    assert_eq!(code(&early.await), "not-yet");
    assert_eq!(code(&room.schedule(id).await), "ok");
    assert_eq!(
        code(&room.schedule(id).await),
        "ok",
        "pressing twice changes nothing"
    );
    room.world.reopen().await;
    let store = &room.world.store;
    assert_eq!(store.next_moment().await.unwrap(), Some(at));
    assert!(store.publish_due(at.plus(-1)).await.unwrap().is_empty());
    // Held back, and set going again.
    let held = store.unschedule_story(id, room.sami, room.world.now());
    assert_eq!(code(&held.await), "ok");
    let twice = store.unschedule_story(id, room.sami, room.world.now());
    assert_eq!(code(&twice.await), "not-scheduled");
    assert!(store.publish_due(at).await.unwrap().is_empty());
    assert_eq!(code(&room.schedule(id).await), "ok");
    // An edit is another version, which nobody approved: nothing goes out, not the old one either.
    let mut draft = store.story(id).await.unwrap().story.draft;
    draft.en.title.push('.');
    let saved = store.save_story(id, room.noor, 2, &draft, room.world.now());
    saved.await.unwrap();
    assert_eq!(store.next_moment().await.unwrap(), None);
    assert!(store.publish_due(at).await.unwrap().is_empty());
    assert_eq!(code(&room.schedule(id).await), "not-cleared");
    for by in [room.noor, room.sami] {
        room.world.approve(id, by).await.unwrap();
    }
    assert_eq!(code(&room.schedule(id).await), "ok");
    let came = store.publish_due(at).await.unwrap();
    assert_eq!((came.len(), came[0].sent.is_ok()), (1, true));
    assert!(store.publish_due(at).await.unwrap().is_empty());
    let record = store.story(id).await.unwrap();
    assert_eq!(record.stage, StoryStage::Publishing);
    assert_eq!(record.schedule, None);
    assert_eq!(record.publications[0].decided_at, at);
    let past = room.schedule(id).await;
    assert_eq!(code(&past), "already-published");
}

pub(crate) async fn g08_what_lost_an_approver_meanwhile_does_not_go_out(world: World) {
    let room = Newsroom::new(world).await;
    let at = room.world.now().plus(HOUR);
    let id = room.cleared(at).await;
    room.schedule(id).await.unwrap();
    let store = &room.world.store;
    let closed = store.close_editor(room.sami, room.world.now());
    closed.await.unwrap();
    let came = store.publish_due(at).await.unwrap();
    assert_eq!(came[0].sent.as_ref().unwrap_err().code(), "not-cleared");
    let (_, trouble) = store.story(id).await.unwrap().schedule.unwrap();
    assert_eq!(trouble.as_deref(), Some("not-cleared"), "somebody is told");
    assert!(store.publish_due(at.plus(HOUR)).await.unwrap().is_empty());
    assert_eq!(store.next_moment().await.unwrap(), None);
    let trail = store.audit(Chain::Story(id)).await.unwrap();
    assert_eq!(trail.last().unwrap().event.entry.act, Act::StoryNotSent);
}

/// How a day with a bad clock went.
#[derive(Default)]
struct Day {
    early: u32,
    late: Vec<i64>,
}

impl Day {
    fn note(&mut self, real: Micros, moment: Micros) {
        self.early += u32::from(real < moment);
        self.late.push(real.0 - moment.0);
    }

    fn late_at(&mut self, percent: usize) -> i64 {
        self.late.sort_unstable();
        self.late[self.late.len() * percent / 100]
    }
}

pub(crate) async fn no_embargo_is_broken(world: World) {
    of_so_many_none_is_broken(world, 50).await;
}

/// Posts over a day. The machine's clock is moved forward by anything up to a year again and again, and stays so for
/// as long as a minute; now and then it is set back for seconds. The desk starts again at random, also while the clock is wrong.
pub(crate) async fn of_so_many_none_is_broken(world: World, posts: usize) {
    let mut room = Newsroom::new(world).await;
    opened(&room.world, room.noor, room.sami).await;
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    let mut upto = move |most: i64| i64::try_from(rng.next_u64() % most.unsigned_abs()).unwrap();
    let begins = room.world.now().plus(MINUTE * 60);
    let mut moments = HashMap::new();
    for _ in 0..posts {
        let at = begins.plus(upto(24 * HOUR));
        let id = room.cleared(at).await;
        room.schedule(id).await.unwrap();
        moments.insert(id, at);
    }
    let (mut real, mut uptime) = (begins, 0);
    let mut steady = SteadyClock::at(1, real, uptime);
    let (mut jump, mut until) = (0, real);
    let (mut site, mut channel) = (Day::default(), Day::default());
    while channel.late.len() < posts {
        if real >= until {
            let (kind, lasts) = (upto(100), upto(MINUTE));
            jump = match kind {
                0..60 => upto(365 * 24 * HOUR),
                60..62 => -upto(MINUTE),
                _ => 0,
            };
            until = real.plus(if jump < 0 { lasts / 10 } else { lasts });
        }
        let wall = real.plus(jump);
        if upto(200) == 0 {
            room.world.reopen().await;
            steady = SteadyClock::resumed(Some(steady), SteadyClock::at(1, wall, uptime));
        }
        look(
            &room,
            steady.now(wall, uptime),
            real,
            &moments,
            (&mut site, &mut channel),
        )
        .await;
        // Half a second between two looks; hours in which nothing is due pass at once.
        let next = room.world.store.next_moment().await.unwrap();
        let idle = next.map_or(0, |at| at.0 - real.0 - upto(3 * SECOND));
        let settled = site.late.len() == channel.late.len();
        let step = if settled {
            idle.max(SECOND / 2)
        } else {
            SECOND / 2
        };
        (real, uptime) = (real.plus(step), uptime + step);
    }
    assert_eq!((site.early, channel.early), (0, 0), "before its moment");
    assert_eq!(site.late.len(), posts, "each once");
    for day in [&mut site, &mut channel] {
        let p95 = day.late_at(95);
        assert!(p95 <= 2 * SECOND, "{p95} microseconds late");
    }
}

/// What an open desk does at one look: sends out what is due, puts it on the site, and tells the channel.
async fn look(
    room: &Newsroom,
    now: Micros,
    real: Micros,
    moments: &HashMap<StoryId, Micros>,
    (site, channel): (&mut Day, &mut Day),
) {
    let store = &room.world.store;
    for came in store.publish_due(now).await.unwrap() {
        store
            .publication_live(came.sent.unwrap(), now)
            .await
            .unwrap();
        site.note(real, moments[&came.story]);
    }
    while let Some(attempt) = store.claim_delivery(&[], now).await.unwrap() {
        store.fix_posts(&attempt, b"[]", true).await.unwrap();
        let settled = store.settle_delivery(&attempt, Ended::Confirmed, "", now);
        settled.await.unwrap();
        let story = store
            .publication(attempt.publication)
            .await
            .unwrap()
            .story
            .id;
        channel.note(real, moments[&story]);
    }
}
