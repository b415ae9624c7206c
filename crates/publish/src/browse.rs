//! Ways through the archive that need no script: by month, topic, place, and by when it happened; and corrections.

use maud::{Markup, html};

use crate::address::SitePath;
use crate::listing::List;
use crate::map;
use crate::page::{
    Place, archive_path, at, corrections_path, place_path, places_path, story_path, timeline_path,
    topic_path, topics_path,
};
use crate::story::{Ready, prose};
use crate::whole::{Group, Month, Whole};
use crate::words::{Tongue, Written as _, rfc3339, t};
use crate::writer::Job;

/// Corrections and withdrawals that the page names; older ones stand on their own stories' pages.
const NEWEST_CORRECTIONS: usize = 60;

/// All pages of this kind in one language.
pub(crate) fn jobs<'w>(whole: &'w Whole<'w>, tongue: Tongue) -> Vec<Job<'w>> {
    let mut jobs = vec![archive(whole, tongue), corrections(whole, tongue)];
    for (month, stories) in &whole.months {
        jobs.extend(by_month(*month, tongue, stories, false).jobs(whole, tongue));
    }
    for (month, stories) in &whole.timeline {
        jobs.extend(by_month(*month, tongue, stories, true).jobs(whole, tongue));
    }
    for group in &whole.topics {
        jobs.extend(shared("topics", group, tongue).jobs(whole, tongue));
    }
    for group in &whole.places {
        jobs.extend(shared("places", group, tongue).jobs(whole, tongue));
    }
    if !whole.timeline.is_empty() {
        jobs.push(timeline(whole, tongue));
    }
    if !whole.topics.is_empty() {
        jobs.push(topics(whole, tongue));
    }
    if !whole.places.is_empty() {
        jobs.push(places(whole, tongue));
    }
    jobs
}

fn by_month(month: Month, tongue: Tongue, stories: &[usize], by_event: bool) -> List<'_> {
    let folder = if by_event { "timeline" } else { "months" };
    List {
        base: format!("{folder}/{}", month.slug()),
        heading: tongue.month(month),
        lead: if by_event {
            t!(tongue, "timeline-month-lead")
        } else {
            t!(tongue, "month-lead")
        },
        stories,
        by_event,
    }
}

fn shared<'w>(folder: &str, group: &'w Group<'_>, tongue: Tongue) -> List<'w> {
    List {
        base: format!("{folder}/{}", group.label.slug),
        heading: group.label.name.get(tongue).to_owned(),
        lead: counted(tongue, group.stories.len()),
        stories: &group.stories,
        by_event: false,
    }
}

fn counted(tongue: Tongue, count: usize) -> String {
    t!(tongue, "reports-count", count = count.to_string())
}

fn month_path(tongue: Tongue, folder: &str, month: Month) -> SitePath {
    at(tongue, &format!("{folder}/{}.html", month.slug()))
}

/// A page of links to months with their counts, year by year.
fn months<'w>(
    whole: &'w Whole<'w>,
    tongue: Tongue,
    folder: &'static str,
    path: fn(Tongue) -> SitePath,
    words: fn(Tongue) -> (String, String),
    list: &'w [(Month, Vec<usize>)],
) -> Job<'w> {
    let key = whole
        .key("months")
        .text(path(tongue).as_str())
        .each(list.iter(), |print, (month, stories)| {
            print.text(&month.slug()).text(&stories.len().to_string())
        })
        .finish();
    let make = move || {
        let place = Place::new(whole, tongue, path);
        let (title, lead) = words(tongue);
        let years = list.chunk_by(|a, b| a.0.year == b.0.year);
        let main = html! {
            article.standing {
                h1 { (title) }
                p.motto { (lead) }
                @if list.is_empty() { p.empty { (t!(tongue, "front-empty")) } }
                @for year in years {
                    h2 { (year.first().map_or(0, |(month, _)| month.year)) }
                    ul.counts {
                        @for (month, stories) in year {
                            li {
                                a href=(place.to(&month_path(tongue, folder, *month))) { (tongue.month(*month)) }
                                " " span.count { (stories.len()) }
                            }
                        }
                    }
                }
            }
        };
        Ok(place.page(&title, &lead, &main))
    };
    Job {
        path: path(tongue),
        key,
        make: Box::new(make),
    }
}

fn archive<'w>(whole: &'w Whole<'w>, tongue: Tongue) -> Job<'w> {
    let words = |tongue| (t!(tongue, "nav-archive"), t!(tongue, "archive-lead"));
    months(whole, tongue, "months", archive_path, words, &whole.months)
}

