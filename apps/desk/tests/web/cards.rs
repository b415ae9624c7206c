//! The page about cards: a card handed in as a stream, and only with the page's own token.

use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

use crate::rig::{EDITORS, Engine, Newsroom, Reply, Setting, Visitor};

const CELL: usize = 65_536;

/// A form as a browser sends it with a file.
fn form(csrf: Option<&str>, card: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    if let Some(csrf) = csrf {
        body.extend(
            format!("--edge\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n")
                .bytes(),
        );
    }
    body.extend(
        b"--edge\r\ncontent-disposition: form-data; name=\"card\"; filename=\"1.bin\"\r\n\r\n",
    );
    body.extend(card);
    body.extend(b"\r\n--edge--\r\n");
    body
}

fn hand_in(visitor: &Visitor, csrf: Option<&str>, card: &[u8]) -> Reply {
    let kind = "multipart/form-data; boundary=edge";
    visitor.send_body("/cards", kind, &form(csrf, card))
}

#[test]
fn a_card_is_handed_in_as_a_stream_and_what_is_missing_is_drawn_in_both_languages() {
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    let editor = newsroom.signed_in(EDITORS[0]);
    let csrf = editor.csrf("/cards");
    let mut card = vec![0; 40 * CELL];
    ChaCha20Rng::seed_from_u64(1).fill_bytes(&mut card[..30 * CELL]);
    for wrong in [None, Some("0"), Some(&csrf[1..])] {
        assert_eq!(
            hand_in(&editor, wrong, &card[..100]).status,
            403,
            "{wrong:?}"
        );
    }
    assert_eq!(
        hand_in(&newsroom.visitor(), Some(&csrf), &card[..100]).status,
        401
    );
    let taken = hand_in(&editor, Some(&csrf), &card);
    assert_eq!(
        (taken.status, taken.json()["windows"].as_u64()),
        (200, Some(30))
    );
    let read = (0..200)
        .map(|_| {
            newsroom
                .runtime
                .block_on(async { tokio::time::sleep(Duration::from_millis(10)).await });
            editor.data("/cards").json()
        })
        .find(|view| view["read"][0]["looked"] == 30);
    let read = read.unwrap_or_else(|| panic!("{}", editor.data("/cards").body));
    assert_eq!(read["read"][0]["ours"], 0, "noise brings nothing");
    assert_eq!(
        (&read["waiting"], &read["current"]),
        (&0.into(), &serde_json::Value::Null)
    );
    for (language, words) in [("en", "Nothing is missing"), ("ar", "لا ينقص شيء")] {
        let page = editor.get(
            "/cards",
            &[("accept", "text/html"), ("accept-language", language)],
        );
        assert!(page.body.contains(words) && page.body.contains("enctype=\"multipart/form-data\""));
    }
}
