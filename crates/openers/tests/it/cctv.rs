//! The public C2SP/CCTV vectors of the hybrid recipient, run against our identity.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use openers::{IntakeIdentity, OpenError};
use sha2::{Digest, Sha256};

/// One vector: what its header says, and the age file.
struct Vector {
    fields: BTreeMap<String, String>,
    identities: Vec<String>,
    file: Vec<u8>,
}

fn read(path: &Path) -> Vector {
    let bytes = std::fs::read(path).unwrap();
    let split = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
    let header = std::str::from_utf8(&bytes[..split]).unwrap();
    let fields: BTreeMap<String, String> = header
        .lines()
        .map(|line| line.split_once(": ").unwrap())
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let identities = header
        .lines()
        .filter_map(|line| line.strip_prefix("identity: "))
        .map(str::to_owned)
        .collect();
    let rest = &bytes[split + 2..];
    let file = match fields.get("compressed").map(String::as_str) {
        None => rest.to_vec(),
        Some("zlib") => {
            let mut out = Vec::new();
            flate2::read::ZlibDecoder::new(rest)
                .read_to_end(&mut out)
                .unwrap();
            out
        }
        Some(other) => panic!("unknown compression {other}"),
    };
    Vector {
        fields,
        identities,
        file,
    }
}

/// What happened with one of our identities, in the vectors' words.
fn ours(identity: &IntakeIdentity, vector: &Vector) -> String {
    match identity.open(&vector.file) {
        Ok(text) => {
            let hash = hex::encode(Sha256::digest(&text));
            assert_eq!(hash, vector.fields["payload"]);
            "success".to_owned()
        }
        Err(OpenError::NotForThisKey { .. }) => "no match".to_owned(),
        Err(OpenError::Header(_)) => "header failure".to_owned(),
        Err(OpenError::HeaderMac) => "HMAC failure".to_owned(),
        Err(OpenError::Damaged(_)) => "payload failure".to_owned(),
        Err(OpenError::Read(error)) => panic!("{error}"),
    }
}

/// What happens with all of a vector's identities, tried in order inside age as one file is opened.
fn together(vector: &Vector) -> String {
    let parse = |text: &String| -> Box<dyn age::Identity> {
        match text.parse::<IntakeIdentity>() {
            Ok(hybrid) => Box::new(hybrid),
            Err(_) => Box::new(text.parse::<age::x25519::Identity>().unwrap()),
        }
    };
    let identities: Vec<Box<dyn age::Identity>> = vector.identities.iter().map(parse).collect();
    let file = age::Decryptor::new(&vector.file[..]).unwrap();
    match file.decrypt(identities.iter().map(AsRef::as_ref)) {
        Err(age::DecryptError::InvalidHeader) => "header failure".to_owned(),
        Err(error) => panic!("{error}"),
        Ok(_) => "success".to_owned(),
    }
}

/// What happened, in the vectors' words.
fn outcome(vector: &Vector) -> String {
    match vector.identities.as_slice() {
        [only] => ours(&only.parse().unwrap(), vector),
        _ => together(vector),
    }
}

#[test]
fn all_eighteen_hybrid_vectors_pass() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cctv");
    let mut ran = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with("hybrid") {
            let vector = read(&path);
            assert_eq!(outcome(&vector), vector.fields["expect"], "{name}");
            ran += 1;
        }
    }
    assert_eq!(ran, 18);
}
