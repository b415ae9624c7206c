//! Replays `vectors/*.json`: bytes that must be read, bytes that must be refused and why, and fixed results of coding and
//! veiling. With `FH_BLESS=1` the files are written instead; the change then shows in review.

use std::fs;
use std::path::PathBuf;

use formats::cell::ReplyHeader;
use formats::coding::{CodingError, Encoder, recovery_limit};
use formats::{
    CellHeader, Contact, DecodeError, Kit, Manifest, ProofFile, Receipt, ReceiptKind, SHARD,
    SealedPiece, SignedBulletin, Statement, Supply,
};
use ledger::{Sha256Writer, sha256};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::make;

#[derive(Serialize, Deserialize)]
struct Vectors {
    accept: Vec<Accept>,
    reject: Vec<Reject>,
}

#[derive(Serialize, Deserialize)]
struct Accept {
    name: String,
    #[serde(with = "bytes")]
    bytes: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Reject {
    name: String,
    #[serde(with = "bytes")]
    bytes: Vec<u8>,
    error: String,
}

/// Text where it is text, hexadecimal where not: vectors are for people too.
mod bytes {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.is_empty() && !text.starts_with('\0') && !text.contains('\u{1}') => {
                s.serialize_str(&format!("text:{text}"))
            }
            _ => s.serialize_str(&format!("hex:{}", hex::encode(bytes))),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        let spelt = String::deserialize(d)?;
        match (spelt.strip_prefix("text:"), spelt.strip_prefix("hex:")) {
            (Some(text), _) => Ok(text.as_bytes().to_vec()),
            (_, Some(digits)) => hex::decode(digits).map_err(serde::de::Error::custom),
            _ => Err(serde::de::Error::custom("neither text: nor hex:")),
        }
    }
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("vectors")
        .join(format!("{name}.json"))
}

fn blessing() -> bool {
    std::env::var_os("FH_BLESS").is_some()
}

fn variant(error: &DecodeError) -> String {
    let shown = format!("{error:?}");
    shown
        .split([' ', '{', '('])
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// `decode` returns the re-encoding, so that "accepted" also means "one encoding".
pub(crate) fn replay(
    name: &str,
    good: Vec<(&str, Vec<u8>)>,
    bad: Vec<(&str, Vec<u8>)>,
    decode: impl Fn(&[u8]) -> Result<Vec<u8>, DecodeError>,
) {
    if blessing() {
        let accept = good.into_iter().map(|(name, bytes)| Accept {
            name: name.into(),
            bytes,
        });
        let reject = bad.into_iter().map(|(name, bytes)| {
            let error = decode(&bytes).expect_err(name);
            Reject {
                name: name.into(),
                bytes,
                error: variant(&error),
            }
        });
        let vectors = Vectors {
            accept: accept.collect(),
            reject: reject.collect(),
        };
        fs::write(
            path(name),
            serde_json::to_string_pretty(&vectors).unwrap() + "\n",
        )
        .unwrap();
        return;
    }
    let file = fs::read(path(name)).unwrap();
    let vectors: Vectors = serde_json::from_slice(&file).unwrap();
    assert_eq!(
        vectors.accept.len(),
        good.len(),
        "{name}: bless after adding cases"
    );
    assert_eq!(
        vectors.reject.len(),
        bad.len(),
        "{name}: bless after adding cases"
    );
    for (case, (_, made)) in vectors.accept.iter().zip(&good) {
        assert_eq!(
            decode(&case.bytes).as_ref(),
            Ok(&case.bytes),
            "{name}: {}",
            case.name
        );
        assert_eq!(
            &case.bytes, made,
            "{name}: {} is encoded differently now",
            case.name
        );
    }
    for case in &vectors.reject {
        let error = decode(&case.bytes).expect_err(&case.name);
        assert_eq!(variant(&error), case.error, "{name}: {}", case.name);
    }
}

/// What every format must refuse, made from one good encoding.
pub(crate) fn cut_and_grown(good: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("empty", Vec::new()),
        ("cut by one byte", good[..good.len() - 1].to_vec()),
        ("one byte too many", [good, &[0]].concat()),
    ]
}

fn swapped(good: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(good.to_vec()).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    text.replacen(from, to, 1).into_bytes()
}

