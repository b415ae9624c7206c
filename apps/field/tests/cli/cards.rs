//! `spread`, `prepare-card` and `read-card` as a person uses them.

use std::fs;
use std::process::Command;

use formats::CELL;

use crate::stage::{Newsroom, Stage, text};

const WORDS: &str = "Stay inside tomorrow.";

#[test]
fn cards_go_out_and_a_reply_comes_back_in_on_one() {
    let stage = Stage::set_up(1);
    fs::write(stage.path("photo.jpg"), vec![7; 300_000]).unwrap();
    let added = stage.json(&["add", "photo.jpg", "--note", "words"]);
    fs::create_dir(stage.path("cards")).unwrap();
    let spread = stage.json(&["spread", "--cards", "8", "--out", "cards"]);
    assert_eq!(
        (&spread["cards"], &spread["need"], &spread["pieces"]),
        (&8.into(), &1.into(), &3.into())
    );
    let mut cards: Vec<Vec<u8>> = Vec::new();
    for number in 1..=8 {
        cards.push(fs::read(stage.path(&format!("cards/{number}.bin"))).unwrap());
    }
    assert!(cards.iter().all(|card| card.len() == 4 << 20));
    assert_eq!(fs::read_dir(stage.path("cards")).unwrap().count(), 8);
    // The newsroom takes any of them; nothing was sent.
    let newsroom = Newsroom::read(&ours(&cards[5]));
    assert_eq!(newsroom.manifest().note, "words");
    assert_eq!(stage.store.size(), 0);
    let state = &stage.json(&["status"])["dispatches"][0]["state"];
    assert_eq!(state, "sealed", "a card is not a receipt");

    let id = added["dispatch"].as_str().unwrap();
    let plain = stage.json(&["spread", "--plain", "message.bin", "--dispatch", &id[..6]]);
    let file = fs::read(stage.path("message.bin")).unwrap();
    assert_eq!(
        file.len() as u64,
        plain["cells"].as_u64().unwrap() * CELL as u64
    );
    assert_eq!(ours(&file).len(), file.len(), "cells and nothing else");

    // A reply, as the desk puts it on a card.
    let mut card = fs::read(stage.path("cards/1.bin")).unwrap();
    card[5 * CELL..6 * CELL].copy_from_slice(newsroom.reply(WORDS).1.as_bytes());
    fs::write(stage.path("back.bin"), card).unwrap();
    assert_eq!(stage.json(&["read-card", "back.bin"])["messages"], 1);
    assert!(text(&stage.run(&["read"]).stdout).contains(WORDS));
}

/// The cells of a card that the newsroom recognises.
fn ours(card: &[u8]) -> Vec<u8> {
    let epoch = crate::stage::chain().epoch_keys();
    let cells = card.as_chunks::<CELL>().0.iter();
    cells
        .filter(|cell| epoch.veil.open_header(cell).is_ok())
        .flatten()
        .copied()
        .collect()
}

#[test]
fn a_memory_card_keeps_its_files_and_wrong_ones_are_explained() {
    let stage = Stage::set_up(1);
    stage.json(&["add", "--note", "words"]);
    fs::File::create(stage.path("card"))
        .unwrap()
        .set_len(20 << 20)
        .unwrap();
    let made = Command::new("mkfs.fat")
        .arg(stage.path("card"))
        .output()
        .unwrap();
    assert!(made.status.success());
    assert_eq!(
        stage.json(&["prepare-card", "--unused", "card"])["cards"],
        1
    );
    assert_eq!(
        stage.json(&["spread", "--unused", "--out", "card"])["need"],
        1
    );
    let checked = Command::new("fsck.fat")
        .arg("-n")
        .arg(stage.path("card"))
        .output()
        .unwrap();
    assert!(checked.status.success(), "{}", text(&checked.stdout));

    let failed = |arguments: &[&str], words: &str| {
        let output = stage.run(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        let said = text(&output.stderr);
        assert!(said.contains(words), "{arguments:?}: {said}");
    };
    fs::write(stage.path("noise"), vec![9; 100_000]).unwrap();
    failed(
        &["spread", "--unused", "--out", "noise"],
        "neither a FAT nor an exFAT card",
    );
    failed(&["spread", "--out", "noise"], "is there already");
    failed(
        &["spread", "--cards", "2", "--out", "one"],
        "2 cards and 1 names",
    );
    failed(
        &["spread", "--cards", "3", "--need", "4", "--out", "one"],
        "not possible",
    );
    failed(
        &["spread", "--dispatch", "ffff", "--out", "one"],
        "no dispatch ffff",
    );
    failed(&["read-card", "nowhere"], "nowhere");
    failed(
        &["spread", "--size", "5M", "--out", "one"],
        "expected one of 4M",
    );
    assert!(!stage.path("one").exists() && !stage.path("one.part").exists());
    stage.json(&["prepare-card", "one", "two"]);
    assert_eq!(fs::metadata(stage.path("two")).unwrap().len(), 4 << 20);
}
