//! What each channel is told, as its readers will see it: on the page where it is approved, and while it is written.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use publish::renditions::{Article, Card, Meaning, Post, Sent};

use crate::auth::Signed;
use crate::desk::{DerivativeId, Outgoing, StoryId, ToldView};
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::form::Posted;
use crate::web::item::{id, rung_words};
use crate::web::layout::{self, Place};
use crate::web::story;
use crate::web::text::{Tongue, foreign, machine, size, t, visible};
use crate::web::visit::Visit;

/// `POST /stories/{id}/preview`: the form as it stands, saved nowhere.
pub(crate) async fn preview(
    State(app): State<App>,
    visit: Visit,
    _editor: Signed,
    Path(story): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let story = id::<StoryId>(&story)?;
    let back = format!("/stories/{story}");
    let outgoing = app
        .desk
        .preview_story(story, story::draft(&visit, &posted)?)
        .await;
    let outgoing = outgoing.map_err(|error| Fault::from(error).back_to(back.clone()))?;
    let tongue = visit.tongue;
    let title = t!(tongue, "told-title");
    let body = html! {
        div.head {
            p.crumb { a href=(back) { (t!(tongue, "told-back")) } }
            h1 { (title) }
            p.lead { (t!(tongue, "told-not-saved")) }
        }
        (section(tongue, &outgoing, false))
    };
    Ok(layout::page(&visit, &title, Place::Stories, &body).into_response())
}

/// All channels; what is sent in place of a file is shown only to those who asked to see the files.
pub(crate) fn section(tongue: Tongue, outgoing: &Outgoing, shown: bool) -> Markup {
    html! {
        section.told #told {
            h2 { (t!(tongue, "told-title")) }
            @if outgoing.told.is_empty() && outgoing.left_out.is_empty() {
                p.quiet { (t!(tongue, "told-nowhere")) }
            }
            @for name in &outgoing.left_out {
                p.notice role="status" { (t!(tongue, "told-left-out")) " " (foreign(name)) }
            }
            (channels(tongue, outgoing, shown))
        }
    }
}

/// The channels alone, for a page that shows several stories.
pub(crate) fn channels(tongue: Tongue, outgoing: &Outgoing, shown: bool) -> Markup {
    html! {
        div.told-channels {
            @for told in &outgoing.told { (channel(tongue, told, &outgoing.files, shown)) }
        }
    }
}

fn channel(tongue: Tongue, told: &ToldView, files: &[DerivativeId], shown: bool) -> Markup {
    html! {
        article.told-channel {
            h3 {
                (foreign(&told.name))
                @if told.corrected { " " span.small.quiet { (t!(tongue, "told-corrected")) } }
            }
            @for (post, weight) in &told.posts {
                (one(tongue, post, *weight, post.most(&told.limits)))
                @if shown { (seen(tongue, post, files)) }
            }
            @for file in &told.behind {
                p.small.quiet { span.tag { (file + 1) } " " (t!(tongue, "told-behind")) }
            }
        }
    }
}

fn one(tongue: Tongue, post: &Post, weight: usize, most: usize) -> Markup {
    let dir = if post.rightward() { "rtl" } else { "ltr" };
    html! {
        div.told-post lang=(post.language) dir=(dir) {
            @match &post.article {
                Some(article) => (whole(article)),
                None => p.told-text { (text(post)) },
            }
            @if let Some(warning) = &post.warning { p.told-warning { (visible(warning)) } }
            @if let Some(card) = &post.card { (link_card(card)) }
            @for shown in &post.media {
                p.told-medium {
                    span.tag { (shown.file + 1) }
                    @if post.covered && !shown.blurred() { span.tag { (t!(tongue, "told-covered")) } }
                    @if let Some(sent) = &shown.sent { (variant(tongue, sent)) }
                    (visible(&shown.alt))
                }
            }
        }
        @if post.article.is_none() {
            p.small.quiet { (t!(tongue, "told-length", takes = weight, most = most)) }
        }
    }
}

/// Which variant goes there instead of the file.
fn variant(tongue: Tongue, sent: &Sent) -> Markup {
    html! {
        span.tag {
            (rung_words(tongue, sent.rung.code()))
            @if let Some((width, height)) = sent.dimensions { " · " bdi dir="ltr" { (width) " × " (height) } }
            " · " (size(tongue, sent.bytes))
        }
    }
}

/// The very files that go there, where they are others than the story's own.
fn seen(tongue: Tongue, post: &Post, files: &[DerivativeId]) -> Markup {
    let sent = post.media.iter().filter_map(|shown| {
        let (file, sent) = files.get(shown.file).zip(shown.sent.as_ref())?;
        Some((
            format!("/derivatives/{file}/{}", sent.rung.code()),
            shown,
            sent,
        ))
    });
    html! {
        @for (source, shown, sent) in sent {
            figure.medium {
                @if sent.mime == "video/mp4" { video controls muted playsinline preload="metadata" src=(source) {} }
                @else { img alt=(shown.alt) src=(source); }
                figcaption { p.hash { (t!(tongue, "sha256")) " " (machine(&sent.sha256)) } }
            }
        }
    }
}

/// Links and tags stand out, as they will there; nothing here leads anywhere.
fn text(post: &Post) -> Markup {
    let mut parts = Vec::new();
    let mut at = 0;
    for span in &post.spans {
        let marked = post
            .text
            .get(at..span.start)
            .zip(post.text.get(span.start..span.end));
        let Some((plain, meant)) = marked else {
            continue;
        };
        parts.push((
            plain,
            Some((meant, matches!(span.meaning, Meaning::Link(_)))),
        ));
        at = span.end;
    }
    parts.push((post.text.get(at..).unwrap_or_default(), None));
    html! {
        @for (plain, meant) in parts {
            (visible(plain))
            @if let Some((meant, link)) = meant {
                @if link { bdi.told-link dir="ltr" { (visible(meant)) } } @else { bdi.told-tag { (visible(meant)) } }
            }
        }
    }
}

fn whole(article: &Article) -> Markup {
    html! {
        h4 { (visible(&article.title)) }
        p.small { (visible(&article.grade)) }
        @if let Some(notice) = &article.notice { p.small { (visible(notice)) } }
        @for paragraph in &article.paragraphs { p.told-text { (visible(paragraph)) } }
        p.small { (visible(&article.source)) }
    }
}

fn link_card(card: &Card) -> Markup {
    html! {
        div.told-card {
            p { strong { (visible(&card.title)) } }
            @if !card.description.is_empty() { p.small { (visible(&card.description)) } }
            p.small { bdi.told-link dir="ltr" { (visible(&card.url)) } }
        }
    }
}
