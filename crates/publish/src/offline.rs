//! The newest stories for devices that are seldom or never on the net: `offline/text.zip`, `offline/stills.zip`
//! with pictures and stills of films, and `offline/films.zip` with small films too.
//!
//! Each holds plain pages and texts that any telephone opens, and a manifest of its own, signed like the site's: once
//! unpacked, `fh-verify site FOLDER` checks it like a mirror. The same stories give the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read as _, Write as _};

use ledger::{Listed, LogSigner, SiteManifest, sha256, write_list};
use maud::{DOCTYPE, Markup, html};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::address::SitePath;
use crate::code;
use crate::front::grade_words;
use crate::input::{MediaBytes, MediaKind};
use crate::media::Shown;
use crate::page::{POLICY, opening_tags, with_newline};
use crate::site::PublishError;
use crate::story::{Ready, prose};
use crate::texts;
use crate::whole::Whole;
use crate::words::{Tongue, Written as _, t};
use crate::writer::Job;

const STYLE: &[u8] = include_bytes!("../assets/offline.css");

/// Stories in an edition.
const MOST: usize = 100;

/// Bytes of pictures in an edition; the newest stories' come first.
const MOST_STILLS: u64 = 12_000_000;

/// Bytes of films in an edition; the newest stories' come first.
const MOST_FILMS: u64 = 40_000_000;

/// What an edition holds besides words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    /// Nothing.
    Text,
    /// Pictures, and stills of films.
    Stills,
    /// Pictures, and small films.
    Films,
}

impl Variant {
    pub(crate) const ALL: [Self; 3] = [Self::Text, Self::Stills, Self::Films];

    pub(crate) fn path(self) -> SitePath {
        let name = match self {
            Self::Text => "text",
            Self::Stills => "stills",
            Self::Films => "films",
        };
        SitePath::made(format!("offline/{name}.zip"))
    }
}

/// The editions.
pub(crate) fn jobs<'w>(whole: &'w Whole<'w>, signer: &'w LogSigner) -> Vec<Job<'w>> {
    let job = |variant: Variant| {
        let stories: Vec<&Ready<'_>> = whole.told().take(MOST).collect();
        let path = variant.path();
        let key = whole
            .key("offline")
            .text(path.as_str())
            .text(&signer.verifier().to_string())
            .each(stories.iter(), |print, ready| {
                let names = crate::story::names(whole, ready);
                let small = ready
                    .media
                    .iter()
                    .map(|shown| shown.input.further.small.as_ref());
                print
                    .digest(&ready.key)
                    .each(small, |print, small| {
                        print.option(small, |print, small| print.digest(&small.sha256))
                    })
                    .each(names.into_iter(), |print, label| {
                        print.text(&label.name.en).text(&label.name.ar)
                    })
            });
        Job {
            path,
            key: key.finish(),
            make: Box::new(move || {
                let files = files(whole, &stories, variant)?;
                packed(&signed(whole, &stories, variant, signer, files)?)
            }),
        }
    };
    Variant::ALL.into_iter().map(job).collect()
}

type Files = BTreeMap<String, Vec<u8>>;

