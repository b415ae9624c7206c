//! The frame of every page: head, masthead, footer; and the paths of the pages themselves.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::address::{Href, SitePath};
use crate::feeds;
use crate::offline::Variant;
use crate::ours::ours_path;
use crate::sheet::sheet_path;
use crate::whole::Whole;
use crate::words::{Tongue, t};

/// Nothing but this site's own style, pictures and sound; no script, no frame, no form, no base.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; base-uri 'none'; form-action 'none'";

/// What the search page may do more: run this site's own script, and fetch this site's own index.
const SCRIPTED: &str = "script-src 'self'; connect-src 'self'";

pub(crate) fn style_path() -> SitePath {
    SitePath::made("style.css".to_owned())
}

pub(crate) fn icon_path() -> SitePath {
    SitePath::made("icon.svg".to_owned())
}

pub(crate) fn checkpoint_path() -> SitePath {
    SitePath::made("log/checkpoint".to_owned())
}

/// A file of one language.
pub(crate) fn at(tongue: Tongue, name: &str) -> SitePath {
    SitePath::made(format!("{}/{name}", tongue.tag()))
}

pub(crate) fn index_path(tongue: Tongue) -> SitePath {
    at(tongue, "index.html")
}

pub(crate) fn verify_path(tongue: Tongue) -> SitePath {
    at(tongue, "verify.html")
}

pub(crate) fn about_path(tongue: Tongue) -> SitePath {
    at(tongue, "about.html")
}

/// All stories by month.
pub(crate) fn archive_path(tongue: Tongue) -> SitePath {
    at(tongue, "archive.html")
}

pub(crate) fn topics_path(tongue: Tongue) -> SitePath {
    at(tongue, "topics.html")
}

pub(crate) fn places_path(tongue: Tongue) -> SitePath {
    at(tongue, "places.html")
}

pub(crate) fn timeline_path(tongue: Tongue) -> SitePath {
    at(tongue, "timeline.html")
}

pub(crate) fn corrections_path(tongue: Tongue) -> SitePath {
    at(tongue, "corrections.html")
}

pub(crate) fn search_path(tongue: Tongue) -> SitePath {
    at(tongue, "search.html")
}

pub(crate) fn story_path(tongue: Tongue, slug: &str) -> SitePath {
    at(tongue, &format!("stories/{slug}.html"))
}

pub(crate) fn topic_path(tongue: Tongue, slug: &str) -> SitePath {
    at(tongue, &format!("topics/{slug}.html"))
}

pub(crate) fn place_path(tongue: Tongue, slug: &str) -> SitePath {
    at(tongue, &format!("places/{slug}.html"))
}

/// Which page is being written, in which language: all links are made from here.
pub(crate) struct Place<'a> {
    pub(crate) whole: &'a Whole<'a>,
    pub(crate) tongue: Tongue,
    pub(crate) path: SitePath,
    /// The same page in the other language.
    pub(crate) twin: SitePath,
}

impl<'a> Place<'a> {
    /// A page that every language has under the same name.
    pub(crate) fn new(
        whole: &'a Whole<'a>,
        tongue: Tongue,
        path: impl Fn(Tongue) -> SitePath,
    ) -> Self {
        Self {
            whole,
            tongue,
            path: path(tongue),
            twin: path(tongue.other()),
        }
    }

    /// A link from this page.
    pub(crate) fn to(&self, target: &SitePath) -> Href {
        target.link_from(&self.path)
    }

    pub(crate) fn verify(&self) -> SitePath {
        verify_path(self.tongue)
    }

    /// The page around `main`.
    pub(crate) fn page(&self, title: &str, description: &str, main: &Markup) -> Vec<u8> {
        self.page_with(title, description, main, &html! {})
    }

    /// The page around `main`, with more in its head.
    pub(crate) fn page_with(
        &self,
        title: &str,
        description: &str,
        main: &Markup,
        more: &Markup,
    ) -> Vec<u8> {
        self.around(main, &self.head(POLICY, title, description, more))
    }

    /// The page around `main`, allowed to run this site's own script and to ask this site.
    pub(crate) fn scripted(
        &self,
        title: &str,
        description: &str,
        main: &Markup,
        more: &Markup,
    ) -> Vec<u8> {
        let policy = format!("{POLICY}; {SCRIPTED}");
        self.around(main, &self.head(&policy, title, description, more))
    }

