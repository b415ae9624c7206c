//! Proofs made and checked; and every way of changing one, refused.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Cursor, Read};

use formats::{Grade as Assessment, ProofFile, Statement, statement};
use ledger::{Digest, Log, LogSigner, LogVerifier, Storage, sha256};
use proof::{BATCH, Code, Grade, Pending, Report, check, log_statements};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

/// 22 November 2026, 18:00 UTC.
const NOW: i64 = 1_795_370_400_000_000;

#[derive(Debug, Default)]
struct Memory(RefCell<BTreeMap<String, Vec<u8>>>);

impl Storage for Memory {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(self.0.borrow().get(name).cloned())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.0.borrow().keys().cloned().collect())
    }
}

fn signer() -> LogSigner {
    LogSigner::from_seed("Freedom_Desk/statements", &[3; 32]).unwrap()
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(11)
}

fn file(number: usize) -> Vec<u8> {
    (0..20_000_usize)
        .map(|at| (at * 7 + number).to_le_bytes()[0])
        .collect()
}

fn pending(number: usize, rng: &mut ChaCha20Rng) -> Pending {
    let statement = Statement {
        derivative: sha256(&file(number)),
        grade: Assessment::Probable,
        plan: proof::plan_commitment(&[1; 32], &sha256(b"plan")),
        published_at: NOW,
        receipt: proof::receipt_commitment(&[2; 32], &sha256(b"receipt")),
        story: "s0123456789".to_owned(),
        supersedes: None,
        version: statement::VERSION,
    };
    Pending::new(statement, rng)
}

fn made(count: usize) -> Vec<ProofFile> {
    let mut rng = rng();
    let all: Vec<Pending> = (0..count).map(|number| pending(number, &mut rng)).collect();
    let mut log = Log::create(Memory::default(), &signer(), 0).unwrap();
    log_statements(&mut log, &signer(), &all, &mut rng, NOW).unwrap()
}

fn checked(file: &[u8], proof: &[u8], keys: &[LogVerifier]) -> Report {
    check(&mut Cursor::new(file), proof, keys).unwrap()
}

fn codes(report: &Report) -> Vec<&'static str> {
    report
        .findings()
        .iter()
        .map(|finding| finding.code.as_str())
        .collect()
}

#[test]
fn a_sound_proof_says_what_it_shows_and_no_more() {
    for (number, proof) in made(3).iter().enumerate() {
        let bytes = proof.encode().unwrap();
        let report = checked(&file(number), &bytes, &[signer().verifier()]);
        assert_eq!(
            codes(&report),
            [
                "key-matches",
                "statement-logged",
                "file-unchanged",
                "logged-before",
                "published-at",
                "assessment",
                "not-shown"
            ]
        );
        assert!(!report.fails());
        // No independent witness: the verdict stays limited.
        assert_eq!(report.verdict(), Grade::Limited);
        let logged = report.get(Code::LoggedBefore).unwrap();
        assert_eq!(logged.args["time"], (NOW / 1_000_000).to_string());
        assert_eq!(
            report.get(Code::Assessment).unwrap().args["assessment"],
            "probable"
        );
    }
}

#[test]
fn without_a_key_the_newsroom_is_unconfirmed_and_with_another_it_fails() {
    let bytes = made(1)[0].encode().unwrap();
    let report = checked(&file(0), &bytes, &[]);
    assert!(report.get(Code::KeyUnconfirmed).is_some());
    assert!(!report.fails());
    let other = LogSigner::from_seed("Freedom_Desk/statements", &[4; 32])
        .unwrap()
        .verifier();
    let report = checked(&file(0), &bytes, std::slice::from_ref(&other));
    assert!(report.get(Code::KeyDiffers).is_some());
    assert!(report.fails());
    let report = checked(&file(0), &bytes, &[other, signer().verifier()]);
    assert!(report.get(Code::KeyMatches).is_some());
}

#[test]
fn every_bit_of_every_byte_of_the_proof_counts() {
    let bytes = made(2)[1].encode().unwrap();
    let content = file(1);
    assert!(!checked(&content, &bytes, &[]).fails());
    // Without any key given: the proof must hold itself together, whoever signed it.
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            assert!(
                checked(&content, &changed, &[]).fails(),
                "byte {at} bit {bit}"
            );
        }
        assert!(checked(&content, &bytes[..at], &[]).fails(), "cut at {at}");
    }
    for extra in [b" ".as_slice(), b"\n", b"{}"] {
        let longer = [bytes.as_slice(), extra].concat();
        assert!(checked(&content, &longer, &[]).fails());
    }
}

#[test]
fn every_sampled_byte_of_the_file_counts() {
    let bytes = made(1)[0].encode().unwrap();
    let content = file(0);
    let ends = [0, 1, content.len() - 2, content.len() - 1];
    for at in (0..content.len()).step_by(97).chain(ends) {
        let mut changed = content.clone();
        changed[at] ^= 1 << (at % 8);
        let report = checked(&changed, &bytes, &[signer().verifier()]);
        assert!(report.get(Code::FileChanged).is_some(), "byte {at}");
        assert!(report.get(Code::FileUnchanged).is_none());
    }
    for other in [
        &content[..content.len() - 1],
        &[content.as_slice(), b"\0"].concat(),
        b"",
    ] {
        assert!(checked(other, &bytes, &[]).fails());
    }
}

