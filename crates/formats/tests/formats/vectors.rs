//! Replays `vectors/*.json`: bytes that must be read, bytes that must be refused and why, and fixed results of coding and
//! veiling. With `FH_BLESS=1` the files are written instead; the change then shows in review.

use std::fs;
use std::path::PathBuf;

use formats::cell::ReplyHeader;
use formats::coding::{CodingError, Encoder, recovery_limit};
use formats::{
    CellHeader, DecodeError, ProofFile, Receipt, ReceiptKind, SHARD, SealedPiece, Statement,
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

pub(crate) fn swapped(good: &[u8], from: &str, to: &str) -> Vec<u8> {
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
fn negative_08_recovery_shards_of_every_k() {
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
fn negative_08_recovery_shards_of_several_r() {
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
