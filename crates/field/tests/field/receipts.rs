//! Receipts: pieces are forgotten on the newsroom's own word for exactly them, and on nothing else.

use field::{DispatchState, Field, Refusal};
use formats::{DispatchId, Receipt, ReceiptKind, ReplyPair, seal_reply};
use ledger::Digest;

use crate::doubles::{
    Desk, Drops, NOW, Platter, Waits, kit, noise, pieces_here, reopen, rng, set_up, source, wish,
};

struct Case {
    platter: Platter,
    field: Field<Platter>,
    drops: Drops,
    desk: Desk,
    dispatch: DispatchId,
    pairs: Vec<ReplyPair>,
}

/// A dispatch of four pieces, sent and read by the newsroom.
fn sent() -> Case {
    let (platter, mut field) = set_up(kit(1, 4));
    let mut sources = [source("a", &noise(1, 200_000)), source("b", &noise(2, 50))];
    let added = field
        .add(&mut sources, "note", NOW, &mut rng(2), &mut |_| {})
        .unwrap();
    let mut drops = Drops::default();
    field
        .send(
            &mut drops,
            &mut Waits::default(),
            &wish(),
            &mut rng(3),
            &mut |_| {},
        )
        .unwrap();
    let desk = Desk::read(&drops.cells());
    let pairs = desk.pairs(added.dispatch);
    Case {
        platter,
        field,
        drops,
        desk,
        dispatch: added.dispatch,
        pairs,
    }
}

impl Case {
    fn post(&mut self, receipt: &Receipt, pair: usize) {
        crate::doubles::post(&mut self.drops, receipt, &self.pairs[pair]);
    }

    fn receive(&mut self) -> field::Received {
        self.field
            .receive(&mut self.drops, &[], NOW + 1, &mut rng(9), &mut |_| {})
            .unwrap()
    }

    /// Posts through the first pair, and the field must refuse and keep everything.
    fn refused(mut self, receipt: &Receipt, why: Refusal) {
        self.post(receipt, 0);
        let received = self.receive();
        assert_eq!((received.receipts, received.forgotten), (0, 0));
        assert_eq!(received.refused, [why]);
        assert_eq!(pieces_here(&self.field), 4);
        assert_eq!(reopen(&self.platter, 8).status().dispatches[0].received, 0);
    }
}

#[test]
fn a_complete_receipt_lets_everything_go() {
    let mut case = sent();
    let receipt = case.desk.receipt(ReceiptKind::Complete, case.dispatch);
    case.post(&receipt, 5);
    let received = case.receive();
    assert_eq!(
        (received.polled, received.receipts, received.forgotten),
        (8, 1, 4)
    );
    assert_eq!(pieces_here(&case.field), 0);
    let status = reopen(&case.platter, 8).status();
    assert_eq!(status.dispatches[0].state, DispatchState::Received);
    assert_eq!(status.dispatches[0].bytes_here, 0);
}

#[test]
fn an_empty_mailbox_changes_nothing() {
    let mut case = sent();
    let received = case.receive();
    assert_eq!(
        (received.polled, received.receipts, received.damaged),
        (8, 0, 0)
    );
    assert_eq!(pieces_here(&case.field), 4);
}

#[test]
fn have_and_then_complete_together_name_all() {
    let mut case = sent();
    let whole = case.desk.receipt(ReceiptKind::Complete, case.dispatch);
    let half = |kind, range: std::ops::Range<usize>| Receipt {
        kind,
        dispatch: whole.dispatch,
        pieces: whole.pieces[range].to_vec(),
    };
    case.post(&half(ReceiptKind::Have, 0..2), 0);
    assert_eq!(case.receive().forgotten, 2);
    assert_eq!(pieces_here(&case.field), 2);
    assert_eq!(case.field.status().dispatches[0].state, DispatchState::Sent);
    case.post(&half(ReceiptKind::Complete, 2..4), 1);
    assert_eq!(case.receive().forgotten, 2);
    assert_eq!(
        case.field.status().dispatches[0].state,
        DispatchState::Received
    );
}

