//! The built program as strangers run it: exit codes, words, JSON, both languages.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use formats::{Grade, Statement, statement};
use ledger::{DirStorage, Log, LogSigner, sha256};
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
