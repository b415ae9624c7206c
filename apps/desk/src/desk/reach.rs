//! What the page of reach shows: sums of counts that are whole tens, and what platforms say.

use std::collections::{BTreeMap, HashMap};

use newsroom::StoryId;
use publish::channels::Kind;

use super::channels::channel_name;
use super::{Desk, DeskError};
use crate::clock;
use crate::reach::DAY;

/// Stories among which a page's title is looked for.
const LOOKED_AT: u32 = 500;
/// Pages and countries on the page; the rest is one line more.
const SHOWN: usize = 25;

/// Requests of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted<T> {
    /// Of what.
    pub what: T,
    /// Whole tens.
    pub requests: u64,
}

/// A page as people know it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PageName {
    /// A story in all its languages: its titles, English and Arabic.
    Story(StoryId, String, String),
    /// Any other page, by its address.
    Other(String),
    /// Pages with too few requests, and those that are not shown.
    Rest,
}

/// What a platform counts of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldReach {
    /// The story.
    pub story: StoryId,
    /// Its titles, English and Arabic.
    pub titles: (String, String),
    /// The channel: kind and account.
    pub channel: String,
    /// Likes, shares, replies, views, each where the platform tells.
    pub counts: [Option<u64>; 4],
}

/// How often what was published is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachView {
    /// The first day, days since 1970 UTC.
    pub since: i64,
    /// Each day from then to yesterday, also those with nothing.
    pub days: Vec<Counted<i64>>,
    /// Pages, those read most first.
    pub pages: Vec<Counted<PageName>>,
    /// Countries, those that read most first.
    pub countries: Vec<Counted<String>>,
    /// What platforms said last.
    pub told: Vec<ToldReach>,
}

impl Desk {
    /// Reach of the last days before today.
    ///
    /// # Errors
    /// Locked, or the store failed.
    pub async fn reach(&self, days: i64) -> Result<ReachView, DeskError> {
        let open = self.open()?;
        let today = clock::now().0.div_euclid(DAY);
        let since = today - days;
        let mut titles = HashMap::new();
        let mut slugs = HashMap::new();
        for story in open.store.latest_stories(LOOKED_AT).await? {
            let (en, ar) = (story.draft.en.title, story.draft.ar.title);
            titles.insert(story.id, (en, ar));
            slugs.insert(story.draft.settings.slug, story.id);
        }
        let mut by_day: BTreeMap<i64, u64> = (since..today).map(|day| (day, 0)).collect();
        let mut by_page: BTreeMap<PageName, u64> = BTreeMap::new();
        let mut by_country: BTreeMap<String, u64> = BTreeMap::new();
        for count in open.store.reach_since(since).await? {
            *by_day.entry(count.day).or_insert(0) += count.requests;
            let name = page_name(&count.page, &slugs, &titles);
            *by_page.entry(name).or_insert(0) += count.requests;
            *by_country.entry(count.country).or_insert(0) += count.requests;
        }
        let told = self.told_reach(since, &titles).await?;
        Ok(ReachView {
            since,
            days: counted(by_day),
            pages: most(by_page, &PageName::Rest),
            countries: most(by_country, &"other".to_owned()),
            told,
        })
    }

    async fn told_reach(
        &self,
        since: i64,
        titles: &HashMap<StoryId, (String, String)>,
    ) -> Result<Vec<ToldReach>, DeskError> {
        let open = self.open()?;
        let mut names = HashMap::new();
        for record in open.store.channels().await? {
            let account = record.name.as_ref().map_or("", |name| name.expose());
            let name = channel_name(Kind::from_code(&record.kind), account);
            names.insert(record.id, name);
        }
        let told = open.store.reach_told(since).await?.into_iter();
        let told = told.filter(|told| told.counts.iter().any(Option::is_some));
        Ok(told
            .map(|told| ToldReach {
                titles: titles.get(&told.story).cloned().unwrap_or_default(),
                channel: names.get(&told.channel).cloned().unwrap_or_default(),
                story: told.story,
                counts: told.counts,
            })
            .collect())
    }
}

/// The story behind `LANG/stories/SLUG.html`, or the page itself.
fn page_name(
    page: &str,
    slugs: &HashMap<String, StoryId>,
    titles: &HashMap<StoryId, (String, String)>,
) -> PageName {
    if page == publish::reach::OTHER {
        return PageName::Rest;
    }
    let slug = page
        .split_once("/stories/")
        .and_then(|(_, file)| file.strip_suffix(".html"));
    let story = slug.and_then(|slug| slugs.get(slug));
    match story.and_then(|id| titles.get(id).map(|titles| (id, titles))) {
        Some((id, (en, ar))) => PageName::Story(*id, en.clone(), ar.clone()),
        None => PageName::Other(page.to_owned()),
    }
}

fn counted<T>(of: impl IntoIterator<Item = (T, u64)>) -> Vec<Counted<T>> {
    let all = of.into_iter();
    all.map(|(what, requests)| Counted { what, requests })
        .collect()
}

/// The most first; what is too little to be shown, and `rest` itself, in one last line.
fn most<T: Ord + Clone>(of: BTreeMap<T, u64>, rest: &T) -> Vec<Counted<T>> {
    let (mut small, mut named) = (0, Vec::new());
    for one in counted(of) {
        if one.what == *rest {
            small += one.requests;
        } else {
            named.push(one);
        }
    }
    named.sort_by_key(|one| std::cmp::Reverse(one.requests));
    small += named
        .iter()
        .skip(SHOWN)
        .map(|one| one.requests)
        .sum::<u64>();
    named.truncate(SHOWN);
    if small > 0 {
        named.push(Counted {
            what: rest.clone(),
            requests: small,
        });
    }
    named
}
