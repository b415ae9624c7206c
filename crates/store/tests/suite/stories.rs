//! Stories: who may approve, what an edit does, what goes out.

use crate::world::{World, draft};
use ledger::sha256;
use newsroom::accounts::Roles;
use newsroom::audit::{Act, Chain};
use newsroom::stories::{Draft, StoryStage};
use newsroom::work::Work;
use newsroom::{EditorId, Refusal, StoryId};
use store::{StatementRecord, StoreError};

fn code<T>(result: Result<T, StoreError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(StoreError::Refused(refusal)) => refusal.code(),
        Err(error) => panic!("{error}"),
    }
}

async fn people(world: &World) -> [EditorId; 3] {
    [
        world.editor("Noor", Roles::EDITOR).await,
        world.editor("Sami", Roles::SAFETY).await,
        world.editor("Hala", Roles::EDITOR).await,
    ]
}

async fn publish(world: &World, story: StoryId, by: EditorId) -> &'static str {
    code(world.store.publish_story(story, by, world.now()).await)
}

pub(crate) async fn g08_nothing_goes_out_without_two_different_people(mut world: World) {
    let [noor, sami, hala] = people(&world).await;
    let story = world.story(noor).await;
    assert_eq!(publish(&world, story, noor).await, "not-cleared");
    assert_eq!(code(world.approve(story, noor).await), "ok");
    assert_eq!(code(world.approve(story, noor).await), "same-editor-twice");
    assert_eq!(publish(&world, story, noor).await, "not-cleared");
    assert_eq!(code(world.approve(story, hala).await), "ok");
    assert_eq!(publish(&world, story, noor).await, "safety-missing");
    assert_eq!(
        world.store.story(story).await.unwrap().stage,
        StoryStage::Awaiting
    );
    assert_eq!(code(world.approve(story, sami).await), "ok");
    world.reopen().await;
    let record = world.store.story(story).await.unwrap();
    assert_eq!(record.stage, StoryStage::Cleared);
    let names: Vec<_> = record
        .approvals
        .iter()
        .map(|(approval, name)| (name.as_str(), approval.roles))
        .collect();
    assert_eq!(
        names,
        [
            ("Noor", Roles::EDITOR),
            ("Hala", Roles::EDITOR),
            ("Sami", Roles::SAFETY)
        ]
    );
    assert_eq!(publish(&world, story, noor).await, "ok");
    assert_eq!(publish(&world, story, noor).await, "already-published");
    assert_eq!(code(world.approve(story, sami).await), "already-published");
    let acts: Vec<Act> = world
        .store
        .audit(Chain::Story(story))
        .await
        .unwrap()
        .iter()
        .map(|r| r.event.entry.act)
        .collect();
    let approved = [Act::StoryApproved; 3];
    let expected = [
        &[Act::StoryCreated, Act::StorySaved],
        &approved[..],
        &[Act::StoryPublished],
    ]
    .concat();
    assert_eq!(acts, expected);
}

/// Every text and setting of a draft, changed by one byte.
fn changed_by_one_byte(draft: &Draft) -> Vec<(&'static str, Draft)> {
    type Change = fn(&mut Draft);
    let changes: [(&str, Change); 10] = [
        ("what a channel is told", |draft| {
            draft.renditions = Some(Vec::new());
        }),
        ("title in English", |draft| draft.en.title.push('.')),
        ("body in English", |draft| draft.en.body.push('.')),
        ("title in Arabic", |draft| draft.ar.title.push('.')),
        ("body in Arabic", |draft| draft.ar.body.push('.')),
        ("description in English", |draft| {
            draft.media[0].alt_en.push('.');
        }),
        ("description in Arabic", |draft| {
            draft.media[0].alt_ar.push('.');
        }),
        ("slug", |draft| draft.settings.slug.push('x')),
        ("warning", |draft| {
            draft.settings.graphic = !draft.settings.graphic;
        }),
        ("not before", |draft| {
            draft.settings.not_before = Some(newsroom::Micros(1));
        }),
    ];
    let change = |(name, change): (&'static str, Change)| {
        let mut draft = draft.clone();
        change(&mut draft);
        (name, draft)
    };
    changes.into_iter().map(change).collect()
}

