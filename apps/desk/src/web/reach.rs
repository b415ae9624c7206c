//! The page of reach: how often pages are read, by day, page and country, and what platforms say. Pictures and tables show the
//! same numbers, all of them whole tens.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::auth::Signed;
use crate::desk::{Counted, PageName, ReachView, ToldReach};
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::json;
use crate::web::layout::{self, Place};
use crate::web::text::{Coded as _, Tongue, foreign, machine, t};
use crate::web::visit::Visit;

/// Stretches of time that can be looked at, in days; the first is shown unless another is asked for.
const STRETCHES: [i64; 3] = [30, 90, 365];
/// Height and width of the picture of days, in its own units.
const HIGH: u64 = 100;
const WIDE: u64 = 1_200;

/// What may be asked for.
#[derive(Deserialize)]
pub(crate) struct Asked {
    days: Option<i64>,
}

/// `GET /reach`
pub(crate) async fn show(
    State(app): State<App>,
    visit: Visit,
    _editor: Signed,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let days = asked.days.filter(|days| STRETCHES.contains(days));
    let days = days.unwrap_or(STRETCHES[0]);
    let view = app.desk.reach(days).await?;
    if visit.json {
        return Ok(json::reply(&as_json(&view, &visit.csrf)));
    }
    let title = t!(visit.tongue, "nav-reach");
    let body = body(visit.tongue, &view, days);
    Ok(layout::page(&visit, &title, Place::Reach, &body).into_response())
}

fn as_json(view: &ReachView, csrf: &str) -> Value {
    let page = |one: &Counted<PageName>| match &one.what {
        PageName::Story(id, _, _) => json!({"story": id.to_string(), "requests": one.requests}),
        PageName::Other(path) => json!({"page": path, "requests": one.requests}),
        PageName::Rest => json!({"page": "other", "requests": one.requests}),
    };
    let day = |one: &Counted<i64>| json!({"day": date(one.what), "requests": one.requests});
    let country = |one: &Counted<String>| json!({"country": one.what, "requests": one.requests});
    let told = |one: &ToldReach| {
        let [likes, shares, replies, views] = one.counts;
        json!({
            "story": one.story.to_string(), "channel": one.channel,
            "likes": likes, "shares": shares, "replies": replies, "views": views,
        })
    };
    json!({
        "days": view.days.iter().map(day).collect::<Vec<_>>(),
        "pages": view.pages.iter().map(page).collect::<Vec<_>>(),
        "countries": view.countries.iter().map(country).collect::<Vec<_>>(),
        "told": view.told.iter().map(told).collect::<Vec<_>>(),
        "csrf": csrf,
    })
}

fn body(tongue: Tongue, view: &ReachView, days: i64) -> Markup {
    let read: u64 = view.days.iter().map(|day| day.requests).sum();
    html! {
        div.head {
            h1 { (t!(tongue, "nav-reach")) }
            p.quiet { (t!(tongue, "reach-intro")) }
        }
        nav.stretches aria-label=(t!(tongue, "reach-stretch")) {
            @for stretch in STRETCHES {
                a href=(format!("/reach?days={stretch}")) aria-current=[(stretch == days).then_some("page")] {
                    (t!(tongue, "reach-days", days = stretch))
                }
            }
        }
        div #reach {
            @if read == 0 {
                section.empty { p { (t!(tongue, "reach-none")) } }
            } @else {
                (by_day(tongue, view, read))
                (bars(tongue, &t!(tongue, "reach-pages"), &view.pages, |page| page_words(tongue, page)))
                (bars(tongue, &t!(tongue, "reach-countries"), &view.countries, |code| country_words(tongue, code)))
            }
            (by_channel(tongue, &view.told))
        }
    }
}