#[test]
fn a_complete_that_overtook_its_have_waits_for_it() {
    let mut case = sent();
    let whole = case.desk.receipt(ReceiptKind::Complete, case.dispatch);
    let part = |kind, range: std::ops::Range<usize>| Receipt {
        kind,
        dispatch: whole.dispatch,
        pieces: whole.pieces[range].to_vec(),
    };
    case.post(&part(ReceiptKind::Complete, 2..4), 1);
    let early = case.receive();
    assert_eq!((early.forgotten, early.refused), (0, vec![Refusal::NotAll]));
    case.post(&part(ReceiptKind::Have, 0..2), 0);
    assert_eq!(case.receive().forgotten, 4);
    assert_eq!(pieces_here(&case.field), 0);
}

#[test]
fn missing_pieces_are_sent_again() {
    let mut case = sent();
    let mut receipt = case.desk.receipt(ReceiptKind::Missing, case.dispatch);
    receipt.pieces.truncate(2);
    receipt
        .pieces
        .iter_mut()
        .for_each(|piece| piece.digest = Digest([0; 32]));
    case.post(&receipt, 0);
    let received = case.receive();
    assert_eq!((received.receipts, received.forgotten), (1, 0));
    let before = case.drops.log.len();
    let (drops, clock) = (&mut case.drops, &mut Waits::default());
    case.field
        .send(drops, clock, &wish(), &mut rng(11), &mut |_| {})
        .unwrap();
    // The answer has let the field go over to its fresh chain.
    let fresh = case.desk.fresh_chain(case.dispatch);
    let again = Desk::read_under(&fresh, &case.drops.cells()[before..]);
    let numbers: Vec<u32> = again.pieces.keys().map(|(_, no)| no.0).collect();
    assert_eq!(numbers, [0, 1]);
}

#[test]
fn wipe_removes_pieces_and_record() {
    let mut case = sent();
    let receipt = case.desk.receipt(ReceiptKind::Wipe, case.dispatch);
    case.post(&receipt, 0);
    assert_eq!(case.receive().forgotten, 4);
    assert!(reopen(&case.platter, 8).status().dispatches.is_empty());
    assert_eq!(pieces_here(&case.field), 0);
}

#[test]
fn negative_02_forged_without_the_secret_erases_nothing() {
    for kind in [ReceiptKind::Complete, ReceiptKind::Wipe, ReceiptKind::Have] {
        let mut case = sent();
        let receipt = case.desk.receipt(kind, case.dispatch);
        // The drop knows the mailbox's address; suppose even that it knew the recipient and every digest.
        let forger = ReplyPair {
            recipient: case.pairs[0].recipient.clone(),
            secret: keys::ReplySecret::from_bytes([1; 32]),
        };
        let (_, cell) = seal_reply(&receipt.clone().into(), &forger, &mut rng(5)).unwrap();
        case.drops
            .mail
            .insert(case.pairs[0].secret.mailbox().0, cell);
        let received = case.receive();
        assert_eq!((received.receipts, received.forgotten), (0, 0));
        assert_eq!(pieces_here(&case.field), 4);
    }
}

#[test]
fn negative_02_a_stolen_secret_without_the_recipient_erases_nothing() {
    let mut case = sent();
    let receipt = case.desk.receipt(ReceiptKind::Complete, case.dispatch);
    let thief = ReplyPair {
        recipient: case.pairs[1].recipient.clone(),
        secret: keys::ReplySecret::from_bytes(*case.pairs[0].secret.expose_bytes()),
    };
    crate::doubles::post(&mut case.drops, &receipt, &thief);
    let received = case.receive();
    assert_eq!(
        (received.receipts, received.forgotten, received.damaged),
        (0, 0, 1)
    );
    assert_eq!(pieces_here(&case.field), 4);
}

