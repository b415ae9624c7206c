//! The standing pages: how to check what is published, and who publishes it.

use maud::html;

use crate::address::SitePath;
use crate::input::SiteInput;
use crate::page::{Place, about_path, checkpoint_path, verify_path};
use crate::story::prose;
use crate::words::{Tongue, excerpt, t};

/// How to check, what a proof shows and what it does not, and the log's key.
pub(crate) fn verify(site: &SiteInput, tongue: Tongue) -> (SitePath, String) {
    let place = Place {
        site,
        tongue,
        path: verify_path(tongue),
        twin: verify_path(tongue.other()),
    };
    let title = t!(tongue, "verify-title");
    let lead = t!(tongue, "verify-lead");
    let shows = [
        t!(tongue, "verify-shows-unchanged"),
        t!(tongue, "verify-shows-logged"),
        t!(tongue, "verify-shows-before"),
        t!(tongue, "verify-shows-who"),
    ];
    let not = [
        t!(tongue, "verify-not-happened"),
        t!(tongue, "verify-not-who"),
        t!(tongue, "verify-not-original"),
    ];
    let main = html! {
        article.standing {
            h1 { (title) }
            p.motto { (lead) }
            h2 { (t!(tongue, "verify-steps-title")) }
            ol.steps {
                li { (t!(tongue, "verify-step-download", check = t!(tongue, "check-title"))) }
                li {
                    (t!(tongue, "verify-step-run"))
                    pre dir="ltr" { code { "fh-verify FILE --proof FILE.proof.json --lang " (tongue.tag()) " --key '" (site.log.key) "'" } }
                }
                li { (t!(tongue, "verify-step-read")) }
            }
            div.pair {
                section.shows {
                    h2 { (t!(tongue, "verify-shows-title")) }
                    ul { @for line in &shows { li { (line) } } }
                }
                section.not {
                    h2 { (t!(tongue, "verify-not-title")) }
                    ul { @for line in &not { li { (line) } } }
                }
            }
            h2 #key { (t!(tongue, "verify-key-title")) }
            p { (t!(tongue, "verify-key-intro")) }
            pre.key dir="ltr" { code { (site.log.key) } }
            h2 { (t!(tongue, "verify-log-title")) }
            p {
                (t!(tongue, "verify-log-intro")) " "
                a href=(place.to(&checkpoint_path())) { (t!(tongue, "verify-log-checkpoint")) }
            }
        }
    };
    let page = place.page(&title, &lead, &main);
    (place.path, page)
}

/// Who publishes here.
pub(crate) fn about(site: &SiteInput, tongue: Tongue) -> (SitePath, String) {
    let place = Place {
        site,
        tongue,
        path: about_path(tongue),
        twin: about_path(tongue.other()),
    };
    let title = t!(tongue, "about-title");
    let own = site
        .about
        .as_ref()
        .map(|about| about.get(tongue))
        .filter(|own| !own.trim().is_empty());
    let words = own.map_or_else(
        || {
            t!(
                tongue,
                "about-default",
                organisation = site.organisation.as_str()
            )
        },
        str::to_owned,
    );
    let main = html! {
        article.standing {
            h1 { (title) }
            div.motto { (prose(&words)) }
            h2 { (t!(tongue, "about-protect-title")) }
            p { (t!(tongue, "about-protect")) }
            h2 { (t!(tongue, "about-wrong-title")) }
            p { (t!(tongue, "about-wrong")) }
        }
    };
    let page = place.page(&title, &excerpt(&words, 200), &main);
    (place.path, page)
}
