//! Cells, pieces, dispatches, kits.

use crate::world::{World, cell, tag};
use formats::{DispatchId, KitId, PieceKey, PieceNo};
use keys::ChainKey;
use ledger::sha256;
use newsroom::arrival::{DispatchKey, DispatchState, Progress};
use newsroom::audit::{Act, Chain};
use newsroom::vaults::Link;
use newsroom::work::Work;
use newsroom::{BlobId, Private, Refusal};
use store::{NewKit, SpoolPosition, StoreError};

fn piece(key: &DispatchKey, no: u32) -> PieceKey {
    let tag = tag(u8::try_from(no).unwrap() + 1);
    PieceKey {
        kit: key.kit,
        dispatch: key.dispatch,
        piece: PieceNo(no),
        tag,
    }
}

async fn fresh(world: &World) -> DispatchKey {
    DispatchKey {
        kit: world.kit("Jasmine").await,
        dispatch: DispatchId([77; 16]),
    }
}

pub(crate) async fn cells_gather_until_a_piece_is_ready(mut world: World) {
    let key = fresh(&world).await;
    let batch = [
        cell(&key, 0, 0, 1, false, 10),
        cell(&key, 1, 0, 2, true, 11),
        cell(&key, 1, 0, 2, true, 12),
    ];
    let recorded = world
        .store
        .record_cells(&batch, SpoolPosition(13), &|_, _| false, world.now())
        .await
        .unwrap();
    assert_eq!(
        recorded.ready.iter().map(|p| p.key).collect::<Vec<_>>(),
        [piece(&key, 0)]
    );
    assert_eq!(recorded.touched, [key]);
    // A repeated shard is no second shard; a recovery shard is.
    let more = [cell(&key, 1, 5, 2, true, 13)];
    let recorded = world
        .store
        .record_cells(&more, SpoolPosition(14), &|_, _| false, world.now())
        .await
        .unwrap();
    assert_eq!(recorded.ready.len(), 1);
    assert_eq!(
        (
            recorded.ready[0].key,
            recorded.ready[0].k,
            recorded.ready[0].last
        ),
        (piece(&key, 1), 2, true)
    );

    world.reopen().await;
    let ready: Vec<PieceKey> = world
        .store
        .ready_pieces(10)
        .await
        .unwrap()
        .iter()
        .map(|p| p.key)
        .collect();
    assert_eq!(ready, [piece(&key, 0), piece(&key, 1)]);
    let cells = world
        .store
        .piece_cells(&piece(&key, 1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        cells.cells,
        [
            (0, SpoolPosition(11)),
            (0, SpoolPosition(12)),
            (5, SpoolPosition(13))
        ]
    );
    let view = world.store.dispatch(&key).await.unwrap();
    assert_eq!(
        (view.cells, view.pseudonym.expose(), view.state),
        (4, "Jasmine", DispatchState::Arriving)
    );
    assert_eq!(
        view.progress,
        Progress {
            pieces: Some(2),
            complete: 0,
            whole: false
        }
    );

    let blob = BlobId::from_bytes([1; 16]);
    let progress = world
        .store
        .piece_complete(&piece(&key, 1), sha256(b"one"), blob, world.now())
        .await
        .unwrap();
    assert_eq!(
        progress,
        Progress {
            pieces: Some(2),
            complete: 1,
            whole: false
        }
    );
    // The manifest is here: whether it holds something back is looked up.
    let (kit, dispatch) = (key.kit, key.dispatch);
    let job = world.store.claim_job(1, world.now()).await.unwrap();
    let job = job.unwrap();
    assert_eq!(job.work, Work::OpenPart { kit, dispatch });
    world.store.finish_job(&job).await.unwrap();
    let progress = world
        .store
        .piece_complete(&piece(&key, 0), sha256(b"nil"), blob, world.now())
        .await
        .unwrap();
    assert!(progress.whole);
    assert_eq!(
        world.store.dispatch(&key).await.unwrap().state,
        DispatchState::Complete
    );
    let job = world
        .store
        .claim_job(1, world.now())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        job.work,
        Work::Open {
            kit: key.kit,
            dispatch: key.dispatch
        }
    );
    let pieces = world.store.dispatch_pieces(&key).await.unwrap();
    let authentic: Vec<_> = pieces
        .iter()
        .map(|p| (p.no.0, p.last, p.authentic.map(|(digest, _)| digest)))
        .collect();
    assert_eq!(
        authentic,
        [
            (0, false, Some(sha256(b"nil"))),
            (1, true, Some(sha256(b"one")))
        ]
    );
    // Late cells change nothing, and doing it twice neither.
    let late = [cell(&key, 1, 6, 2, true, 20)];
    assert!(
        world
            .store
            .record_cells(&late, SpoolPosition(21), &|_, _| false, world.now())
            .await
            .unwrap()
            .ready
            .is_empty()
    );
    assert!(
        world
            .store
            .piece_cells(&piece(&key, 1))
            .await
            .unwrap()
            .is_none()
    );
    world
        .store
        .piece_complete(&piece(&key, 0), sha256(b"nil"), blob, world.now())
        .await
        .unwrap();
    assert_eq!(world.store.job_counts().await.unwrap().ready, 0);
    assert_eq!(
        world.store.spool_needed_from().await.unwrap(),
        SpoolPosition(21)
    );
}

