//! The newest stories on one sheet of paper, printed on both sides and folded once: `LANG/sheet.html`.
//!
//! Whoever carries it is seen with it. Its outside is a calendar of the month and lined space for notes, its title is
//! the month, and nothing there names the newsroom or a subject; the words stand on the inside alone.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use maud::{DOCTYPE, Markup, html};

use crate::address::SitePath;
use crate::code;
use crate::front::grade_words;
use crate::page::{POLICY, at, opening_tags, with_newline};
use crate::story::{Ready, prose};
use crate::whole::{Month, Whole};
use crate::words::{Tongue, Written as _, paragraphs, t, timestamp};
use crate::writer::Job;

const STYLE: &[u8] = include_bytes!("../assets/sheet.css");

/// Letters that fit on the inside, measured on paper with room to spare.
const ROOM: usize = 4_600;

/// What a title and the line under it take, in letters.
const HEADING: usize = 150;

/// A story of which less than this would fit is left for the next sheet.
const LEAST: usize = 300;

/// Lines for notes.
const LINES: usize = 14;

pub(crate) fn sheet_path(tongue: Tongue) -> SitePath {
    at(tongue, "sheet.html")
}

fn style_path() -> SitePath {
    SitePath::made("sheet.css".to_owned())
}

pub(crate) fn style() -> Job<'static> {
    Job::given(style_path(), STYLE)
}

/// The sheet of one language.
pub(crate) fn job<'w>(whole: &'w Whole<'w>, tongue: Tongue) -> Job<'w> {
    let chosen = chosen(whole, tongue);
    let key = whole
        .key("sheet")
        .text(tongue.tag())
        .text(&month(whole).slug())
        .each(chosen.iter(), |print, (ready, body)| {
            print.digest(&ready.key).text(body)
        });
    Job {
        path: sheet_path(tongue),
        key: key.finish(),
        make: Box::new(move || Ok(page(whole, tongue, &chosen))),
    }
}

/// The newest stories that fit, each with as many of its paragraphs as fit.
fn chosen<'w>(whole: &'w Whole<'w>, tongue: Tongue) -> Vec<(&'w Ready<'w>, String)> {
    let mut room = ROOM;
    let mut chosen = Vec::new();
    for ready in whole.told() {
        if room < HEADING + LEAST {
            break;
        }
        let left = room - HEADING;
        let body = beginning(ready.body(tongue), left.min(ROOM / 3));
        room = left.saturating_sub(body.chars().count());
        chosen.push((ready, body));
    }
    chosen
}

/// Whole paragraphs up to a number of letters; a first one that is longer is cut between words.
fn beginning(body: &str, most: usize) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut used = 0;
    let mut all = paragraphs(body);
    for paragraph in all.by_ref() {
        let letters = paragraph.chars().count();
        if used + letters > most {
            break;
        }
        used += letters;
        kept.push(paragraph);
    }
    if kept.is_empty() {
        return crate::words::excerpt(body, most);
    }
    let cut = paragraphs(body).count() > kept.len();
    let mut text = kept.join("\n\n");
    if cut {
        text.push_str(" […]");
    }
    text
}

fn month(whole: &Whole<'_>) -> Month {
    let date = timestamp(whole.site.built_at)
        .to_zoned(TimeZone::UTC)
        .date();
    Month {
        year: date.year(),
        month: Some(date.month()),
    }
}

fn page(whole: &Whole<'_>, tongue: Tongue, chosen: &[(&Ready<'_>, String)]) -> Vec<u8> {
    let own = sheet_path(tongue);
    let title = tongue.month(month(whole));
    let markup = html! {
        (DOCTYPE)
        html lang=(tongue.tag()) dir=(tongue.dir()) {
            head {
                (opening_tags(POLICY))
                title { (title) }
                link rel="stylesheet" href=(style_path().link_from(&own));
            }
            body {
                main {
                    h1.hidden { (title) }
                    section.side.outside {
                        (notes(tongue))
                        (calendar(whole, tongue))
                    }
                    section.side.inside {
                        @for (ready, body) in chosen { (story(tongue, ready, body)) }
                        (imprint(whole, tongue))
                    }
                }
            }
        }
    };
    with_newline(markup)
}