fn files(
    whole: &Whole<'_>,
    stories: &[&Ready<'_>],
    variant: Variant,
) -> Result<Files, PublishError> {
    let mut files = Files::from([
        ("style.css".to_owned(), STYLE.to_vec()),
        ("index.html".to_owned(), door(whole)),
    ]);
    let held = match variant {
        Variant::Text => BTreeSet::new(),
        Variant::Stills => taken(stories, MOST_STILLS, still_of, &mut files)?,
        Variant::Films => {
            let mut films = taken(stories, MOST_FILMS, film_of, &mut files)?;
            // A film for which there is no room shows its still.
            let stills = taken(
                stories,
                MOST_STILLS,
                |shown| still_beside(shown, &films),
                &mut files,
            )?;
            films.extend(stills);
            films
        }
    };
    for tongue in Tongue::BOTH {
        let tag = tongue.tag();
        files.insert(format!("{tag}/index.html"), index(whole, tongue, stories));
        for ready in stories {
            let slug = &ready.input.slug;
            let page = story(whole, tongue, ready, &held);
            files.insert(format!("{tag}/{slug}.html"), page);
            let text = texts::text(whole, tongue, ready).into_bytes();
            files.insert(format!("{tag}/{slug}.txt"), text);
        }
    }
    Ok(files)
}

/// Files of the stories, newest first, as long as there is room; each is what was approved or the build fails.
fn taken<'s>(
    stories: &'s [&Ready<'_>],
    mut room: u64,
    of: impl Fn(&'s Shown<'_>) -> Option<Still<'s>>,
    files: &mut Files,
) -> Result<BTreeSet<SitePath>, PublishError> {
    let mut taken = BTreeSet::new();
    for ready in stories {
        for shown in ready.media.iter().filter(|_| !ready.input.graphic) {
            let Some((path, source, expected)) = of(shown) else {
                continue;
            };
            let mut bytes = Vec::new();
            let read = source.open().and_then(|reader| {
                // One byte more than there is room for tells that there is not enough.
                reader.take(room + 1).read_to_end(&mut bytes)
            });
            read.map_err(crate::site::disk(
                "read the bytes of",
                path.as_str().as_ref(),
            ))?;
            if bytes.len() as u64 > room {
                continue;
            }
            let found = sha256(&bytes);
            if found != expected {
                return Err(PublishError::Differs {
                    story: ready.input.id.clone(),
                    expected,
                    found,
                });
            }
            if taken.insert(path.clone()) {
                room -= bytes.len() as u64;
                files.insert(path.as_str().to_owned(), bytes);
            }
        }
    }
    Ok(taken)
}

type Still<'s> = (SitePath, &'s dyn MediaBytes, ledger::Digest);

/// The smallest picture of a file: its poster, else the picture itself.
fn still_of<'s>(shown: &'s Shown<'_>) -> Option<Still<'s>> {
    let input = shown.input;
    if let (Some(path), Some(poster)) = (&shown.poster, &input.poster) {
        return Some((path.clone(), poster.bytes.as_ref(), poster.sha256));
    }
    let picture = matches!(input.kind, MediaKind::Jpeg | MediaKind::Png);
    picture.then(|| (shown.file.clone(), input.bytes.as_ref(), input.sha256))
}

/// The still of what is not among the films.
fn still_beside<'s>(shown: &'s Shown<'_>, films: &BTreeSet<SitePath>) -> Option<Still<'s>> {
    let film = film_of(shown).is_some_and(|(path, _, _)| films.contains(&path));
    still_of(shown).filter(|_| !film)
}

/// The smallest form of a film.
fn film_of<'s>(shown: &'s Shown<'_>) -> Option<Still<'s>> {
    let small = shown.input.further.small.as_ref()?;
    let path = crate::media_path(&small.sha256, MediaKind::Mp4);
    Some((path, small.bytes.as_ref(), small.sha256))
}

/// Adds the list of all files and the signed note that names it.
fn signed(
    whole: &Whole<'_>,
    stories: &[&Ready<'_>],
    variant: Variant,
    signer: &LogSigner,
    mut files: Files,
) -> Result<Files, PublishError> {
    let listed: Vec<Listed> = files
        .iter()
        .map(|(path, bytes)| Listed {
            sha256: sha256(bytes),
            bytes: bytes.len() as u64,
            path: path.clone(),
        })
        .collect();
    let list = write_list(&listed);
    let newest = stories.iter().map(|ready| ready.input.updated_at).max();
    let note = signer.sign_site(&SiteManifest {
        // Not the whole site: its own name tells the two apart.
        site: whole.site.base_url.join(&variant.path()),
        decided_at: u64::try_from(newest.unwrap_or(0) / 1_000_000).unwrap_or(0),
        files: listed.len() as u64,
        bytes: listed.iter().map(|one| one.bytes).sum(),
        list: sha256(list.as_bytes()),
    })?;
    files.insert("manifest.txt".to_owned(), list.into_bytes());
    files.insert("manifest".to_owned(), note.into_bytes());
    Ok(files)
}

/// Everything in one order, without times; pictures are packed already.
fn packed(files: &Files) -> Result<Vec<u8>, PublishError> {
    let mut packer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        let method = if path.starts_with("media/") {
            CompressionMethod::Stored
        } else {
            CompressionMethod::Deflated
        };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        packer
            .start_file(path.as_str(), options)
            .map_err(PublishError::edition)?;
        packer.write_all(bytes).map_err(PublishError::edition)?;
    }
    let done = packer.finish().map_err(PublishError::edition)?;
    Ok(done.into_inner())
}

