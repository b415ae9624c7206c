//! What machines read of a story: schema.org as JSON-LD, and Open Graph. Data in the page; nothing runs, nothing is fetched.

use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};

use crate::page::{Place, index_path};
use crate::story::Ready;
use crate::words::{excerpt, rfc3339};

/// For a story's head.
pub(crate) fn of(place: &Place<'_>, ready: &Ready<'_>) -> Markup {
    let site = place.whole.site;
    let title = ready.title(place.tongue);
    let url = site.base_url.join(&place.path);
    let still = ready.still().map(|still| site.base_url.join(still));
    html! {
        @if ready.input.withdrawn.is_some() { meta name="robots" content="noindex"; }
        meta property="og:type" content="article";
        meta property="og:title" content=(title);
        meta property="og:description" content=(excerpt(ready.body(place.tongue), 200));
        meta property="og:url" content=(url);
        meta property="og:site_name" content=(site.organisation);
        meta property="og:locale" content=(place.tongue.tag());
        @if let Some(still) = &still { meta property="og:image" content=(still); }
        meta property="article:published_time" content=(rfc3339(ready.input.published_at));
        meta property="article:modified_time" content=(rfc3339(ready.input.updated_at));
        script type="application/ld+json" { (PreEscaped(harmless(&article(place, ready, &title, &url, still)))) }
    }
}

/// JSON that cannot end the element it stands in.
fn harmless(value: &Value) -> String {
    value
        .to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

fn article(
    place: &Place<'_>,
    ready: &Ready<'_>,
    title: &str,
    url: &str,
    still: Option<String>,
) -> Value {
    let (site, tongue) = (place.whole.site, place.tongue);
    let mut article = json!({
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": title,
        "description": excerpt(ready.body(tongue), 200),
        "url": url,
        "mainEntityOfPage": url,
        "inLanguage": tongue.tag(),
        "isAccessibleForFree": true,
        "datePublished": rfc3339(ready.input.published_at),
        "dateModified": rfc3339(ready.input.updated_at),
        "publisher": {
            "@type": "NewsMediaOrganization",
            "name": site.organisation,
            "url": site.base_url.join(&index_path(tongue)),
        },
    });
    let mut set = |key: &str, value: Value| article[key] = value;
    if let Some(still) = still {
        set("image", json!([still]));
    }
    let topics = ready
        .input
        .topics
        .iter()
        .map(|topic| place.whole.topic(topic));
    let topics: Vec<_> = topics.map(|topic| topic.name.get(tongue)).collect();
    if !topics.is_empty() {
        set("keywords", json!(topics));
    }
    if let Some(known) = &ready.input.place {
        let name = place.whole.place(&known.label).name.get(tongue);
        set("contentLocation", json!({ "@type": "Place", "name": name }));
    }
    let corrections = ready.input.corrections.iter();
    let mut corrections: Vec<_> = corrections
        .map(|one| comment(one.note.get(tongue), one.at))
        .collect();
    if let Some(reason) = &ready.input.withdrawn {
        set("creativeWorkStatus", json!("Withdrawn"));
        corrections.push(comment(reason.get(tongue), ready.input.updated_at));
    }
    if !corrections.is_empty() {
        article["correction"] = json!(corrections);
    }
    article
}

fn comment(text: &str, at: i64) -> Value {
    json!({ "@type": "CorrectionComment", "text": text, "datePublished": rfc3339(at) })
}