pub(crate) async fn contradicting_cells_are_set_apart(world: World) {
    let key = fresh(&world).await;
    let mut liar = cell(&key, 1, 1, 2, false, 2);
    liar.header.k = 1;
    let batch = [
        cell(&key, 1, 0, 2, false, 1),
        liar,
        cell(&key, 1, 1, 2, false, 3),
    ];
    let recorded = world
        .store
        .record_cells(&batch, SpoolPosition(4), &|_, _| false, world.now())
        .await
        .unwrap();
    assert_eq!(recorded.quarantined, [piece(&key, 1)]);
    assert!(recorded.ready.is_empty());
    assert!(
        world
            .store
            .piece_cells(&piece(&key, 1))
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(
        world.store.spool_needed_from().await.unwrap(),
        SpoolPosition(4)
    );
    // The same number under another tag is another claim, and it may still become the piece.
    let mut other = [cell(&key, 1, 0, 1, false, 5)];
    other[0].header.tag = tag(200);
    let recorded = world
        .store
        .record_cells(&other, SpoolPosition(6), &|_, _| false, world.now())
        .await
        .unwrap();
    assert_eq!(recorded.ready.len(), 1);
    let chain = world.store.audit(Chain::Dispatch(key)).await.unwrap();
    let acts: Vec<Act> = chain.iter().map(|r| r.event.entry.act).collect();
    assert_eq!(acts, [Act::DispatchSeen, Act::PieceQuarantined]);
}

/// A stretch from a card, in which everything lies mixed, leaves the record as if its cells had come one by one.
pub(crate) async fn a_mixed_stretch_is_recorded_like_single_cells(world: World) {
    let kit = world.kit("Jasmine").await;
    let key = |n: u8| DispatchKey {
        kit,
        dispatch: DispatchId([n; 16]),
    };
    let stretch = |dispatch: &DispatchKey| {
        let mut liar = cell(dispatch, 3, 1, 2, false, 20);
        liar.header.length -= 1;
        let mut forced = cell(dispatch, 2, 1, 3, true, 9);
        forced.header.forced = true;
        vec![
            cell(dispatch, 2, 0, 3, true, 1),
            cell(dispatch, 1, 7, 2, false, 2),
            // One shard six times, of which four are kept, and the same place twice.
            cell(dispatch, 2, 5, 3, true, 3),
            cell(dispatch, 2, 5, 3, true, 3),
            cell(dispatch, 2, 5, 3, true, 4),
            cell(dispatch, 2, 5, 3, true, 5),
            cell(dispatch, 2, 5, 3, true, 6),
            cell(dispatch, 2, 5, 3, true, 7),
            cell(dispatch, 3, 0, 2, false, 8),
            forced,
            liar,
            cell(dispatch, 1, 0, 2, false, 21),
        ]
    };
    let (together, single) = (key(1), key(2));
    let recorded = world
        .store
        .record_cells(
            &stretch(&together),
            SpoolPosition(22),
            &|_, _| false,
            world.now(),
        )
        .await
        .unwrap();
    assert_eq!(recorded.touched, [together]);
    assert_eq!(recorded.quarantined, [piece(&together, 3)]);
    let ready: Vec<_> = recorded.ready.iter().map(|one| one.key).collect();
    assert_eq!(ready, [piece(&together, 1), piece(&together, 2)]);
    let mut ready = Vec::new();
    for mut one in stretch(&single) {
        one.at.0 += 100;
        let recorded = world
            .store
            .record_cells(
                &[one],
                SpoolPosition(one.at.0 + 1),
                &|_, _| false,
                world.now(),
            )
            .await
            .unwrap();
        ready.extend(recorded.ready.iter().map(|one| one.key.piece.0));
    }
    assert_eq!(ready, [2, 1], "each when its last shard came");
    for no in [1, 2, 3] {
        let cells = |found: Option<store::PieceCells>, less: u64| {
            let cells = found?.cells.into_iter();
            Some(
                cells
                    .map(|(shard, at)| (shard, at.0 - less))
                    .collect::<Vec<_>>(),
            )
        };
        let one = world
            .store
            .piece_cells(&piece(&together, no))
            .await
            .unwrap();
        let other = world.store.piece_cells(&piece(&single, no)).await.unwrap();
        let (one, other) = (cells(one, 0), cells(other, 100));
        assert_eq!(one, other, "piece {no}");
        assert_eq!(
            one.map(|cells| cells.len()),
            [2, 6, 0].get(no as usize - 1).copied().filter(|n| *n > 0)
        );
    }
    for dispatch in [together, single] {
        let view = world.store.dispatch(&dispatch).await.unwrap();
        assert_eq!(view.cells, 12);
        assert!(view.forced);
    }
}

pub(crate) async fn a_second_authentic_piece_of_one_number_is_set_apart(world: World) {
    let key = fresh(&world).await;
    let mut rival = cell(&key, 0, 0, 1, false, 2);
    rival.header.tag = tag(200);
    let batch = [cell(&key, 0, 0, 1, true, 1), rival];
    let recorded = world
        .store
        .record_cells(&batch, SpoolPosition(3), &|_, _| false, world.now())
        .await
        .unwrap();
    assert_eq!(recorded.ready.len(), 2);
    let blob = BlobId::from_bytes([1; 16]);
    world
        .store
        .piece_complete(&piece(&key, 0), sha256(b"first"), blob, world.now())
        .await
        .unwrap();
    let second = PieceKey {
        tag: tag(200),
        ..piece(&key, 0)
    };
    world
        .store
        .piece_complete(&second, sha256(b"second"), blob, world.now())
        .await
        .unwrap();
    let pieces = world.store.dispatch_pieces(&key).await.unwrap();
    assert_eq!(pieces.len(), 1);
    assert_eq!(pieces[0].authentic.unwrap().0, sha256(b"first"));
    assert!(world.store.ready_pieces(10).await.unwrap().is_empty());
    assert_eq!(
        world.store.job_counts().await.unwrap().ready,
        1,
        "opening is queued once"
    );
}

pub(crate) async fn the_spool_cursor_moves_with_the_index(mut world: World) {
    assert_eq!(world.store.spool_cursor().await.unwrap(), SpoolPosition(0));
    let key = fresh(&world).await;
    let unknown = DispatchKey {
        kit: KitId([250; 8]),
        dispatch: key.dispatch,
    };
    let bad = [
        cell(&key, 0, 0, 1, false, 1),
        cell(&unknown, 0, 0, 1, false, 2),
    ];
    assert!(
        world
            .store
            .record_cells(&bad, SpoolPosition(3), &|_, _| false, world.now())
            .await
            .is_err()
    );
    assert_eq!(
        world.store.spool_cursor().await.unwrap(),
        SpoolPosition(0),
        "nothing or all"
    );
    assert!(world.store.dispatches(10).await.unwrap().is_empty());
    world
        .store
        .record_cells(&bad[..1], SpoolPosition(900), &|_, _| false, world.now())
        .await
        .unwrap();
    world.reopen().await;
    assert_eq!(
        world.store.spool_cursor().await.unwrap(),
        SpoolPosition(900)
    );
    assert_eq!(
        world.store.spool_needed_from().await.unwrap(),
        SpoolPosition(1),
        "an open piece holds its cells"
    );
    let seen = world.store.dispatches(10).await.unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].key, key);
}

