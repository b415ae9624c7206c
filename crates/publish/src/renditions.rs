//! Renditions: what a story becomes in a channel. A pure function of the words, the channel's limits and the language.
//!
//! Whole articles stay whole; short posts become a thread. The first post carries the title and the link to the
//! newsroom's own page, so that it can be found again by that link. Nothing graphic goes where it cannot be covered, every
//! file carries its description, and a file that does not fit is left to the page behind the link.

mod measure;
mod split;
mod variants;

use crate::channels::{Abilities, Attachment, Covering, Limits};
use crate::front::grade_words;
use crate::input::{Grade, MediaKind};
use crate::words::{Tongue, paragraphs, t};
use measure::Room;
use serde::{Deserialize, Serialize};

pub use measure::weigh;
pub use variants::{Ceiling, Rung, Sent, fits};

/// What becomes of a story where it went before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It is told for the first time.
    New,
    /// It takes the place of an earlier version.
    Corrected,
    /// It is taken back.
    Withdrawn,
}

/// A story's words in one language, and its files.
#[derive(Debug, Clone)]
pub struct StoryWords {
    /// The language.
    pub tongue: Tongue,
    /// Its page on the newsroom's own site.
    pub link: String,
    /// The title.
    pub title: String,
    /// The text; paragraphs are separated by empty lines.
    pub body: String,
    /// How sure the newsroom is.
    pub grade: Grade,
    /// Whether its files are hard to look at.
    pub graphic: bool,
    /// What it is about, each one word.
    pub tags: Vec<String>,
    /// Descriptions of the files, in their order.
    pub alts: Vec<String>,
    /// Where it happened, as coarse as the newsroom says.
    pub place: Option<String>,
    /// When it happened, as the site writes dates.
    pub when: Option<String>,
    /// What becomes of it.
    pub turn: Turn,
}

/// What a stretch of a post's text is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// A link to this address.
    Link(String),
    /// A hashtag, without its sign.
    Tag(String),
}

/// A stretch of text with a meaning, by its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// What it is.
    pub meaning: Meaning,
}

/// A file of a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its place among the story's files.
    pub file: usize,
    /// What it shows, in the post's language.
    pub alt: String,
    /// The variant that goes there, if not the file itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
}

impl Shown {
    /// Whether nothing can be made out in it.
    #[must_use]
    pub fn blurred(&self) -> bool {
        self.sent
            .as_ref()
            .is_some_and(|sent| sent.rung == Rung::Blurred)
    }
}

/// A link shown as a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Where it leads.
    pub url: String,
    /// Its title.
    pub title: String,
    /// A few words more.
    pub description: String,
}

/// A whole article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// The title.
    pub title: String,
    /// How sure the newsroom is, in words.
    pub grade: String,
    /// That it was corrected, if it was.
    pub notice: Option<String>,
    /// The paragraphs.
    pub paragraphs: Vec<String>,
    /// The words over the link to the newsroom's own page.
    pub source: String,
    /// Where it happened.
    #[serde(default)]
    pub place: Option<String>,
    /// When it happened.
    #[serde(default)]
    pub when: Option<String>,
    /// Whether it is no longer told.
    #[serde(default)]
    pub withdrawn: bool,
}

/// One post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// `en` or `ar`.
    pub language: String,
    /// Its text.
    pub text: String,
    /// Links and tags in it.
    pub spans: Vec<Span>,
    /// Its files.
    pub media: Vec<Shown>,
    /// Whether its files are covered.
    pub covered: bool,
    /// The words over what is covered, where the channel takes words.
    pub warning: Option<String>,
    /// The card, where the channel shows cards and nothing else is attached.
    pub card: Option<Card>,
    /// The article, where the channel takes articles.
    pub article: Option<Article>,
}

impl Post {
    /// Whether it is read from right to left.
    #[must_use]
    pub fn rightward(&self) -> bool {
        self.language == Tongue::Ar.tag()
    }

    /// The most that its text may take of a channel's measure.
    #[must_use]
    pub fn most(&self, limits: &Limits) -> usize {
        let caption = limits.caption.filter(|_| !self.media.is_empty());
        caption.map_or(limits.text, |caption| caption.min(limits.text))
    }

    /// How much of a channel's measure its text takes; a link may cost another length than its own.
    #[must_use]
    pub fn takes(&self, limits: &Limits) -> usize {
        let whole = weigh(limits.measure, &self.text);
        let Some(cost) = limits.link else {
            return whole;
        };
        let links = self
            .spans
            .iter()
            .filter(|span| matches!(span.meaning, Meaning::Link(_)))
            .filter_map(|span| self.text.get(span.start..span.end));
        links.fold(whole, |takes, link| {
            takes.saturating_sub(weigh(limits.measure, link)) + cost
        })
    }
}

/// Renders a story for a channel: at least one post.
#[must_use]
pub fn render(words: &StoryWords, can: &Abilities, files: &[Attachment]) -> Vec<Post> {
    let media = choose(words, can, files);
    let covered = words.graphic && media.iter().any(|shown| !shown.blurred());
    let blurred = media.iter().any(Shown::blurred);
    let warning =
        (covered && can.covering == Covering::Words).then(|| t!(words.tongue, "post-graphic"));
    let room = Room::new(&can.limits, warning.as_deref(), !media.is_empty());
    let texts = if can.long {
        vec![opening(words)]
    } else {
        split::thread(words, &first_lines(words, blurred), &room)
    };
    let mut posts: Vec<Post> = texts.into_iter().map(|text| plain(words, text)).collect();
    if let Some(first) = posts.first_mut() {
        first.covered = covered;
        first.warning = warning;
        first.card = (can.cards && media.is_empty()).then(|| card(words));
        first.media = media;
        first.article = can.long.then(|| article(words));
    }
    posts
}

