//! Previews first: what is large waits until the newsroom asks for it, or its owner lets it go.

use field::{DispatchState, Field, Received, Refusal, Source};
use formats::{Choice, ChoiceKind, DispatchId, PieceNo, ReceiptKind, Reply, seal_reply};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, RgbImage};
use ledger::{Digest, sha256};

use crate::doubles::{
    Desk, Drops, NOW, Platter, Waits, kit, noise, pieces_here, reopen, rng, send, set_up,
    set_up_in, source, wish,
};
use crate::power::at_every_step;

/// A photograph of more than 256 KiB.
fn photo() -> Vec<u8> {
    let grain = noise(7, 340 * 340 * 3);
    let picture = RgbImage::from_raw(340, 340, grain).unwrap();
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, 100)
        .encode(&picture, 340, 340, ExtendedColorType::Rgb8)
        .unwrap();
    assert!(out.len() > 256 * 1024);
    out
}

/// A film of 21 seconds, as its header says; the rest is noise.
fn film(length: usize) -> Vec<u8> {
    let mut header = [
        &[0; 12][..],
        &1_000_u32.to_be_bytes(),
        &21_000_u32.to_be_bytes(),
    ]
    .concat();
    header.resize(100, 0);
    let boxed = |name: &[u8; 4], body: &[u8]| {
        let size = u32::try_from(body.len() + 8).unwrap().to_be_bytes();
        [&size[..], name, body].concat()
    };
    [
        boxed(b"ftyp", b"isom0000"),
        boxed(b"mdat", &noise(5, length)),
        boxed(b"moov", &boxed(b"mvhd", &header)),
    ]
    .concat()
}

fn of_kind(name: &str, kind: &str, bytes: &[u8]) -> Source<'static> {
    Source {
        kind: kind.to_owned(),
        ..source(name, bytes)
    }
}

/// Where each thing of the dispatch below lies.
const PHOTO: (PieceNo, PieceNo) = (PieceNo(1), PieceNo(1));
const FILM: (PieceNo, PieceNo) = (PieceNo(3), PieceNo(3));

struct Case {
    platter: Platter,
    field: Field<Platter>,
    drops: Drops,
    dispatch: DispatchId,
    manifest: Digest,
    number: u32,
}

/// A photograph, a film and a short text, of which previews, text and words were sent.
fn previewed() -> Case {
    let (platter, mut field) = set_up(kit(1, 9));
    let mut sources = [
        of_kind("square.jpg", "image/jpeg", &photo()),
        of_kind("square.mp4", "video/mp4", &film(400_000)),
        of_kind("list.txt", "text/plain", b"names"),
    ];
    let added = field
        .add_previewed(&mut sources, "at noon", NOW, &mut rng(2), &mut |_| {})
        .unwrap();
    assert_eq!((added.items, added.pieces), (3, 6));
    let mut drops = Drops::default();
    send(&mut field, &mut drops, &wish(), 3).unwrap();
    let desk = Desk::read(&drops.cells());
    let receipt = desk.receipt(ReceiptKind::Have, added.dispatch);
    let manifest = receipt.pieces.last().unwrap();
    assert_eq!(manifest.piece, PieceNo(5));
    Case {
        platter,
        field,
        drops,
        dispatch: added.dispatch,
        manifest: manifest.digest,
        number: 0,
    }
}

impl Case {
    fn choice(&mut self, kind: ChoiceKind, items: &[(PieceNo, PieceNo)]) -> Choice {
        self.number += 1;
        Choice {
            kind,
            number: self.number,
            dispatch: self.dispatch,
            manifest: self.manifest,
            items: items.to_vec(),
        }
    }

    fn post(&mut self, reply: impl Into<Reply>, pair: usize) {
        let desk = Desk::read(&self.drops.cells());
        let pair = &desk.pairs(self.dispatch)[pair];
        let (address, cell) = seal_reply(&reply.into(), pair, &mut rng(9)).unwrap();
        self.drops.mail.insert(address.0, cell);
    }

