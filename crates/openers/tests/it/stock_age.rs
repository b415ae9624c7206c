//! Debian's own `age`, however old, opens what is sealed to a plain X25519 recipient, and we open what it seals.

use std::io::Write;
use std::process::{Command, Stdio};

use keys::{ReplyIdentity, X25519Recipient};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use zeroize::Zeroizing;

/// The spelling that the `age` program reads.
fn spelt(identity: &ReplyIdentity) -> Zeroizing<String> {
    let mut text = Zeroizing::new(keys::encode_bech32(
        "age-secret-key-",
        identity.expose_bytes(),
    ));
    text.make_ascii_uppercase();
    text
}

/// Runs `age` with `input`, and returns what it wrote.
fn age(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("age")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program `age` is missing: install Debian's package `age`");
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap().unwrap();
    assert!(output.status.success(), "age failed: {}", output.status);
    output.stdout
}

#[test]
fn stock_age_opens_ours_and_we_open_its() {
    let identity = ReplyIdentity::generate(&mut ChaCha20Rng::seed_from_u64(5));
    let recipient = identity.recipient().to_string();
    let text: Vec<u8> = (0..=u8::MAX).cycle().take(200_001).collect();

    let folder = std::env::temp_dir().join(format!("fh-stock-age-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let key_file = folder.join("key.txt");
    std::fs::write(&key_file, spelt(&identity).as_bytes()).unwrap();
    let key_file = key_file.to_str().unwrap();

    let sealed = recipient
        .parse::<X25519Recipient>()
        .unwrap()
        .seal(&text)
        .unwrap();
    let opened = age(&["--decrypt", "--identity", key_file], &sealed);
    let theirs = age(&["--recipient", &recipient], &text);
    std::fs::remove_dir_all(&folder).unwrap();

    assert_eq!(opened, text);
    assert_eq!(identity.open(&theirs, text.len()).unwrap().as_slice(), text);
}
