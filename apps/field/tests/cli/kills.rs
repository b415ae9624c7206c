//! kill -9 while adding and while sending: nothing is corrupt, and a kill makes at most 64 cells go twice.

use std::process::{Child, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::stage::{Newsroom, RECEIVE, SEND, Stage, text, write_noise};

/// Kills the child once `ready` says so; `false` if it was done before.
fn kill_when(mut child: Child, ready: impl Fn() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if ready() {
            child.kill().unwrap();
            child.wait().unwrap();
            return true;
        }
        assert!(Instant::now() < end, "the program stands still");
        std::thread::yield_now();
    }
}

#[test]
fn twenty_kills_while_sending() {
    const KILLS: u64 = 20;
    let stage = Stage::set_up(40);
    let film = write_noise(&stage.path("film.mp4"), 1, 60_000_000);
    stage.json(&["add", "film.mp4"]);
    let mut kills = 0;
    let mut seed = 7_u64;
    for _ in 0..KILLS {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let until = stage.store.size() + 1 + (seed >> 33) % 50;
        let mut command = stage.command(&["send", "--road", "loopback", "--json"]);
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        kills += u64::from(kill_when(child, || stage.store.size() >= until));
    }
    assert!(kills >= 10, "only {kills} kills came before the end");
    // What the last killed one had put on the line may still be on its way to the disk.
    settle(&stage);
    let before = stage.store.size();
    let rest = stage.json(&SEND);
    assert_eq!(rest["cells_left"], 0);
    let noise = rest["noise"].as_u64().unwrap();
    assert_eq!(
        stage.store.size(),
        before + rest["cells_sent"].as_u64().unwrap() + noise
    );
    let newsroom = Newsroom::read(&stage.log());
    let again = stage.store.size() - noise - cells_of(&newsroom);
    assert!(
        again <= 64 * kills,
        "{again} cells sent again over {kills} kills"
    );
    assert_eq!(newsroom.item(), film);
    newsroom.acknowledge(&stage);
    assert_eq!(stage.json(&RECEIVE)["receipts"], 1);
    assert_eq!(stage.pieces_here(), 0);
}

/// Waits until the drop has seen the end of every connection.
fn settle(stage: &Stage) {
    let end = Instant::now() + Duration::from_secs(60);
    while stage.store.metrics().connections.load(Ordering::Relaxed) > 0 {
        assert!(Instant::now() < end, "a killed program's connection stays");
        std::thread::yield_now();
    }
}

/// How many different cells a dispatch has.
fn cells_of(newsroom: &Newsroom) -> u64 {
    let lengths = newsroom.0.iter().map(|piece| piece.ciphertext.len());
    lengths
        .map(|length| length.div_ceil(formats::SHARD) as u64)
        .sum()
}

/// How many blocks a program has written, by what the system counts.
fn blocks_written(pid: u32) -> u64 {
    let counts = std::fs::read_to_string(format!("/proc/{pid}/io")).unwrap_or_default();
    let written = counts.lines().find_map(|line| line.strip_prefix("wchar: "));
    written.map_or(0, |bytes| bytes.parse::<u64>().unwrap() / 65_536)
}

#[test]
fn kills_while_adding_leave_whole_dispatches_or_none() {
    let stage = Stage::set_up(3);
    stage.json(&["add", "--note", "first"]);
    let first = stage.json(&["status"]);
    write_noise(&stage.path("film.mp4"), 1, 60_000_000);
    // Opening takes eight blocks; the film needs over nine hundred, and the state eight more.
    for blocks in [9, 200, 500, 900, 935] {
        let mut command = stage.command(&["add", "film.mp4"]);
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pid = child.id();
        let killed = kill_when(child, || blocks_written(pid) >= blocks);
        let status = stage.json(&["status"]);
        let dispatches = status["dispatches"].as_array().unwrap();
        if killed && dispatches.len() == 1 {
            assert_eq!(
                status["bytes_free"], first["bytes_free"],
                "strays are free again"
            );
        }
        for dispatch in dispatches {
            assert!([2, 6].contains(&dispatch["pieces"].as_u64().unwrap()));
        }
    }
    let sent = stage.json(&SEND);
    assert_eq!(sent["cells_left"], 0);
    assert!(Newsroom::read(&stage.log()).0.len() >= 2);
}