    fn receive(&mut self) -> Received {
        let received = self
            .field
            .receive(&mut self.drops, &[], NOW, &mut rng(5), &mut |_| {})
            .unwrap();
        self.drops.mail.clear();
        received
    }

    /// What the next `send` brings over, by piece.
    fn sends(&mut self) -> Vec<u32> {
        let before = self.drops.log.len();
        send(&mut self.field, &mut self.drops, &wish(), 6).unwrap();
        let chain = Desk::read(&self.drops.cells()).fresh_chain(self.dispatch);
        let again = self.drops.cells().split_off(before);
        let fresh = Desk::read_under(&chain, &again);
        fresh.pieces.keys().map(|(_, no)| no.0).collect()
    }
}

#[test]
fn previews_go_and_what_is_large_stays() {
    let case = previewed();
    let desk = Desk::read(&case.drops.cells());
    let arrived: Vec<u32> = desk.pieces.keys().map(|(_, no)| no.0).collect();
    assert_eq!(arrived, [0, 2, 4, 5], "contact, preview, text, manifest");
    // A noisy photograph of half a megabyte and a film: five cells in all, and the noise that rounds the session.
    assert!(case.drops.log.len() <= 6, "{}", case.drops.log.len());
    let manifest = desk.manifest(case.dispatch);
    assert_eq!(manifest.version, formats::dispatch::VERSION_HELD);
    let [photograph, preview, film_, text] = manifest.items.as_slice() else {
        panic!("{} items", manifest.items.len());
    };
    assert_eq!((photograph.held, photograph.pieces), (true, PHOTO));
    assert_eq!(photograph.sha256, Some(sha256(&photo())));
    assert_eq!(
        (film_.held, film_.pieces, film_.millis),
        (true, FILM, Some(21_000))
    );
    assert!(!text.held && text.preview_of.is_none());
    assert_eq!(
        (preview.preview_of, preview.name.as_str()),
        (Some(0), "square.preview.jpg")
    );
    let small = desk.item(case.dispatch, 1);
    assert!(small.len() <= 40 * 1024);
    assert!(image::load_from_memory(&small).is_ok());
    let status = &case.field.status().dispatches[0];
    assert_eq!(
        (
            status.held.pieces,
            status.asked.pieces,
            status.declined.pieces
        ),
        (2, 0, 0)
    );
    assert_eq!(
        status.state,
        DispatchState::Sent,
        "all that is to be sent for now"
    );
}

#[test]
fn what_is_asked_for_goes_out_and_what_is_declined_stays() {
    let mut case = previewed();
    let want = case.choice(ChoiceKind::Want, &[FILM]);
    let decline = case.choice(ChoiceKind::Decline, &[PHOTO]);
    // In the wrong order, and each by a reply of its own.
    case.post(decline, 0);
    case.post(want, 1);
    let received = case.receive();
    assert_eq!(
        (received.wanted, received.declined, received.refused.len()),
        (1, 1, 0)
    );
    let status = reopen(&case.platter, 8).status();
    let one = &status.dispatches[0];
    assert_eq!(
        (one.held.pieces, one.asked.pieces, one.declined.pieces),
        (0, 1, 1)
    );
    assert_eq!(case.sends(), [3]);
    assert_eq!(pieces_here(&case.field), 6, "declined is not forgotten");
    // Whoever declined may ask all the same.
    let again = case.choice(ChoiceKind::Want, &[PHOTO]);
    case.post(again, 2);
    assert_eq!(case.receive().wanted, 1);
    assert_eq!(case.sends(), [1]);
}

#[test]
fn an_older_word_that_comes_late_changes_nothing() {
    let mut case = previewed();
    let old = case.choice(ChoiceKind::Want, &[FILM]);
    let new = case.choice(ChoiceKind::Decline, &[FILM]);
    case.post(new, 0);
    assert_eq!(case.receive().declined, 1);
    case.post(old, 1);
    assert_eq!(case.receive().wanted, 0);
    assert_eq!(case.field.status().dispatches[0].declined.pieces, 1);
    assert_eq!(case.sends(), [0_u32; 0]);
}

