//! The vault as a person and a searcher meet it: setting up, duress, wiping, what the system sees of it, and what is left in the file and
//! in memory once something was sealed.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::stage::{INIT, Newsroom, RECEIVE, SEND, Stage, text, write_noise};

const EVERYDAY: &str = "quiet river stone lantern copper meadow";
const DURESS: &str = "violin tunnel apple brave hammer desert";

/// A stage with files of passphrases: both, the everyday one, the duress one.
fn stage() -> Stage {
    let stage = Stage::start(8);
    let both = format!("{EVERYDAY}\n{DURESS}\n");
    for (name, content) in [
        ("both", both.as_str()),
        ("everyday", EVERYDAY),
        ("duress", DURESS),
    ] {
        fs::write(stage.path(name), content).unwrap();
    }
    stage
}

/// The program with one of those files and a vault of its own.
fn with(stage: &Stage, vault: &str, passphrases: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fh-field"));
    command
        .current_dir(stage.folder.path())
        .env_clear()
        .env("LANG", "C");
    command.args(["--vault", vault, "--passphrase-file", passphrases]);
    command.args(arguments);
    command
}

fn run(stage: &Stage, vault: &str, passphrases: &str, arguments: &[&str]) -> Output {
    with(stage, vault, passphrases, arguments).output().unwrap()
}