#[test]
fn negative_02_another_kits_receipt_erases_nothing() {
    let (mut one, other) = (sent(), {
        let (_, mut field) = set_up(kit(1, 4));
        let added = field
            .add(&mut [], "other", NOW, &mut rng(99), &mut |_| {})
            .unwrap();
        let mut drops = Drops::default();
        field
            .send(
                &mut drops,
                &mut Waits::default(),
                &wish(),
                &mut rng(3),
                &mut |_| {},
            )
            .unwrap();
        (Desk::read(&drops.cells()), added.dispatch)
    });
    let receipt = one.desk.receipt(ReceiptKind::Complete, one.dispatch);
    let theirs = &other.0.pairs(other.1)[0];
    let (_, cell) = seal_reply(&receipt.clone().into(), theirs, &mut rng(5)).unwrap();
    for pair in &one.pairs {
        one.drops.mail.insert(pair.secret.mailbox().0, cell.clone());
    }
    assert_eq!(one.receive().forgotten, 0);
    assert_eq!(pieces_here(&one.field), 4);
}

#[test]
fn negative_02_swapped_between_mailboxes_opens_nothing() {
    let mut case = sent();
    let receipt = case.desk.receipt(ReceiptKind::Complete, case.dispatch);
    let (_, cell) = seal_reply(&receipt.clone().into(), &case.pairs[0], &mut rng(5)).unwrap();
    case.drops
        .mail
        .insert(case.pairs[1].secret.mailbox().0, cell);
    assert_eq!(case.receive().forgotten, 0);
    assert_eq!(pieces_here(&case.field), 4);
}

#[test]
fn negative_02_replayed_receipts_find_no_pair_any_more() {
    let mut case = sent();
    let mut missing = case.desk.receipt(ReceiptKind::Missing, case.dispatch);
    missing.pieces.clear();
    case.post(&missing, 0);
    assert_eq!(case.receive().receipts, 1);
    // The drop keeps showing it: the pair is gone, so it is not even asked for.
    let received = case.receive();
    assert_eq!((received.polled, received.receipts), (7, 0));
}

#[test]
fn negative_02_receipts_for_other_pieces_are_refused_whole() {
    let case = sent();
    let mut receipt = case.desk.receipt(ReceiptKind::Complete, case.dispatch);
    receipt.pieces[3].digest.0[0] ^= 1;
    case.refused(&receipt, Refusal::OtherPiece);

    let case = sent();
    let mut receipt = case.desk.receipt(ReceiptKind::Have, case.dispatch);
    receipt.pieces[3].piece.0 = 4;
    case.refused(&receipt, Refusal::UnknownPiece);

    let case = sent();
    let mut receipt = case.desk.receipt(ReceiptKind::Complete, case.dispatch);
    receipt.pieces.remove(1);
    case.refused(&receipt, Refusal::NotAll);

    let case = sent();
    let mut receipt = case.desk.receipt(ReceiptKind::Wipe, case.dispatch);
    receipt.dispatch.0[0] ^= 1;
    case.refused(&receipt, Refusal::UnknownDispatch);
}

#[test]
fn swapped_digests_of_two_pieces_are_refused() {
    let case = sent();
    let mut receipt = case.desk.receipt(ReceiptKind::Complete, case.dispatch);
    let first = receipt.pieces[1].digest;
    receipt.pieces[1].digest = receipt.pieces[2].digest;
    receipt.pieces[2].digest = first;
    case.refused(&receipt, Refusal::OtherPiece);
}

#[test]
fn replies_are_given_up_after_180_days() {
    let mut case = sent();
    let late = NOW + 181 * 24 * 3_600 * 1_000_000;
    let received = case
        .field
        .receive(&mut case.drops, &[], late, &mut rng(9), &mut |_| {})
        .unwrap();
    assert_eq!(received.polled, 0);
    assert_eq!(
        pieces_here(&case.field),
        4,
        "the pieces stay: nobody acknowledged them"
    );
}
