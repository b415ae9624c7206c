//! The standing pages: how to check what is published, and who publishes it.

use maud::html;

use crate::page::{Place, about_path, checkpoint_path, verify_path};
use crate::story::prose;
use crate::whole::Whole;
use crate::words::{Tongue, excerpt, t};
use crate::writer::Job;

/// The standing pages of one language; nothing changes them but the site itself.
pub(crate) fn jobs<'w>(whole: &'w Whole<'w>, tongue: Tongue) -> [Job<'w>; 2] {
    let key = |name: &str| whole.key(name).text(tongue.tag()).finish();
    [
        Job {
            path: verify_path(tongue),
            key: key("verify"),
            make: Box::new(move || Ok(verify(whole, tongue))),
        },
        Job {
            path: about_path(tongue),
            key: key("about"),
            make: Box::new(move || Ok(about(whole, tongue))),
        },
    ]
}

/// How to check, what a proof shows and what it does not, and the log's key.
fn verify(whole: &Whole<'_>, tongue: Tongue) -> Vec<u8> {
    let site = whole.site;
    let place = Place::new(whole, tongue, verify_path);
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
    place.page(&title, &lead, &main)
}

/// Who publishes here.
fn about(whole: &Whole<'_>, tongue: Tongue) -> Vec<u8> {
    let site = whole.site;
    let place = Place::new(whole, tongue, about_path);
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
    place.page(&title, &excerpt(&words, 200), &main)
}