fn ok(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn set_up(stage: &Stage, vault: &str, passphrases: &str) {
    ok(&run(stage, vault, passphrases, &INIT));
}

#[test]
fn a_vault_is_one_private_file_of_the_size_asked_for_and_the_kit_is_gone() {
    let stage = stage();
    let said = ok(&run(&stage, "vault", "both", &["init", "--kit", "kit"]));
    for words in [
        "kit's file is erased",
        "first two words exchanged",
        "duress passphrase opens an empty",
    ] {
        assert!(said.contains(words), "{said}");
    }
    assert!(!stage.path("kit").exists());
    let facts = fs::metadata(stage.path("vault")).unwrap();
    assert_eq!(
        (facts.len(), facts.permissions().mode() & 0o777),
        (64 << 20, 0o600)
    );
    let names: Vec<_> = fs::read_dir(stage.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(
        names
            .iter()
            .filter(|name| name.starts_with("vault"))
            .count(),
        1
    );
    let times = |facts: &fs::Metadata| (facts.mtime(), facts.mtime_nsec());
    ok(&run(
        &stage,
        "vault",
        "everyday",
        &["add", "--note", "words"],
    ));
    ok(&run(&stage, "vault", "everyday", &["status"]));
    let after = fs::metadata(stage.path("vault")).unwrap();
    assert_eq!((times(&after), after.len()), (times(&facts), 64 << 20));
}

#[test]
fn sizes_that_no_vault_has_and_files_that_exist_are_refused() {
    let stage = stage();
    for size in ["63M", "1", "65G", "64000001", "xM"] {
        let output = run(
            &stage,
            "vault",
            "both",
            &["init", "--kit", "kit", "--size", size],
        );
        assert!(
            !output.status.success() && !stage.path("vault").exists(),
            "{size}"
        );
    }
    fs::write(stage.path("vault"), "a letter to my mother").unwrap();
    assert!(text(&run(&stage, "vault", "both", &INIT).stderr).contains("--replace"));
    assert!(
        text(&run(&stage, "vault", "everyday", &["status"]).stderr)
            .contains("No vault has the size")
    );
    assert_eq!(fs::read(stage.path("vault")).unwrap().len(), 21);
    ok(&run(
        &stage,
        "vault",
        "both",
        &["init", "--kit", "kit", "--keep-kit", "--replace"],
    ));
    ok(&run(&stage, "vault", "everyday", &["status"]));
}

#[test]
fn weak_passphrases_are_refused_with_a_reason() {
    let stage = stage();
    for (passphrase, reason) in [
        ("k7!xQ", "16 are the least"),
        ("river river river stone", "different common words"),
        (
            "river river copper stone lantern meadow quiet",
            "begin with two different words",
        ),
        ("1234 5678 9012 3456 7890", "digits alone"),
        (&format!("{EVERYDAY}\n{EVERYDAY} lake"), "in common"),
    ] {
        fs::write(stage.path("weak"), passphrase).unwrap();
        let output = run(&stage, "vault", "weak", &INIT);
        assert!(
            text(&output.stderr).contains(reason),
            "{}",
            text(&output.stderr)
        );
        assert!(!stage.path("vault").exists());
        assert!(stage.path("kit").exists(), "and the kit is kept");
    }
}

#[test]
fn g02_the_duress_passphrase_shows_what_an_empty_vault_shows() {
    let stage = stage();
    set_up(&stage, "vault", "both");
    ok(&run(
        &stage,
        "vault",
        "everyday",
        &["add", "--note", "words"],
    ));
    fs::copy(stage.path("vault"), stage.path("empty")).unwrap();
    // What an empty vault shows, for comparison: the same kit's, on its first day, with as many sessions.
    set_up(&stage, "fresh", "both");
    let fresh = run(&stage, "fresh", "everyday", &["status"]);
    let shown = run(&stage, "vault", "duress", &["status"]);
    assert_eq!((ok(&fresh), fresh.stderr), (ok(&shown), shown.stderr));
    let gone = run(&stage, "vault", "everyday", &["status"]);
    assert!(!gone.status.success() && text(&gone.stderr).contains("passphrase is wrong"));
    ok(&run(
        &stage,
        "vault",
        "duress",
        &["add", "--note", "under duress"],
    ));
}

#[test]
fn g02_wiped_with_either_passphrase_nothing_opens() {
    let stage = stage();
    for by in ["everyday", "duress"] {
        let vault = format!("vault-{by}");
        let vault = vault.as_str();
        set_up(&stage, vault, "both");
        ok(&run(&stage, vault, "everyday", &["add", "--note", "words"]));
        assert_eq!(
            ok(&run(&stage, vault, by, &["wipe"])),
            "Done. Nothing opens this file any more.\n"
        );
        for passphrase in ["everyday", "duress"] {
            assert!(!run(&stage, vault, passphrase, &["status"]).status.success());
        }
        assert_eq!(fs::metadata(stage.path(vault)).unwrap().len(), 64 << 20);
    }
}

/// Every call to the system, in order, but for those that only move memory; places in areas, which are random in every vault, and
/// random bytes left out.
fn calls(stage: &Stage, vault: &str, passphrases: &str, verb: &str) -> Vec<String> {
    let mut command = Command::new("strace");
    let inner = with(stage, vault, passphrases, &[verb]);
    command
        .args(["-y", "-s", "0", "-o", "trace"])
        .arg(inner.get_program());
    command
        .args(inner.get_args())
        .current_dir(stage.folder.path());
    command
        .env_clear()
        .env("LANG", "C")
        .env("PATH", "/usr/bin:/bin");
    ok(&command.output().unwrap());
    let trace = fs::read_to_string(stage.path("trace")).unwrap();
    let lines = trace.lines().filter_map(|line| {
        let (name, rest) = line.split_once('(')?;
        let memory = ["mmap", "munmap", "brk", "mremap", "madvise", "mprotect"];
        let moves_memory = memory.contains(&name) || name == "execve" || line.contains("0x");
        let result = rest.rsplit_once(" = ").map_or("", |(_, result)| result);
        // Where in the file: the same but for the areas.
        let result = if name == "lseek" { "" } else { result };
        // The number of the process is another each time, and so is the file with the passphrase here.
        let named = format!("{name} {result}")
            .replace(vault, "vault")
            .replace(passphrases, "phrase");
        let digits = |word: &str| word.len() > 3 && word.bytes().all(|b| b.is_ascii_digit());
        let numbered = name == "gettid" || result.contains("/proc/");
        let plain = named.split('/').filter(|word| !(numbered && digits(word)));
        let plain = plain.collect::<Vec<_>>().join("/");
        (!moves_memory).then(|| {
            if name == "gettid" {
                name.to_owned()
            } else {
                plain
            }
        })
    });
    lines.collect()
}

#[test]
fn g02_duress_empty_and_wipe_make_the_same_calls() {
    let stage = stage();
    for vault in ["empty-one", "used-one-", "used-two-", "used-thre"] {
        set_up(&stage, vault, "both");
    }
    for vault in ["used-one-", "used-two-", "used-thre"] {
        ok(&run(&stage, vault, "everyday", &["add", "--note", "words"]));
    }
    let empty = calls(&stage, "empty-one", "everyday", "status");
    let duress = calls(&stage, "used-one-", "duress", "status");
    assert!(
        empty
            .iter()
            .filter(|call| call.starts_with("fsync"))
            .count()
            == 3
    );
    assert_eq!(empty, duress);
    let wipes = [
        calls(&stage, "used-two-", "everyday", "wipe"),
        calls(&stage, "used-thre", "duress", "wipe"),
    ];
    assert_eq!(wipes[0], wipes[1]);
    // A wipe says something else than a status; until then it is the same.
    let on_the_disk = |calls: &[String]| -> Vec<String> {
        let spoken = calls
            .iter()
            .position(|call| call.starts_with("fsync"))
            .unwrap();
        let ends = calls
            .iter()
            .rposition(|call| call.starts_with("fsync"))
            .unwrap();
        assert!(spoken < ends);
        calls[..=ends].to_vec()
    };
    assert_eq!(on_the_disk(&wipes[0]), on_the_disk(&empty));
}

#[test]
fn keeping_nothing_leaves_no_record_of_what_was_received() {
    let stage = Stage::set_up(9);
    assert_eq!(
        stage.json(&["set", "keep-nothing", "on"])["keep_nothing"],
        true
    );
    write_noise(&stage.path("film.mp4"), 1, 100_000);
    stage.json(&["add", "film.mp4"]);
    stage.json(&SEND);
    Newsroom::read(&stage.log()).acknowledge(&stage);
    assert_eq!(stage.json(&RECEIVE)["forgotten"], 3);
    let status = stage.json(&["status"]);
    assert_eq!(status["dispatches"].as_array().unwrap().len(), 0);
    assert_eq!(status["bytes_free"], status["bytes_total"]);
    assert_eq!(
        stage.json(&["set", "keep-nothing", "off"])["keep_nothing"],
        false
    );
}

#[test]
fn a_full_vault_says_so_and_loses_nothing() {
    let stage = Stage::set_up(9);
    write_noise(&stage.path("small.mp4"), 1, 40_000_000);
    write_noise(&stage.path("large.mp4"), 2, 40_000_000);
    stage.json(&["add", "small.mp4"]);
    let before = stage.json(&["status"]);
    let refused = stage.run(&["add", "large.mp4"]);
    assert!(
        text(&refused.stderr).contains("The vault is full"),
        "{}",
        text(&refused.stderr)
    );
    assert_eq!(stage.json(&["status"]), before);
    stage.json(&["add", "--note", "words still fit"]);
    assert_eq!(stage.json(&SEND)["cells_left"], 0);
}

/// What must not be found, every 64 bytes of it another.
fn canary(bytes: usize) -> Vec<u8> {
    let lines =
        (0..bytes / 64).map(|n| format!("canary of the roof {n:010}, seen by {:>24};\n", n % 7));
    lines.collect::<String>().into_bytes()
}

/// A pipe that is full: whoever writes to it stands still.
fn full_pipe(stage: &Stage) -> File {
    let path = stage.path("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    let mut pipe = File::options().read(true).write(true).open(&path).unwrap();
    pipe.write_all(&[b' '; 65_536]).unwrap();
    pipe
}

/// Waits until the program stands still in giving its answer: everything is done, and nothing is gone from memory yet.
fn wait_for_answer(child: &mut Child) {
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        let call = fs::read_to_string(format!("/proc/{}/syscall", child.id())).unwrap_or_default();
        // Number 1 is write, and 0x1 standard output.
        if call.starts_with("1 0x1 ") {
            return;
        }
        assert!(Instant::now() < end, "it does not answer");
        std::thread::yield_now();
    }
}

/// All memory of a program that can be read, as a core dump would hold it.
fn memory_of(pid: u32) -> Vec<u8> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
    let mut all = Vec::new();
    for line in maps
        .lines()
        .filter(|line| line.contains(" r") && !line.contains("[v"))
    {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let (from, to) = (
            u64::from_str_radix(from, 16).unwrap(),
            u64::from_str_radix(to, 16).unwrap(),
        );
        let mut part = vec![0; usize::try_from(to - from).unwrap()];
        if memory.read_exact_at(&mut part, from).is_ok() {
            all.extend_from_slice(&part);
        }
    }
    assert!(all.len() > 1 << 20);
    all
}

fn finds(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|window| window == needle)
}