fn header() -> CellHeader {
    let place = make::place(3, false);
    CellHeader {
        last: false,
        forced: false,
        index: 260,
        k: 250,
        piece: place.piece,
        length: 250 * SHARD as u32 - 7,
        kit: place.kit,
        dispatch: place.dispatch,
        tag: keys::PieceTag([0xab; 24]),
    }
}

#[test]
fn cell_headers() {
    let good = header().encode();
    let manifest = CellHeader {
        last: true,
        index: 0,
        k: 1,
        length: 1,
        ..header()
    };
    let with = |at: usize, value: u8| {
        let mut bytes = good;
        bytes[at] = value;
        bytes.to_vec()
    };
    let forced = CellHeader {
        forced: true,
        ..manifest
    };
    let mut contact_final = manifest.encode();
    contact_final[8..12].fill(0);
    let mut bad = cut_and_grown(&good);
    bad.extend([
        ("version 0", with(0, 0)),
        ("version 2", with(0, 2)),
        ("unknown flag", with(1, 4)),
        ("reserved bytes 6", with(6, 1)),
        ("reserved bytes 7", with(7, 1)),
        ("reserved bytes 64", with(64, 1)),
        ("reserved bytes 71", with(71, 0x80)),
        ("index 1024", with(2, 4)),
        ("K 0", with(5, 0)),
        ("K that the length does not fill", with(5, 251)),
        ("K 257", with(4, 1)),
        ("length 0", {
            let mut bytes = manifest.encode();
            bytes[12..16].fill(0);
            bytes.to_vec()
        }),
        ("length of 257 shards", with(12, 2)),
        ("contact piece as manifest", contact_final.to_vec()),
    ]);
    let good = vec![
        ("a recovery shard", good.to_vec()),
        ("a manifest", manifest.encode().to_vec()),
        ("a manifest under the duress mark", forced.encode().to_vec()),
    ];
    replay("cell-header", good, bad, |bytes| {
        CellHeader::decode(bytes).map(|header| header.encode().to_vec())
    });
}

#[test]
fn reply_headers() {
    let good = ReplyHeader { length: 300 }.encode();
    let with = |at: usize, value: u8| {
        let mut bytes = good;
        bytes[at] = value;
        bytes.to_vec()
    };
    let mut bad = cut_and_grown(&good);
    bad.extend([
        ("version 2", with(0, 2)),
        ("a piece's header", with(1, 0)),
        ("reserved byte 2", with(2, 1)),
        ("reserved byte 71", with(71, 1)),
        ("more than a shard", with(12, 1)),
        ("length 0", [&good[..14], &[0; 58]].concat()),
    ]);
    replay(
        "reply-header",
        vec![("300 bytes", good.to_vec())],
        bad,
        |bytes| ReplyHeader::decode(bytes).map(|header| header.encode().to_vec()),
    );
}

#[test]
fn receipts() {
    let kinds = [
        ("have", ReceiptKind::Have),
        ("missing", ReceiptKind::Missing),
        ("complete", ReceiptKind::Complete),
        ("wipe", ReceiptKind::Wipe),
    ];
    let good: Vec<_> = kinds
        .iter()
        .map(|(name, kind)| (*name, make::receipt(*kind).encode().unwrap()))
        .collect();
    let have = good[0].1.clone();
    let with = |at: usize, value: u8| {
        let mut bytes = have.clone();
        bytes[at] = value;
        bytes
    };
    let mut bad = cut_and_grown(&have);
    bad.extend([
        ("version 2", with(0, 2)),
        ("kind 0", with(1, 0)),
        ("kind 5", with(1, 5)),
        ("reserved", with(3, 1)),
        ("more pieces than bytes", with(7, 4)),
        ("fewer pieces than bytes", with(7, 2)),
        (
            "1801 pieces",
            [&have[..4], &[0, 0, 7, 9], &have[8..]].concat(),
        ),
        ("same piece twice", with(24 + 36 + 3, 0)),
        (
            "have without a digest",
            [&have[..28], &[0; 32], &have[60..]].concat(),
        ),
        ("missing with a digest", with(1, 2)),
        (
            "complete of nothing",
            [&[1, 3, 0, 0, 0, 0, 0, 0], &have[8..24]].concat(),
        ),
    ]);
    replay("receipt", good, bad, |bytes| {
        Receipt::decode(bytes)?.encode()
    });
}