pub(crate) async fn a_failed_decoding_waits_for_more(world: World) {
    let key = fresh(&world).await;
    let batch = [cell(&key, 0, 0, 1, true, 1)];
    world
        .store
        .record_cells(&batch, SpoolPosition(2), &|_, _| false, world.now())
        .await
        .unwrap();
    world.store.piece_waits(&piece(&key, 0), 1).await.unwrap();
    assert!(world.store.ready_pieces(10).await.unwrap().is_empty());
    for at in 2..9 {
        let again = [cell(&key, 0, 0, 1, true, at)];
        world
            .store
            .record_cells(&again, SpoolPosition(at + 1), &|_, _| false, world.now())
            .await
            .unwrap();
    }
    assert_eq!(world.store.ready_pieces(10).await.unwrap().len(), 1);
    let cells = world
        .store
        .piece_cells(&piece(&key, 0))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        cells.cells.len(),
        4,
        "poison cannot fill the index: four rivals for one shard"
    );
    world
        .store
        .dispatch_unreadable(&key, "manifest-invalid", world.now())
        .await
        .unwrap();
    let seen = world.store.dispatch(&key).await.unwrap();
    assert_eq!(
        (seen.state, seen.trouble.as_deref()),
        (DispatchState::Unreadable, Some("manifest-invalid"))
    );
}

