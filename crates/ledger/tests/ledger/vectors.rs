//! Vectors: RFC 6962 trees, answers of a public Certificate Transparency log, C2SP notes.

use data_encoding::{BASE64, HEXLOWER};
use ledger::{
    ConsistencyProof, Digest, InclusionProof, LogSigner, LogVerifier, leaf_hash, node_hash,
};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn hex(value: &Value) -> Digest {
    value.as_str().unwrap().parse().unwrap()
}

fn base64(value: &Value) -> Digest {
    Digest(
        BASE64
            .decode(value.as_str().unwrap().as_bytes())
            .unwrap()
            .try_into()
            .unwrap(),
    )
}

fn path(value: &Value, read: fn(&Value) -> Digest) -> Vec<Digest> {
    value.as_array().unwrap().iter().map(read).collect()
}

#[test]
fn rfc_6962_trees() {
    let vectors = json(include_str!("data/rfc6962.json"));
    let leaves: Vec<Digest> = vectors["leaves"]
        .as_array()
        .unwrap()
        .iter()
        .map(|leaf| leaf_hash(&HEXLOWER.decode(leaf.as_str().unwrap().as_bytes()).unwrap()))
        .collect();
    let roots = path(&vectors["roots"], hex);
    assert_eq!(roots[0], ledger::EMPTY_ROOT);
    assert_eq!(roots[1], leaves[0]);
    assert_eq!(roots[2], node_hash(&leaves[0], &leaves[1]));
    // The root that RFC 6962 implementations have agreed on since the first of them.
    assert_eq!(
        roots[8].to_string(),
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    );
    let mut checked = 0;
    for case in vectors["inclusion"].as_array().unwrap() {
        let proof = InclusionProof {
            index: case["index"].as_u64().unwrap(),
            size: case["size"].as_u64().unwrap(),
            path: path(&case["path"], hex),
        };
        let leaf = leaves[usize::try_from(proof.index).unwrap()];
        let root = roots[usize::try_from(proof.size).unwrap()];
        proof.check(&leaf, &root).unwrap();
        refuses_changes(&proof, &leaf, &root);
        checked += 1;
    }
    for case in vectors["consistency"].as_array().unwrap() {
        let proof = ConsistencyProof {
            old_size: case["old_size"].as_u64().unwrap(),
            size: case["size"].as_u64().unwrap(),
            path: path(&case["path"], hex),
        };
        let old = roots[usize::try_from(proof.old_size).unwrap()];
        let new = roots[usize::try_from(proof.size).unwrap()];
        proof.check(&old, &new).unwrap();
        assert!(proof.check(&leaves[3], &new).is_err());
        assert!(proof.check(&old, &leaves[3]).is_err());
        checked += 1;
    }
    assert_eq!(checked, 72);
}

fn refuses_changes(proof: &InclusionProof, leaf: &Digest, root: &Digest) {
    let mut changed = proof.clone();
    changed.path.push(Digest([0; 32]));
    assert!(changed.check(leaf, root).is_err(), "a hash too many");
    for step in 0..proof.path.len() {
        let mut changed = proof.clone();
        changed.path[step].0[step % 32] ^= 1;
        assert!(changed.check(leaf, root).is_err(), "a changed hash");
        let mut changed = proof.clone();
        changed.path.remove(step);
        assert!(changed.check(leaf, root).is_err(), "a missing hash");
    }
    for index in (0..=proof.size).filter(|index| *index != proof.index) {
        let changed = InclusionProof {
            index,
            ..proof.clone()
        };
        assert!(changed.check(leaf, root).is_err(), "another place");
    }
    let huge = InclusionProof {
        size: u64::MAX,
        ..proof.clone()
    };
    assert!(huge.check(leaf, root).is_err(), "an impossible tree");
}

#[test]
fn a_public_certificate_log() {
    let head = json(include_str!("data/ct-sth.json"));
    let entry = json(include_str!("data/ct-entry.json"));
    let record = json(include_str!("data/ct-record-proof.json"));
    let tree = json(include_str!("data/ct-tree-proof.json"));
    let size = head["tree_size"].as_u64().unwrap();
    let root = base64(&head["sha256_root_hash"]);
    let leaf = leaf_hash(
        &BASE64
            .decode(entry["leaf_input"].as_str().unwrap().as_bytes())
            .unwrap(),
    );
    let inclusion = InclusionProof {
        index: record["leaf_index"].as_u64().unwrap(),
        size,
        path: path(&record["audit_path"], base64),
    };
    inclusion.check(&leaf, &root).unwrap();
    refuses_changes_of_place(&inclusion, &leaf, &root);
    let consistency = ConsistencyProof {
        old_size: 3_654_490,
        size,
        path: path(&tree["consistency"], base64),
    };
    let old = base64(&Value::from("AuIZ5V6sDUj1vn3Y1K85oOaQ7y+FJJKtyRTl1edIKBQ="));
    consistency.check(&old, &root).unwrap();
    assert!(consistency.check(&root, &old).is_err());
}

fn refuses_changes_of_place(proof: &InclusionProof, leaf: &Digest, root: &Digest) {
    for index in [0, 9_999, 10_001, proof.size - 1, proof.size, u64::MAX] {
        let changed = InclusionProof {
            index,
            ..proof.clone()
        };
        assert!(changed.check(leaf, root).is_err());
    }
}

#[test]
fn a_c2sp_witness_cosignature_and_our_own_note_layout() {
    // The note pins our bytes: origin, size, root, the log's signature, the log's clock.
    let signer = LogSigner::from_seed("desk.example/statements", &[42; 32]).unwrap();
    let signed = signer
        .sign_checkpoint(16, leaf_hash(b"x"), 1_763_830_000)
        .unwrap();
    assert_eq!(signed.note(), include_str!("data/checkpoint.txt"));
    let key: LogVerifier = include_str!("data/checkpoint.key")
        .trim_end()
        .parse()
        .unwrap();
    assert_eq!(key, signer.verifier());
    let opened = key.open(signed.note().as_bytes()).unwrap();
    assert_eq!(opened, signed);
    assert_eq!(opened.clock(), 1_763_830_000);
}

/// Signed by OpenSSL from a page of this description, with the seed 00, 01, ... 1f.
#[test]
fn a_site_manifest_made_elsewhere_is_read_and_written_the_same() {
    let seed: [u8; 32] = std::array::from_fn(|at| u8::try_from(at).unwrap());
    let signer = LogSigner::from_seed("منبر_الحرية/statements", &seed).unwrap();
    let note = include_str!("data/site-manifest.txt");
    let key = include_str!("data/site-manifest.key").trim_end();
    assert_eq!(signer.verifier().to_string(), key);
    let manifest = signer.verifier().open_site(note.as_bytes()).unwrap();
    let list = include_bytes!("data/site-manifest.list.txt");
    assert_eq!(manifest.list, ledger::sha256(list));
    assert_eq!(manifest.decided_at, 1_795_370_460);
    let listed = ledger::read_list(list).unwrap();
    assert_eq!(manifest.files, listed.len() as u64);
    assert_eq!(signer.sign_site(&manifest).unwrap(), note);
}