#[test]
fn manifests() {
    let good = make::manifest().encode().unwrap();
    let note = Manifest::new(Vec::new(), "only words".to_owned(), 1)
        .encode()
        .unwrap();
    let extended = make::extended_manifest().encode().unwrap();
    let mut bad = cut_and_grown(&good);
    bad.extend([
        (
            "version 2",
            swapped(&good, "\"version\":1", "\"version\":2"),
        ),
        (
            "unknown field",
            swapped(&good, "\"version\":1", "\"version\":1,\"x\":1"),
        ),
        (
            "missing note",
            swapped(&note, "\"note\":\"only words\",", ""),
        ),
        ("space", swapped(&good, "\"version\":1", "\"version\": 1")),
        ("float", swapped(&good, "\"bytes\":10,", "\"bytes\":10.0,")),
        (
            "number over 53 bits",
            swapped(&note, "\"sealed_at\":1", "\"sealed_at\":9007199254740992"),
        ),
        ("path in a name", swapped(&good, "a.jpg", "../a")),
        ("newline in a name", swapped(&good, "a.jpg", "a\\n")),
        ("empty name", swapped(&good, "a.jpg", "")),
        ("gap between pieces", swapped(&good, "[2,3]", "[3,4]")),
        ("pieces backwards", swapped(&good, "[2,3]", "[2,1]")),
        ("contact piece as media", swapped(&good, "[1,1]", "[0,1]")),
        (
            "more bytes than the pieces hold",
            swapped(&good, "17000000", "99000000"),
        ),
        (
            "order repeats",
            swapped(&good, "\"order\":[1,0]", "\"order\":[1,1]"),
        ),
        (
            "order too short",
            swapped(&good, "\"order\":[1,0]", "\"order\":[1]"),
        ),
        (
            "order beyond",
            swapped(&good, "\"order\":[1,0]", "\"order\":[2,0]"),
        ),
        (
            "upper-case digest",
            swapped(&good, "\"sha256\":\"", "\"sha256\":\"A"),
        ),
        (
            "preview in version 1",
            swapped(&extended, "\"version\":2", "\"version\":1"),
        ),
        (
            "preview of nothing",
            swapped(&extended, "\"preview_of\":1", "\"preview_of\":2"),
        ),
        (
            "preview of itself",
            swapped(&extended, "\"preview_of\":1", "\"preview_of\":0"),
        ),
        (
            "two previews of one item",
            swapped(
                &extended,
                "\"items\":[",
                "\"items\":[{\"bytes\":1,\"kind\":\"\",\"name\":\"p\",\"pieces\":[1,1],\"preview_of\":2},",
            ),
        ),
        (
            "null in place of a digest",
            swapped(&extended, "\"pieces\":[2,3]", "\"pieces\":[2,3],\"sha256\":null"),
        ),
    ]);
    let good = vec![
        ("two items and a note", good),
        ("a note alone", note),
        ("a preview, and a recording that was cut off", extended),
    ];
    replay("manifest", good, bad, |bytes| {
        Manifest::decode(bytes)?.encode()
    });
}

