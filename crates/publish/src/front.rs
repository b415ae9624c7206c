//! The front pages: the bilingual door at the root, and the newest stories in each language.

use maud::{DOCTYPE, Markup, html};

use crate::address::SitePath;
use crate::input::Grade;
use crate::page::{
    POLICY, Place, archive_path, icon_path, index_path, opening_tags, story_path, style_path,
    with_newline,
};
use crate::story::Ready;
use crate::whole::Whole;
use crate::words::{Tongue, Written as _, excerpt, rfc3339, t};
use crate::writer::Job;

/// Stories at the door, in each language.
const AT_THE_DOOR: usize = 6;

/// Stories on the front page of a language; the first view stays small however many there are.
const ON_THE_FRONT: usize = 18;

pub(crate) fn grade_words(tongue: Tongue, grade: Grade) -> String {
    match grade {
        Grade::Unconfirmed => t!(tongue, "grade-unconfirmed"),
        Grade::Probable => t!(tongue, "grade-probable"),
        Grade::Confirmed => t!(tongue, "grade-confirmed"),
        Grade::Contested => t!(tongue, "grade-contested"),
        Grade::Unverifiable => t!(tongue, "grade-unverifiable"),
    }
}

/// The small line above a title: date, assessment, warning, correction.
pub(crate) fn kicker(tongue: Tongue, ready: &Ready<'_>, exact: bool) -> Markup {
    let at = ready.input.published_at;
    let shown = if exact {
        t!(tongue, "published", time = tongue.time(at))
    } else {
        tongue.date(at)
    };
    kicker_of(
        tongue,
        ready,
        &html! { time datetime=(rfc3339(at)) { (shown) } },
    )
}

fn kicker_of(tongue: Tongue, ready: &Ready<'_>, time: &Markup) -> Markup {
    html! {
        p.kicker {
            (time)
            span.grade title=(t!(tongue, "grade-title")) { (grade_words(tongue, ready.input.grade)) }
            @if ready.input.graphic { span.warn { (t!(tongue, "graphic-label")) } }
            @if !ready.input.corrections.is_empty() { span.warn { (t!(tongue, "correction-label")) } }
        }
    }
}

/// One story in a list: its small line and its title.
pub(crate) fn line(place: &Place<'_>, ready: &Ready<'_>, level: &str, by_event: bool) -> Markup {
    let tongue = place.tongue;
    let link = place.to(&story_path(tongue, &ready.input.slug));
    let title = html! { a href=(link) { (ready.title(tongue)) } };
    let kicker = match ready.input.when.filter(|_| by_event) {
        None => kicker(tongue, ready, false),
        Some(when) => kicker_of(
            tongue,
            ready,
            &html! { time datetime=(when.machine()) { (tongue.event(when)) } },
        ),
    };
    html! {
        article.line {
            (kicker)
            @if level == "h2" { h2 { (title) } } @else { h3 { (title) } }
        }
    }
}

/// The newest stories in one language.
pub(crate) fn index<'w>(whole: &'w Whole<'w>, tongue: Tongue) -> Job<'w> {
    let newest = whole.told.len().min(ON_THE_FRONT);
    let newest = &whole.told[..newest];
    let key = whole
        .key("front")
        .text(tongue.tag())
        .each(whole.these(newest), |print, ready| print.digest(&ready.key))
        .finish();
    Job {
        path: index_path(tongue),
        key,
        make: Box::new(move || Ok(front(whole, tongue, newest))),
    }
}

fn front(whole: &Whole<'_>, tongue: Tongue, newest: &[usize]) -> Vec<u8> {
    let place = Place::new(whole, tongue, index_path);
    let organisation = whole.site.organisation.as_str();
    let lead = t!(tongue, "front-lead");
    let main = html! {
        h1.quiet { (t!(tongue, "front-title", organisation = organisation)) }
        p.motto { (lead) }
        @if newest.is_empty() { p.empty { (t!(tongue, "front-empty")) } }
        @for (number, ready) in whole.these(newest).enumerate() {
            (card(&place, ready, number == 0))
        }
        p.more { a href=(place.to(&archive_path(tongue))) { (t!(tongue, "front-archive")) } }
    };
    place.page(organisation, &lead, &main)
}

fn card(place: &Place<'_>, ready: &Ready<'_>, first: bool) -> Markup {
    let tongue = place.tongue;
    let text = ready.input.text(tongue);
    let link = place.to(&story_path(tongue, &ready.input.slug));
    let class = if first { "card first" } else { "card" };
    let limit = if first { 320 } else { 180 };
    html! {
        article class=(class) {
            @if let Some(still) = ready.still() {
                a.still href=(link) tabindex="-1" aria-hidden="true" {
                    img src=(place.to(still)) alt="" loading=(if first { "eager" } else { "lazy" }) decoding="async";
                }
            }
            div.words {
                (kicker(tongue, ready, false))
                h2 { a href=(link) { (text.title) } }
                p { (excerpt(&text.body, limit)) }
            }
        }
    }
}

/// The page at the root: both languages side by side, words only, so that it opens on any line.
pub(crate) fn door<'w>(whole: &'w Whole<'w>) -> Job<'w> {
    let newest = whole.told.len().min(AT_THE_DOOR);
    let newest = &whole.told[..newest];
    let key = whole
        .key("door")
        .each(whole.these(newest), |print, ready| print.digest(&ready.key))
        .finish();
    Job {
        path: door_path(),
        key,
        make: Box::new(move || Ok(door_page(whole, newest))),
    }
}

fn door_path() -> SitePath {
    SitePath::made("index.html".to_owned())
}

fn door_page(whole: &Whole<'_>, newest: &[usize]) -> Vec<u8> {
    let path = door_path();
    let site = whole.site;
    let markup = html! {
        (DOCTYPE)
        html lang="ar" dir="rtl" {
            head {
                (opening_tags(POLICY))
                title { (site.organisation) }
                meta name="description" content=(t!(Tongue::En, "front-lead"));
                link rel="canonical" href=(site.base_url.as_str());
                @for tongue in Tongue::BOTH {
                    link rel="alternate" hreflang=(tongue.tag()) href=(site.base_url.join(&index_path(tongue)));
                }
                link rel="icon" href=(icon_path().link_from(&path)) type="image/svg+xml";
                link rel="stylesheet" href=(style_path().link_from(&path));
                @if let Some(onion) = &site.onion { meta http-equiv="onion-location" content=(onion.as_str()); }
            }
            body.door {
                header.masthead { div.bar { h1.name { bdi { (site.organisation) } } } }
                main #content {
                    @for tongue in Tongue::BOTH { (half(whole, &path, tongue, newest)) }
                }
            }
        }
    };
    with_newline(markup)
}

fn half(whole: &Whole<'_>, path: &SitePath, tongue: Tongue, newest: &[usize]) -> Markup {
    let place = Place::new(whole, tongue, |_| path.clone());
    let index = place.to(&index_path(tongue));
    html! {
        section.half lang=(tongue.tag()) dir=(tongue.dir()) {
            h2.tongue { a href=(index) { (t!(tongue, "site-language")) } }
            p.motto { (t!(tongue, "front-lead")) }
            @if newest.is_empty() { p.empty { (t!(tongue, "front-empty")) } }
            @for ready in whole.these(newest) { (line(&place, ready, "h3", false)) }
            p.more {
                a href=(index) { (t!(tongue, "front-all")) }
                a href=(place.to(&place.verify())) { (t!(tongue, "nav-verify")) }
            }
        }
    }
}
