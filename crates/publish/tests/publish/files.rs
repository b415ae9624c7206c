//! What stands on the disk: the same bytes each time, nothing old, nothing foreign, never a mixture.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use publish::{BaseUrl, InputError, PublishError, SiteInput, build};
use walkdir::WalkDir;

use crate::sample;

pub(crate) fn read(root: &Path) -> BTreeMap<String, Vec<u8>> {
    WalkDir::new(root)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let name = entry
                .path()
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect()
}

pub(crate) fn built(input: &SiteInput) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("site");
    let told = build(input, &sample::signer(), &out).unwrap();
    let files = read(&out);
    assert_eq!(told.files, files.len());
    assert_eq!(
        told.bytes,
        files.values().map(|bytes| bytes.len() as u64).sum::<u64>()
    );
    files
}

#[test]
fn two_builds_are_equal_to_the_byte_whatever_the_order_of_stories() {
    let first = built(&sample::site_at(1));
    let mut other = sample::site_at(1);
    other.stories.reverse();
    assert_eq!(first, built(&other));
}

#[test]
fn a_new_build_replaces_the_whole_site_and_nothing_of_the_old_one_stays_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("site");
    let mut input = sample::site_at(1);
    build(&input, &sample::signer(), &out).unwrap();
    let before = read(&out);
    // The story with the video is withdrawn.
    let gone = input.stories.remove(1);
    // A build that was killed left its half of a site.
    let half = folder.path().join(".site.building/media");
    fs::create_dir_all(&half).unwrap();
    fs::write(half.join("half.mp4"), "half").unwrap();
    build(&input, &sample::signer(), &out).unwrap();
    let after = read(&out);
    assert!(before.contains_key(&format!("en/stories/{}.html", gone.slug)));
    assert!(!after.keys().any(|name| name.contains(&gone.slug)));
    assert!(!after.keys().any(|name| name.ends_with(".mp4")));
    assert_eq!(
        after,
        built(&input),
        "linked from the old site or copied, the bytes are the same"
    );
    let mut left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(
        left,
        [
            ".site.building",
            ".site.state",
            ".site.words.ar",
            ".site.words.en",
            "site"
        ]
    );
    // The next build starts from the same files, and from nothing that is gone.
    assert_eq!(read(&folder.path().join(".site.building")), after);
}

#[test]
fn files_are_named_by_what_they_are() {
    let input = sample::site_at(1);
    let files = built(&input);
    for story in &input.stories {
        for medium in &story.media {
            let path = publish::media_path(&medium.sha256, medium.kind);
            assert_eq!(ledger::sha256(&files[path.as_str()]), medium.sha256);
            let proof = publish::proof_path(&story.slug, &medium.sha256, medium.kind);
            assert_eq!(files[proof.as_str()], medium.proof);
        }
    }
    for (name, bytes) in &input.log.files {
        assert_eq!(&files[&format!("log/{name}")], bytes);
    }
    let odd: Vec<_> = files
        .keys()
        .filter(|name| name.starts_with('.') || name.contains("/."))
        .collect();
    assert!(odd.is_empty(), "{odd:?}");
}

#[test]
fn bytes_that_were_not_approved_are_refused_and_the_old_site_stays() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("site");
    let mut input = sample::site_at(1);
    let videoless = {
        let mut input = sample::site_at(1);
        input.stories.remove(1);
        input
    };
    build(&videoless, &sample::signer(), &out).unwrap();
    let before = read(&out);
    input.stories[1].media[0].bytes = Arc::new(vec![1_u8; 2_400_001]);
    assert!(matches!(
        build(&input, &sample::signer(), &out),
        Err(PublishError::Differs { .. })
    ));
    assert_eq!(read(&out), before);
    input.stories[1].media[0].bytes = Arc::new(folder.path().join("missing.mp4"));
    assert!(matches!(
        build(&input, &sample::signer(), &out),
        Err(PublishError::Disk { .. })
    ));
    assert_eq!(read(&out), before);
    // A file of the present site that was changed on the disk is not carried over.
    let picture = publish::media_path(
        &videoless.stories[0].media[0].sha256,
        videoless.stories[0].media[0].kind,
    );
    fs::write(out.join(picture.as_str()), b"changed").unwrap();
    build(&videoless, &sample::signer(), &out).unwrap();
    assert_eq!(read(&out), before);
}

#[test]
fn a_folder_of_something_else_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    fs::write(home.join("letter.txt"), "keep me").unwrap();
    assert!(matches!(
        build(&sample::site_at(1), &sample::signer(), &home),
        Err(PublishError::NotASite(_))
    ));
    assert_eq!(fs::read(home.join("letter.txt")).unwrap(), b"keep me");
    fs::remove_file(home.join("letter.txt")).unwrap();
    build(&sample::site_at(1), &sample::signer(), &home).unwrap();
    assert!(home.join("index.html").is_file());
}

#[test]
fn input_that_cannot_be_shown_is_refused_in_words() {
    type Spoil = fn(&mut SiteInput);
    let cases: [(Spoil, &str); 15] = [
        (|input| input.organisation = " ".into(), "no name"),
        (|input| input.stories[0].id = "xyz".into(), "32 lower-case"),
        (|input| input.stories[0].slug = "../up".into(), "address"),
        (|input| input.stories[0].slug = "Bread".into(), "address"),
        (
            |input| input.stories[1].slug = input.stories[0].slug.clone(),
            "share",
        ),
        (
            |input| input.stories[0].ar.title = String::new(),
            "missing in Arabic",
        ),
        (
            |input| input.stories[0].media[0].alt.en = "  ".into(),
            "missing in English",
        ),
        (|input| input.stories[0].updated_at -= 1, "times"),
        (|input| input.stories[1].corrections[0].at += 1, "times"),
        (|input| input.built_at = -1, "times"),
        (
            |input| input.stories[0].topics[0].slug = "Ü".into(),
            "address",
        ),
        (
            |input| input.stories[1].corrections[0].note.ar = String::new(),
            "missing in Arabic",
        ),
        (
            |input| input.stories[5].topics = input.stories[0].topics.clone(),
            "withdrawn, and yet",
        ),
        (
            |input| {
                if let Some(place) = &mut input.stories[0].place {
                    place.point = Some(publish::CoarsePoint {
                        latitude: 9_001,
                        longitude: 0,
                    });
                }
            },
            "nowhere",
        ),
        (
            |input| input.log.files[1].0 = "tile/../../x".into(),
            "strange name",
        ),
    ];
    for (spoil, words) in cases {
        let mut input = sample::site_at(1);
        spoil(&mut input);
        let folder = tempfile::tempdir().unwrap();
        let Err(PublishError::Input(error)) =
            build(&input, &sample::signer(), &folder.path().join("site"))
        else {
            panic!("{words}: accepted");
        };
        assert!(error.to_string().contains(words), "{error}");
    }
    let mut input = sample::site_at(1);
    input.log.files.clear();
    let folder = tempfile::tempdir().unwrap();
    let error = build(&input, &sample::signer(), &folder.path().join("site")).unwrap_err();
    assert!(matches!(
        error,
        PublishError::Input(InputError::NoCheckpoint)
    ));
}

#[test]
fn an_empty_newsroom_has_a_site_too() {
    let mut input = sample::site_at(1);
    input.stories.clear();
    input.base_url = "http://127.0.0.1:8080".parse::<BaseUrl>().unwrap();
    let files = built(&input);
    assert!(files.contains_key("ar/index.html"));
    assert!(!files.keys().any(|name| name.starts_with("media/")));
}