#[test]
fn contacts() {
    let good = make::contact().encode().unwrap().to_vec();
    let mut full = make::contact();
    full.next_chain = Some(make::chain());
    full.checkpoints.push(formats::Checkpoint {
        drop: "http://127.0.0.1:8080".parse().unwrap(),
        note: "drop\n1\nAAAA\n".to_owned(),
    });
    let full = full.encode().unwrap().to_vec();
    let again = make::reply_keys(1).pair();
    let secret = hex::encode(again.secret.expose_bytes());
    let other = hex::encode(make::reply_keys(2).pair().secret.expose_bytes());
    let mut bad = cut_and_grown(&good);
    bad.extend([
        (
            "version 0",
            swapped(&good, "\"version\":1", "\"version\":0"),
        ),
        (
            "unknown field",
            swapped(&good, "\"version\":1", "\"version\":1,\"x\":1"),
        ),
        ("two pairs with one secret", swapped(&good, &other, &secret)),
        ("secret too short", swapped(&good, &secret, &secret[2..])),
        (
            "upper-case secret",
            swapped(&good, &secret, &"AB".repeat(32)),
        ),
        (
            "no recipient",
            swapped(&good, &again.recipient.to_string(), "age1x"),
        ),
        (
            "more wanted than there is",
            swapped(&good, "\"epoch_from\":1", "\"epoch_from\":4"),
        ),
        (
            "intake backwards",
            swapped(&good, "\"intake_from\":0", "\"intake_from\":1"),
        ),
        (
            "a drop counted twice",
            swapped(
                &good,
                "\"drop\":\"https://drop.example\"",
                "\"drop\":\"http://127.0.0.1:8080\"",
            ),
        ),
        ("no standing", swapped(&good, "\"standing\"", "\"standin\"")),
        (
            "chain key null",
            swapped(&full, "\"next_chain\":\"", "\"next_chain\":null,\"x\":\""),
        ),
    ]);
    let good = vec![("eight pairs", good), ("with chain and checkpoint", full)];
    replay("contact", good, bad, |bytes| {
        Ok(Contact::decode(bytes)?.encode()?.to_vec())
    });
}

#[test]
fn kits() {
    let good = make::kit().encode().unwrap().to_vec();
    let rehashed = |body: Vec<u8>| {
        let at = body.iter().position(|b| *b == b'\n').unwrap();
        let inner = &body[at + 1..body.len() - 1];
        [
            format!("fh-kit/1 {}\n", sha256(inner)).as_bytes(),
            inner,
            b"\n",
        ]
        .concat()
    };
    let edited = |from: &str, to: &str| rehashed(swapped(&good, from, to));
    let with_log_keys = make::kit_with_log_keys().encode().unwrap().to_vec();
    let other_key = |from: &str, to: &str| rehashed(swapped(&with_log_keys, from, to));
    let mut bad = cut_and_grown(&good);
    bad.extend([
        ("another file", b"age-encryption.org/v1\n".to_vec()),
        ("version 2", swapped(&good, "fh-kit/1 ", "fh-kit/2 ")),
        ("no version", swapped(&good, "fh-kit/1 ", "fh-kit/x ")),
        ("first line only", b"fh-kit/1 00".to_vec()),
        ("one letter changed", swapped(&good, "Example", "Exbmple")),
        ("version inside", edited("\"version\":1}", "\"version\":2}")),
        (
            "unknown field",
            edited("\"version\":1}", "\"version\":1,\"x\":0}"),
        ),
        ("space", edited("\"version\":1}", "\"version\": 1}")),
        (
            "keys in another order",
            edited("{\"bulletin\"", "{\"version\":1,\"bulletin\""),
        ),
        (
            "drop with a path",
            edited("http://127.0.0.1:8080", "http://127.0.0.1:8080/x"),
        ),
        (
            "drop with a user",
            edited("https://drop.example", "https://a@drop.example"),
        ),
        (
            "drop over ftp",
            edited("https://drop.example", "ftp://drop.example"),
        ),
        ("drop with port 0", edited("127.0.0.1:8080", "127.0.0.1:0")),
        (
            "two equal drops",
            edited("https://drop.example", "http://127.0.0.1:8080"),
        ),
        ("recipient of another kind", edited("age1pq1", "age1pq2")),
        (
            "chain key too short",
            edited("\"chain\":\"0303", "\"chain\":\"03"),
        ),
        (
            "a threshold nobody can meet",
            edited("\"threshold\":2", "\"threshold\":4"),
        ),
        (
            "a threshold of nobody",
            edited("\"threshold\":2", "\"threshold\":0"),
        ),
        ("a custodian twice", edited("Custodian 2", "Custodian 1")),
        (
            "a custodian's key in capitals",
            edited("\"key\":\"6e7a", "\"key\":\"6E7A"),
        ),
        (
            "two-line name",
            edited("Example Newsroom", "Example\\nNewsroom"),
        ),
        (
            "log key of another name",
            other_key("drop/0011223344556677", "drop/0011223344556678"),
        ),
        (
            "log key without a value",
            other_key("\"log_key\":\"", "\"log_key\":null,\"x\":\""),
        ),
    ]);
    let accepted = vec![
        ("a kit", good.clone()),
        ("a kit with the drops' log keys", with_log_keys.clone()),
    ];
    replay("kit", accepted, bad, |bytes| {
        Ok(Kit::decode(bytes)?.encode()?.to_vec())
    });
}