fn notes(tongue: Tongue) -> Markup {
    html! {
        div.half {
            h2 { (t!(tongue, "sheet-notes")) }
            @for _ in 0..LINES { div.line {} }
        }
    }
}

/// The month as it hangs on every wall.
fn calendar(whole: &Whole<'_>, tongue: Tongue) -> Markup {
    let shown = month(whole);
    let weeks = weeks(tongue, shown);
    html! {
        div.half {
            h2 { (tongue.month(shown)) }
            table {
                thead { tr { @for name in day_names(tongue) { th scope="col" { (name) } } } }
                tbody {
                    @for week in &weeks {
                        tr { @for day in week { td { @if let Some(day) = day { (day) } } } }
                    }
                }
            }
        }
    }
}

/// Weeks begin on Monday in English and on Saturday in Arabic.
const fn first_day(tongue: Tongue) -> Weekday {
    match tongue {
        Tongue::En => Weekday::Monday,
        Tongue::Ar => Weekday::Saturday,
    }
}

fn weeks(tongue: Tongue, month: Month) -> Vec<[Option<i8>; 7]> {
    let first = Date::new(month.year, month.month.unwrap_or(1), 1).unwrap_or_default();
    let offset = first.weekday().since(first_day(tongue));
    let mut weeks = Vec::new();
    let mut week = [None; 7];
    let mut at = usize::try_from(offset).unwrap_or(0);
    for day in 1..=first.days_in_month() {
        week[at] = Some(day);
        at += 1;
        if at == 7 {
            weeks.push(week);
            (week, at) = ([None; 7], 0);
        }
    }
    if at > 0 {
        weeks.push(week);
    }
    weeks
}

fn day_names(tongue: Tongue) -> [String; 7] {
    let mut names = [
        t!(tongue, "day-monday"),
        t!(tongue, "day-tuesday"),
        t!(tongue, "day-wednesday"),
        t!(tongue, "day-thursday"),
        t!(tongue, "day-friday"),
        t!(tongue, "day-saturday"),
        t!(tongue, "day-sunday"),
    ];
    let before = first_day(tongue).since(Weekday::Monday);
    names.rotate_left(usize::try_from(before).unwrap_or(0));
    names
}

fn story(tongue: Tongue, ready: &Ready<'_>, body: &str) -> Markup {
    let input = ready.input;
    html! {
        article {
            h3 { bdi { (ready.title(tongue)) } }
            p.facts {
                (grade_words(tongue, input.grade)) " · " (tongue.date(input.published_at)) " · "
                bdi dir="ltr" { (code::of_story(&input.id)) }
            }
            (prose(body))
        }
    }
}

/// Who publishes it and how to look things up; on the inside too.
fn imprint(whole: &Whole<'_>, tongue: Tongue) -> Markup {
    let site = whole.site;
    html! {
        p.imprint {
            bdi { (site.organisation) } " · " bdi dir="ltr" { (site.base_url.as_str()) }
            @if let Some(onion) = &site.onion { " · " bdi dir="ltr" { (onion.as_str()) } }
            br;
            (t!(tongue, "sheet-imprint")) " "
            bdi.key dir="ltr" { (site.log.key) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_is_right() {
        let november = Month {
            year: 2026,
            month: Some(11),
        };
        // 1 November 2026 is a Sunday.
        let english = weeks(Tongue::En, november);
        assert_eq!(english.len(), 6);
        assert_eq!(english[0], [None, None, None, None, None, None, Some(1)]);
        assert_eq!(english[5][0], Some(30));
        let arabic = weeks(Tongue::Ar, november);
        assert_eq!(arabic[0][..3], [None, Some(1), Some(2)]);
        assert_eq!(day_names(Tongue::Ar)[0], t!(Tongue::Ar, "day-saturday"));
        assert_eq!(day_names(Tongue::En)[6], t!(Tongue::En, "day-sunday"));
    }

    #[test]
    fn paragraphs_are_kept_whole_while_they_fit() {
        assert_eq!(beginning("one two\n\nthree", 100), "one two\n\nthree");
        assert_eq!(beginning("one two\n\nthree", 8), "one two […]");
        assert_eq!(beginning("one two three", 8), "one two…");
    }
}
