//! The front pages: the bilingual door at the root, and the list of stories in each language.

use maud::{DOCTYPE, Markup, html};

use crate::address::SitePath;
use crate::input::{Grade, SiteInput};
use crate::page::{
    Place, icon_path, index_path, opening_tags, story_path, style_path, with_newline,
};
use crate::story::Ready;
use crate::words::{Tongue, Written as _, excerpt, rfc3339, t};

/// Stories at the door, in each language.
const AT_THE_DOOR: usize = 6;

pub(crate) fn grade_words(tongue: Tongue, grade: Grade) -> String {
    match grade {
        Grade::Unconfirmed => t!(tongue, "grade-unconfirmed"),
        Grade::Probable => t!(tongue, "grade-probable"),
        Grade::Confirmed => t!(tongue, "grade-confirmed"),
        Grade::Contested => t!(tongue, "grade-contested"),
        Grade::Unverifiable => t!(tongue, "grade-unverifiable"),
    }
}

/// The small line above a title: date, assessment, warning.
pub(crate) fn kicker(tongue: Tongue, story: &Ready<'_>, exact: bool) -> Markup {
    let at = story.input.published_at;
    let shown = if exact {
        t!(tongue, "published", time = tongue.time(at))
    } else {
        tongue.date(at)
    };
    html! {
        p.kicker {
            time datetime=(rfc3339(at)) { (shown) }
            span.grade title=(t!(tongue, "grade-title")) { (grade_words(tongue, story.input.grade)) }
            @if story.input.graphic { span.warn { (t!(tongue, "graphic-label")) } }
        }
    }
}

/// The list of all stories in one language, newest first.
pub(crate) fn index(site: &SiteInput, tongue: Tongue, stories: &[Ready<'_>]) -> (SitePath, String) {
    let place = Place {
        site,
        tongue,
        path: index_path(tongue),
        twin: index_path(tongue.other()),
    };
    let lead = t!(tongue, "front-lead");
    let main = html! {
        h1.quiet { (t!(tongue, "front-title", organisation = site.organisation.as_str())) }
        p.motto { (lead) }
        @if stories.is_empty() { p.empty { (t!(tongue, "front-empty")) } }
        @for (number, story) in stories.iter().enumerate() {
            (card(&place, story, number == 0))
        }
    };
    let page = place.page(&site.organisation, &lead, &main);
    (place.path, page)
}

fn card(place: &Place<'_>, story: &Ready<'_>, first: bool) -> Markup {
    let tongue = place.tongue;
    let text = story.input.text(tongue);
    let link = place.to(&story_path(tongue, &story.input.slug));
    let still = story
        .media
        .iter()
        .find_map(crate::media::Shown::still)
        .filter(|_| !story.input.graphic);
    let class = if first { "card first" } else { "card" };
    let limit = if first { 320 } else { 180 };
    html! {
        article class=(class) {
            @if let Some(still) = still {
                a.still href=(link) tabindex="-1" aria-hidden="true" {
                    img src=(place.to(still)) alt="" loading=(if first { "eager" } else { "lazy" }) decoding="async";
                }
            }
            div.words {
                (kicker(tongue, story, false))
                h2 { a href=(link) { (text.title) } }
                p { (excerpt(&text.body, limit)) }
            }
        }
    }
}

/// The page at the root: both languages side by side, words only, so that it opens on any line.
pub(crate) fn door(site: &SiteInput, stories: &[Ready<'_>]) -> (SitePath, String) {
    let path = SitePath::made("index.html".to_owned());
    let base = site.base_url.as_str();
    let markup = html! {
        (DOCTYPE)
        html lang="ar" dir="rtl" {
            head {
                (opening_tags())
                title { (site.organisation) }
                meta name="description" content=(t!(Tongue::En, "front-lead"));
                link rel="canonical" href=(base);
                @for tongue in Tongue::BOTH {
                    link rel="alternate" hreflang=(tongue.tag()) href=(site.base_url.join(&index_path(tongue)));
                }
                link rel="icon" href=(icon_path().link_from(&path)) type="image/svg+xml";
                link rel="stylesheet" href=(style_path().link_from(&path));
            }
            body.door {
                header.masthead { div.bar { h1.name { bdi { (site.organisation) } } } }
                main #content {
                    @for tongue in Tongue::BOTH { (half(site, &path, tongue, stories)) }
                }
            }
        }
    };
    (path, with_newline(markup))
}

fn half(site: &SiteInput, path: &SitePath, tongue: Tongue, stories: &[Ready<'_>]) -> Markup {
    let place = Place {
        site,
        tongue,
        path: path.clone(),
        twin: path.clone(),
    };
    let index = place.to(&index_path(tongue));
    html! {
        section.half lang=(tongue.tag()) dir=(tongue.dir()) {
            h2.tongue { a href=(index) { (t!(tongue, "site-language")) } }
            p.motto { (t!(tongue, "front-lead")) }
            @if stories.is_empty() { p.empty { (t!(tongue, "front-empty")) } }
            @for story in stories.iter().take(AT_THE_DOOR) {
                article.line {
                    (kicker(tongue, story, false))
                    h3 { a href=(place.to(&story_path(tongue, &story.input.slug))) { (story.input.text(tongue).title) } }
                }
            }
            p.more {
                a href=(index) { (t!(tongue, "front-all")) }
                a href=(place.to(&place.verify())) { (t!(tongue, "nav-verify")) }
            }
        }
    }
}
