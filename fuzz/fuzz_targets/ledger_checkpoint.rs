//! Whatever is served as a checkpoint or a site's manifest, or pasted as a key: an error or the one spelling, never a panic.
#![no_main]

use ledger::{LogSigner, LogVerifier};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let signer = LogSigner::from_seed("fuzz/log", &[1; 32]).expect("a fine name");
    if let Ok(opened) = signer.verifier().open(data) {
        assert_eq!(opened.note().as_bytes(), data);
    }
    if let Ok(manifest) = signer.verifier().open_site(data) {
        assert_eq!(signer.sign_site(&manifest).expect("it was read").as_bytes(), data);
    }
    if let Some(list) = ledger::read_list(data) {
        assert_eq!(ledger::write_list(&list).as_bytes(), data);
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(key) = text.parse::<LogVerifier>()
    {
        assert_eq!(key.to_string(), text);
    }
});
