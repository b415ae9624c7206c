//! Each command's answer, in words and in JSON, and what a person is told when something is wrong.

use crate::stage::{INIT, Newsroom, RECEIVE, SEND, Stage, text, write_noise};

#[test]
fn a_report_goes_out_and_its_receipt_comes_back() {
    let stage = Stage::set_up(3);
    let film = write_noise(&stage.path("film.mp4"), 1, 20_000_000);
    let added = stage.json(&["add", "film.mp4", "--note", "a note"]);
    assert_eq!(
        (added["items"].as_u64(), added["pieces"].as_u64()),
        (Some(1), Some(4))
    );
    assert_eq!(added["bytes_in"], 20_000_000);
    let status = stage.json(&["status"]);
    assert_eq!(status["dispatches"][0]["state"], "sealed");
    assert_eq!(status["dispatches"][0]["dispatch"], added["dispatch"]);

    let sent = stage.json(&SEND);
    let stored = sent["cells_sent"].as_u64().unwrap() + sent["noise"].as_u64().unwrap();
    assert_eq!(stored, stage.store.size());
    assert_eq!(
        (sent["cells_resent"].as_u64(), sent["drops"].as_u64()),
        (Some(0), Some(1))
    );
    assert_eq!(stage.json(&SEND)["cells_sent"], 0);

    let newsroom = Newsroom::read(&stage.log());
    assert_eq!(newsroom.item(), film);
    assert_eq!(newsroom.manifest().note, "a note");
    assert_eq!(newsroom.manifest().items[0].kind, "video/mp4");

    let nothing = stage.json(&RECEIVE);
    assert_eq!(
        (nothing["polled"].as_u64(), nothing["forgotten"].as_u64()),
        (Some(8), Some(0))
    );
    newsroom.acknowledge(&stage);
    let received = stage.json(&RECEIVE);
    assert_eq!(
        (
            received["receipts"].as_u64(),
            received["forgotten"].as_u64()
        ),
        (Some(1), Some(4))
    );
    assert_eq!(stage.pieces_here(), 0);
    let status = stage.json(&["status"]);
    assert_eq!(status["dispatches"][0]["state"], "received");
    assert_eq!(status["dispatches"][0]["received"], 4);
}

#[test]
fn packing_needs_no_vault() {
    let stage = Stage::start(1);
    let film = write_noise(&stage.path("film.mp4"), 1, 3_000_000);
    let arguments = [
        "pack",
        "--kit",
        "kit",
        "--out",
        "cells",
        "--recovery",
        "1/4",
        "film.mp4",
    ];
    let packed = stage.json(&arguments);
    let file = std::fs::read(stage.path("cells")).unwrap();
    assert_eq!(
        packed["cells"].as_u64().unwrap() * 65_536,
        file.len() as u64
    );
    assert_eq!(Newsroom::read(&file).item(), film);
    assert!(!stage.path("vault").exists());
    let again = stage.run(&arguments);
    assert!(
        !again.status.success(),
        "an existing file is not overwritten"
    );
    assert_eq!(std::fs::read(stage.path("cells")).unwrap(), file);
}