#[test]
fn bulletins() {
    let draft = make::bulletin().draft().unwrap();
    let signed = (1..=2).fold(draft.clone(), |one, n| one.signed_by(&make::signing_key(n)));
    let (draft, good) = (draft.encode(), signed.encode());
    let lines: Vec<&[u8]> = good.split_inclusive(|b| *b == b'\n').collect();
    let mut bad = cut_and_grown(&good);
    bad.extend([
        ("another file", b"fh-kit/1\n".to_vec()),
        (
            "version 2",
            swapped(&good, "\"version\":1", "\"version\":2"),
        ),
        (
            "unknown field",
            swapped(&good, "\"version\":1", "\"version\":1,\"x\":0"),
        ),
        ("space", swapped(&good, "\"version\":1", "\"version\": 1")),
        (
            "keys in another order",
            swapped(&good, "{\"custodians\"", "{\"version\":1,\"custodians\""),
        ),
        ("number 0", swapped(&good, "\"number\":1", "\"number\":0")),
        (
            "ends before it begins",
            swapped(&good, "\"valid_until\":18", "\"valid_until\":16"),
        ),
        (
            "kept for too short",
            swapped(&good, "\"until\":182", "\"until\":179"),
        ),
        (
            "the current intake retired",
            swapped(&good, "{\"epoch\":0,", "{\"epoch\":1,"),
        ),
        (
            "nobody signs the next",
            [
                lines[0],
                b"{\"custodians\":[]",
                &lines[1][lines[1].iter().position(|b| *b == b']').unwrap() + 1..],
            ]
            .concat(),
        ),
        (
            "a drop added and removed",
            swapped(&good, "https://new.example", "http://127.0.0.1:8080"),
        ),
        (
            "one custodian twice",
            [lines[0], lines[1], lines[2], lines[2]].concat(),
        ),
        (
            "signatures in another order",
            [lines[0], lines[1], lines[3], lines[2]].concat(),
        ),
        (
            "an empty line",
            [lines[0], lines[1], b"\n", lines[2]].concat(),
        ),
        (
            "half a signature",
            [lines[0], lines[1], &lines[2][..100], b"\n"].concat(),
        ),
    ]);
    let good = vec![("a draft", draft), ("signed by two", good)];
    replay("bulletin", good, bad, |bytes| {
        Ok(SignedBulletin::decode(bytes)?.encode())
    });
}

#[test]
fn supplies() {
    let good = make::supply().encode().unwrap().to_vec();
    let with = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        bytes
    };
    let mut bad = cut_and_grown(&good);
    let one = good[5..].split_at(1 + 20 + 2 + 64).0;
    let head = &good[..4];
    bad.extend([
        ("version 2", with(0, 2)),
        ("kind 6", with(1, 6)),
        ("reserved", with(3, 1)),
        ("no drop", [head, &[0]].concat()),
        ("three drops", with(4, 3)),
        ("no token", [head, &[1, 20], &one[1..21], &[0, 0]].concat()),
        ("more tokens than bytes", with(27, 9)),
        ("a drop twice", [head, &[2], one, one].concat()),
        ("no URL", with(6, b'x')),
        ("not ASCII", with(7, 0xff)),
    ]);
    replay("supply", vec![("two drops", good.clone())], bad, |bytes| {
        Ok(Supply::decode(bytes)?.encode()?.to_vec())
    });
}

#[test]
fn statements() {
    let good = make::statement().encode().unwrap();
    let mut newer = make::statement();
    newer.supersedes = Some(make::statement().digest().unwrap());
    let mut bad = cut_and_grown(&good);
    bad.extend([
        (
            "version 2",
            swapped(&good, "\"version\":1", "\"version\":2"),
        ),
        ("unknown grade", swapped(&good, "unconfirmed", "true")),
        ("story with a slash", swapped(&good, "story-1", "a/b")),
        ("no story", swapped(&good, "story-1", "")),
        (
            "null supersedes",
            swapped(&good, "\"version\":1", "\"supersedes\":null,\"version\":1"),
        ),
        ("trailing newline", [&good[..], b"\n"].concat()),
    ]);
    let good = vec![
        ("a first report", good),
        ("a correction", newer.encode().unwrap()),
    ];
    replay("statement", good, bad, |bytes| {
        Statement::decode(bytes)?.encode()
    });
}

