//! Everything that pages may need to know of each other: the stories in order, and what groups them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use ledger::Digest;

use crate::fingerprint::{self, Fingerprint};
use crate::input::{CoarsePoint, Label, SiteInput};
use crate::story::Ready;
use crate::words::timestamp;

/// The site as it will be.
#[derive(Debug)]
pub(crate) struct Whole<'a> {
    pub(crate) site: &'a SiteInput,
    /// Every story, newest first, withdrawn ones among them.
    pub(crate) stories: Vec<Ready<'a>>,
    /// Those that are told, newest first.
    pub(crate) told: Vec<usize>,
    /// Told stories by the month of their publication, newest first.
    pub(crate) months: Vec<(Month, Vec<usize>)>,
    /// Told stories by the month, or only the year, in which it happened; latest first.
    pub(crate) timeline: Vec<(Month, Vec<usize>)>,
    /// Topics, those with most stories first.
    pub(crate) topics: Vec<Group<'a>>,
    /// Places, by their address.
    pub(crate) places: Vec<Group<'a>>,
    /// Whether there is a film or a sound that feeds may carry.
    pub(crate) recordings: bool,
    frame: Digest,
}

/// A month, or a whole year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Month {
    pub(crate) year: i16,
    pub(crate) month: Option<i8>,
}

impl Month {
    /// For addresses.
    pub(crate) fn slug(self) -> String {
        self.month.map_or_else(
            || format!("{:04}", self.year),
            |month| format!("{:04}-{month:02}", self.year),
        )
    }
}

/// Stories that share a topic or a place.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    pub(crate) label: &'a Label,
    pub(crate) point: Option<CoarsePoint>,
    pub(crate) stories: Vec<usize>,
}

impl<'a> Whole<'a> {
    pub(crate) fn new(site: &'a SiteInput, mut stories: Vec<Ready<'a>>) -> Self {
        stories.sort_by(|a, b| {
            let (a, b) = (a.input, b.input);
            b.published_at
                .cmp(&a.published_at)
                .then_with(|| a.id.cmp(&b.id))
        });
        let mut whole = Self {
            site,
            told: (0..stories.len())
                .filter(|at| stories[*at].input.withdrawn.is_none())
                .collect(),
            stories,
            months: Vec::new(),
            timeline: Vec::new(),
            topics: Vec::new(),
            places: Vec::new(),
            recordings: false,
            frame: fingerprint::frame(site),
        };
        let recordings = whole.told().any(Ready::is_recorded);
        whole.recordings = recordings;
        whole.months = whole.by_month(|ready| Some(published_on(ready.input.published_at)));
        whole.timeline = whole.by_month(|ready| {
            let from = ready.input.when?.from();
            Some(Month {
                year: from.year,
                month: from.month,
            })
        });
        for (_, list) in &mut whole.timeline {
            let day = |at: &usize| whole.stories[*at].input.when.map(|when| when.order());
            list.sort_by_key(|at| std::cmp::Reverse(day(at)));
        }
        let label = |ready: &Ready<'a>| ready.input.topics.iter().map(|label| (label, None));
        whole.topics = whole.groups(|ready| label(ready).collect());
        whole
            .topics
            .sort_by_key(|group| std::cmp::Reverse(group.stories.len()));
        let place = |ready: &Ready<'a>| {
            ready
                .input
                .place
                .iter()
                .map(|place| (&place.label, place.point))
        };
        whole.places = whole.groups(|ready| place(ready).collect());
        let menu = [&whole.topics, &whole.places].map(|groups| i64::from(groups.is_empty()));
        whole.frame = Fingerprint::of("frame and menu")
            .digest(&whole.frame)
            .each(menu.into_iter(), Fingerprint::number)
            .number(whole.timeline.is_empty().into())
            .number(whole.recordings.into())
            .finish();
        whole
    }

    /// Told stories, newest first.
    pub(crate) fn told(&self) -> impl ExactSizeIterator<Item = &Ready<'a>> + Clone {
        self.these(&self.told)
    }

    /// The stories of a list.
    pub(crate) fn these<'s>(
        &'s self,
        list: &'s [usize],
    ) -> impl ExactSizeIterator<Item = &'s Ready<'a>> + Clone {
        list.iter().map(|at| &self.stories[*at])
    }

    /// The beginning of every page's key.
    pub(crate) fn key(&self, kind: &str) -> Fingerprint {
        Fingerprint::of(kind).digest(&self.frame)
    }

    /// The name a topic goes by: the newest story's.
    pub(crate) fn topic<'s>(&'s self, label: &'s Label) -> &'s Label {
        named(&self.topics, label)
    }

    /// The name a place goes by: the newest story's.
    pub(crate) fn place<'s>(&'s self, label: &'s Label) -> &'s Label {
        // Places are in the order of their addresses.
        let slug = label.slug.as_str();
        let found = self
            .places
            .binary_search_by(|group| group.label.slug.as_str().cmp(slug));
        found.map_or(label, |at| self.places[at].label)
    }

    fn by_month(&self, month: impl Fn(&Ready<'a>) -> Option<Month>) -> Vec<(Month, Vec<usize>)> {
        let mut months: BTreeMap<Month, Vec<usize>> = BTreeMap::new();
        for at in &self.told {
            if let Some(month) = month(&self.stories[*at]) {
                months.entry(month).or_default().push(*at);
            }
        }
        months.into_iter().rev().collect()
    }

    fn groups(
        &self,
        labels: impl Fn(&Ready<'a>) -> Vec<(&'a Label, Option<CoarsePoint>)>,
    ) -> Vec<Group<'a>> {
        let mut groups: BTreeMap<&str, Group<'a>> = BTreeMap::new();
        for at in &self.told {
            let mut seen = BTreeSet::new();
            for (label, point) in labels(&self.stories[*at]) {
                if !seen.insert(&label.slug) {
                    continue;
                }
                let group = groups.entry(&label.slug).or_insert_with(|| Group {
                    label,
                    point: None,
                    stories: Vec::new(),
                });
                group.point = group.point.or(point);
                group.stories.push(*at);
            }
        }
        groups.into_values().collect()
    }
}

fn named<'s>(groups: &'s [Group<'_>], label: &'s Label) -> &'s Label {
    let mut same = groups.iter().filter(|group| group.label.slug == label.slug);
    same.next().map_or(label, |group| group.label)
}

/// The month of a moment, in UTC.
fn published_on(micros: i64) -> Month {
    let date: Date = timestamp(micros).to_zoned(TimeZone::UTC).date();
    Month {
        year: date.year(),
        month: Some(date.month()),
    }
}
