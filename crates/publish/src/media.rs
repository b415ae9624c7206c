//! Published files on the page and on the disk: their names, and how each kind is shown.

use ledger::Digest;
use maud::{Markup, html};

use crate::address::SitePath;
use crate::input::{MediaInput, MediaKind};
use crate::page::Place;
use crate::words::{Tongue, Written as _, t};

/// Where a published file stands: named by its own digest, so that no name from elsewhere is carried on.
#[must_use]
pub fn media_path(sha256: &Digest, kind: MediaKind) -> SitePath {
    named("media", sha256, kind.extension())
}

/// Where the proof of a published file stands: below its story, since one file may be in two stories
/// and has a statement for each.
#[must_use]
pub fn proof_path(slug: &str, sha256: &Digest, kind: MediaKind) -> SitePath {
    let folder = format!("proofs/{slug}");
    named(&folder, sha256, &format!("{}.proof.json", kind.extension()))
}

fn named(folder: &str, sha256: &Digest, extension: &str) -> SitePath {
    let hex = sha256.to_string();
    SitePath::made(format!("{folder}/{}.{extension}", &hex[..32]))
}

/// A published file with what only writing it out tells.
#[derive(Debug)]
pub(crate) struct Shown<'a> {
    pub(crate) input: &'a MediaInput,
    pub(crate) file: SitePath,
    pub(crate) proof: SitePath,
    pub(crate) poster: Option<SitePath>,
    pub(crate) bytes: u64,
}

impl Shown<'_> {
    /// A still for lists, if there is one.
    pub(crate) fn still(&self) -> Option<&SitePath> {
        let own = self.input.kind.is_picture().then_some(&self.file);
        self.poster.as_ref().or(own)
    }

    /// The whole figure on a story page; behind a gate when the story is graphic.
    pub(crate) fn figure(&self, place: &Place<'_>, graphic: bool) -> Markup {
        let tongue = place.tongue;
        html! {
            figure.medium {
                @if graphic {
                    details.gate {
                        summary {
                            span.gate-label { (t!(tongue, "graphic-label")) }
                            span.gate-words { (self.gate_words(tongue)) }
                            span.gate-open { (t!(tongue, "gate-open")) }
                            span.gate-again { (t!(tongue, "gate-again")) }
                        }
                        (self.element(place, false))
                    }
                } @else {
                    (self.element(place, true))
                }
                figcaption {
                    p { bdi { (self.input.alt.get(tongue)) } }
                    (self.check(place))
                }
            }
        }
    }

    fn gate_words(&self, tongue: Tongue) -> String {
        match self.input.kind {
            MediaKind::Jpeg | MediaKind::Png => t!(tongue, "gate-picture"),
            MediaKind::Mp4 => t!(tongue, "gate-video"),
            MediaKind::Mp3 => t!(tongue, "gate-audio"),
            MediaKind::Pdf => t!(tongue, "gate-document"),
        }
    }

    /// The player or picture. Nothing is loaded before it is looked at; covered media have no still at all.
    fn element(&self, place: &Place<'_>, still: bool) -> Markup {
        let tongue = place.tongue;
        let alt = self.input.alt.get(tongue);
        let link = place.to(&self.file);
        let poster = self
            .poster
            .as_ref()
            .filter(|_| still)
            .map(|path| place.to(path));
        let width = self.input.dimensions.map(|(width, _)| width);
        let height = self.input.dimensions.map(|(_, height)| height);
        match self.input.kind {
            MediaKind::Jpeg | MediaKind::Png => html! {
                a.picture href=(link) title=(t!(tongue, "open-picture")) {
                    img src=(link) alt=(alt) loading="lazy" decoding="async" width=[width] height=[height];
                }
            },
            MediaKind::Mp4 => html! {
                video controls preload="none" playsinline aria-label=(alt) poster=[poster] width=[width] height=[height] {
                    source src=(link) type="video/mp4";
                    p { (t!(tongue, "no-video")) }
                }
            },
            MediaKind::Mp3 => html! {
                audio controls preload="none" aria-label=(alt) {
                    source src=(link) type="audio/mpeg";
                    p { (t!(tongue, "no-audio")) }
                }
            },
            MediaKind::Pdf => html! {
                a.document href=(link) type="application/pdf" {
                    @if let Some(poster) = poster { img src=(poster) alt="" loading="lazy" decoding="async"; }
                    span { (t!(tongue, "open-document", size = tongue.size(self.bytes))) }
                }
            },
        }
    }

    fn check(&self, place: &Place<'_>) -> Markup {
        let tongue = place.tongue;
        html! {
            details.check {
                summary { (t!(tongue, "check-title")) }
                p { (t!(tongue, "check-intro")) }
                ul.downloads {
                    li { a href=(place.to(&self.file)) download { (t!(tongue, "check-file", size = tongue.size(self.bytes))) } }
                    li { a href=(place.to(&self.proof)) download { (t!(tongue, "check-proof")) } }
                }
                pre dir="ltr" { code { "fh-verify " (self.file.file_name()) " --proof " (self.proof.file_name()) } }
                p { (t!(tongue, "check-shows")) }
                p { a href=(place.to(&place.verify())) { (t!(tongue, "check-how")) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_digest_alone() {
        let digest = ledger::sha256(b"published");
        let hex = digest.to_string();
        assert_eq!(
            media_path(&digest, MediaKind::Jpeg).as_str(),
            format!("media/{}.jpg", &hex[..32])
        );
        assert_eq!(
            proof_path("s01", &digest, MediaKind::Mp4).as_str(),
            format!("proofs/s01/{}.mp4.proof.json", &hex[..32])
        );
    }
}
