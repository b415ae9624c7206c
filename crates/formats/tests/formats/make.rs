//! Deterministic values for the tests: the same kit, keys and bytes every time.

use formats::bulletin::KEPT_AT_LEAST;
use formats::dispatch::Item;
use formats::{
    Bulletin, Choice, ChoiceKind, Contact, Custodian, DispatchId, Grade, Kit, KitDrop, KitId,
    LogProof, Manifest, NewDrop, PieceNo, PiecePlace, ProofFile, Receipt, ReceiptKind,
    ReceiptPiece, Retired, SessionToken, Standing, Statement, Supply,
};
use keys::{ChainKey, CustodianSigningKey, ReplyIdentity, ReplyKeys, ReplySecret};
use ledger::{Digest, LogSigner, sha256};
use openers::IntakeIdentity;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rng(seed).fill_bytes(&mut bytes);
    bytes
}

pub(crate) fn intake() -> IntakeIdentity {
    IntakeIdentity::from_bytes([7; 32])
}

pub(crate) fn place(piece: u32, last: bool) -> PiecePlace {
    PiecePlace {
        kit: KitId(*b"kit-0001"),
        dispatch: DispatchId(*b"dispatch-0000001"),
        piece: PieceNo(piece),
        last,
    }
}

pub(crate) fn chain() -> ChainKey {
    ChainKey::from_bytes([3; 32])
}

pub(crate) fn reply_keys(n: u8) -> ReplyKeys {
    ReplyKeys {
        identity: ReplyIdentity::from_bytes([n; 32]),
        secret: ReplySecret::from_bytes([n ^ 0x55; 32]),
    }
}

pub(crate) fn kit() -> Kit {
    let drop = |url: &str, first: u8| KitDrop {
        url: url.parse().unwrap(),
        log_key: None,
        tokens: (first..first + 3)
            .map(|n| SessionToken::from_bytes([n; 32]))
            .collect(),
    };
    Kit {
        newsroom: "Example Newsroom غرفة أخبار".to_owned(),
        id: place(0, false).kit,
        issued_at: 1_790_000_000_000_000,
        intake: intake().recipient(),
        intake_epoch: 0,
        chain: chain(),
        drops: vec![
            drop("http://127.0.0.1:8080", 1),
            drop("https://drop.example", 9),
        ],
        custodians: (1..=3).map(custodian).collect(),
        threshold: 2,
        bulletin: 0,
    }
}

pub(crate) fn signing_key(n: u8) -> CustodianSigningKey {
    CustodianSigningKey::from_bytes(&[n + 4; 32])
}

pub(crate) fn custodian(n: u8) -> Custodian {
    Custodian {
        name: format!("Custodian {n}"),
        key: signing_key(n).verifying_key(),
    }
}

pub(crate) fn bulletin() -> Bulletin {
    let kit = kit();
    Bulletin {
        newsroom: kit.newsroom,
        number: 1,
        issued_at: kit.issued_at + 1,
        valid_until: kit.issued_at + 2 * KEPT_AT_LEAST,
        intake: IntakeIdentity::from_bytes([8; 32]).recipient(),
        intake_epoch: 1,
        retired: vec![Retired {
            epoch: 0,
            until: kit.issued_at + 1 + KEPT_AT_LEAST,
        }],
        drops_add: vec![NewDrop {
            url: "https://new.example".parse().unwrap(),
            log_key: None,
        }],
        drops_remove: vec!["http://127.0.0.1:8080".parse().unwrap()],
        custodians: kit.custodians,
        threshold: 2,
    }
}

pub(crate) fn supply() -> Supply {
    let drop = |url: &str, first: u8| {
        let tokens = (first..first + 2).map(|n| SessionToken::from_bytes([n; 32]));
        (url.parse().unwrap(), tokens.collect())
    };
    Supply {
        drops: vec![
            drop("https://drop.example", 21),
            drop("https://new.example", 31),
        ],
    }
}