/// The searcher has the device, its memory after sealing, and the passphrase.
#[test]
fn g01_no_plaintext_is_left_on_the_disk_or_in_memory() {
    let stage = Stage::set_up(9);
    let camera = tempfile::tempdir().unwrap();
    let film = canary(20_000_000);
    let original = camera.path().join("film.mp4");
    fs::write(&original, &film).unwrap();
    let mut pipe = full_pipe(&stage);
    let mut command = stage.command(&["add"]);
    let stdout = pipe.try_clone().unwrap();
    let mut child = command
        .arg(&original)
        .stdout(stdout)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for_answer(&mut child);
    let memory = memory_of(child.id());
    std::io::Read::read_exact(&mut pipe, &mut [0; 65_536]).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(
        finds(&memory, b"Zeroizing") || finds(&memory, b"fh1/"),
        "this is the program's memory"
    );
    assert!(
        !finds(&memory, b"canary of the roof"),
        "plaintext in memory"
    );
    stage.json(&SEND);
    Newsroom::read(&stage.log()).acknowledge(&stage);
    let disk = |what: &str| {
        for entry in fs::read_dir(stage.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let bytes = fs::read(&path).unwrap();
                assert!(
                    !finds(&bytes, b"canary of the roof"),
                    "{what}: {}",
                    path.display()
                );
            }
        }
    };
    disk("after sealing and sending");
    assert_eq!(stage.json(&RECEIVE)["forgotten"], 4);
    disk("after receiving");
}