#[test]
fn errors_say_what_to_do_next() {
    let stage = Stage::start(1);
    let failed = |arguments: &[&str], says: &str| {
        let output = stage.run(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        let said = text(&output.stderr);
        assert!(said.contains(says), "{arguments:?} said {said:?}");
    };
    failed(&["status"], "fh-field init --kit");
    failed(&["init", "--kit", "nowhere"], "cannot be read");
    failed(&["init", "--kit", "passphrase"], "Copy it again");
    assert!(stage.run(&INIT).status.success());
    failed(&INIT, "This file exists");
    failed(&["add"], "neither a file nor a note");
    failed(&["add", "nowhere.jpg"], "nowhere.jpg");
    failed(&["add", "drop"], "is a folder");
    assert!(stage.run(&["add", "--note", "words"]).status.success());
    failed(&["send"], "Say which road to take");
    failed(&["receive"], "Say which road to take");
    failed(
        &["send", "--road", "tor", "--socks5", "127.0.0.1:1"],
        "does not answer",
    );
    failed(
        &["send", "--road", "tor", "--socks5", "tor.example:9050"],
        "an address and a port",
    );
    failed(
        &["send", "--road", "loopback", "--drop", "http://192.0.2.7"],
        "the road loopback goes no further",
    );
    failed(
        &["send", "--road", "loopback", "--drop", "ftp://x"],
        "not a drop's address",
    );
    failed(
        &["receive", "--road", "tor", "--socks5", "127.0.0.1:1"],
        "does not answer",
    );
    assert_eq!(stage.store.size(), 0, "and nothing was sent");
    assert!(stage.run(&SEND).status.success());
    assert!(stage.run(&["add", "--note", "more words"]).status.success());
    failed(&SEND, "Ask the newsroom for a new kit");
    std::fs::write(stage.path("passphrase"), "wrong").unwrap();
    failed(&["status"], "The passphrase is wrong");
}

#[test]
fn arabic_is_spoken_to_who_asks_for_it() {
    let stage = Stage::start(1);
    let output = stage
        .command(&["status"])
        .env("FH_LANG", "ar")
        .output()
        .unwrap();
    assert!(
        text(&output.stderr).contains("لا خزنة"),
        "{}",
        text(&output.stderr)
    );
    let output = stage
        .command(&INIT)
        .env("LANG", "ar_SY.UTF-8")
        .output()
        .unwrap();
    assert!(
        text(&output.stdout).contains("كل شيء جاهز"),
        "{}",
        text(&output.stdout)
    );
    let output = stage
        .command(&["status", "--lang", "en"])
        .env("LANG", "ar")
        .output()
        .unwrap();
    assert!(text(&output.stdout).contains("Nothing is sealed here"));
}

#[test]
fn two_programs_do_not_share_a_vault() {
    let stage = Stage::set_up(1);
    let lock = std::fs::File::open(stage.path("vault")).unwrap();
    lock.lock().unwrap();
    let output = stage.run(&["status"]);
    assert!(
        text(&output.stderr).contains("Another fh-field"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn nothing_of_the_source_is_printed_or_stored_in_the_clear() {
    let stage = Stage::set_up(2);
    write_noise(&stage.path("bridge-of-raqqa.jpg"), 1, 100_000);
    let output = stage.run(&["add", "bridge-of-raqqa.jpg", "--note", "the note of raqqa"]);
    let sent = stage.run(&SEND);
    let mut seen = [output.stdout, output.stderr, sent.stdout, sent.stderr].concat();
    seen.extend(std::fs::read(stage.path("vault")).unwrap());
    assert!(!seen.windows(5).any(|window| window == b"raqqa"));
}

#[test]
fn a_kit_is_asked_for_with_twelve_words_and_taken_when_it_is_answered() {
    let stage = Stage::start(3);
    let words = keys::KitWords::generate(&mut rand_core::OsRng, keys::Words::English);
    std::fs::write(stage.path("words"), words.expose()).unwrap();
    let seed = words.seed(keys::kit_words::SEED_COST).unwrap();
    let token = wire::SessionToken::from_bytes(*seed.token());
    stage.store.register(&[token.hash()]).unwrap();
    let url = stage.drop_url();
    let ask = [
        "init",
        "--words",
        "--words-file",
        "words",
        "--road",
        "loopback",
        "--drop",
        &url,
    ];

    let asked = stage.json(&ask);
    assert_eq!(asked["waiting"], true);
    let again = stage.run(&ask);
    assert!(
        text(&again.stdout).contains("has asked for its kit"),
        "{}",
        text(&again.stderr)
    );
    assert_eq!(stage.store.size(), 1, "asked once, however often");
    assert!(!stage.path("vault").exists(), "and nothing is stored");

    let cell = formats::Cell::from_slice(&stage.log()).unwrap();
    let device = formats::kit_words::open_question(&seed, &cell).unwrap();
    let kit = std::fs::read(stage.path("kit")).unwrap();
    let answer = formats::kit_words::seal_answer(&kit, &device, &seed, &mut rand_core::OsRng);
    for (mailbox, cell) in answer.unwrap() {
        let mailbox = wire::MailboxAddress::from_bytes(mailbox.0);
        stage
            .store
            .put_mail(&mailbox, cell.as_bytes(), 1_790_000_000_000_000)
            .unwrap();
    }
    let done = stage.run(&ask);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let code = asked["code"].as_str().unwrap();
    assert!(
        text(&done.stderr).contains(code),
        "the same four words: {}",
        text(&done.stderr)
    );
    assert!(stage.run(&["add", "--note", "here"]).status.success());
}

#[test]
fn wrong_words_are_told_apart() {
    let stage = Stage::start(1);
    let url = stage.drop_url();
    let failed = |typed: &str, says: &str| {
        std::fs::write(stage.path("words"), typed).unwrap();
        let ask = [
            "init",
            "--words",
            "--words-file",
            "words",
            "--road",
            "loopback",
            "--drop",
            &url,
        ];
        let output = stage.run(&ask);
        assert!(!output.status.success());
        assert!(
            text(&output.stderr).contains(says),
            "{}",
            text(&output.stderr)
        );
    };
    failed("one two three", "Twelve words are needed; 3 are there");
    let words = keys::KitWords::generate(&mut rand_core::OsRng, keys::Words::English);
    let mut list: Vec<&str> = words.expose().split(' ').collect();
    list[4] = "qwertz";
    failed(&list.join(" "), "Word number 5");
    failed(words.expose(), "Somebody else has used these words");
    assert_eq!(stage.store.size(), 0);
}