fn timeline<'w>(whole: &'w Whole<'w>, tongue: Tongue) -> Job<'w> {
    let words = |tongue| (t!(tongue, "nav-timeline"), t!(tongue, "timeline-lead"));
    months(
        whole,
        tongue,
        "timeline",
        timeline_path,
        words,
        &whole.timeline,
    )
}

fn group_links(
    place: &Place<'_>,
    groups: &[Group<'_>],
    path: fn(Tongue, &str) -> SitePath,
) -> Markup {
    let tongue = place.tongue;
    html! {
        ul.counts {
            @for group in groups {
                li {
                    a href=(place.to(&path(tongue, &group.label.slug))) { bdi { (group.label.name.get(tongue)) } }
                    " " span.count { (group.stories.len()) }
                }
            }
        }
    }
}

fn groups_key(
    whole: &Whole<'_>,
    path: &SitePath,
    tongue: Tongue,
    groups: &[Group<'_>],
) -> ledger::Digest {
    whole
        .key("groups")
        .text(path.as_str())
        .each(groups.iter(), |print, group| {
            print
                .text(&group.label.slug)
                .text(group.label.name.get(tongue))
                .text(&format!("{:?}", group.point))
                .text(&group.stories.len().to_string())
        })
        .finish()
}

fn topics<'w>(whole: &'w Whole<'w>, tongue: Tongue) -> Job<'w> {
    let path = topics_path(tongue);
    let make = move || {
        let place = Place::new(whole, tongue, topics_path);
        let (title, lead) = (t!(tongue, "nav-topics"), t!(tongue, "topics-lead"));
        let main = html! {
            article.standing {
                h1 { (title) }
                p.motto { (lead) }
                (group_links(&place, &whole.topics, topic_path))
            }
        };
        Ok(place.page(&title, &lead, &main))
    };
    Job {
        key: groups_key(whole, &path, tongue, &whole.topics),
        path,
        make: Box::new(make),
    }
}

fn places<'w>(whole: &'w Whole<'w>, tongue: Tongue) -> Job<'w> {
    let path = places_path(tongue);
    let make = move || {
        let place = Place::new(whole, tongue, places_path);
        let (title, lead) = (t!(tongue, "nav-places"), t!(tongue, "places-lead"));
        let main = html! {
            article.standing {
                h1 { (title) }
                p.motto { (lead) }
                (map::drawn(tongue, &whole.places))
                (group_links(&place, &whole.places, place_path))
            }
        };
        Ok(place.page(&title, &lead, &main))
    };
    Job {
        key: groups_key(whole, &path, tongue, &whole.places),
        path,
        make: Box::new(make),
    }
}

/// What was corrected or withdrawn, newest first.
fn corrections<'w>(whole: &'w Whole<'w>, tongue: Tongue) -> Job<'w> {
    let mut changed: Vec<&Ready<'_>> = whole
        .stories
        .iter()
        .filter(|ready| ready.input.withdrawn.is_some() || !ready.input.corrections.is_empty())
        .collect();
    changed.sort_by_key(|ready| (std::cmp::Reverse(ready.input.updated_at), &ready.input.id));
    changed.truncate(NEWEST_CORRECTIONS);
    let key = whole
        .key("corrections")
        .text(tongue.tag())
        .each(changed.iter(), |print, ready| print.digest(&ready.key))
        .finish();
    let make = move || {
        let place = Place::new(whole, tongue, corrections_path);
        let (title, lead) = (
            t!(tongue, "nav-corrections"),
            t!(tongue, "corrections-lead"),
        );
        let main = html! {
            article.standing {
                h1 { (title) }
                p.motto { (lead) }
                @if changed.is_empty() { p.empty { (t!(tongue, "corrections-none")) } }
                @for ready in &changed { (changed_story(&place, ready)) }
            }
        };
        Ok(place.page(&title, &lead, &main))
    };
    Job {
        path: corrections_path(tongue),
        key,
        make: Box::new(make),
    }
}

fn changed_story(place: &Place<'_>, ready: &Ready<'_>) -> Markup {
    let tongue = place.tongue;
    let input = ready.input;
    let withdrawn = input
        .withdrawn
        .as_ref()
        .map(|reason| (input.updated_at, reason));
    let notes = input
        .corrections
        .iter()
        .rev()
        .map(|one| (one.at, &one.note));
    html! {
        article.line {
            h2 { a href=(place.to(&story_path(tongue, &input.slug))) { (ready.title(tongue)) } }
            @for (at, note) in withdrawn.into_iter().chain(notes) {
                p.kicker { time datetime=(rfc3339(at)) { (tongue.date(at)) } }
                div.note { (prose(note.get(tongue))) }
            }
        }
    }
}
