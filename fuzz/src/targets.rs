//! What is fuzzed: each decoder of bytes that come from outside. One function each, so that cargo-fuzz and a plain test
//! run the same code. A target checks what must hold for accepted input too: one encoding, which is the input.

use formats::cell::ReplyHeader;
use formats::{
    CellHeader, Choice, Contact, DropUrl, Kit, Manifest, ProofFile, Receipt, Reply, SignedBulletin,
    Statement, Supply,
};

/// Every target by name.
pub const ALL: &[(&str, fn(&[u8]))] = &[
    ("kit", kit),
    ("manifest", manifest),
    ("contact", contact),
    ("cell_header", cell_header),
    ("reply_header", reply_header),
    ("receipt", receipt),
    ("reply", reply),
    ("kit_question", kit_question),
    ("statement", statement),
    ("proof_file", proof_file),
    ("drop_url", drop_url),
    ("bulletin", bulletin),
    ("supply", supply),
    ("choice", choice),
    ("film", film),
    ("vault_header", vault_header),
    ("card_volume", card_volume),
];

/// A kit file.
pub fn kit(data: &[u8]) {
    if let Ok(kit) = Kit::decode(data) {
        assert_eq!(
            kit.encode()
                .expect("what was read can be written")
                .as_slice(),
            data
        );
    }
}

/// A manifest piece's plaintext.
pub fn manifest(data: &[u8]) {
    if let Ok(manifest) = Manifest::decode(data) {
        assert_eq!(
            manifest.encode().expect("what was read can be written"),
            data
        );
    }
}

/// A contact piece's plaintext.
pub fn contact(data: &[u8]) {
    if let Ok(contact) = Contact::decode(data) {
        assert_eq!(
            contact
                .encode()
                .expect("what was read can be written")
                .as_slice(),
            data
        );
    }
}

/// A cell's header.
pub fn cell_header(data: &[u8]) {
    if let Ok(header) = CellHeader::decode(data) {
        assert_eq!(header.encode().as_slice(), data);
    }
}

/// A reply cell's header.
pub fn reply_header(data: &[u8]) {
    if let Ok(header) = ReplyHeader::decode(data) {
        assert_eq!(header.encode().as_slice(), data);
    }
}

/// A receipt's plaintext.
pub fn receipt(data: &[u8]) {
    if let Ok(receipt) = Receipt::decode(data) {
        assert_eq!(
            receipt.encode().expect("what was read can be written"),
            data
        );
    }
}

/// A reply's plaintext of any kind, messages among them.
pub fn reply(data: &[u8]) {
    if let Ok(reply) = Reply::decode(data) {
        assert_eq!(
            reply
                .encode()
                .expect("what was read can be written")
                .as_slice(),
            data
        );
    }
}

/// A question for a kit.
pub fn kit_question(data: &[u8]) {
    if let Ok(device) = formats::kit_words::decode_question(data) {
        assert_eq!(&data[1..], device.as_bytes());
    }
}

/// A statement.
pub fn statement(data: &[u8]) {
    if let Ok(statement) = Statement::decode(data) {
        assert_eq!(
            statement.encode().expect("what was read can be written"),
            data
        );
    }
}

/// A proof file.
pub fn proof_file(data: &[u8]) {
    if let Ok(proof) = ProofFile::decode(data) {
        assert_eq!(proof.encode().expect("what was read can be written"), data);
    }
}

/// A vault's header, opened.
pub fn vault_header(data: &[u8]) {
    if let Ok(header) = formats::vault::Header::decode(data) {
        assert_eq!(header.encode().as_slice(), data);
    }
}

/// A drop's address.
pub fn drop_url(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(url) = text.parse::<DropUrl>() {
        assert_eq!(url.as_str(), text);
        assert!(!url.host().is_empty());
    }
}

/// A bulletin.
pub fn bulletin(data: &[u8]) {
    if let Ok(bulletin) = SignedBulletin::decode(data) {
        assert_eq!(bulletin.encode(), data);
        bulletin
            .dangerously_read_unverified()
            .expect("what was read reads again");
    }
}

/// A token supply.
pub fn supply(data: &[u8]) {
    if let Ok(supply) = Supply::decode(data) {
        assert_eq!(
            supply
                .encode()
                .expect("what was read can be written")
                .as_slice(),
            data
        );
    }
}

/// The newsroom's word about what is held back.
pub fn choice(data: &[u8]) {
    if let Ok(choice) = Choice::decode(data) {
        assert_eq!(choice.encode().expect("what was read can be written"), data);
    }
}

/// How long a film plays. However its bytes come, the answer is one.
pub fn film(data: &[u8]) {
    use formats::film::Duration;
    let (mut whole, mut split) = (Duration::new(), Duration::new());
    whole.push(data);
    data.chunks(7).for_each(|some| split.push(some));
    assert_eq!(whole.millis(), split.millis());
}

/// A memory card's file system, and the same bytes as a card that is read. What is called unused lies on the card.
pub fn card_volume(data: &[u8]) {
    use formats::card::{Space, Windows};
    if let Ok(space) = Space::unused(data) {
        let end = |at: u64, length: u64| usize::try_from(at + length).expect("on the card");
        let last = space.places().checked_sub(1).and_then(|n| space.place(n));
        assert!(last.is_none_or(|at| end(at, formats::CELL as u64) <= data.len()));
        assert!(
            space
                .gaps()
                .all(|gap| end(gap.at, gap.length) <= data.len())
        );
    }
    let outcome: Result<(), ()> = Windows::new().push(data, |_| Ok(()));
    outcome.expect("the closure gives no error");
}
