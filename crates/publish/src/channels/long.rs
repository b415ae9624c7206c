//! An article as HTML for hosts that take whole articles.

use maud::{PreEscaped, html};

use super::{Attachment, Fault, Part};
use crate::renditions::{Article, Post, Shown};

/// Where a file of the article is shown from.
pub(crate) struct Placed<'a> {
    pub(crate) file: &'a Attachment,
    pub(crate) shown: &'a Shown,
    pub(crate) url: String,
}

/// The article of a post; a channel for articles is never given anything else.
pub(crate) fn article<'a>(part: &Part<'a>) -> Result<&'a Article, Fault> {
    let article = part.post.article.as_ref();
    article.ok_or_else(|| Fault::refused("this channel takes articles, and got a short post"))
}

/// The body of an article. Graphic files stay behind a fold that works without a script.
pub(crate) fn body(post: &Post, article: &Article, link: &str, media: &[Placed<'_>]) -> String {
    let dir = if post.rightward() { "rtl" } else { "ltr" };
    let figures = html! {
        @for placed in media {
            figure {
                @if placed.file.kind.is_picture() {
                    img src=(placed.url) alt=(placed.shown.alt) loading="lazy";
                } @else {
                    video src=(placed.url) controls preload="none" title=(placed.shown.alt) {}
                }
                figcaption { (placed.shown.alt) }
            }
        }
    };
    html! {
        div dir=(dir) lang=(post.language) {
            @if let Some(notice) = &article.notice { p { strong { (notice) } } }
            p { em { (article.grade) } }
            @for paragraph in &article.paragraphs { p { (paragraph) } }
            @if post.covered {
                details { summary { (post.warning.as_deref().unwrap_or("⚠")) } (figures) }
            } @else { (PreEscaped(figures.0.clone())) }
            p { a href=(link) rel="noopener" { (article.source) } }
        }
    }
    .into_string()
}