pub(crate) async fn kits_and_their_tokens(mut world: World) {
    let token = Private::from("desk token");
    let drop = world
        .store
        .add_drop("http://drop.example", &token, world.now())
        .await
        .unwrap();
    assert_eq!(
        world
            .store
            .add_drop("http://drop.example", &token, world.now())
            .await
            .unwrap(),
        drop
    );
    let now = world.now();
    world
        .store
        .drop_misbehaved(drop, "forked", 9, now)
        .await
        .unwrap();
    let entries = world.store.audit(Chain::Desk).await.unwrap();
    let entry = &entries.last().unwrap().event.entry;
    assert_eq!(entry.act, Act::DropMisbehaved);
    assert_eq!(entry.details["what"], "forked");
    assert_eq!(entry.details["cells"], "9");
    let kit = |n: u8, name: &str| NewKit {
        id: KitId([n; 8]),
        pseudonym: Private::from(name),
        chain_key: ChainKey::from_bytes([n; 32]),
        tokens: (0..3).map(|i| (drop, sha256(&[n, i]))).collect(),
    };
    world
        .store
        .issue_kit(&kit(1, "Jasmine"), world.now())
        .await
        .unwrap();
    world
        .store
        .issue_kit(&kit(2, "Cedar"), world.now())
        .await
        .unwrap();
    for taken in [kit(1, "Olive"), kit(3, "JASMINE")] {
        let refused = world.store.issue_kit(&taken, world.now()).await;
        assert!(matches!(
            refused,
            Err(StoreError::Refused(Refusal::KitTaken))
        ));
    }
    let mut expected: Vec<_> = [1, 2]
        .into_iter()
        .flat_map(|n| (0..3).map(move |i| sha256(&[n, i])))
        .collect();
    expected.sort_unstable();
    let waiting = world.store.tokens_to_register(drop, 100).await.unwrap();
    assert_eq!(
        waiting, expected,
        "mixed over all kits, in the order of random hashes"
    );
    world
        .store
        .tokens_registered(drop, &waiting[..4], world.now())
        .await
        .unwrap();
    assert_eq!(
        world.store.tokens_to_register(drop, 100).await.unwrap(),
        &expected[4..]
    );

    let about = world.dispatch(KitId([1; 8])).await;
    for epoch in [5, 3] {
        let link = Link { chain: 0, epoch };
        let confirmed = world.store.confirm_epoch(&about, link, world.now());
        confirmed.await.unwrap();
    }
    world
        .store
        .set_drop_offset(drop, 70, world.now())
        .await
        .unwrap();
    world
        .store
        .set_drop_offset(drop, 60, world.now())
        .await
        .unwrap();
    world.reopen().await;
    let found = world.store.kit(KitId([1; 8])).await.unwrap();
    assert_eq!(
        (found.pseudonym.expose(), found.epoch, found.confirmed),
        ("Jasmine", 0, 5)
    );
    assert_eq!(found.chain_key.expose_bytes(), &[1; 32]);
    assert_eq!(world.store.kits().await.unwrap().len(), 2);
    let drops = world.store.drops().await.unwrap();
    assert_eq!(
        (drops[0].url.expose(), drops[0].token.expose()),
        ("http://drop.example", "desk token")
    );
    assert_eq!(drops[0].next_offset, 70, "never backwards");
    let unknown = world.store.kit(KitId([9; 8])).await;
    assert!(matches!(
        unknown,
        Err(StoreError::Refused(Refusal::UnknownKit))
    ));
}
