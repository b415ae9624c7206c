//! The frame of every page: head, masthead, footer; and the paths of the pages themselves.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::address::{Href, SitePath};
use crate::input::SiteInput;
use crate::words::{Tongue, t};

/// Nothing but this site's own style, pictures and sound; no script, no frame, no form, no base.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; base-uri 'none'; form-action 'none'";

pub(crate) fn style_path() -> SitePath {
    SitePath::made("style.css".to_owned())
}

pub(crate) fn icon_path() -> SitePath {
    SitePath::made("icon.svg".to_owned())
}

pub(crate) fn checkpoint_path() -> SitePath {
    SitePath::made("log/checkpoint".to_owned())
}

pub(crate) fn index_path(tongue: Tongue) -> SitePath {
    SitePath::made(format!("{}/index.html", tongue.tag()))
}

pub(crate) fn verify_path(tongue: Tongue) -> SitePath {
    SitePath::made(format!("{}/verify.html", tongue.tag()))
}

pub(crate) fn about_path(tongue: Tongue) -> SitePath {
    SitePath::made(format!("{}/about.html", tongue.tag()))
}

pub(crate) fn story_path(tongue: Tongue, slug: &str) -> SitePath {
    SitePath::made(format!("{}/stories/{slug}.html", tongue.tag()))
}

pub(crate) fn feed_path(tongue: Tongue, name: &str) -> SitePath {
    SitePath::made(format!("{}/{name}", tongue.tag()))
}

/// Which page is being written, in which language: all links are made from here.
pub(crate) struct Place<'a> {
    pub(crate) site: &'a SiteInput,
    pub(crate) tongue: Tongue,
    pub(crate) path: SitePath,
    /// The same page in the other language.
    pub(crate) twin: SitePath,
}

impl Place<'_> {
    /// A link from this page.
    pub(crate) fn to(&self, target: &SitePath) -> Href {
        target.link_from(&self.path)
    }

    pub(crate) fn verify(&self) -> SitePath {
        verify_path(self.tongue)
    }

    /// The page around `main`.
    pub(crate) fn page(&self, title: &str, description: &str, main: &Markup) -> String {
        let tongue = self.tongue;
        let markup = html! {
            (DOCTYPE)
            html lang=(tongue.tag()) dir=(tongue.dir()) {
                (self.head(title, description))
                body {
                    a.skip href="#content" { (t!(tongue, "skip-to-content")) }
                    (self.masthead())
                    main #content { (main) }
                    (self.footer())
                }
            }
        };
        with_newline(markup)
    }

    fn head(&self, title: &str, description: &str) -> Markup {
        let name = self.site.organisation.as_str();
        let full = if title == name {
            name.to_owned()
        } else {
            format!("{title} · {name}")
        };
        let own = self.site.base_url.join(&self.path);
        let twin = self.site.base_url.join(&self.twin);
        html! {
            head {
                (opening_tags())
                title { (full) }
                meta name="description" content=(description);
                link rel="canonical" href=(own);
                link rel="alternate" hreflang=(self.tongue.tag()) href=(own);
                link rel="alternate" hreflang=(self.tongue.other().tag()) href=(twin);
                link rel="icon" href=(self.to(&icon_path())) type="image/svg+xml";
                link rel="stylesheet" href=(self.to(&style_path()));
                @for (name, kind) in [("atom.xml", "application/atom+xml"), ("rss.xml", "application/rss+xml"), ("feed.json", "application/feed+json")] {
                    link rel="alternate" type=(kind) title=(self.site.organisation) href=(self.to(&feed_path(self.tongue, name)));
                }
            }
        }
    }

    fn masthead(&self) -> Markup {
        let tongue = self.tongue;
        let here = |path: &SitePath| (*path == self.path).then_some("page");
        let items = [
            (index_path(tongue), t!(tongue, "nav-stories")),
            (verify_path(tongue), t!(tongue, "nav-verify")),
            (about_path(tongue), t!(tongue, "nav-about")),
        ];
        let other = tongue.other();
        html! {
            header.masthead {
                div.bar {
                    a.name href=(self.to(&index_path(tongue))) { bdi { (self.site.organisation) } }
                    a.tongue href=(self.to(&self.twin)) lang=(other.tag()) dir=(other.dir()) hreflang=(other.tag()) rel="alternate" {
                        (t!(other, "site-language"))
                    }
                }
                nav aria-label=(t!(tongue, "nav-label")) {
                    ul {
                        @for (path, words) in &items {
                            li { a href=(self.to(path)) aria-current=[here(path)] { (words) } }
                        }
                    }
                }
            }
        }
    }

    fn footer(&self) -> Markup {
        let tongue = self.tongue;
        let feeds = [
            ("atom.xml", t!(tongue, "feed-atom")),
            ("rss.xml", t!(tongue, "feed-rss")),
            ("feed.json", t!(tongue, "feed-json")),
        ];
        html! {
            footer.foot {
                p { (t!(tongue, "footer-promise")) }
                ul {
                    li.lead { (t!(tongue, "feeds-label")) }
                    @for (name, words) in &feeds {
                        li { a href=(self.to(&feed_path(tongue, name))) { bdi { (words) } } }
                    }
                    li { a href=(self.to(&checkpoint_path())) { (t!(tongue, "footer-log")) } }
                }
            }
        }
    }
}

/// What every head begins with: encoding, policy, no referrer, both colour schemes.
pub(crate) fn opening_tags() -> Markup {
    html! {
        meta charset="utf-8";
        meta http-equiv="Content-Security-Policy" content=(PreEscaped(POLICY));
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="referrer" content="no-referrer";
        meta name="color-scheme" content="light dark";
        meta name="format-detection" content="telephone=no";
    }
}

pub(crate) fn with_newline(markup: Markup) -> String {
    let mut text = markup.into_string();
    text.push('\n');
    text
}