#[test]
fn g01_words_said_are_not_left_in_memory() {
    let stage = Stage::set_up(9);
    let mut pipe = full_pipe(&stage);
    let stdout = pipe.try_clone().unwrap();
    let mut command = stage.command(&["say", "-"]);
    command
        .stdin(Stdio::piped())
        .stdout(stdout)
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let words = "the cellar of the mill, thursday";
    child
        .stdin
        .take()
        .unwrap()
        .write_all(words.as_bytes())
        .unwrap();
    wait_for_answer(&mut child);
    let memory = memory_of(child.id());
    std::io::Read::read_exact(&mut pipe, &mut [0; 65_536]).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(!finds(&memory, b"cellar of the mill"), "words in memory");
    stage.json(&SEND);
    assert_eq!(Newsroom::read(&stage.log()).manifest().note, words);
}

#[test]
fn at_most_96_mib_are_resident_after_unlocking() {
    let stage = Stage::set_up(9);
    write_noise(&stage.path("film.mp4"), 1, 40_000_000);
    let mut pipe = full_pipe(&stage);
    let stdout = pipe.try_clone().unwrap();
    let mut command = stage.command(&["add", "film.mp4"]);
    let mut child = command
        .stdout(stdout)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for_answer(&mut child);
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    std::io::Read::read_exact(&mut pipe, &mut [0; 65_536]).unwrap();
    assert!(child.wait().unwrap().success());
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let kib: u64 = resident.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kib <= 96 * 1_024, "{kib} KiB");
}
