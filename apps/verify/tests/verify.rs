//! The built program as strangers run it: exit codes, words, JSON, both languages.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use formats::{Grade, Statement, statement};
use ledger::{DirStorage, Listed, Log, LogSigner, SiteManifest, sha256, write_list};
use proof::{Pending, log_statements, plan_commitment, receipt_commitment};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use tempfile::TempDir;

struct Published {
    folder: TempDir,
    file: PathBuf,
    proof: PathBuf,
    key: String,
}

fn published() -> Published {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("picture.jpg");
    let content: Vec<u8> = (0..50_000_u32).flat_map(u32::to_le_bytes).collect();
    fs::write(&file, &content).unwrap();
    let statement = Statement {
        derivative: sha256(&content),
        grade: Grade::Confirmed,
        plan: plan_commitment(&[1; 32], &sha256(b"plan")),
        published_at: 1_795_370_460_000_000,
        receipt: receipt_commitment(&[2; 32], &sha256(b"receipt")),
        story: "bread-line".to_owned(),
        supersedes: None,
        version: statement::VERSION,
    };
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let signer = LogSigner::from_seed("منبر_الحرية/statements", &[6; 32]).unwrap();
    let storage = DirStorage::open(folder.path().join("log")).unwrap();
    let mut log = Log::open_or_create(storage, &signer, 0).unwrap();
    let pending = [Pending::new(statement, &mut rng)];
    let proofs =
        log_statements(&mut log, &signer, &pending, &mut rng, 1_795_370_461_000_000).unwrap();
    let proof = folder.path().join("picture.jpg.proof.json");
    fs::write(&proof, proofs[0].encode().unwrap()).unwrap();
    Published {
        file,
        proof,
        key: signer.verifier().to_string(),
        folder,
    }
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fh-verify"))
        .args(arguments)
        .env_remove("FH_LANG")
        .env("LANG", "C.UTF-8")
        .output()
        .unwrap()
}

fn verify(file: &Path, proof: &Path, more: &[&str]) -> (i32, String) {
    let mut arguments = vec![file.to_str().unwrap(), "--proof", proof.to_str().unwrap()];
    arguments.extend(more);
    let output = run(&arguments);
    let text =
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (
        output.status.code().unwrap(),
        text.replace(['\u{2068}', '\u{2069}'], ""),
    )
}

#[test]
fn a_sound_file_with_a_known_key() {
    let p = published();
    let (code, text) = verify(&p.file, &p.proof, &["--key", &p.key]);
    assert_eq!(code, 0, "{text}");
    for words in [
        "[holds] Vouched for by منبر_الحرية/statements. This matches the key you gave",
        "[holds] The file is unchanged since the newsroom logged it",
        "[limited] Logged before 2026-11-22 18:01:01 UTC, by the newsroom’s own clock. No independent witness",
        "[limited] The newsroom says that it published the file on 2026-11-22 18:01:00 UTC.",
        "[limited] What no proof of this kind shows",
        "Result: no check fails. Mind the limits above.",
    ] {
        assert!(text.contains(words), "{words}\n---\n{text}");
    }
    let key_file = p.folder.path().join("key.txt");
    fs::write(&key_file, format!("{}\n", p.key)).unwrap();
    let (code, text) = verify(
        &p.file,
        &p.proof,
        &["--key-file", key_file.to_str().unwrap()],
    );
    assert!(code == 0 && text.contains("matches the key"), "{text}");
}

#[test]
fn without_a_key_the_answer_says_so() {
    let p = published();
    let (code, text) = verify(&p.file, &p.proof, &[]);
    assert_eq!(code, 0);
    assert!(text.contains("You must get this key another way"), "{text}");
}

#[test]
fn arabic_by_option_and_by_environment() {
    let p = published();
    let (code, text) = verify(&p.file, &p.proof, &["--lang", "ar", "--key", &p.key]);
    assert_eq!(code, 0);
    assert!(
        text.contains("[ثابت] لم يتغيّر الملف منذ أن سجّلته غرفة الأخبار"),
        "{text}"
    );
    let run = |name: &str, value: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_fh-verify"))
            .arg("--help")
            .env_remove("FH_LANG")
            .env("LANG", "en_GB.UTF-8")
            .env(name, value)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run("FH_LANG", "ar").contains("الملف المنشور"));
    assert!(run("LANG", "ar_SY.UTF-8").contains("الملف المنشور"));
    assert!(run("LANG", "de_DE.UTF-8").contains("The published file"));
}

