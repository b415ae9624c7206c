//! The built programs over the whole chain, at the loudest log level, and what they leave behind.
//!
//! One binary: the run is the costly part, and every check looks at the same run.

mod evidence;
mod run;

use evidence::{Needle, find};
use run::Run;
use serde_json::Value;
use std::path::Path;

/// Guarantees 1, 9, 10 and 12 on one run: what is sealed stays sealed on every disk, nothing that identifies is
/// published or logged, everything that came in is accounted for, and strangers can check it.
#[test]
fn whole_chain_g01_g09_g10_g12() {
    let run = Run::of_small_media();
    every_input_is_accounted_for(&run);
    every_way_was_walked(&run);
    g01_nothing_readable_lies_on_any_disk(&run);
    g09_nothing_published_identifies(&run);
    logs_at_trace_say_nothing_about_sources(&run);
    g12_every_published_file_verifies_and_no_changed_one_does(&run);
}

fn every_input_is_accounted_for(run: &Run) {
    let report = run.report();
    assert_eq!(report["stopped"], Value::Null, "{report:#}");
    for station in report["stations"].as_array().unwrap() {
        assert_eq!(station["ok"], true, "{station}");
    }
    let inputs = report["inputs"].as_array().unwrap();
    assert_eq!(inputs.len(), run.inputs.len());
    for input in inputs {
        let name = input["input"].as_str().unwrap();
        let published = input["published"].as_array().unwrap();
        if name.ends_with("_broken.jpg") {
            assert!(published.is_empty(), "{input}");
            let reason = input["refused"].as_str().unwrap_or("");
            assert!(reason.len() > 20, "no plain reason: {input}");
        } else {
            assert_eq!(published.len(), 1, "{input}");
            assert!(
                run.out()
                    .join(published[0]["file"].as_str().unwrap())
                    .is_file()
            );
            assert!(
                run.out()
                    .join(published[0]["proof"].as_str().unwrap())
                    .is_file()
            );
        }
    }
}

/// By net, by cards, back, previews first, in a hurry, and under force; each in its order.
fn every_way_was_walked(run: &Run) {
    let report = run.report();
    let stations = report["stations"].as_array().unwrap().iter();
    let names: Vec<&str> = stations
        .map(|one| one["station"].as_str().unwrap())
        .collect();
    let ways = [
        "verify", "spread", "cards", "message", "previews", "flash", "duress",
    ];
    assert!(names.ends_with(&ways), "{names:?}");
}

/// The reporter's vault, the drop's folder, the desk's, and every temporary file any program left.
fn g01_nothing_readable_lies_on_any_disk(run: &Run) {
    let mut needles = run.identifying();
    needles.extend(run.plaintext());
    assert!(run.work().join("vault").is_file(), "there is no vault");
    for place in ["vault", "drop", "desk", "tmp"] {
        let place = run.work().join(place);
        assert!(place.exists(), "{} is missing", place.display());
        assert_none(&place, &needles);
    }
}

fn g09_nothing_published_identifies(run: &Run) {
    let mut needles = run.identifying();
    // The original's own hash, matched against a seized phone, convicts the reporter.
    needles.extend(run.original_hashes());
    assert_none(&run.out().join("site"), &needles);
    assert_none(&run.out().join("proofs"), &needles);
}

fn logs_at_trace_say_nothing_about_sources(run: &Run) {
    let mut needles = run.identifying();
    needles.extend(run.secrets());
    let mut bytes = 0;
    for log in run.logs() {
        let text = std::fs::read(&log).unwrap();
        bytes += text.len();
        for needle in &needles {
            assert!(!needle.is_in(&text), "{} in {}", needle.what, log.display());
        }
    }
    assert!(
        bytes > 1000,
        "the programs logged only {bytes} bytes; is FH_LOG heard?"
    );
}

fn g12_every_published_file_verifies_and_no_changed_one_does(run: &Run) {
    let report = run.report();
    let files = report["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|input| input["published"].as_array().unwrap());
    let mut checked = 0;
    for entry in files {
        let file = run.out().join(entry["file"].as_str().unwrap());
        let proof = run.out().join(entry["proof"].as_str().unwrap());
        assert!(run.verifies(&file, &proof), "{}", file.display());
        refuses_changes(run, &file, &proof);
        checked += 1;
    }
    assert!(checked >= 3, "only {checked} files were published");
}

/// A flipped byte at the start, in the middle and at the end; one more byte; one fewer.
fn refuses_changes(run: &Run, file: &Path, proof: &Path) {
    let whole = std::fs::read(file).unwrap();
    let changed = run.work().join("changed");
    let mut variants = Vec::new();
    for at in [0, whole.len() / 2, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x01;
        variants.push(flipped);
    }
    variants.push([whole.as_slice(), b"\0"].concat());
    variants.push(whole[..whole.len() - 1].to_vec());
    for variant in variants {
        std::fs::write(&changed, variant).unwrap();
        assert!(
            !run.verifies(&changed, proof),
            "a changed {} was accepted",
            file.display()
        );
    }
}

fn assert_none(folder: &Path, needles: &[Needle]) {
    let found = find(folder, needles);
    assert!(found.is_empty(), "found {found:#?}");
}