pub(crate) async fn negative_10_a_clearance_changed_by_one_byte_is_not_signed_and_not_published(
    world: World,
) {
    let [noor, sami, _] = people(&world).await;
    let story = world.story(noor).await;
    for by in [noor, sami] {
        world.approve(story, by).await.unwrap();
    }
    let cleared = world.store.story(story).await.unwrap();
    assert_eq!(cleared.stage, StoryStage::Cleared);
    let approved = cleared.story;
    let row = [story.as_bytes().as_slice(), &approved.version.to_be_bytes()].concat();
    let place = ("story_versions", "draft", row.as_slice());
    let put = async |draft: &Draft| {
        let json = serde_json::to_vec(draft).unwrap();
        store::testing::alter_sealed(&world.store, place, &json)
            .await
            .unwrap();
    };
    // After the approvals and before the decision, in the record itself, by somebody who has its keys.
    for (what, changed) in changed_by_one_byte(&approved.draft) {
        put(&changed).await;
        assert_eq!(publish(&world, story, noor).await, "not-cleared", "{what}");
        assert!(world.store.site_records(None).await.unwrap().is_empty());
    }
    // An approval of anything else is none either.
    let mut other = cleared.clearance;
    other.0[31] ^= 1;
    let stale = world
        .store
        .approve_story(story, noor, other, sha256(b"s"), world.now());
    assert_eq!(code(stale.await), "stale-approval");
    put(&approved.draft).await;
    let decided = world.store.publish_story(story, noor, world.now()).await;
    let id = decided.unwrap();
    // After the decision and before anything is signed.
    for (what, changed) in changed_by_one_byte(&approved.draft) {
        put(&changed).await;
        let signing = world.store.publication(id).await;
        let refused = matches!(
            &signing,
            Err(StoreError::Damaged {
                table: "publications",
                ..
            })
        );
        assert!(refused, "{what}: {signing:?}");
        let showing = world.store.site_records(Some(id)).await;
        assert!(matches!(showing, Err(StoreError::Damaged { .. })), "{what}");
    }
    put(&approved.draft).await;
    let whole = world.store.publication(id).await.unwrap();
    assert_eq!(whole.publication.clearance, cleared.clearance);
    // The hash of a derivative is bound as well.
    crate::world::alter(&world, "UPDATE derivatives SET bytes = bytes + 1".into()).await;
    let signing = world.store.publication(id).await;
    assert!(matches!(signing, Err(StoreError::Damaged { .. })));
}

pub(crate) async fn an_edit_voids_approvals(world: World) {
    let [noor, sami, _] = people(&world).await;
    let story = world.story(noor).await;
    world.approve(story, noor).await.unwrap();
    world.approve(story, sami).await.unwrap();
    let before = world.store.story(story).await.unwrap();
    let unchanged = world
        .store
        .save_story(story, noor, 2, &before.story.draft, world.now())
        .await;
    assert_eq!(code(unchanged), "ok");
    assert_eq!(
        world.store.story(story).await.unwrap().stage,
        StoryStage::Cleared,
        "saving nothing is no edit"
    );

    let mut edited = before.story.draft.clone();
    edited.ar.body.push('.');
    assert_eq!(
        code(
            world
                .store
                .save_story(story, sami, 2, &edited, world.now())
                .await
        ),
        "ok"
    );
    assert_eq!(publish(&world, story, noor).await, "not-cleared");
    let stale = world
        .store
        .approve_story(story, noor, before.clearance, sha256(b"s"), world.now())
        .await;
    assert_eq!(code(stale), "stale-approval");
    // Back to the very same text is still another version: what was approved was that one.
    assert_eq!(
        code(
            world
                .store
                .save_story(story, noor, 3, &before.story.draft, world.now())
                .await
        ),
        "ok"
    );
    assert_eq!(publish(&world, story, noor).await, "not-cleared");
    assert_eq!(
        code(
            world
                .store
                .save_story(story, noor, 3, &edited, world.now())
                .await
        ),
        "edit-conflict"
    );

    let mut settings = before.story.draft.clone();
    settings.settings.graphic = false;
    world.approve(story, sami).await.unwrap();
    world
        .store
        .save_story(story, noor, 4, &settings, world.now())
        .await
        .unwrap();
    assert_eq!(
        world.store.story(story).await.unwrap().approvals.len(),
        0,
        "settings are part of what is approved"
    );
    world.approve(story, sami).await.unwrap();
    assert_eq!(
        code(
            world
                .store
                .withdraw_approval(story, noor, world.now())
                .await
        ),
        "not-approved"
    );
    assert_eq!(
        code(
            world
                .store
                .withdraw_approval(story, sami, world.now())
                .await
        ),
        "ok"
    );
    assert_eq!(
        world.store.story(story).await.unwrap().stage,
        StoryStage::Draft
    );
}

