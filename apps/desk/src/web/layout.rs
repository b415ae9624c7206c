//! The page around every page: head, navigation, who is signed in, the way to the other language.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::web::parts;
use crate::web::text::{Tongue, foreign, t};
use crate::web::visit::Visit;

/// Which entry of the navigation is the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Inbox,
    Drops,
    Flash,
    Stories,
    Cards,
    Channels,
    Reach,
    Sources,
    Elsewhere,
}

/// A whole page.
pub(crate) fn page(visit: &Visit, title: &str, place: Place, body: &Markup) -> Html<String> {
    let tongue = visit.tongue;
    let markup = html! {
        (DOCTYPE)
        html lang=(tongue.tag()) dir=(tongue.dir()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · " (t!(tongue, "app-name")) }
                link rel="stylesheet" href="/assets/desk.css";
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                script type="module" src="/assets/desk.js" {}
            }
            body data-seen=(visit.seen) {
                a.skip href="#main" { (t!(tongue, "skip-to-content")) }
                (bar(visit, place))
                main #main tabindex="-1" { (body) }
            }
        }
    };
    Html(markup.into_string())
}

fn bar(visit: &Visit, place: Place) -> Markup {
    let tongue = visit.tongue;
    html! {
        header.bar {
            div.bar-inner {
                a.mark href="/" { (parts::mark()) span { (t!(tongue, "app-name")) } }
                @if let Some(editor) = &visit.editor {
                    nav aria-label=(t!(tongue, "nav-label")) {
                        (entry("/", &t!(tongue, "nav-inbox"), place == Place::Inbox))
                        (entry("/flash", &t!(tongue, "nav-flash"), place == Place::Flash))
                        (entry("/stories", &t!(tongue, "nav-stories"), place == Place::Stories))
                        (entry("/channels", &t!(tongue, "nav-channels"), place == Place::Channels))
                        (entry("/reach", &t!(tongue, "nav-reach"), place == Place::Reach))
                        (entry("/drops", &t!(tongue, "nav-drops"), place == Place::Drops))
                        (entry("/cards", &t!(tongue, "nav-cards"), place == Place::Cards))
                        @if editor.roles.safety {
                            (entry("/sources", &t!(tongue, "nav-sources"), place == Place::Sources))
                        }
                    }
                }
                div.bar-end {
                    (other_language(visit))
                    @if let Some(editor) = &visit.editor {
                        details.account {
                            summary { (foreign(&editor.name)) }
                            div.menu {
                                p.quiet { (t!(tongue, "account-role", role = parts::roles(tongue, editor))) }
                                (parts::act(visit, "/sign-out", &t!(tongue, "sign-out"), "plain"))
                                (parts::act(visit, "/lock", &t!(tongue, "lock-now"), "danger"))
                                p.quiet.small { (t!(tongue, "lock-now-hint")) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn entry(href: &'static str, words: &str, here: bool) -> Markup {
    html! {
        @if here {
            a href=(href) aria-current="page" { (words) }
        } @else {
            a href=(href) { (words) }
        }
    }
}

fn other_language(visit: &Visit) -> Markup {
    let other = match visit.tongue {
        Tongue::En => Tongue::Ar,
        Tongue::Ar => Tongue::En,
    };
    let back: String = form_urlencoded::byte_serialize(visit.path.as_bytes()).collect();
    let name = match other {
        Tongue::En => "English",
        Tongue::Ar => "العربية",
    };
    html! {
        a.language lang=(other.tag()) dir=(other.dir()) hreflang=(other.tag())
            href=(format!("/lang/{}?back={back}", other.tag())) { (name) }
    }
}

/// A redirect to be followed with GET.
pub(crate) fn see_other(path: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(value) = HeaderValue::from_str(path) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}
