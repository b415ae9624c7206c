//! Building upon the present site: the bytes of a build from nothing, with little written.

use std::fs;

use publish::{Bilingual, Built, Correction, Grade, Label, SiteInput, StoryInput, Text, build};

use crate::files::{built, read};
use crate::sample;

const DAY: i64 = 86_400_000_000;

/// The sample with many plain stories behind it, so that lists, feeds and maps have several pages.
fn large(count: u32) -> SiteInput {
    let mut input = sample::site_at(1);
    let model = input.stories[0].clone();
    for number in 0..count {
        let mut story = plain(&model, number);
        story.published_at -= i64::from(number) * DAY / 2;
        story.updated_at = story.published_at;
        input.stories.push(story);
    }
    input
}

fn plain(model: &StoryInput, number: u32) -> StoryInput {
    let mut story = model.clone();
    story.id = format!("{:032x}", number + 100);
    story.slug = format!("plain-{number}");
    story.media.clear();
    story.published_at -= 40 * DAY;
    story.updated_at = story.published_at;
    story.en.title = format!("Report {number}");
    story
}

fn newest(input: &SiteInput) -> StoryInput {
    let mut story = plain(&input.stories[0], 90_000);
    story.slug = "one-more".to_owned();
    story.published_at = input.built_at + DAY;
    story.updated_at = story.published_at;
    story
}

#[test]
fn every_change_gives_the_bytes_of_a_build_from_nothing() {
    type Change = fn(&mut SiteInput);
    let changes: [(&str, Change); 14] = [
        ("nothing", |_| {}),
        ("one more", |input| input.stories.push(newest(input))),
        ("a title", |input| input.stories[30].ar.title.push('!')),
        ("a grade", |input| input.stories[7].grade = Grade::Contested),
        ("a correction", |input| {
            let story = &mut input.stories[40];
            story.updated_at = input.built_at;
            story.corrections.push(Correction {
                at: input.built_at,
                note: Bilingual {
                    en: "The day was a Tuesday.".to_owned(),
                    ar: "كان اليوم ثلاثاء.".to_owned(),
                },
            });
        }),
        ("a withdrawal", |input| {
            let story = &mut input.stories[1];
            (story.en, story.ar) = (Text::default(), Text::default());
            story.media.clear();
            story.topics.clear();
            story.corrections.clear();
            (story.place, story.when) = (None, None);
            story.updated_at = input.built_at;
            story.withdrawn = Some(Bilingual {
                en: "Not ours to tell.".to_owned(),
                ar: "ليس لنا أن نرويه.".to_owned(),
            });
        }),
        ("a topic's name", |input| {
            input.stories[0].topics[0].name.en = "Flour".to_owned();
        }),
        ("a new topic", |input| {
            input.stories[50].topics.push(Label {
                slug: "water".to_owned(),
                name: Bilingual {
                    en: "Water".to_owned(),
                    ar: "الماء".to_owned(),
                },
            });
        }),
        ("a place", |input| {
            input.stories[60].place = input.stories[1].place.clone()
        }),
        ("a date", |input| {
            input.stories[9].when = "1999-12~".parse().ok()
        }),
        ("graphic", |input| input.stories[0].graphic = true),
        ("an old one gone", |input| {
            input.stories.remove(90);
        }),
        ("a new address", |input| {
            input.base_url = "https://other.example".parse().unwrap();
        }),
        ("two days later", |input| input.built_at += 3 * DAY),
    ];
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("site");
    let mut input = large(95);
    build(&input, &sample::signer(), &out).unwrap();
    for (what, change) in changes {
        change(&mut input);
        let told = build(&input, &sample::signer(), &out).unwrap();
        let files = read(&out);
        assert!(files == built(&input), "{what}");
        assert_eq!(told.files, files.len(), "{what}");
    }
}

#[test]
fn one_more_story_writes_few_files() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("site");
    let mut input = large(300);
    let first = build(&input, &sample::signer(), &out).unwrap();
    assert_eq!(first.written, first.files);
    let again = build(&input, &sample::signer(), &out).unwrap();
    assert_eq!(
        again,
        Built {
            written: 0,
            ..first
        }
    );
    let more = newest(&input);
    input.built_at = more.published_at;
    input.stories.push(more);
    let told = build(&input, &sample::signer(), &out).unwrap();
    assert!(told.written < 70, "{told:?}");
    let page = fs::read_to_string(out.join("en/index.html")).unwrap();
    assert!(page.contains("stories/one-more.html"));
    assert!(
        fs::read_to_string(out.join("ar/atom.xml"))
            .unwrap()
            .contains("one-more")
    );
}

