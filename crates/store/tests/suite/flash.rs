//! The flash lane: one press to send it in, one to send it out, and never by one person.

use crate::world::World;
use ledger::{Digest, sha256};
use newsroom::accounts::Roles;
use newsroom::audit::{Act, Chain};
use newsroom::flash::Flash;
use newsroom::stories::{Grade, StoryStage, Text};
use newsroom::telling::{Label, Note};
use newsroom::{EditorId, StoryId};
use store::StoreError;

fn called_in() -> Flash {
    let text = |title: &str, body: &str| Text {
        title: title.into(),
        body: body.into(),
    };
    Flash {
        en: text("Shelling in the east", "Reported by telephone at noon."),
        ar: text("قصف في الشرق", "أُبلغ به هاتفيًا عند الظهر."),
        place: Label {
            slug: "old-town".into(),
            name: Note {
                en: "Old Town".into(),
                ar: "المدينة القديمة".into(),
            },
        },
        when: "2026-11-24".into(),
    }
}

fn session() -> Digest {
    sha256(b"token")
}

fn code<T>(result: &Result<T, StoreError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(StoreError::Refused(refusal)) => refusal.code(),
        Err(error) => panic!("{error}"),
    }
}

async fn begin(world: &World, by: EditorId) -> StoryId {
    let id = world.store.fresh_story_id();
    send(world, id, by, called_in()).await.unwrap();
    id
}

async fn send(world: &World, id: StoryId, by: EditorId, flash: Flash) -> Result<(), StoreError> {
    let draft = flash.draft(id)?;
    let (store, now) = (&world.store, world.now());
    store.create_flash(id, by, &draft, session(), now).await
}

/// Whether it went out.
async fn approve(world: &World, id: StoryId, by: EditorId) -> Result<bool, StoreError> {
    let shown = world.store.story(id).await.unwrap().clearance;
    let (store, now) = (&world.store, world.now());
    let sent = store.approve_flash(id, by, shown, session(), now).await?;
    Ok(sent.is_some())
}

pub(crate) async fn g08_a_flash_goes_out_with_its_second_approval(mut world: World) {
    let noor = world.editor("Noor", Roles::EDITOR).await;
    let sami = world.editor("Sami", Roles::SAFETY).await;
    let hala = world.editor("Hala", Roles::EDITOR).await;
    let id = begin(&world, noor).await;
    let record = world.store.story(id).await.unwrap();
    assert_eq!(record.stage, StoryStage::Awaiting);
    assert_eq!(record.story.version, 1);
    assert_eq!(record.story.draft.settings.grade, Grade::Unconfirmed);
    // Not its author again, not two without the safety editor, not for other bytes.
    assert_eq!(code(&approve(&world, id, noor).await), "same-editor-twice");
    assert!(!approve(&world, id, hala).await.unwrap());
    let other = sha256(b"what was shown before");
    let stale = world
        .store
        .approve_flash(id, sami, other, session(), world.now())
        .await;
    assert_eq!(code(&stale), "stale-approval");
    world.reopen().await;
    assert_eq!(
        world.store.story(id).await.unwrap().stage,
        StoryStage::Awaiting
    );
    assert!(approve(&world, id, sami).await.unwrap());
    let record = world.store.story(id).await.unwrap();
    assert_eq!(record.stage, StoryStage::Publishing);
    assert_eq!(record.publications.len(), 1);
    assert_eq!(code(&approve(&world, id, sami).await), "already-published");
    let trail = world.store.audit(Chain::Story(id)).await.unwrap();
    let acts: Vec<Act> = trail.iter().map(|record| record.event.entry.act).collect();
    let approved = Act::StoryApproved;
    assert_eq!(
        acts,
        [
            Act::StoryCreated,
            approved,
            approved,
            approved,
            Act::StoryPublished
        ]
    );
    let latest = world.store.latest_stories(10).await.unwrap();
    assert_eq!(latest[0].id, id);
}

pub(crate) async fn what_is_no_flash_keeps_to_the_long_way(world: World) {
    let noor = world.editor("Noor", Roles::EDITOR).await;
    let sami = world.editor("Sami", Roles::SAFETY).await;
    let mut nowhere = called_in();
    nowhere.place = Label::default();
    let id = world.store.fresh_story_id();
    let refused = send(&world, id, noor, nowhere).await;
    assert_eq!(code(&refused), "not-a-flash");
    // Half a flash is not kept either: what its author could not approve was never begun.
    let mut half = called_in();
    half.ar.body.clear();
    let refused = send(&world, id, noor, half).await;
    assert_eq!(code(&refused), "incomplete");
    assert!(world.store.latest_stories(10).await.unwrap().is_empty());
    // A story with a file, approved by one, is not sent out by the short way.
    let story = world.story(noor).await;
    world.approve(story, noor).await.unwrap();
    assert_eq!(code(&approve(&world, story, sami).await), "not-a-flash");
    let id = begin(&world, noor).await;
    let mut draft = world.store.story(id).await.unwrap().story.draft;
    draft.settings.grade = Grade::Confirmed;
    world
        .store
        .save_story(id, noor, 1, &draft, world.now())
        .await
        .unwrap();
    assert_eq!(code(&approve(&world, id, sami).await), "not-a-flash");
}