/// One bar for each day, and the same as a table.
fn by_day(tongue: Tongue, view: &ReachView, read: u64) -> Markup {
    let most = view.days.iter().map(|day| day.requests).max().unwrap_or(0);
    let step = WIDE / u64::try_from(view.days.len()).unwrap_or(1).max(1);
    let first = view.days.first().map(|day| date(day.what));
    let last = view.days.last().map(|day| date(day.what));
    html! {
        section.card {
            h2 { (t!(tongue, "reach-by-day")) }
            p { (t!(tongue, "reach-total", requests = read)) }
            figure.chart {
                svg viewBox=(format!("0 0 {} {HIGH}", step * view.days.len() as u64)) preserveAspectRatio="none" aria-hidden="true" focusable="false" {
                    @for (at, day) in view.days.iter().enumerate() {
                        @let high = day.requests * HIGH / most.max(1);
                        rect x=(at as u64 * step + step / 8) y=(HIGH - high) width=(step * 3 / 4) height=(high) {}
                    }
                }
                figcaption.ends.quiet {
                    @if let Some(first) = first { bdi dir="ltr" { (first) } }
                    @if let Some(last) = last { bdi dir="ltr" { (last) } }
                }
            }
            details {
                summary { (t!(tongue, "reach-table")) }
                div.scroll {
                    table {
                        thead { tr { th scope="col" { (t!(tongue, "reach-day")) } th.number scope="col" { (t!(tongue, "reach-requests")) } } }
                        tbody {
                            @for day in view.days.iter().rev() {
                                tr { td { bdi dir="ltr" { (date(day.what)) } } td.number { (day.requests) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A table in which each number has a bar beside it.
fn bars<T>(
    tongue: Tongue,
    title: &str,
    counted: &[Counted<T>],
    words: impl Fn(&T) -> Markup,
) -> Markup {
    let most = counted.iter().map(|one| one.requests).max().unwrap_or(0);
    html! {
        section.card {
            h2 { (title) }
            div.scroll {
                table.bars {
                    thead {
                        tr {
                            th scope="col" { (t!(tongue, "reach-what")) }
                            th.number scope="col" { (t!(tongue, "reach-requests")) }
                            td aria-hidden="true" {}
                        }
                    }
                    tbody {
                        @for one in counted {
                            tr {
                                th scope="row" { (words(&one.what)) }
                                td.number { (one.requests) }
                                td aria-hidden="true" {
                                    svg viewBox="0 0 100 10" preserveAspectRatio="none" focusable="false" {
                                        rect width=(one.requests * 100 / most.max(1)) height="10" {}
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What each platform counts of each story.
fn by_channel(tongue: Tongue, told: &[ToldReach]) -> Markup {
    html! {
        section.card {
            h2 { (t!(tongue, "reach-told")) }
            p.quiet { (t!(tongue, "reach-told-intro")) }
            @if told.is_empty() {
                p { (t!(tongue, "reach-told-none")) }
            } @else {
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { (t!(tongue, "reach-what")) }
                                th scope="col" { (t!(tongue, "reach-channel")) }
                                th.number scope="col" { (t!(tongue, "reach-likes")) }
                                th.number scope="col" { (t!(tongue, "reach-shares")) }
                                th.number scope="col" { (t!(tongue, "reach-replies")) }
                                th.number scope="col" { (t!(tongue, "reach-views")) }
                            }
                        }
                        tbody {
                            @for one in told {
                                tr {
                                    th scope="row" { (story(tongue, &one.story.to_string(), (&one.titles.0, &one.titles.1))) }
                                    td { (foreign(&one.channel)) }
                                    @for count in one.counts {
                                        td.number { @if let Some(count) = count { (count) } @else { "–" } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn page_words(tongue: Tongue, page: &PageName) -> Markup {
    match page {
        PageName::Story(id, en, ar) => story(tongue, &id.to_string(), (en, ar)),
        PageName::Other(path) => machine(path),
        PageName::Rest => html! { (t!(tongue, "reach-other-pages")) },
    }
}

fn story(tongue: Tongue, id: &str, (en, ar): (&str, &str)) -> Markup {
    let (own, else_) = match tongue {
        Tongue::En => (en, ar),
        Tongue::Ar => (ar, en),
    };
    let title = if own.is_empty() { else_ } else { own };
    html! {
        a href=(format!("/stories/{id}")) {
            @if title.is_empty() { (t!(tongue, "reach-untitled")) } @else { (foreign(title)) }
        }
    }
}

/// A country by its name, or by its two letters where no name is kept.
fn country_words(tongue: Tongue, code: &str) -> Markup {
    match tongue.coded("country", code) {
        Some(name) => html! { (name) },
        None => machine(code),
    }
}

fn date(day: i64) -> String {
    let stamp = jiff::Timestamp::from_second(day.saturating_mul(86_400));
    stamp.map_or_else(
        |_| "–".to_owned(),
        |stamp| stamp.strftime("%Y-%m-%d").to_string(),
    )
}