#[test]
fn a_kill_while_recording_keeps_what_was_heard_five_seconds_before() {
    let stage = Stage::set_up(9);
    let mut command = stage.command(&["add", "--stdin", "--name", "roof.mp4"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // A stream fast enough to fill pieces: two whole ones and the beginning of a third, and then silence.
    let film = write_noise(
        &stage.path("unused"),
        3,
        2 * formats::PIECE_PLAIN_MAX + 1_000_000,
    );
    let mut pipe = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut pipe, &film).unwrap();
    // The third piece is kept because time passes, while the pipe stays open and silent. Two pieces, the contact piece and three
    // saves have taken 537 blocks before it.
    let pid = child.id();
    assert!(
        kill_when(child, || blocks_written(pid) > 540),
        "it waits for more"
    );
    drop(pipe);
    let status = stage.run(&["status"]);
    assert!(
        text(&status.stderr).contains("A recording was cut off"),
        "{}",
        text(&status.stderr)
    );
    assert!(stage.run(&["status"]).stderr.is_empty(), "said once");
    assert_eq!(stage.json(&SEND)["cells_left"], 0);
    let newsroom = Newsroom::read(&stage.log());
    let manifest = newsroom.manifest();
    assert_eq!(manifest.items[0].name, "recording.mp4");
    assert!(manifest.items[0].is_cut());
    // The kill may have come between the third piece and its entry in the record.
    let got = newsroom.item();
    assert!(got.len() >= 2 * formats::PIECE_PLAIN_MAX && film.starts_with(&got));
}

#[test]
fn what_comes_in_on_standard_input_is_sealed_to_its_end() {
    let stage = Stage::set_up(9);
    let film = write_noise(&stage.path("film"), 3, 300_000);
    let mut command = stage.command(&["add", "--stdin", "--name", "roof.mp4", "--note", "words"]);
    let output = command
        .stdin(std::fs::File::open(stage.path("film")).unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    stage.json(&SEND);
    let newsroom = Newsroom::read(&stage.log());
    let manifest = newsroom.manifest();
    assert_eq!(
        (manifest.items[0].name.as_str(), manifest.note.as_str()),
        ("roof.mp4", "words")
    );
    assert!(!manifest.items[0].is_cut());
    assert_eq!(newsroom.item(), film);
}

#[test]
fn a_kill_while_a_card_is_overwritten_loses_nothing() {
    let stage = Stage::set_up(9);
    let folder = stage.path("card/DCIM/100CANON");
    std::fs::create_dir_all(&folder).unwrap();
    let place = |n: u64| folder.join(format!("IMG_{n:04}.JPG"));
    let originals: Vec<_> = (0..6)
        .map(|n| write_noise(&place(n), n + 1, 3_000_000))
        .collect();
    std::fs::write(folder.join("IMG_0001.THM"), b"the camera's own").unwrap();
    std::fs::create_dir(stage.path("holiday")).unwrap();
    write_noise(&stage.path("holiday/beach.jpg"), 99, 2_000_000);
    let import = ["import", "card", "--erase", "--refill", "holiday"];
    let mut command = stage.command(&import);
    let child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    kill_when(child, || !place(2).exists());
    let rest = stage.json(&import);
    assert_eq!(
        rest["files"], 0,
        "everything was sealed before anything was overwritten"
    );
    assert_eq!(stage.json(&SEND)["cells_left"], 0);
    assert_eq!(Newsroom::read(&stage.log()).items(), originals);
    let left: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        left.len() <= 2 && left.contains(&"IMG_0001.THM".to_owned()),
        "{left:?}"
    );
    assert!(left.iter().all(|name| !name.ends_with(".TMP")), "{left:?}");
}

#[test]
fn a_card_is_imported_and_its_traces_are_spoken_of() {
    let stage = Stage::set_up(9);
    std::fs::create_dir_all(stage.path("card/DCIM/100CANON")).unwrap();
    let film = write_noise(&stage.path("card/DCIM/100CANON/MVI_0001.MP4"), 1, 100_000);
    let output = stage.run(&["import", "card"]);
    assert!(
        text(&output.stdout).contains("still on the card"),
        "{}",
        text(&output.stdout)
    );
    let output = stage
        .command(&["import", "card", "--erase"])
        .env("FH_LANG", "ar")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("مختبر"),
        "{}",
        text(&output.stderr)
    );
    assert!(!stage.path("card/DCIM/100CANON/MVI_0001.MP4").exists());
    stage.json(&SEND);
    let newsroom = Newsroom::read(&stage.log());
    assert_eq!(newsroom.manifest().items[0].kind, "video/mp4");
    assert_eq!(newsroom.item(), film);
}
