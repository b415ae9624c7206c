//! Lists of any length, cut into pages that stay as they are when a story is added.
//!
//! The newest stories stand on the page without a number; older ones in full blocks, numbered from the oldest. A
//! new story changes the first page alone, and once in a while a block comes off it.

use std::ops::Range;

use maud::{Markup, html};

use crate::address::SitePath;
use crate::front::line;
use crate::page::{Place, at};
use crate::whole::Whole;
use crate::words::{Tongue, t};
use crate::writer::Job;

/// Stories in a full block.
const BLOCK: usize = 40;

/// Cuts `count` things, newest first: the first page, then blocks, newest first, with their numbers.
pub(crate) fn cut(count: usize, block: usize) -> (Range<usize>, Vec<(usize, Range<usize>)>) {
    let full = (count / block).saturating_sub(1);
    let head = count - full * block;
    let blocks = (1..=full).rev().map(|number| {
        let end = count - (number - 1) * block;
        (number, end - block..end)
    });
    (0..head, blocks.collect())
}

/// A list of stories under one heading.
pub(crate) struct List<'w> {
    /// Where it stands below the language, without `.html`.
    pub(crate) base: String,
    pub(crate) heading: String,
    pub(crate) lead: String,
    pub(crate) stories: &'w [usize],
    /// Whether to say when it happened rather than when it was published.
    pub(crate) by_event: bool,
}

impl<'w> List<'w> {
    /// All pages of the list in one language.
    pub(crate) fn jobs(self, whole: &'w Whole<'w>, tongue: Tongue) -> Vec<Job<'w>> {
        let (head, blocks) = cut(self.stories.len(), BLOCK);
        let oldest = blocks.len();
        let mut pages = vec![(None, head)];
        pages.extend(
            blocks
                .into_iter()
                .map(|(number, range)| (Some(number), range)),
        );
        let list = std::sync::Arc::new(self);
        let job = |(number, range): (Option<usize>, Range<usize>)| {
            let stories = &list.stories[range];
            let key = whole
                .key("list")
                .text(&list.base)
                .text(tongue.tag())
                .text(&list.heading)
                .text(&list.lead)
                .text(&format!("{number:?} of {oldest}"))
                .each(whole.these(stories), |print, ready| {
                    print.digest(&ready.key)
                })
                .finish();
            let list = list.clone();
            Job {
                path: list.path(tongue, number),
                key,
                make: Box::new(move || Ok(list.page(whole, tongue, number, oldest, stories))),
            }
        };
        pages.into_iter().map(job).collect()
    }

    fn path(&self, tongue: Tongue, number: Option<usize>) -> SitePath {
        let base = &self.base;
        number.map_or_else(
            || at(tongue, &format!("{base}.html")),
            |number| at(tongue, &format!("{base}/{number}.html")),
        )
    }

    fn page(
        &self,
        whole: &Whole<'_>,
        tongue: Tongue,
        number: Option<usize>,
        oldest: usize,
        stories: &[usize],
    ) -> Vec<u8> {
        let place = Place::new(whole, tongue, |tongue| self.path(tongue, number));
        let main = html! {
            section.list {
                h1 { bdi { (self.heading) } }
                p.motto { (self.lead) }
                @for ready in whole.these(stories) { (line(&place, ready, "h2", self.by_event)) }
                (self.turning(&place, number, oldest))
            }
        };
        place.page(&self.heading, &self.lead, &main)
    }

    /// Links to the neighbouring pages of the same list.
    fn turning(&self, place: &Place<'_>, number: Option<usize>, oldest: usize) -> Markup {
        let tongue = place.tongue;
        let newer = number.map(|number| (number < oldest).then_some(number + 1));
        let older = match number {
            None => (oldest > 0).then_some(oldest),
            Some(number) => (number > 1).then(|| number - 1),
        };
        html! {
            @if newer.is_some() || older.is_some() {
                nav.turning aria-label=(t!(tongue, "turning-label")) {
                    @if let Some(newer) = newer { a rel="prev" href=(place.to(&self.path(tongue, newer))) { (t!(tongue, "turning-newer")) } }
                    @if let Some(older) = older { a rel="next" href=(place.to(&self.path(tongue, Some(older)))) { (t!(tongue, "turning-older")) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_everything_once_and_stay_when_something_is_added() {
        for count in 0..400 {
            let (head, blocks) = cut(count, 10);
            let mut covered: Vec<usize> = head.clone().collect();
            assert!(head.len() < 20 && (head.len() >= 10 || count < 10));
            for (number, range) in &blocks {
                assert_eq!(range.len(), 10);
                // Counted from the oldest, a block never moves.
                assert_eq!(count - range.end, (number - 1) * 10);
                covered.extend(range.clone());
            }
            assert_eq!(covered, (0..count).collect::<Vec<_>>());
        }
    }
}