/// The first lines: what became of it, how sure one is, the title.
fn opening(words: &StoryWords) -> String {
    let label = match words.turn {
        Turn::Corrected => Some(t!(words.tongue, "post-corrected")),
        Turn::Withdrawn => Some(t!(words.tongue, "post-withdrawn")),
        // What was checked needs no word; what was not must never go without.
        Turn::New if words.grade == Grade::Confirmed => None,
        Turn::New => Some(grade_words(words.tongue, words.grade)),
    };
    match label {
        Some(label) => format!("{label}: {}", words.title.trim()),
        None => words.title.trim().to_owned(),
    }
}

fn plain(words: &StoryWords, text: String) -> Post {
    Post {
        language: words.tongue.tag().to_owned(),
        spans: spans(&text, &words.link),
        text,
        media: Vec::new(),
        covered: false,
        warning: None,
        card: None,
        article: None,
    }
}

/// Where the story's own link and the hashtags stand. Foreign links in a text are left as text.
fn spans(text: &str, link: &str) -> Vec<Span> {
    let mut out = Vec::new();
    if let Some(start) = text.rfind(link) {
        out.push(Span {
            start,
            end: start + link.len(),
            meaning: Meaning::Link(link.to_owned()),
        });
    }
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let name = word.trim_end();
        if let Some(tag) = name.strip_prefix('#').filter(|tag| is_tag(tag)) {
            out.push(Span {
                start: at,
                end: at + name.len(),
                meaning: Meaning::Tag(tag.to_owned()),
            });
        }
        at += word.len();
    }
    out.sort_by_key(|span| span.start);
    out
}

/// Letters, digits and underscores, and not digits alone.
fn is_tag(tag: &str) -> bool {
    let mark = |c: char| matches!(c, '\u{64B}'..='\u{65F}');
    (1..=60).contains(&tag.chars().count())
        && tag
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || mark(c))
        && tag.chars().any(char::is_alphabetic)
}

/// The hashtags of a story, each once.
fn hashtags(words: &StoryWords) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for tag in &words.tags {
        let tag = tag.trim().replace([' ', '-', '\u{200C}'], "_");
        let tag = format!("#{}", tag.trim_start_matches('#'));
        if is_tag(&tag[1..]) && !out.contains(&tag) {
            out.push(tag);
        }
    }
    out
}

/// What stands before the text; that something is hard to look at, where a blurred still goes instead of it.
fn first_lines(words: &StoryWords, blurred: bool) -> String {
    if blurred {
        format!("{}\n{}", opening(words), t!(words.tongue, "post-blurred"))
    } else {
        opening(words)
    }
}

/// One film, or pictures in their order, each in the largest form that fits; nothing graphic that cannot be covered.
fn choose(words: &StoryWords, can: &Abilities, files: &[Attachment]) -> Vec<Shown> {
    if words.turn == Turn::Withdrawn {
        return Vec::new();
    }
    let picked = files.iter().enumerate().filter_map(|(place, file)| {
        // A file without a description goes nowhere.
        let alt = words.alts.get(place).map(|alt| alt.trim())?;
        let pick = variants::pick(can, file, words.graphic).filter(|_| !alt.is_empty())?;
        let alt = if pick.blurred() {
            format!("{}. {alt}", t!(words.tongue, "post-blurred"))
        } else {
            alt.to_owned()
        };
        let shown = Shown {
            file: place,
            alt: measure::cut(&alt, can.limits.alt),
            sent: pick.sent,
        };
        Some((pick.file.kind, shown))
    });
    let picked: Vec<(MediaKind, Shown)> = picked.collect();
    let film = |kind: MediaKind| kind == MediaKind::Mp4;
    if !can.long
        && let Some((_, shown)) = picked.iter().find(|(kind, _)| film(*kind))
    {
        return vec![shown.clone()];
    }
    let takes = |kind: MediaKind| kind.is_picture() || (can.long && film(kind));
    let taken = picked.into_iter().filter(|(kind, _)| takes(*kind));
    taken
        .map(|(_, shown)| shown)
        .take(can.limits.pictures)
        .collect()
}

fn card(words: &StoryWords) -> Card {
    let first = paragraphs(&words.body).next().unwrap_or_default();
    Card {
        url: words.link.clone(),
        title: measure::cut(&opening(words), 250),
        description: match words.turn {
            Turn::Withdrawn => String::new(),
            Turn::New | Turn::Corrected => measure::cut(first, 250),
        },
    }
}

fn article(words: &StoryWords) -> Article {
    let withdrawn = words.turn == Turn::Withdrawn;
    let notice = match words.turn {
        Turn::New => None,
        Turn::Corrected => Some(t!(words.tongue, "post-corrected")),
        Turn::Withdrawn => Some(t!(words.tongue, "post-withdrawn")),
    };
    let body: Vec<String> = paragraphs(&words.body).map(str::to_owned).collect();
    Article {
        title: words.title.trim().to_owned(),
        grade: grade_words(words.tongue, words.grade),
        notice,
        paragraphs: if withdrawn { Vec::new() } else { body },
        source: t!(words.tongue, "post-source"),
        place: words.place.clone().filter(|_| !withdrawn),
        when: words.when.clone().filter(|_| !withdrawn),
        withdrawn,
    }
}