#[test]
fn proof_files() {
    let good = make::proof_file().encode().unwrap();
    let mut bad = cut_and_grown(&good);
    bad.extend([
        (
            "version 9",
            swapped(&good, "},\"version\":1}", "},\"version\":9}"),
        ),
        (
            "statement of another version",
            swapped(&good, "\"version\":1},", "\"version\":3},"),
        ),
        (
            "negative index",
            swapped(&good, "\"index\":0", "\"index\":-1"),
        ),
        (
            "unknown field in the log",
            swapped(&good, "\"index\":0", "\"index\":0,\"x\":0"),
        ),
        ("path too long", {
            let one = format!("\"{}\",", sha256(b"x"));
            swapped(
                &good,
                "\"path\":[",
                &format!("\"path\":[{}", one.repeat(60)),
            )
        }),
    ]);
    replay("proof-file", vec![("a proof", good)], bad, |bytes| {
        ProofFile::decode(bytes)?.encode()
    });
}

/// Compares one fixed result with its file, or writes it.
fn fixed(name: &str, value: &Value) {
    if blessing() {
        fs::write(
            path(name),
            serde_json::to_string_pretty(value).unwrap() + "\n",
        )
        .unwrap();
        return;
    }
    let file: Value = serde_json::from_slice(&fs::read(path(name)).unwrap()).unwrap();
    assert_eq!(&file, value, "{name} changed");
}

fn recovery_hash(k: u16, count: u16) -> String {
    let length = usize::from(k) * SHARD - 11;
    let ciphertext = make::noise(u64::from(k), length);
    let mut hash = Sha256Writer::new();
    let each = |_: u16, shard: &[u8; SHARD]| -> Result<(), CodingError> {
        hash.update(shard);
        Ok(())
    };
    Encoder::new().recover(&ciphertext, count, each).unwrap();
    hash.finish().to_string()
}

#[test]
fn g08_recovery_shards_of_every_k() {
    let all: Vec<Value> = (1..=256)
        .map(|k: u16| {
            let count = k.div_ceil(4);
            json!({"k": k, "recovery": count, "sha256": recovery_hash(k, count)})
        })
        .collect();
    let note = "ciphertext: 65408*K-11 bytes of ChaCha20 seeded with K (rand_chacha seed_from_u64)";
    fixed("recovery-quarter", &json!({"note": note, "shards": all}));
}

#[test]
fn g08_recovery_shards_of_several_r() {
    let mut all = Vec::new();
    for k in [1_u16, 2, 3, 5, 7, 8, 9, 16, 31, 64, 100, 128, 129, 255, 256] {
        for count in [1, k, 3 * k] {
            all.push(json!({"k": k, "recovery": count, "sha256": recovery_hash(k, count)}));
        }
    }
    all.push(json!({"k": 4, "recovery": recovery_limit(4), "sha256": recovery_hash(4, recovery_limit(4))}));
    fixed("recovery-several", &json!({"shards": all}));
}

#[test]
fn cells_are_veiled_as_written_down() {
    let epoch = make::chain().epoch_keys();
    let piece = SealedPiece::from_ciphertext(make::noise(1, 2 * SHARD + 5)).unwrap();
    let cells = piece
        .cells(&epoch, &make::place(3, false), 2, &mut make::rng(2))
        .unwrap();
    let shown: Vec<Value> = cells
        .iter()
        .map(|cell| {
            let header = epoch.veil.open_header(cell.as_bytes()).unwrap();
            json!({
                "nonce": hex::encode(&cell.as_bytes()[..24]),
                "header": hex::encode(header),
                "cell_sha256": sha256(cell.as_bytes()).to_string(),
            })
        })
        .collect();
    fixed(
        "cells",
        &json!({
            "chain_key": hex::encode(make::chain().expose_bytes()),
            "ciphertext": "65408*2+5 bytes of ChaCha20 seeded with 1 (rand_chacha seed_from_u64)",
            "ciphertext_sha256": piece.digest().to_string(),
            "cells": shown,
        }),
    );
}
