//! `sitemap.xml` and `robots.txt`: every page in both languages, for whoever indexes or mirrors.

use crate::address::SitePath;
use crate::input::SiteInput;
use crate::page::{about_path, index_path, story_path, verify_path};
use crate::story::Ready;
use crate::words::{Tongue, rfc3339};

/// Addresses of this crate's own making hold no character that XML would want escaped.
pub(crate) fn sitemap(site: &SiteInput, stories: &[Ready<'_>]) -> (SitePath, Vec<u8>) {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:xhtml=\"http://www.w3.org/1999/xhtml\">\n",
    );
    for page in [index_path, verify_path, about_path] {
        text.push_str(&pair(site, page, None));
    }
    for story in stories {
        let page = |tongue| story_path(tongue, &story.input.slug);
        text.push_str(&pair(site, page, Some(story.input.updated_at)));
    }
    text.push_str("</urlset>\n");
    (SitePath::made("sitemap.xml".to_owned()), text.into_bytes())
}

fn pair(site: &SiteInput, page: impl Fn(Tongue) -> SitePath, updated: Option<i64>) -> String {
    let modified = updated.map_or_else(String::new, |at| {
        format!("<lastmod>{}</lastmod>", rfc3339(at))
    });
    let alternates: String = Tongue::BOTH
        .iter()
        .map(|tongue| {
            let url = site.base_url.join(&page(*tongue));
            format!(
                "<xhtml:link rel=\"alternate\" hreflang=\"{}\" href=\"{url}\"/>",
                tongue.tag()
            )
        })
        .collect();
    Tongue::BOTH
        .iter()
        .map(|tongue| {
            let url = site.base_url.join(&page(*tongue));
            format!("<url><loc>{url}</loc>{modified}{alternates}</url>\n")
        })
        .collect()
}

pub(crate) fn robots(site: &SiteInput) -> (SitePath, Vec<u8>) {
    let sitemap = SitePath::made("sitemap.xml".to_owned());
    let text = format!(
        "User-agent: *\nAllow: /\nSitemap: {}\n",
        site.base_url.join(&sitemap)
    );
    (SitePath::made("robots.txt".to_owned()), text.into_bytes())
}