#[test]
fn changed_bytes_of_file_and_proof_fail() {
    let p = published();
    let content = fs::read(&p.file).unwrap();
    let changed = p.folder.path().join("changed.jpg");
    for at in [0, 77_777, content.len() - 1] {
        let mut bytes = content.clone();
        bytes[at] ^= 1;
        fs::write(&changed, &bytes).unwrap();
        let (code, text) = verify(&changed, &p.proof, &[]);
        assert_eq!(code, 1);
        assert!(
            text.contains("[FAILS] The file is not the one that was logged"),
            "{text}"
        );
        assert!(text.contains("Do not rely on this file"));
    }
    let proof = fs::read(&p.proof).unwrap();
    let spoilt = p.folder.path().join("spoilt.json");
    for at in (0..proof.len()).step_by(61) {
        let mut bytes = proof.clone();
        bytes[at] ^= 1;
        fs::write(&spoilt, &bytes).unwrap();
        let (code, text) = verify(&p.file, &spoilt, &[]);
        assert_eq!(code, 1, "byte {at}: {text}");
    }
}

#[test]
fn another_key_fails() {
    let p = published();
    let other = LogSigner::from_seed("منبر_الحرية/statements", &[7; 32])
        .unwrap()
        .verifier()
        .to_string();
    let (code, text) = verify(&p.file, &p.proof, &["--key", &other]);
    assert_eq!(code, 1);
    assert!(
        text.contains("[FAILS] The proof is signed with another key than the one you gave"),
        "{text}"
    );
}

#[test]
fn what_cannot_be_checked_exits_2_and_says_why() {
    let p = published();
    let missing = p.folder.path().join("missing");
    let (code, text) = verify(&missing, &p.proof, &[]);
    assert!(
        code == 2 && text.contains("missing cannot be read"),
        "{text}"
    );
    let (code, text) = verify(&p.file, &missing, &["--lang", "ar"]);
    assert!(
        code == 2 && text.contains("لا يمكن قراءة ملف الإثبات"),
        "{text}"
    );
    let (code, text) = verify(p.folder.path(), &p.proof, &[]);
    assert!(code == 2 && text.contains("cannot be read"), "{text}");
    let (code, text) = verify(&p.file, &p.proof, &["--key", "nonsense"]);
    assert!(code == 2 && text.contains("not a log key"), "{text}");
    let large = p.folder.path().join("large");
    fs::write(&large, vec![b' '; 2 << 20]).unwrap();
    let (code, text) = verify(&p.file, &large, &[]);
    assert!(
        code == 2 && text.contains("larger than any proof"),
        "{text}"
    );
    assert_eq!(run(&["only-a-file"]).status.code(), Some(2));
    assert_eq!(
        run(&["x", "--proof", "y", "--lang", "xx"]).status.code(),
        Some(2)
    );
}

#[test]
fn programs_get_json() {
    let p = published();
    let (code, text) = verify(&p.file, &p.proof, &["--json"]);
    assert_eq!(code, 0);
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["verdict"], "limited");
    let codes: Vec<_> = answer["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["code"].as_str().unwrap())
        .collect();
    assert!(codes.contains(&"file-unchanged") && codes.contains(&"key-unconfirmed"));
    assert!(
        answer["findings"]
            .as_array()
            .unwrap()
            .iter()
            .all(|f| !f["text"].as_str().unwrap().is_empty())
    );
    let (code, text) = verify(&p.proof, &p.proof, &["--json"]);
    assert_eq!(code, 1);
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["verdict"], "fails");
    assert_eq!(answer["findings"][0]["code"], "file-changed");
}

#[test]
fn a_large_file_needs_no_more_memory_than_a_small_one() {
    let p = published();
    let large = p.folder.path().join("large.mp4");
    fs::File::create(&large)
        .unwrap()
        .set_len(400 << 20)
        .unwrap();
    // 64 MiB of address space for everything: program, libraries and data.
    let output = Command::new("sh")
        .args([
            "-c",
            "ulimit -v 65536 && exec \"$@\"",
            "sh",
            env!("CARGO_BIN_EXE_fh-verify"),
        ])
        .arg(&large)
        .arg("--proof")
        .arg(&p.proof)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("not the one that was logged")
    );
}

/// A small site in a folder, with its manifest; the key that signed it.
fn mirror() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut listed = Vec::new();
    for (path, text) in [
        ("en/index.html", "<h1>News</h1>"),
        ("media/0f.jpg", "pixels"),
        ("style.css", "body{}"),
    ] {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        listed.push(Listed {
            sha256: sha256(text.as_bytes()),
            bytes: text.len() as u64,
            path: path.to_owned(),
        });
    }
    let list = write_list(&listed);
    let signer = LogSigner::from_seed("منبر_الحرية/statements", &[6; 32]).unwrap();
    let manifest = SiteManifest {
        site: "https://desk.example/".to_owned(),
        decided_at: 1_000_000_000,
        files: 3,
        bytes: listed.iter().map(|one| one.bytes).sum(),
        list: sha256(list.as_bytes()),
    };
    fs::write(
        folder.path().join("manifest"),
        signer.sign_site(&manifest).unwrap(),
    )
    .unwrap();
    fs::write(folder.path().join("manifest.txt"), list).unwrap();
    (folder, signer.verifier().to_string())
}