#[test]
fn g10_declined_pieces_go_only_when_both_say_so() {
    let mut case = previewed();
    let nothing = case.field.forget_declined(None, &mut rng(7)).unwrap();
    assert_eq!(nothing.pieces, 0, "nothing was declined");
    assert_eq!(pieces_here(&case.field), 6);
    let decline = case.choice(ChoiceKind::Decline, &[PHOTO, FILM]);
    case.post(decline, 0);
    assert_eq!((case.receive().forgotten, pieces_here(&case.field)), (0, 6));
    let gone = case
        .field
        .forget_declined(Some(case.dispatch), &mut rng(7))
        .unwrap();
    assert_eq!((gone.pieces, pieces_here(&case.field)), (2, 4));
    // The rest goes on its receipt, and with it the last that was waited for.
    let receipt = Desk::read(&case.drops.cells()).receipt(ReceiptKind::Complete, case.dispatch);
    case.post(receipt, 1);
    assert_eq!((case.receive().forgotten, pieces_here(&case.field)), (4, 0));
    assert_eq!(
        case.field.status().dispatches[0].state,
        DispatchState::Received
    );
    // A want that comes too late finds nothing, and says nothing wrong.
    let late = case.choice(ChoiceKind::Want, &[FILM]);
    case.post(late, 2);
    let received = case.receive();
    assert_eq!((received.wanted, received.refused), (0, Vec::new()));
}

#[test]
fn when_all_that_is_left_was_declined_nothing_is_waited_for() {
    let mut case = previewed();
    let receipt = Desk::read(&case.drops.cells()).receipt(ReceiptKind::Have, case.dispatch);
    case.post(receipt, 0);
    let decline = case.choice(ChoiceKind::Decline, &[PHOTO, FILM]);
    case.post(decline, 1);
    assert_eq!((case.receive().forgotten, pieces_here(&case.field)), (4, 2));
    case.field.forget_declined(None, &mut rng(7)).unwrap();
    assert_eq!(
        case.field.status().dispatches[0].state,
        DispatchState::Received
    );
    assert!(
        case.field
            .forget_declined(Some(DispatchId([1; 16])), &mut rng(7))
            .is_err()
    );
}

#[test]
fn its_owner_lets_everything_go_and_no_word_holds_it_back_again() {
    let mut case = previewed();
    assert!(
        case.field
            .release(Some(DispatchId([1; 16])), &mut rng(7))
            .is_err()
    );
    let released = case
        .field
        .release(Some(case.dispatch), &mut rng(7))
        .unwrap();
    assert_eq!(released.pieces, 2);
    let decline = case.choice(ChoiceKind::Decline, &[FILM]);
    case.post(decline, 0);
    let received = case.receive();
    assert_eq!((received.declined, received.refused.len()), (0, 0));
    assert_eq!(case.sends(), [1, 3]);
}

#[test]
fn choices_about_something_else_are_refused_whole() {
    let mut case = previewed();
    let mut other = case.choice(ChoiceKind::Want, &[FILM]);
    other.manifest = sha256(b"another manifest");
    case.post(other, 0);
    assert_eq!(case.receive().refused, [Refusal::OtherPiece]);
    let beyond = case.choice(ChoiceKind::Want, &[FILM, (PieceNo(5), PieceNo(5))]);
    case.post(beyond, 1);
    assert_eq!(case.receive().refused, [Refusal::UnknownPiece]);
    let mut unknown = case.choice(ChoiceKind::Want, &[FILM]);
    unknown.dispatch = DispatchId([1; 16]);
    case.post(unknown, 2);
    assert_eq!(case.receive().refused, [Refusal::UnknownDispatch]);
    assert_eq!(case.field.status().dispatches[0].held.pieces, 2);
}