    fn around(&self, main: &Markup, head: &Markup) -> Vec<u8> {
        let tongue = self.tongue;
        let markup = html! {
            (DOCTYPE)
            html lang=(tongue.tag()) dir=(tongue.dir()) {
                (head)
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

    fn head(&self, policy: &str, title: &str, description: &str, more: &Markup) -> Markup {
        let site = self.whole.site;
        let name = site.organisation.as_str();
        let full = if title == name {
            name.to_owned()
        } else {
            format!("{title} · {name}")
        };
        let own = site.base_url.join(&self.path);
        let twin = site.base_url.join(&self.twin);
        html! {
            head {
                (opening_tags(policy))
                title { (full) }
                meta name="description" content=(description);
                link rel="canonical" href=(own);
                link rel="alternate" hreflang=(self.tongue.tag()) href=(own);
                link rel="alternate" hreflang=(self.tongue.other().tag()) href=(twin);
                link rel="icon" href=(self.to(&icon_path())) type="image/svg+xml";
                link rel="stylesheet" href=(self.to(&style_path()));
                @for feed in feeds::offered(self.whole, self.tongue) {
                    link rel="alternate" type=(feed.mime) title={ (name) " · " (feed.words) } href=(self.to(&at(self.tongue, feed.file)));
                }
                @if let Some(onion) = &site.onion { meta http-equiv="onion-location" content=(onion.join(&self.path)); }
                (more)
            }
        }
    }

    /// The ways through the stories that lead somewhere: by topic, by place, by time.
    pub(crate) fn sections(&self) -> Vec<(SitePath, String)> {
        let (whole, tongue) = (self.whole, self.tongue);
        let all = [
            (
                whole.topics.is_empty(),
                topics_path(tongue),
                t!(tongue, "nav-topics"),
            ),
            (
                whole.places.is_empty(),
                places_path(tongue),
                t!(tongue, "nav-places"),
            ),
            (
                whole.timeline.is_empty(),
                timeline_path(tongue),
                t!(tongue, "nav-timeline"),
            ),
        ];
        let some = all.into_iter().filter(|(empty, _, _)| !empty);
        some.map(|(_, path, words)| (path, words)).collect()
    }

    fn masthead(&self) -> Markup {
        let tongue = self.tongue;
        let here = |path: &SitePath| (*path == self.path).then_some("page");
        let whole = self.whole;
        let mut items = vec![(index_path(tongue), t!(tongue, "nav-stories"))];
        items.extend(self.sections());
        items.push((verify_path(tongue), t!(tongue, "nav-verify")));
        items.push((about_path(tongue), t!(tongue, "nav-about")));
        let other = tongue.other();
        html! {
            header.masthead {
                div.bar {
                    a.name href=(self.to(&index_path(tongue))) { bdi { (whole.site.organisation) } }
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
        html! {
            footer.foot {
                p { (t!(tongue, "footer-promise")) }
                ul {
                    li { a href=(self.to(&search_path(tongue))) { (t!(tongue, "nav-search")) } }
                    li { a href=(self.to(&ours_path(tongue))) { (t!(tongue, "nav-ours")) } }
                    li { a href=(self.to(&archive_path(tongue))) { (t!(tongue, "nav-archive")) } }
                    li { a href=(self.to(&corrections_path(tongue))) { (t!(tongue, "nav-corrections")) } }
                    li { a href=(self.to(&checkpoint_path())) { (t!(tongue, "footer-log")) } }
                }
                ul {
                    li { a href=(self.to(&sheet_path(tongue))) { (t!(tongue, "nav-sheet")) } }
                    li { a href=(self.to(&Variant::Text.path())) { (t!(tongue, "offline-text")) } }
                    li { a href=(self.to(&Variant::Stills.path())) { (t!(tongue, "offline-stills")) } }
                    li { a href=(self.to(&Variant::Films.path())) { (t!(tongue, "offline-films")) } }
                }
                ul {
                    li.lead { (t!(tongue, "feeds-label")) }
                    @for feed in feeds::offered(self.whole, tongue) {
                        li { a href=(self.to(&at(tongue, feed.file))) { bdi { (feed.words) } } }
                    }
                }
            }
        }
    }
}

/// What every head begins with: encoding, policy, no referrer, both colour schemes.
pub(crate) fn opening_tags(policy: &str) -> Markup {
    html! {
        meta charset="utf-8";
        meta http-equiv="Content-Security-Policy" content=(PreEscaped(policy));
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="referrer" content="no-referrer";
        meta name="color-scheme" content="light dark";
        meta name="format-detection" content="telephone=no";
    }
}

pub(crate) fn with_newline(markup: Markup) -> Vec<u8> {
    let mut text = markup.into_string();
    text.push('\n');
    text.into_bytes()
}