#[test]
fn the_words_kept_for_searching_are_those_of_what_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("site");
    let kept = || fs::read_to_string(folder.path().join(".site.words.en")).unwrap();
    let mut input = large(60);
    input.stories[20].en.body.push_str(" Xylophones.");
    build(&input, &sample::signer(), &out).unwrap();
    assert!(kept().contains("\nxylophones "));
    let mut more = newest(&input);
    more.en.title.push_str(" zither");
    input.stories.push(more);
    input.stories.remove(20);
    build(&input, &sample::signer(), &out).unwrap();
    assert!(kept().contains("\nzither ") && !kept().contains("xylophones"));
    // What another hand wrote there tells by its hash, and all is read again.
    fs::write(
        folder.path().join(".site.words.en"),
        kept().replace("zither", "zephyr"),
    )
    .unwrap();
    input.stories[3].en.title.push('!');
    build(&input, &sample::signer(), &out).unwrap();
    assert_eq!(read(&out), built(&input));
}

#[test]
fn without_its_state_or_with_a_foreign_one_the_site_is_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("site");
    let state = folder.path().join(".site.state");
    let input = large(5);
    let first = build(&input, &sample::signer(), &out).unwrap();
    fs::remove_file(&state).unwrap();
    assert_eq!(build(&input, &sample::signer(), &out).unwrap(), first);
    // A state that claims what the files are not: inodes tell.
    let noted = fs::read_to_string(&state).unwrap();
    let beside = folder.path().join(".site.building");
    let exchange = |root: &std::path::Path| {
        for name in ["en/index.html", "style.css"] {
            let bytes = fs::read(root.join(name)).unwrap();
            fs::remove_file(root.join(name)).unwrap();
            fs::write(root.join(name), vec![b'x'; bytes.len()]).unwrap();
        }
    };
    // Those of the folder beside still stand; where both were exchanged, they are written anew.
    for (both, written) in [(false, 0), (true, 2)] {
        exchange(&out);
        if both {
            exchange(&beside);
        }
        assert_eq!(fs::read_to_string(&state).unwrap(), noted);
        let told = build(&input, &sample::signer(), &out).unwrap();
        assert_eq!(told.written, written);
        assert_eq!(read(&out), built(&input));
    }
}

#[test]
fn whatever_a_crash_or_a_stranger_left_beside_the_site_does_not_reach_it() {
    use std::os::unix::fs::symlink;
    type Harm = fn(&std::path::Path);
    let harms: [(&str, Harm); 7] = [
        ("nothing there", |beside| {
            fs::remove_dir_all(beside).unwrap();
        }),
        ("a file instead", |beside| {
            fs::remove_dir_all(beside).unwrap();
            fs::write(beside, "x").unwrap();
        }),
        ("a foreign page", |beside| {
            fs::create_dir_all(beside.join("en/deep/er")).unwrap();
            fs::write(beside.join("en/deep/er/foreign.html"), "x").unwrap();
        }),
        ("another page under a known name", |beside| {
            fs::remove_file(beside.join("en/index.html")).unwrap();
            fs::write(beside.join("en/index.html"), "x").unwrap();
        }),
        ("a link under a known name", |beside| {
            fs::remove_file(beside.join("en/about.html")).unwrap();
            symlink("index.html", beside.join("en/about.html")).unwrap();
        }),
        ("folders and files exchanged", |beside| {
            fs::remove_dir_all(beside.join("en/stories")).unwrap();
            fs::write(beside.join("en/stories"), "x").unwrap();
            fs::remove_file(beside.join("style.css")).unwrap();
            fs::create_dir(beside.join("style.css")).unwrap();
            fs::write(beside.join("style.css/x"), "x").unwrap();
        }),
        ("half of it gone", |beside| {
            fs::remove_dir_all(beside.join("ar")).unwrap();
        }),
    ];
    for (what, harm) in harms {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("site");
        let mut input = large(60);
        build(&input, &sample::signer(), &out).unwrap();
        harm(&folder.path().join(".site.building"));
        input.stories.push(newest(&input));
        build(&input, &sample::signer(), &out).unwrap();
        assert_eq!(read(&out), built(&input), "{what}");
        assert_eq!(
            read(&folder.path().join(".site.building")),
            read(&out),
            "{what}"
        );
    }
}

#[test]
fn what_readers_have_open_is_never_written_into() {
    use std::io::Read as _;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("site");
    let mut input = sample::site_at(1);
    build(&input, &sample::signer(), &out).unwrap();
    let before = read(&out);
    let mut open: Vec<_> = ["en/index.html", "en/atom.xml", "manifest.txt"]
        .map(|name| (name, fs::File::open(out.join(name)).unwrap()))
        .into();
    for round in 0..3 {
        input.stories[0].en.title.push('!');
        build(&input, &sample::signer(), &out).unwrap();
        assert_eq!(read(&out), built(&input), "{round}");
    }
    for (name, file) in &mut open {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        assert_eq!(&bytes, &before[*name], "{name}");
    }
}