fn site(folder: &Path, more: &[&str]) -> (i32, String) {
    let mut arguments = vec!["site", folder.to_str().unwrap()];
    arguments.extend(more);
    let output = run(&arguments);
    let text =
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (
        output.status.code().unwrap(),
        text.replace(['\u{2068}', '\u{2069}'], ""),
    )
}

#[test]
fn a_whole_mirror_holds_and_says_when_it_was_decided() {
    let (folder, key) = mirror();
    let (code, text) = site(folder.path(), &["--key", &key]);
    assert_eq!(code, 0, "{text}");
    for words in [
        "[holds] All 3 files (25 bytes) are there, unchanged.",
        "[holds] The site https://desk.example/ is signed by منبر_الحرية/statements.",
        "[limited] This is the site as the newsroom decided on it at 2001-09-09 01:46:40 UTC",
    ] {
        assert!(text.contains(words), "{words}\n---\n{text}");
    }
    let (code, text) = site(folder.path(), &["--key", &key, "--lang", "ar", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (code, &answer["verdict"]),
        (0, &serde_json::json!("limited"))
    );
    assert_eq!(answer["findings"][0]["code"], "site-complete");
    // Without a key from elsewhere there is nothing to compare with.
    assert_eq!(site(folder.path(), &[]).0, 2);
    assert_eq!(site(Path::new("/nowhere/at/all"), &["--key", &key]).0, 1);
}

#[test]
fn a_tampered_stale_or_larger_mirror_is_refused() {
    let (folder, key) = mirror();
    let check = |more: &[&str]| site(folder.path(), &[&["--key", &key], more].concat());
    let file = |name: &str| folder.path().join(name);
    fs::write(file("en/extra.html"), "not ours").unwrap();
    let (code, text) = check(&[]);
    assert!(
        code == 1 && text.contains("none of the newsroom’s: en/extra.html"),
        "{text}"
    );
    fs::remove_file(file("en/extra.html")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", file("link.html")).unwrap();
    assert_eq!(check(&[]).0, 1, "a link is foreign");
    fs::remove_file(file("link.html")).unwrap();
    fs::write(file("media/0f.jpg"), "pixelz").unwrap();
    let (code, text) = check(&[]);
    assert!(
        code == 1 && text.contains("is not the one that the newsroom put there: media/0f.jpg"),
        "{text}"
    );
    fs::remove_file(file("media/0f.jpg")).unwrap();
    let (code, text) = check(&[]);
    assert!(
        code == 1 && text.contains("missing: media/0f.jpg"),
        "{text}"
    );
    fs::write(file("media/0f.jpg"), "pixels").unwrap();
    assert_eq!(check(&["--max-age-days", "36500"]).0, 0);
    let (code, text) = check(&["--max-age-days", "30"]);
    assert!(
        code == 1 && text.contains("older than you asked for"),
        "{text}"
    );
    let old = LogSigner::from_seed("x", &[7; 32])
        .unwrap()
        .verifier()
        .to_string();
    let (code, text) = site(folder.path(), &["--key", &old]);
    assert!(
        code == 1 && text.contains("not signed by the key"),
        "{text}"
    );
}

#[test]
fn a_mirror_on_a_server_is_checked_file_by_file() {
    use std::io::{BufRead as _, BufReader, Write as _};
    let (folder, key) = mirror();
    let root = folder.path().to_owned();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            reader.read_line(&mut line).unwrap();
            loop {
                let mut header = String::new();
                if reader.read_line(&mut header).unwrap() <= 2 {
                    break;
                }
            }
            let path = line
                .split(' ')
                .nth(1)
                .unwrap()
                .trim_start_matches('/')
                .to_owned();
            let (status, body) = fs::read(root.join(path))
                .map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            )
            .unwrap();
            stream.write_all(&body).unwrap();
        }
    });
    let (code, text) = site(Path::new(&address), &["--key", &key]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("From outside it cannot be seen"), "{text}");
    fs::remove_file(folder.path().join("style.css")).unwrap();
    let (code, text) = site(Path::new(&address), &["--key", &key]);
    assert!(code == 1 && text.contains("missing: style.css"), "{text}");
    let onion = site(
        Path::new("http://abcdefghijklmnop.onion/"),
        &["--key", &key],
    );
    assert!(onion.0 == 2 && onion.1.contains("--socks"), "{}", onion.1);
}