/// A page without anything around it.
fn bare(tongue: Tongue, up: &str, title: &str, body: &Markup) -> Vec<u8> {
    with_newline(html! {
        (DOCTYPE)
        html lang=(tongue.tag()) dir=(tongue.dir()) {
            head {
                (opening_tags(POLICY))
                title { (title) }
                link rel="stylesheet" href={ (up) "style.css" };
            }
            body { main { (body) } }
        }
    })
}

fn door(whole: &Whole<'_>) -> Vec<u8> {
    let name = &whole.site.organisation;
    let body = html! {
        h1 { bdi { (name) } }
        ul {
            @for tongue in Tongue::BOTH {
                li { a lang=(tongue.tag()) dir=(tongue.dir()) href={ (tongue.tag()) "/index.html" } { (t!(tongue, "site-language")) } }
            }
        }
    };
    bare(Tongue::En, "", name, &body)
}

fn index(whole: &Whole<'_>, tongue: Tongue, stories: &[&Ready<'_>]) -> Vec<u8> {
    let title = t!(tongue, "nav-stories");
    let body = html! {
        h1 { bdi { (whole.site.organisation) } }
        p { (t!(tongue, "offline-check")) }
        pre dir="ltr" { "fh-verify site . --key " (whole.site.log.key) }
        ul.list {
            @for ready in stories {
                li {
                    a href={ (ready.input.slug) ".html" } { bdi { (ready.title(tongue)) } }
                    small { (grade_words(tongue, ready.input.grade)) " · " (tongue.date(ready.input.published_at)) }
                }
            }
        }
    };
    bare(tongue, "../", &title, &body)
}

fn story(
    whole: &Whole<'_>,
    tongue: Tongue,
    ready: &Ready<'_>,
    held: &BTreeSet<SitePath>,
) -> Vec<u8> {
    let input = ready.input;
    let title = ready.title(tongue);
    let shown = ready.media.iter().filter_map(|shown| {
        let there = |(path, _, _): Still<'_>| held.contains(&path).then_some(path);
        let film = film_of(shown).and_then(there).map(|path| (path, true));
        let still = || still_of(shown).and_then(there).map(|path| (path, false));
        let (path, film) = film.or_else(still)?;
        Some((shown, path, film))
    });
    let page = crate::page::story_path(tongue, &input.slug);
    let body = html! {
        p { a href="index.html" { (t!(tongue, "nav-stories")) } }
        h1 { bdi { (title) } }
        p.facts { (grade_words(tongue, input.grade)) " · " (tongue.date(input.published_at)) }
        @for one in &input.corrections {
            p.note { (t!(tongue, "correction-title")) " (" (tongue.date(one.at)) "): " (one.note.get(tongue)) }
        }
        (prose(ready.body(tongue)))
        @for (shown, path, film) in shown {
            figure {
                @if film {
                    video controls preload="none" playsinline src={ "../" (path) } aria-label=(shown.input.alt.get(tongue)) {}
                } @else {
                    img src={ "../" (path) } alt=(shown.input.alt.get(tongue));
                }
                figcaption { (shown.input.alt.get(tongue)) }
            }
        }
        p.facts {
            bdi dir="ltr" { (whole.site.base_url.join(&page)) } br;
            (t!(tongue, "code-line", code = code::of_story(&input.id))) br;
            a href={ (input.slug) ".txt" } { (t!(tongue, "pass-on-text")) }
        }
    };
    bare(tongue, "../", &title, &body)
}