#[test]
fn the_setting_holds_for_everything_added_and_small_things_go_at_once() {
    let (platter, mut field) = set_up(kit(1, 9));
    field.previews_first(true, &mut rng(1)).unwrap();
    drop(field);
    let mut field = reopen(&platter, 2);
    assert!(field.status().previews);
    let mut add = |name: &str, kind: &str, bytes: &[u8]| {
        let mut sources = [of_kind(name, kind, bytes)];
        field
            .add(&mut sources, "", NOW, &mut rng(2), &mut |_| {})
            .unwrap();
        let status = field.status();
        let one = status.dispatches.last().unwrap();
        (one.pieces, one.held.pieces)
    };
    assert_eq!(add("a.mp4", "video/mp4", &film(300_000)), (3, 1));
    assert_eq!(
        add("b.jpg", "image/jpeg", &noise(1, 300_000)),
        (3, 1),
        "no picture can be made of it"
    );
    assert_eq!(add("c.mp4", "video/mp4", &film(100_000)), (3, 0));
    assert_eq!(add("d.txt", "text/plain", &noise(1, 300_000)), (3, 0));
}

#[test]
fn g10_previews_and_what_is_held_back_exist_whole_or_not_at_all() {
    let (photo, film) = (photo(), film(300_000));
    let steps = at_every_step(|step, torn| {
        let (platter, mut field) = set_up_in(60, kit(1, 9), None);
        platter.cut_after(step);
        let mut sources = [
            of_kind("a.jpg", "image/jpeg", &photo),
            of_kind("b.mp4", "video/mp4", &film),
        ];
        let added = field.add_previewed(&mut sources, "", NOW, &mut rng(2), &mut |_| {});
        let after = platter.after_power_cut(torn);
        let field = reopen(&after, 3);
        let status = field.status();
        let there = status.dispatches.first();
        assert!(there.is_some() || added.is_err(), "step {step}");
        let counted = there.map(|one| (one.pieces, one.held.pieces));
        assert!(
            counted.is_none_or(|counted| counted == (5, 2)),
            "step {step}"
        );
        added.is_ok()
    });
    assert!(steps > 15, "{steps}");
}

#[test]
fn g10_choosing_and_forgetting_are_whole_or_not_at_all() {
    at_every_step(|step, torn| {
        let mut case = previewed();
        let decline = case.choice(ChoiceKind::Decline, &[PHOTO, FILM]);
        case.post(decline, 0);
        case.platter.cut_after(step);
        let received = case
            .field
            .receive(&mut case.drops, &[], NOW, &mut rng(5), &mut |_| {});
        let done = received.is_ok() && case.field.forget_declined(None, &mut rng(6)).is_ok();
        let after = case.platter.after_power_cut(torn);
        let mut field = reopen(&after, 7);
        let status = field.status();
        let one = &status.dispatches[0];
        let counted = (pieces_here(&field), one.held.pieces, one.declined.pieces);
        let whole = [(6, 2, 0), (6, 0, 2), (4, 0, 0)];
        assert!(whole.contains(&counted), "step {step}: {counted:?}");
        assert!(!done || counted == whole[2], "step {step}");
        // What is here can still be let go and sent.
        field.release(None, &mut rng(8)).unwrap();
        let (drops, clock) = (&mut case.drops, &mut Waits::default());
        let sent = field.send(drops, clock, &wish(), &mut rng(9), &mut |_| {});
        assert_eq!(sent.unwrap().cells_left, 0);
        done
    });
}

#[test]
fn cards_carry_what_is_held_back_and_not_what_was_declined() {
    let mut case = previewed();
    let wish = field::SpreadWish {
        dispatch: None,
        cards: 1,
        need: 1,
    };
    let cells = |field: &Field<Platter>| field.plan_spread(&wish).unwrap().fewest_places();
    let everything = cells(&case.field).unwrap();
    let mut plan = case.field.plan_spread(&wish).unwrap();
    plan.previews_alone();
    assert!(plan.fewest_places().unwrap() + 10 < everything);
    let decline = case.choice(ChoiceKind::Decline, &[PHOTO, FILM]);
    case.post(decline, 0);
    case.receive();
    assert_eq!(cells(&case.field), plan.fewest_places());
}