/// A kit made after the desk had learnt the keys of its drops' logs.
pub(crate) fn kit_with_log_keys() -> Kit {
    let mut kit = kit();
    for (drop, seed) in kit.drops.iter_mut().zip([21, 22]) {
        let signer = LogSigner::from_seed("drop/0011223344556677", &[seed; 32]).unwrap();
        drop.log_key = Some(signer.verifier());
    }
    kit
}

pub(crate) fn contact() -> Contact {
    Contact {
        replies: (1..=8).map(|n| reply_keys(n).pair()).collect(),
        checkpoints: Vec::new(),
        next_chain: None,
        standing: Standing {
            epoch: 3,
            epoch_from: 1,
            ..Standing::of_kit(&kit())
        },
    }
}

pub(crate) fn manifest() -> Manifest {
    let item = |name: &str, bytes: u64, pieces: (u32, u32)| Item {
        bytes,
        captured_at: (bytes > 1_000).then_some(1_790_000_000_000_001),
        held: false,
        kind: "image/jpeg".to_owned(),
        millis: None,
        name: name.to_owned(),
        pieces: (PieceNo(pieces.0), PieceNo(pieces.1)),
        preview_of: None,
        sha256: Some(sha256(name.as_bytes())),
    };
    let items = vec![item("a.jpg", 10, (1, 1)), item("ب.mp4", 17_000_000, (2, 3))];
    let mut manifest = Manifest::new(items, "a note\nملاحظة".to_owned(), 1_790_000_000_000_002);
    manifest.order = vec![1, 0];
    manifest
}

/// The first item is a preview of the second, which was cut off and plays for a minute.
pub(crate) fn extended_manifest() -> Manifest {
    let mut items = manifest().items;
    items[0].preview_of = Some(1);
    items[1].sha256 = None;
    items[1].millis = Some(60_000);
    Manifest::new(items, String::new(), 1_790_000_000_000_002)
}

/// The same, the second item whole and held back until it is asked for.
pub(crate) fn held_manifest() -> Manifest {
    let mut items = extended_manifest().items;
    items[1].sha256 = Some(sha256(b"film"));
    items[1].held = true;
    Manifest::new(items, String::new(), 1_790_000_000_000_002)
}

/// The newsroom's word about two items of one manifest.
pub(crate) fn choice(kind: ChoiceKind) -> Choice {
    Choice {
        kind,
        number: 2,
        dispatch: place(0, false).dispatch,
        manifest: sha256(b"manifest"),
        items: vec![(PieceNo(2), PieceNo(2)), (PieceNo(3), PieceNo(9))],
    }
}

pub(crate) fn receipt(kind: ReceiptKind) -> Receipt {
    let digest = |n: u8| match kind {
        ReceiptKind::Missing => Digest([0; 32]),
        _ => sha256(&[n]),
    };
    let pieces = [0, 1, 5].map(|n| ReceiptPiece {
        piece: PieceNo(n.into()),
        digest: digest(n),
    });
    Receipt {
        kind,
        dispatch: place(0, false).dispatch,
        pieces: pieces.to_vec(),
    }
}

pub(crate) fn statement() -> Statement {
    Statement {
        derivative: sha256(b"derivative"),
        grade: Grade::Unconfirmed,
        plan: sha256(b"plan"),
        published_at: 1_790_000_000_000_003,
        receipt: sha256(b"receipt"),
        story: "story-1".to_owned(),
        supersedes: None,
        version: formats::statement::VERSION,
    }
}

pub(crate) fn proof_file() -> ProofFile {
    ProofFile {
        log: LogProof {
            checkpoint: "example.org/log\n1\nAAAA\n\n— example.org/log AAAA\n".to_owned(),
            index: 0,
            key: "example.org/log+00000000+AAAA".to_owned(),
            origin: "example.org/log".to_owned(),
            path: vec![sha256(b"left"), sha256(b"right")],
        },
        salt: sha256(b"salt"),
        statement: statement(),
        version: formats::proof_file::VERSION,
    }
}
