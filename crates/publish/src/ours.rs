//! "Is this ours?": a page that takes a file, a code or an address and looks it up in small lists on this site.
//!
//! `ours/files/XX.txt` holds the SHA-256 of every published file that begins with these two hexadecimal digits, and
//! the address of its story; `ours/codes/X.txt` the codes of stories, and those burnt into their pictures and films, by their first letter; `ours/links/XX.txt` the
//! addresses of stories by the first two digits of their SHA-256. The page's script hashes a file where it is and
//! fetches one list: the site learns two digits, and nobody else learns anything. Without it the page says how to do
//! the same by hand, and leads to all lists.

use std::collections::BTreeMap;

use ledger::{Digest, sha256};
use maud::{Markup, PreEscaped, html};

use crate::address::SitePath;
use crate::code;
use crate::page::{Place, at};
use crate::whole::Whole;
use crate::words::{Tongue, t};
use crate::writer::Job;

const SCRIPT: &[u8] = include_bytes!("../assets/ours.js");

/// The lists, shared by both languages, and the script.
pub(crate) fn jobs<'w>(whole: &'w Whole<'w>) -> Vec<Job<'w>> {
    let mut jobs = vec![Job::given(script_path(), SCRIPT)];
    let lists = lists(whole).into_iter();
    jobs.extend(lists.map(|(path, lines)| Job::given(SitePath::made(path), lines)));
    jobs
}

pub(crate) fn ours_path(tongue: Tongue) -> SitePath {
    at(tongue, "ours.html")
}

fn script_path() -> SitePath {
    SitePath::made("ours.js".to_owned())
}

fn list_path(kind: &str, name: &str) -> String {
    format!("ours/{kind}/{name}.txt")
}

/// All lists by their path, each with its lines in order.
fn lists(whole: &Whole<'_>) -> BTreeMap<String, String> {
    let mut lines: Vec<(String, String)> = Vec::new();
    for ready in &whole.stories {
        let slug = &ready.input.slug;
        let code = code::of_story(&ready.input.id);
        lines.push((list_path("codes", &code[..1]), format!("{code} {slug}\n")));
        let burnt = ready
            .media
            .iter()
            .filter_map(|shown| shown.input.further.code.as_ref());
        lines.extend(burnt.filter_map(|code| {
            let first = code.get(..1)?;
            Some((list_path("codes", first), format!("{code} {slug}\n")))
        }));
        let link = sha256(slug.as_bytes()).to_string();
        lines.push((list_path("links", &link[..2]), format!("{slug}\n")));
        let shown = ready.media.iter();
        let files = shown.flat_map(|shown| {
            let still = shown.input.poster.as_ref();
            // Stills of covered media are not published.
            let still = still.filter(|_| shown.poster.is_some());
            let ours = std::iter::once(shown.input.sha256).chain(still.map(|still| still.sha256));
            ours.chain(shown.input.further.variants.iter().copied())
        });
        lines.extend(files.map(|file: Digest| {
            let hex = file.to_string();
            (list_path("files", &hex[..2]), format!("{hex} {slug}\n"))
        }));
    }
    lines.sort_unstable();
    lines.dedup();
    let mut lists: BTreeMap<String, String> = BTreeMap::new();
    for (path, line) in lines {
        lists.entry(path).or_default().push_str(&line);
    }
    lists
}

/// The page of one language.
pub(crate) fn page<'w>(whole: &'w Whole<'w>, tongue: Tongue) -> Job<'w> {
    let paths: Vec<String> = lists(whole).into_keys().collect();
    let key = whole
        .key("ours")
        .text(tongue.tag())
        .each(paths.iter(), |print, path| print.text(path));
    let make = move || {
        let place = Place::new(whole, tongue, ours_path);
        let (title, lead) = (t!(tongue, "nav-ours"), t!(tongue, "ours-lead"));
        let main = html! {
            article.standing {
                h1 { (title) }
                p.motto { (lead) }
                (asking(&place))
                (by_hand(&place, &paths))
            }
        };
        let script = html! { script src=(place.to(&script_path())) defer { (PreEscaped("")) } };
        Ok(place.scripted(&title, &lead, &main, &script))
    };
    Job {
        path: ours_path(tongue),
        key: key.finish(),
        make: Box::new(make),
    }
}

/// Where the script puts its two fields, with all that it may say.
fn asking(place: &Place<'_>) -> Markup {
    let tongue = place.tongue;
    let site = place.whole.site;
    let onion = site.onion.as_ref().map(crate::BaseUrl::as_str);
    html! {
        div #ours
            data-words-label=(t!(tongue, "ours-words-label"))
            data-file-label=(t!(tongue, "ours-file-label"))
            data-reading=(t!(tongue, "ours-reading"))
            data-file-yes=(t!(tongue, "ours-file-yes"))
            data-code-yes=(t!(tongue, "ours-code-yes"))
            data-link-yes=(t!(tongue, "ours-link-yes"))
            data-link-elsewhere=(t!(tongue, "ours-link-elsewhere"))
            data-file-no=(t!(tongue, "ours-file-no"))
            data-words-no=(t!(tongue, "ours-words-no"))
            data-failed=(t!(tongue, "ours-failed"))
            data-site=(site.base_url.as_str())
            data-onion=[onion]
            data-lists="../ours/" data-stories="stories/" {
            noscript { p { (t!(tongue, "ours-noscript")) } }
        }
    }
}

fn by_hand(place: &Place<'_>, paths: &[String]) -> Markup {
    let tongue = place.tongue;
    let kinds = [
        ("files", t!(tongue, "ours-hand-file")),
        ("codes", t!(tongue, "ours-hand-code")),
        ("links", t!(tongue, "ours-hand-link")),
    ];
    html! {
        h2 { (t!(tongue, "ours-hand-title")) }
        @for (kind, words) in kinds {
            p { (words) }
            @if kind == "files" { pre dir="ltr" { code { "sha256sum FILE" } } }
            @if kind == "links" { pre dir="ltr" { code { "printf %s NAME | sha256sum" } } }
            details.lists {
                summary { (t!(tongue, "ours-lists")) }
                ul.short dir="ltr" {
                    @for path in paths.iter().filter(|path| path[5..].starts_with(kind)) {
                        @let path = SitePath::made(path.clone());
                        li { a href=(place.to(&path)) { (path.file_name().trim_end_matches(".txt")) } }
                    }
                }
            }
        }
        p { (t!(tongue, "ours-means")) }
    }
}
