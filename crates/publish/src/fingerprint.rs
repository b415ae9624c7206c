//! What a page is made from, as one digest: equal fingerprints mean equal bytes.

use ledger::{Digest, Sha256Writer};

use crate::input::{Bilingual, Label, SiteInput, StoryInput, Text};
use crate::story::Ready;

/// A digest over fields, each after its length, so that no two lists of fields read the same.
#[derive(Debug)]
pub(crate) struct Fingerprint(Sha256Writer);

impl Fingerprint {
    /// A fingerprint of one kind of thing.
    pub(crate) fn of(kind: &str) -> Self {
        Self(Sha256Writer::new()).text(kind)
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        self.0.update(&(text.len() as u64).to_be_bytes());
        self.0.update(text.as_bytes());
        self
    }

    pub(crate) fn number(mut self, number: i64) -> Self {
        self.0.update(&number.to_be_bytes());
        self
    }

    pub(crate) fn digest(mut self, digest: &Digest) -> Self {
        self.0.update(digest.as_bytes());
        self
    }

    /// Something that may be absent.
    pub(crate) fn option<T>(self, value: Option<T>, add: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            None => self.number(0),
            Some(value) => add(self.number(1), value),
        }
    }

    /// A list: its length, then each.
    pub(crate) fn each<T>(
        self,
        items: impl ExactSizeIterator<Item = T>,
        add: impl FnMut(Self, T) -> Self,
    ) -> Self {
        let counted = self.text(&items.len().to_string());
        items.fold(counted, add)
    }

    pub(crate) fn finish(self) -> Digest {
        self.0.finish()
    }

    fn bilingual(self, text: &Bilingual) -> Self {
        self.text(&text.en).text(&text.ar)
    }

    fn words(self, text: &Text) -> Self {
        self.text(&text.title).text(&text.body)
    }

    fn label(self, label: &Label) -> Self {
        self.text(&label.slug).bilingual(&label.name)
    }
}

/// What every page of a site shares: the program's templates and words, and what the site says of itself.
pub(crate) fn frame(site: &SiteInput) -> Digest {
    Fingerprint::of("frame")
        .text(env!("PUBLISH_TEMPLATES"))
        .text(&site.organisation)
        .text(site.base_url.as_str())
        .option(site.onion.as_ref(), |print, onion| {
            print.text(onion.as_str())
        })
        .option(site.about.as_ref(), Fingerprint::bilingual)
        .text(&site.log.key)
        .finish()
}

/// All that a story shows anywhere.
pub(crate) fn story(ready: &Ready<'_>) -> Digest {
    let input = ready.input;
    let print = header(Fingerprint::of("story"), input);
    let print = print.each(ready.media.iter(), |print, medium| {
        print
            .text(medium.file.as_str())
            .text(medium.proof.as_str())
            .option(medium.poster.as_ref(), |print, poster| {
                print.text(poster.as_str())
            })
            .bilingual(&medium.input.alt)
            .option(medium.input.dimensions, |print, (width, height)| {
                print.number(width.into()).number(height.into())
            })
            .text(&medium.bytes.to_string())
    });
    print.finish()
}

fn header(print: Fingerprint, input: &StoryInput) -> Fingerprint {
    print
        .text(&input.id)
        .text(&input.slug)
        .number(input.published_at)
        .number(input.updated_at)
        .text(&format!("{:?}", input.grade))
        .number(input.graphic.into())
        .words(&input.en)
        .words(&input.ar)
        .each(input.topics.iter(), Fingerprint::label)
        .option(input.place.as_ref(), |print, place| {
            let print = print.label(&place.label);
            print.option(place.point, |print, point| {
                print
                    .number(point.latitude.into())
                    .number(point.longitude.into())
            })
        })
        .option(input.when, |print, when| print.text(&when.to_string()))
        .each(input.corrections.iter(), |print, one| {
            print.number(one.at).bilingual(&one.note)
        })
        .option(input.withdrawn.as_ref(), Fingerprint::bilingual)
}