pub(crate) async fn publishing_fixes_salts_and_goes_live_once(mut world: World) {
    let [noor, sami, _] = people(&world).await;
    let story = world.story(noor).await;
    world.approve(story, noor).await.unwrap();
    world.approve(story, sami).await.unwrap();
    let id = world
        .store
        .publish_story(story, noor, world.now())
        .await
        .unwrap();
    let mut works = Vec::new();
    while let Some(job) = world
        .store
        .claim_job(1_000_000_000, world.now())
        .await
        .unwrap()
    {
        works.push(job.work);
    }
    assert!(works.contains(&Work::Publish { publication: id }));
    let due = world.store.statements_due(id).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(
        due[0].original,
        world.store.item(due[0].item).await.unwrap().sha256
    );
    let salts = (*due[0].leaf_salt, *due[0].receipt_salt, *due[0].plan_salt);
    assert!(salts.0 != salts.1 && salts.1 != salts.2 && salts.0 != salts.2);
    world.reopen().await;
    let again = world.store.statements_due(id).await.unwrap();
    assert_eq!(
        (
            *again[0].leaf_salt,
            *again[0].receipt_salt,
            *again[0].plan_salt
        ),
        salts
    );

    let derivative = due[0].derivative.id;
    let record = StatementRecord {
        derivative,
        log_index: 3,
        statement: "{}".into(),
        proof: "{\"p\":1}".into(),
    };
    world.store.statement_logged(id, &record).await.unwrap();
    assert!(world.store.statements_due(id).await.unwrap().is_empty());
    assert!(
        world.store.site_records(None).await.unwrap().is_empty(),
        "decided is not live"
    );
    assert_eq!(world.store.site_records(Some(id)).await.unwrap().len(), 1);
    assert_eq!(
        world.store.story(story).await.unwrap().stage,
        StoryStage::Publishing
    );
    world.store.publication_live(id, world.now()).await.unwrap();
    world.store.publication_live(id, world.now()).await.unwrap();
    let site = world.store.site_records(None).await.unwrap();
    assert_eq!(site[0].shown.statements, [record]);
    assert_eq!(site[0].shown.derivatives[0].id, derivative);
    assert_eq!(
        world.store.story(story).await.unwrap().stage,
        StoryStage::Published
    );
    let custody = world.store.audit(Chain::Item(due[0].item)).await.unwrap();
    assert_eq!(
        custody
            .iter()
            .filter(|r| r.event.entry.act == Act::ItemPublished)
            .count(),
        1
    );

    let mut second = site[0].shown.story.draft.clone();
    second.en.body.push_str(" It stayed closed.");
    world
        .store
        .save_story(story, noor, 2, &second, world.now())
        .await
        .unwrap();
    world.approve(story, noor).await.unwrap();
    world.approve(story, sami).await.unwrap();
    let next = world
        .store
        .publish_story(story, noor, world.now())
        .await
        .unwrap();
    let ids = |site: Vec<store::SiteRecord>| {
        site.iter()
            .map(|p| p.shown.publication.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ids(world.store.site_records(None).await.unwrap()),
        [id],
        "the old version stands until then"
    );
    assert_eq!(
        ids(world.store.site_records(Some(next)).await.unwrap()),
        [next]
    );
    assert_eq!(
        world
            .store
            .publication(next)
            .await
            .unwrap()
            .publication
            .supersedes,
        Some(id)
    );
    let salts_next = *world.store.statements_due(next).await.unwrap()[0].receipt_salt;
    assert_ne!(salts_next, salts.1, "a salt is used once");
}

pub(crate) async fn a_closed_account_no_longer_approves(world: World) {
    let [noor, sami, hala] = people(&world).await;
    let story = world.story(noor).await;
    for who in [noor, sami, hala] {
        world.approve(story, who).await.unwrap();
    }
    world.store.close_editor(sami, world.now()).await.unwrap();
    assert_eq!(publish(&world, story, noor).await, "safety-missing");
    assert_eq!(publish(&world, story, sami).await, "not-an-editor");
    world.store.close_editor(hala, world.now()).await.unwrap();
    assert_eq!(publish(&world, story, noor).await, "not-cleared");
}

pub(crate) async fn slugs_are_unique(world: World) {
    let [noor, ..] = people(&world).await;
    let (one, two) = (world.story(noor).await, world.story(noor).await);
    let mut first = draft(one, &[]);
    first.settings.slug = "market".into();
    world
        .store
        .save_story(one, noor, 2, &first, world.now())
        .await
        .unwrap();
    let refused = world
        .store
        .save_story(two, noor, 2, &first, world.now())
        .await;
    assert!(matches!(
        refused,
        Err(StoreError::Refused(Refusal::SlugTaken))
    ));
    let lines = world.store.stories(10).await.unwrap();
    assert_eq!(lines.iter().map(|l| l.id).collect::<Vec<_>>(), [one, two]);
    assert_eq!(
        (lines[0].title_en.as_str(), lines[0].version, lines[0].stage),
        ("Market closed", 3, StoryStage::Draft)
    );
    let unknown = world.store.story(StoryId::from_bytes([250; 16])).await;
    assert!(matches!(
        unknown,
        Err(StoreError::Refused(Refusal::UnknownStory))
    ));
}
