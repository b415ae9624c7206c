//! Splitting a story into a thread.
//!
//! A text breaks between paragraphs if it can, else between sentences, else between words, and at the very least between
//! user-perceived characters: a joined emoji or a letter with its marks is never torn. No break falls inside an isolate of
//! bidirectional text, because both halves would then read otherwise than they were written.

use super::measure::{Room, weigh};
use super::{StoryWords, Turn, hashtags};
use crate::words::paragraphs;

/// Room for ` 12/34` at the end of each post of a thread.
const COUNTER: usize = 6;

/// The texts of a thread. The first carries the opening and the link, the last the hashtags if they fit.
pub(super) fn thread(words: &StoryWords, opening: &str, room: &Room) -> Vec<String> {
    let tail = format!("\n\n{}", words.link);
    let tail_takes = room.link_takes(&words.link) + 2;
    let beginning = room.beginning();
    let first = beginning.less(tail_takes, tail.len());
    let body = match words.turn {
        Turn::Withdrawn => String::new(),
        Turn::New | Turn::Corrected => settled(&body(words), &beginning),
    };
    let opening = settled(opening, &beginning);
    let tags = hashtags(words);
    if let Some(whole) = single(&opening, &body, &tags, &first) {
        return vec![format!("{whole}{tail}")];
    }
    let counted = |room: &Room| room.less(COUNTER, COUNTER);
    let (text, title) = begin(&opening, &body, &counted(&first));
    let mut parts = vec![text];
    let mut rest = title;
    let later = counted(room);
    while !rest.is_empty() && parts.len() < room.posts {
        let last = parts.len() + 1 == room.posts;
        let (part, left) = take(&rest, &later);
        if part.is_empty() {
            break;
        }
        let whole = left.is_empty();
        parts.push(if last && !whole {
            shortened(&part, &later)
        } else {
            part
        });
        rest = left;
    }
    if parts.len() == 1 && !rest.is_empty() {
        parts[0] = shortened(&parts[0], &counted(&first));
    }
    add_tags(&mut parts, &tags, &counted(&first), &later);
    finish(parts, &tail)
}

/// Opening, text and tags in one post.
fn single(opening: &str, body: &str, tags: &[String], room: &Room) -> Option<String> {
    let mut text = opening.to_owned();
    if !body.is_empty() {
        text = format!("{text}\n\n{body}");
    }
    if !room.holds(&text) {
        return None;
    }
    Some(tagged(text, tags, room))
}

/// The text with as many tags below it as fit.
fn tagged(mut text: String, tags: &[String], room: &Room) -> String {
    for tag in tags {
        let gap = if text.contains("\n#") { " " } else { "\n\n" };
        let with = format!("{text}{gap}{tag}");
        if room.holds(&with) {
            text = with;
        }
    }
    text
}

/// The first post, and what of the text is left for the others.
fn begin(opening: &str, body: &str, room: &Room) -> (String, String) {
    if !room.holds(opening) {
        let (part, left) = take(opening, room);
        let rest = if body.is_empty() {
            left
        } else {
            format!("{left}\n\n{body}")
        };
        return (part, rest);
    }
    let with = format!("{opening}\n\n");
    let left_room = room.less(weigh(room.measure, &with), with.len());
    // Fewer than a few words of text below a title help nobody.
    if left_room.text < 40 || body.is_empty() {
        return (opening.to_owned(), body.to_owned());
    }
    let (part, rest) = take(body, &left_room);
    if part.is_empty() {
        (opening.to_owned(), rest)
    } else {
        (format!("{with}{part}"), rest)
    }
}

/// As much as fits, broken where it hurts least; and what is left.
fn take(text: &str, room: &Room) -> (String, String) {
    let text = text.trim();
    if room.holds(text) {
        return (text.to_owned(), String::new());
    }
    let reach = room.reach(text);
    let end = break_before(text, reach);
    let (part, rest) = text.split_at(end);
    (part.trim_end().to_owned(), rest.trim_start().to_owned())
}

