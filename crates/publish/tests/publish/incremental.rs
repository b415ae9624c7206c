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
    assert!(told.written < 60, "{told:?}");
    let page = fs::read_to_string(out.join("en/index.html")).unwrap();
    assert!(page.contains("stories/one-more.html"));
    assert!(
        fs::read_to_string(out.join("ar/atom.xml"))
            .unwrap()
            .contains("one-more")
    );
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
    for name in ["en/index.html", "style.css"] {
        let bytes = fs::read(out.join(name)).unwrap();
        fs::remove_file(out.join(name)).unwrap();
        fs::write(out.join(name), vec![b'x'; bytes.len()]).unwrap();
    }
    assert_eq!(fs::read_to_string(&state).unwrap(), noted);
    let told = build(&input, &sample::signer(), &out).unwrap();
    assert_eq!(told.written, 2);
    assert_eq!(read(&out), built(&input));
}