#[test]
fn parts_of_another_proof_do_not_fit() {
    let proofs = made(2);
    let swaps: [fn(&mut ProofFile, &ProofFile); 5] = [
        |proof, other| proof.salt = other.salt,
        |proof, other| proof.statement = other.statement.clone(),
        |proof, other| proof.log.index = other.log.index,
        |proof, other| proof.log.path = other.log.path.clone(),
        |proof, _| proof.statement.published_at += 1,
    ];
    for swap in swaps {
        let mut changed = proofs[0].clone();
        swap(&mut changed, &proofs[1]);
        let report = checked(&file(0), &changed.encode().unwrap(), &[signer().verifier()]);
        assert!(report.get(Code::StatementNotLogged).is_some());
    }
}

#[test]
fn the_log_shows_neither_how_many_nor_which() {
    let mut rng = rng();
    let storage = Memory::default();
    let mut log = Log::create(&storage, &signer(), 0).unwrap();
    let mut seen = BTreeSet::new();
    for (count, expected) in [(1, 16), (3, 32), (17, 64)] {
        let all: Vec<Pending> = (0..count).map(|number| pending(number, &mut rng)).collect();
        let proofs = log_statements(&mut log, &signer(), &all, &mut rng, NOW).unwrap();
        assert_eq!(log.size(), expected);
        seen.extend(proofs.iter().map(|proof| proof.log.index % BATCH as u64));
    }
    assert!(seen.len() > 8, "places are shuffled: {seen:?}");
    for index in 0..log.size() {
        assert_eq!(
            log.entry(index).unwrap().len(),
            32,
            "every leaf looks alike"
        );
    }
    // No file's own hash, nor a statement's, stands anywhere in what is public.
    let hidden = [
        sha256(&file(0)),
        pending(0, &mut rng).statement.digest().unwrap(),
    ];
    for (name, bytes) in log.public_files().unwrap() {
        for digest in hidden {
            assert!(
                !bytes.windows(32).any(|window| window == digest.as_bytes()),
                "{name}"
            );
        }
    }
}

#[test]
fn after_a_crash_nothing_is_logged_twice() {
    let mut rng = rng();
    let storage = Memory::default();
    let all: Vec<Pending> = (0..4).map(|number| pending(number, &mut rng)).collect();
    let mut log = Log::create(&storage, &signer(), 0).unwrap();
    log_statements(&mut log, &signer(), &all[..3], &mut rng, NOW).unwrap();
    drop(log);
    let mut log = Log::open(&storage, &signer().verifier()).unwrap();
    let again = log_statements(&mut log, &signer(), &all[..3], &mut rng, NOW + 5).unwrap();
    assert_eq!(log.size(), 16);
    let more = log_statements(&mut log, &signer(), &all, &mut rng, NOW + 9).unwrap();
    assert_eq!(log.size(), 32);
    for (old, new) in again.iter().zip(&more) {
        assert_eq!(old.log.index, new.log.index);
    }
    for (number, proof) in again.iter().chain(&more).enumerate() {
        let content = file(if number < 3 { number } else { number - 3 });
        assert!(!checked(&content, &proof.encode().unwrap(), &[]).fails());
    }
}

#[test]
fn large_files_are_read_in_small_pieces() {
    struct Long {
        left: u64,
        largest: usize,
    }
    impl Read for Long {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            self.largest = self.largest.max(buf.len());
            let take = buf.len().min(usize::try_from(self.left).unwrap());
            buf[..take].fill(7);
            self.left -= take as u64;
            Ok(take)
        }
    }
    let bytes = made(1)[0].encode().unwrap();
    let mut long = Long {
        left: 64 << 20,
        largest: 0,
    };
    let report = check(&mut long, &bytes, &[]).unwrap();
    assert!(report.get(Code::FileChanged).is_some());
    assert!(long.largest <= 1 << 20, "{} bytes at once", long.largest);
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_and_no_verdict() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the card was pulled"))
        }
    }
    let bytes = made(1)[0].encode().unwrap();
    assert!(check(&mut Broken, &bytes, &[]).is_err());
}

#[test]
fn an_earlier_statement_is_named() {
    let mut rng = rng();
    let mut later = pending(0, &mut rng);
    let earlier = pending(1, &mut rng).statement.digest().unwrap();
    later.statement.supersedes = Some(earlier);
    let mut log = Log::create(Memory::default(), &signer(), 0).unwrap();
    let proofs = log_statements(&mut log, &signer(), &[later], &mut rng, NOW).unwrap();
    let report = checked(&file(0), &proofs[0].encode().unwrap(), &[]);
    assert_eq!(
        report.get(Code::Supersedes).unwrap().args["earlier"],
        earlier.to_string()
    );
}

proptest! {
    #[test]
    fn hostile_proofs_fail_and_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(checked(b"x", &bytes, &[]).fails());
    }

    #[test]
    fn hostile_values_in_a_sound_frame_fail(index in any::<u32>(), path in prop::collection::vec(any::<[u8; 32]>(), 0..53)) {
        let mut proof = made(1).remove(0);
        proof.log.index = u64::from(index);
        proof.log.path = path.into_iter().map(Digest).collect();
        prop_assert!(checked(&file(0), &proof.encode().unwrap(), &[]).fails());
    }
}
