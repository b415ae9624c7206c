//! For readers inside: texts to pass on, the sheet, editions without the net, and "Is this ours?".

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::process::Command;

use crate::files::built;
use crate::sample;

fn text(files: &BTreeMap<String, Vec<u8>>, name: &str) -> String {
    String::from_utf8(files[name].clone()).unwrap()
}

fn unpacked(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|at| {
            let mut file = archive.by_index(at).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            (file.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

#[test]
fn texts_carry_words_corrections_address_and_code() {
    let files = built(&sample::site_at(1));
    let english = text(&files, "en/text/bridge-phones.txt");
    assert!(english.starts_with("\u{feff}Phones searched at the bridge"));
    for part in [
        "western end of the bridge",
        "https://desk.example/news/en/stories/bridge-phones.html",
        "Probable",
        "The eastern bridge",
    ] {
        assert!(english.contains(part), "{part}: {english}");
    }
    let code = english.lines().last().unwrap().rsplit(' ').next().unwrap();
    let code = code.trim_matches(['\u{2068}', '\u{2069}']);
    let listed = text(&files, &format!("ours/codes/{}.txt", &code[..1]));
    assert!(
        listed.contains(&format!("{code} bridge-phones\n")),
        "{listed}"
    );
    assert!(text(&files, "ar/text/bridge-phones.txt").contains(code));
    let gone = text(&files, "en/text/market-fire.txt");
    assert!(gone.contains("withdrawn") && gone.contains("two years old"));
}

#[test]
fn the_outside_of_the_sheet_names_neither_newsroom_nor_subject() {
    let input = sample::site_at(1);
    let files = built(&input);
    for tag in ["en", "ar"] {
        let page = text(&files, &format!("{tag}/sheet.html"));
        let (outside, inside) = page.split_once("side inside").unwrap();
        let named = input.stories.iter().flat_map(|story| {
            let words = if tag == "en" { &story.en } else { &story.ar };
            [words.title.clone(), story.slug.clone()]
        });
        let named = named.filter(|name| !name.is_empty());
        for name in named.chain([input.organisation.clone(), "desk.example".to_owned()]) {
            assert!(!outside.contains(&name), "{tag}: {name}");
        }
        assert!(inside.contains("Freedom Desk") && inside.contains(&input.log.key));
        assert!(outside.contains("2026") && outside.contains("<table"));
    }
}

#[test]
fn editions_are_signed_whole_and_hold_nothing_graphic() {
    let input = sample::site_at(1);
    let files = built(&input);
    let verifier = sample::signer().verifier();
    for (name, pictures) in [("text", 0), ("stills", 3), ("films", 3)] {
        let edition = unpacked(&files[&format!("offline/{name}.zip")]);
        let manifest = verifier.open_site(&edition["manifest"]).unwrap();
        assert_eq!(
            manifest.site,
            format!("https://desk.example/news/offline/{name}.zip")
        );
        assert_eq!(manifest.list, ledger::sha256(&edition["manifest.txt"]));
        let listed = ledger::read_list(&edition["manifest.txt"]).unwrap();
        assert_eq!(listed.len() + 2, edition.len());
        for one in &listed {
            assert_eq!(
                one.sha256,
                ledger::sha256(&edition[&one.path]),
                "{}",
                one.path
            );
        }
        let stills = edition.keys().filter(|path| path.starts_with("media/"));
        assert_eq!(stills.count(), pictures, "{name}");
        for story in input.stories.iter().filter(|story| story.graphic) {
            for medium in &story.media {
                let path = publish::media_path(&medium.sha256, medium.kind);
                assert!(!edition.contains_key(path.as_str()));
            }
        }
        let page = text(&edition, "ar/bread-line.html");
        assert!(page.contains("أفران البلدة") && page.contains("dir=\"rtl\""));
        assert_eq!(page.contains("<img"), name != "text");
        let page = text(&edition, "ar/bridge-phones.html");
        assert_eq!(page.contains("<video"), name == "films");
        assert_eq!(page.contains("<img"), name == "stills");
        assert!(!edition.contains_key("en/market-fire.html"));
    }
}

#[test]
fn the_page_hashes_as_the_lists_were_made_and_sends_nothing_but_two_digits() {
    let input = sample::site_at(1);
    let files = built(&input);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/ours.js");
    let program = "const {Sha256, hashOf, codeOf, linkOf} = require(process.argv[1]);
        const bytes = require('fs').readFileSync(0);
        const state = new Sha256();
        for (let at = 0; at < bytes.length; at += 7777) state.update(bytes.subarray(at, at + 7777));
        const lengths = [0, 1, 55, 56, 63, 64, 65, 119, 120, 128].map((n) => hashOf(new Uint8Array(n).fill(97)));
        const own = ['https://desk.example/news/'];
        console.log([state.finish(), codeOf(' ilo1-2345'), codeOf('bread'),
            JSON.stringify(linkOf('https://desk.example/news/ar/stories/bread-line.html?utm=1#x', own)),
            JSON.stringify(linkOf('https://desk.example.evil/news/ar/stories/bread-line.html', own)),
            JSON.stringify(linkOf('javascript:alert(1)', own)), ...lengths].join('\\n'));";
    for story in &input.stories {
        for medium in &story.media {
            let path = publish::media_path(&medium.sha256, medium.kind);
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("file");
            std::fs::write(&file, &files[path.as_str()]).unwrap();
            let answer = Command::new("node")
                .args(["-e", program, script])
                .stdin(std::fs::File::open(&file).unwrap())
                .output()
                .unwrap();
            let lines = String::from_utf8(answer.stdout).unwrap();
            let lines: Vec<&str> = lines.lines().collect();
            assert_eq!(lines[0], medium.sha256.to_string());
            assert_eq!(lines[1..3], ["1101-2345", ""]);
            assert_eq!(lines[3], "{\"slug\":\"bread-line\",\"ours\":true}");
            assert_eq!(lines[4], "{\"slug\":\"bread-line\",\"ours\":false}");
            assert_eq!(lines[5], "null");
            for (length, hash) in [0, 1, 55, 56, 63, 64, 65, 119, 120, 128]
                .iter()
                .zip(&lines[6..])
            {
                assert_eq!(*hash, ledger::sha256(&vec![b'a'; *length]).to_string());
            }
            let list = text(&files, &format!("ours/files/{}.txt", &lines[0][..2]));
            assert!(list.contains(&format!("{} {}\n", lines[0], story.slug)));
        }
    }
    let link = ledger::sha256(b"bread-line").to_string();
    assert!(text(&files, &format!("ours/links/{}.txt", &link[..2])).contains("bread-line\n"));
}