/// The best place to break at or before `reach`: after a paragraph or a sentence if more than half is used, else a word.
fn break_before(text: &str, reach: usize) -> usize {
    let open = isolates(&text[..reach]);
    let outside = |at: &usize| !open.iter().any(|(from, to)| from < at && at < to);
    let head = &text[..reach];
    let after = |found: &str| {
        head.match_indices(found)
            .map(|(at, mark)| at + mark.len())
            .filter(outside)
            .last()
            .filter(|at| *at > reach / 2)
    };
    if let Some(at) = after("\n\n") {
        return at;
    }
    let sentence = [". ", "! ", "? ", "؟ ", "۔ ", "… ", "\n"]
        .iter()
        .filter_map(|mark| after(mark))
        .max();
    if let Some(at) = sentence {
        return at;
    }
    let word = head
        .char_indices()
        .filter(|(_, c)| c.is_whitespace())
        .map(|(at, c)| at + c.len_utf8())
        .rfind(outside)
        .filter(|at| *at > reach / 4);
    // `reach` ends a cluster; inside an isolate longer than a post, `settled` has taken the isolates off before.
    word.unwrap_or(reach)
}

/// The isolates of a text: from their first byte to the byte after their last; one that is not closed goes to the end.
fn isolates(text: &str) -> Vec<(usize, usize)> {
    let (mut out, mut open) = (Vec::new(), Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '\u{2066}'..='\u{2068}' => open.push(at),
            '\u{2069}' => {
                if let Some(from) = open.pop()
                    && open.is_empty()
                {
                    out.push((from, at + c.len_utf8()));
                }
            }
            _ => {}
        }
    }
    out.extend(open.first().map(|from| (*from, text.len() + 1)));
    out
}

/// A text that can be split: isolates that are not closed, or too long for a quarter of a post, are taken off, and a
/// cluster that alone is more than a post may hold (a letter under hundreds of marks) keeps only its beginning.
fn settled(text: &str, room: &Room) -> String {
    let long = |(from, to): &(usize, usize)| {
        *to > text.len() || to - from > room.bytes / 4 || to - from > room.text / 4
    };
    let is_isolate = |c: char| matches!(c, '\u{2066}'..='\u{2069}');
    let stray = text.chars().filter(|c| *c == '\u{2069}').count()
        != text
            .chars()
            .filter(|c| matches!(c, '\u{2066}'..='\u{2068}'))
            .count();
    let text = if stray || isolates(text).iter().any(long) {
        text.chars().filter(|c| !is_isolate(*c)).collect()
    } else {
        text.to_owned()
    };
    let most = (room.bytes / 8).clamp(4, 64);
    let mut out = String::with_capacity(text.len());
    for cluster in unicode_segmentation::UnicodeSegmentation::graphemes(text.as_str(), true) {
        let mut taken = 0;
        for c in cluster.chars() {
            taken += c.len_utf8();
            if taken <= most {
                out.push(c);
            }
        }
    }
    out
}

/// Ends with an ellipsis: there is more behind the link.
fn shortened(part: &str, room: &Room) -> String {
    let tighter = room.less(1, '…'.len_utf8());
    let text = if tighter.holds(part) {
        part.to_owned()
    } else {
        take(part, &tighter).0
    };
    format!("{}…", text.trim_end())
}

fn add_tags(parts: &mut [String], tags: &[String], first: &Room, later: &Room) {
    let room = if parts.len() == 1 { first } else { later };
    if let Some(last) = parts.last_mut() {
        *last = tagged(std::mem::take(last), tags, room);
    }
}

/// Counters where there is more than one post; the link at the end of the first.
fn finish(parts: Vec<String>, tail: &str) -> Vec<String> {
    let count = parts.len();
    parts
        .into_iter()
        .enumerate()
        .map(|(at, part)| {
            let tail = if at == 0 { tail } else { "" };
            match count {
                1 => format!("{part}{tail}"),
                _ => format!("{part} {}/{count}{tail}", at + 1),
            }
        })
        .collect()
}

/// The paragraphs, with one empty line between them.
fn body(words: &StoryWords) -> String {
    paragraphs(&words.body).collect::<Vec<_>>().join("\n\n")
}
