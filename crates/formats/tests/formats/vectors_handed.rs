//! Vectors of what one end hands to the other: manifests, contact pieces, kits, bulletins and token supplies.

use formats::{Contact, Kit, Manifest, SignedBulletin, Supply};
use ledger::sha256;

use crate::make;
use crate::vectors::{cut_and_grown, replay, swapped};

#[test]
fn manifests() {
    let good = make::manifest().encode().unwrap();
    let note = Manifest::new(Vec::new(), "only words".to_owned(), 1)
        .encode()
        .unwrap();
    let extended = make::extended_manifest().encode().unwrap();
    let held = make::held_manifest().encode().unwrap();
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
        (
            "held back in version 2",
            swapped(&held, "\"version\":3", "\"version\":2"),
        ),
        (
            "expressly not held back",
            swapped(&held, "\"held\":true", "\"held\":false"),
        ),
        (
            "a preview that is held back",
            swapped(&held, "{\"bytes\":10,", "{\"bytes\":10,\"held\":true,"),
        ),
    ]);
    let good = vec![
        ("two items and a note", good),
        ("a note alone", note),
        ("a preview, and a recording that was cut off", extended),
        ("a preview, and a film that is held back", held),
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
