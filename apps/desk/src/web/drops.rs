//! The drops: how far each is read and proven, what it did wrong, and what to do then.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::auth::Signed;
use crate::desk::{Alarm, DropView};
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::json;
use crate::web::layout::{self, Place};
use crate::web::parts;
use crate::web::text::{Coded, Tongue, foreign, t, time};
use crate::web::visit::Visit;

/// `GET /drops`
pub(crate) async fn show(
    State(app): State<App>,
    visit: Visit,
    _editor: Signed,
) -> Result<Response, Fault> {
    let views = app.desk.drops().await?;
    if visit.json {
        let drops: Vec<Value> = views.iter().map(as_json).collect();
        return Ok(json::reply(&json!({ "drops": drops, "csrf": visit.csrf })));
    }
    let title = t!(visit.tongue, "nav-drops");
    let body = body(visit.tongue, &views);
    Ok(layout::page(&visit, &title, Place::Drops, &body).into_response())
}

fn as_json(view: &DropView) -> Value {
    let alarm = |alarm: &Alarm| {
        json!({
            "what": alarm.what,
            "cells": alarm.cells,
            "at": alarm.at,
            "notes": alarm.notes,
            "logged": alarm.logged,
        })
    };
    json!({
        "url": view.url,
        "log_key": view.log_key,
        "cells": view.cells,
        "proven": view.proven,
        "noise": view.noise,
        "began": view.began,
        "signed_at": view.signed_at,
        "looked_at": view.looked_at,
        "alarms": view.alarms.iter().map(alarm).collect::<Vec<_>>(),
    })
}

fn body(tongue: Tongue, views: &[DropView]) -> Markup {
    html! {
        div.head {
            h1 { (t!(tongue, "nav-drops")) }
            p.quiet { (t!(tongue, "drops-intro")) }
        }
        @if views.is_empty() {
            section.empty { p { (t!(tongue, "drops-none")) } }
        }
        @for view in views { (card(tongue, view)) }
    }
}

fn card(tongue: Tongue, view: &DropView) -> Markup {
    let looked = view.looked_at.is_some();
    html! {
        article.card {
            header.card-head {
                h2 { bdi dir="ltr" { (view.url) } }
                @if !view.alarms.is_empty() {
                    (parts::pill("bad", &t!(tongue, "drop-alarm")))
                } @else if looked {
                    (parts::pill("good", &t!(tongue, "drop-fine")))
                } @else {
                    (parts::pill("busy", &t!(tongue, "drop-unseen")))
                }
                @if let Some(at) = view.looked_at { span.when { (time(at)) } }
            }
            p { (t!(tongue, "drop-cells", cells = view.cells, proven = view.proven)) }
            @if view.began > 0 { p.quiet { (t!(tongue, "drop-began", cells = view.began)) } }
            @if view.noise > 0 { p.quiet { (t!(tongue, "drop-noise", cells = view.noise)) } }
            @if let Some(at) = view.signed_at.and_then(|at| i64::try_from(at).ok()) {
                p.quiet { (t!(tongue, "drop-signed")) " " (time(at.saturating_mul(1_000_000))) }
            }
            @if let Some(key) = &view.log_key {
                p.quiet.small { (t!(tongue, "drop-key")) " " bdi dir="ltr" { code { (key) } } }
            }
            @for alarm in &view.alarms { (trouble(tongue, alarm)) }
        }
    }
}

fn trouble(tongue: Tongue, alarm: &Alarm) -> Markup {
    let what = tongue.coded("conduct", &alarm.what).unwrap_or_default();
    let advice = tongue
        .coded("conduct-advice", &alarm.what)
        .unwrap_or_default();
    html! {
        section.notice.bad role="alert" {
            p { strong { (what) } " " (t!(tongue, "drop-about-cells", cells = alarm.cells)) " " (time(alarm.at)) }
            p { (advice) }
            @if !alarm.notes.is_empty() {
                details {
                    summary { (t!(tongue, "drop-evidence")) }
                    @for note in &alarm.notes { pre dir="ltr" { (foreign(note)) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use newsroom::conduct::Conduct;

    use super::*;

    fn alarm(conduct: Conduct, note: &str) -> Alarm {
        Alarm {
            what: conduct.code().to_owned(),
            cells: 9,
            at: 0,
            notes: vec![note.to_owned()],
            logged: false,
        }
    }

    fn seen(alarm: Alarm) -> DropView {
        DropView {
            url: "http://a.onion".to_owned(),
            log_key: None,
            cells: 5,
            proven: 4,
            noise: 3,
            began: 2,
            signed_at: Some(7),
            looked_at: Some(8),
            alarms: vec![alarm],
        }
    }

    /// Whether there is a letter of the language in it.
    fn speaks(tongue: Tongue, text: &str) -> bool {
        let arabic = text.contains(|c| ('\u{621}'..='\u{64A}').contains(&c));
        arabic == (tongue == Tongue::Ar)
    }

    #[test]
    fn each_alarm_is_shown_with_what_it_means_and_what_to_do_in_both_languages() {
        for tongue in [Tongue::En, Tongue::Ar] {
            let mut said = std::collections::BTreeSet::new();
            for conduct in Conduct::ALL {
                let page = card(tongue, &seen(alarm(conduct, ""))).into_string();
                for family in ["conduct", "conduct-advice"] {
                    let words = tongue.coded(family, conduct.code()).unwrap_or_default();
                    assert!(words.len() > 20, "{family} {conduct}");
                    assert!(speaks(tongue, &words), "{family} {conduct}: {words}");
                    assert!(page.contains(&html! { (words) }.into_string()), "{page}");
                    assert!(
                        said.insert(words),
                        "{family} {conduct}: said of another too"
                    );
                }
                let noise = t!(tongue, "drop-noise", cells = 3);
                assert!(page.contains(&noise), "{page}");
            }
        }
    }

    #[test]
    fn an_alarm_is_shown_with_its_words_and_the_notes_escaped() {
        let alarm = alarm(Conduct::Withheld, "<script>");
        let page = card(Tongue::En, &seen(alarm)).into_string();
        assert!(page.contains("It signed more cells than it hands out."));
        assert!(page.contains("Misbehaves") && !page.contains("<script>"));
    }
}
