//! Small pieces of markup that several pages share.

use maud::{Markup, PreEscaped, html};

use crate::auth::Signed;
use crate::desk::{FindingView, ScrubReportView};
use crate::web::text::{Coded as _, Tongue, foreign, machine, t};
use crate::web::visit::Visit;

/// The desk's mark: one stroke through a closed line.
pub(crate) fn mark() -> Markup {
    PreEscaped(include_str!("../../../../web/desk/src/icon.svg").to_owned())
}

/// A button that posts; the form carries the token.
pub(crate) fn act(visit: &Visit, action: &str, words: &str, class: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            (token(visit))
            button.button.(class) type="submit" { (words) }
        }
    }
}

/// The hidden field every form carries.
pub(crate) fn token(visit: &Visit) -> Markup {
    html! { input type="hidden" name="csrf" value=(visit.csrf); }
}

/// An editor's roles in words.
pub(crate) fn roles(tongue: Tongue, editor: &Signed) -> String {
    match (editor.roles.editor, editor.roles.safety) {
        (true, true) => t!(tongue, "role-both"),
        (false, true) => t!(tongue, "role-safety"),
        _ => t!(tongue, "role-editor"),
    }
}

/// A state as a word with a colour; the word alone says it all.
pub(crate) fn pill(kind: &str, words: &str) -> Markup {
    html! { span.pill.(kind) { (words) } }
}

/// The kind of a file in words.
pub(crate) fn kind(tongue: Tongue, kind: &str) -> String {
    tongue
        .coded("kind", kind)
        .unwrap_or_else(|| t!(tongue, "kind-unknown"))
}

/// A drawing for the kind of a file; it shows nothing of the file.
pub(crate) fn glyph(kind: &str) -> Markup {
    let path = match kind {
        "jpeg" | "png" | "heic" => "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01",
        "mp4" | "mov" => "M4 6h11v12H4zM15 10l5-3v10l-5-3",
        "mp3" => {
            "M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM19 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z"
        }
        "pdf" => "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
        _ => "M6 3h8l4 4v14H6zM14 3v4h4",
    };
    html! {
        svg.glyph viewBox="0 0 24 24" aria-hidden="true" focusable="false" { path d=(path); }
    }
}

/// Findings as a table: what it gives away, where it stands, what it says.
pub(crate) fn findings(tongue: Tongue, findings: &[FindingView]) -> Markup {
    html! {
        div.scroll {
            table.findings {
                thead {
                    tr {
                        th scope="col" { (t!(tongue, "finding-what")) }
                        th scope="col" { (t!(tongue, "finding-where")) }
                        th scope="col" { (t!(tongue, "finding-value")) }
                    }
                }
                tbody {
                    @for finding in findings {
                        tr {
                            td { (finding_words(tongue, &finding.code)) }
                            td { (machine(&finding.place)) }
                            td { (foreign(&finding.value)) }
                        }
                    }
                }
            }
        }
    }
}

/// Words for a finding or for the reason a tool gave.
pub(crate) fn finding_words(tongue: Tongue, code: &str) -> String {
    tongue
        .coded("finding", code)
        .or_else(|| tongue.coded("media", code))
        .unwrap_or_else(|| t!(tongue, "finding-other", code = code))
}

/// What a scrub removed and what it left.
pub(crate) fn scrub_report(tongue: Tongue, report: &ScrubReportView) -> Markup {
    html! {
        div.report {
            h4 { (t!(tongue, "scrub-removed", count = report.removed.len())) }
            @if report.removed.is_empty() {
                p.quiet { (t!(tongue, "scrub-removed-none")) }
            } @else {
                details { summary { (summary(tongue, &report.removed)) } (findings(tongue, &report.removed)) }
            }
            h4 { (t!(tongue, "scrub-left", count = report.left.len())) }
            @if report.left.is_empty() {
                p.quiet { (t!(tongue, "scrub-left-none")) }
            } @else {
                (findings(tongue, &report.left))
            }
            @if !report.tools.is_empty() {
                p.quiet.small {
                    (t!(tongue, "scrub-tools")) " "
                    @for (at, tool) in report.tools.iter().enumerate() {
                        @if at > 0 { " · " }
                        (machine(tool))
                    }
                }
            }
        }
    }
}

/// The distinct kinds of findings in one line, commonest first.
pub(crate) fn summary(tongue: Tongue, findings: &[FindingView]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for finding in findings {
        match counts.iter_mut().find(|(code, _)| *code == finding.code) {
            Some((_, count)) => *count += 1,
            None => counts.push((&finding.code, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
        .iter()
        .map(|(code, count)| format!("{} ({count})", finding_words(tongue, code)))
        .collect::<Vec<_>>()
        .join(&t!(tongue, "list-separator"))
}

/// A labelled fact.
pub(crate) fn fact(label: &str, value: &Markup) -> Markup {
    html! { div.fact { dt { (label) } dd { (value) } } }
}

/// The name of a language in the language of the page.
pub(crate) fn language(tongue: Tongue, language: Tongue) -> String {
    match language {
        Tongue::En => t!(tongue, "language-english"),
        Tongue::Ar => t!(tongue, "language-arabic"),
    }
}

/// Done.
pub(crate) fn tick() -> Markup {
    html! { svg.tick viewBox="0 0 24 24" aria-hidden="true" focusable="false" { path d="M5 12.5l4.5 4.5L19 7.5"; } }
}
