//! Telegram's stand-in, written from its public documents (core.telegram.org/bots/api): making requests, getMe, getChat,
//! getChatMember, sendMessage, sendPhoto, sendVideo, sendMediaGroup, editMessageText, editMessageCaption, editMessageMedia,
//! deleteMessage, MessageEntity, LinkPreviewOptions, ReplyParameters, ResponseParameters.

use std::collections::BTreeMap;

use publish::channels::{
    Action, Attachment, Channel, Ended, Fault, Line, Measure, Remote, Telegram, TelegramAccount,
    deliver,
};
use publish::renditions::{Turn, render, weigh};
use serde_json::{Value, json};

use super::hostile::HostileLine;
use super::servers::figure;
use super::stand_in::{Asked, Reply, Rules, StandIn, exactly, task, tell_once};
use super::{deliveries, stories};

const TOKEN: &str = "123456:AAE-bot_word";
const BOT: i64 = 123_456;
const CHAT: i64 = -1_001_234_567_890;

struct Platform {
    /// Messages by number, as sent; an album's have a group.
    messages: BTreeMap<i64, Value>,
    /// Whatever was ever sent.
    sent: i64,
    edits: u32,
    member: Value,
    chat: i64,
    /// Answers that are given before anything else.
    next: Vec<Reply>,
}

impl Default for Platform {
    fn default() -> Self {
        Self {
            messages: BTreeMap::new(),
            sent: 0,
            edits: 0,
            member: json!({"status": "administrator", "can_post_messages": true, "can_delete_messages": true}),
            chat: CHAT,
            next: Vec::new(),
        }
    }
}

fn fine(result: Value) -> Reply {
    Reply::new(200, json!({"ok": true, "result": result}))
}

fn no(code: u16, description: &str) -> Reply {
    Reply::new(
        code,
        json!({"ok": false, "error_code": code, "description": description}),
    )
}

/// The fields of a request: JSON, or a form whose files are told apart by their names.
fn fields(asked: &Asked) -> Option<(Value, BTreeMap<String, usize>)> {
    if let Some(value) = asked.json() {
        return Some((value, BTreeMap::new()));
    }
    let (mut out, mut files) = (json!({}), BTreeMap::new());
    for (name, bytes) in asked.form()? {
        if bytes.starts_with(b"\x89PNG") || bytes.starts_with(b"\0\0\0") {
            files.insert(name, bytes.len());
            continue;
        }
        let text = String::from_utf8(bytes).ok()?;
        let words = ["caption", "chat_id", "text"].contains(&name.as_str());
        out[&name] = match serde_json::from_str(&text) {
            Ok(value) if !words => value,
            _ => json!(text),
        };
    }
    Some((out, files))
}

/// Whether entities name what they say, counted in UTF-16 units.
fn entities_fit(text: &str, entities: &Value) -> bool {
    let units: Vec<u16> = text.encode_utf16().collect();
    entities.as_array().is_some_and(|all| {
        all.iter().all(|one| {
            let at = |name: &str| usize::try_from(one[name].as_u64().unwrap()).unwrap();
            let Some(piece) = units.get(at("offset")..at("offset") + at("length")) else {
                return false;
            };
            let piece = String::from_utf16(piece).unwrap();
            let means = match one["type"].as_str() {
                Some("url") => piece.starts_with("https://"),
                Some("hashtag") => piece.starts_with('#'),
                _ => false,
            };
            means && exactly(one, &["type", "offset", "length"])
        })
    })
}

fn caption_fits(value: &Value) -> bool {
    let text = value["caption"].as_str().unwrap_or_default();
    weigh(Measure::Utf16, text) <= 1_024 && entities_fit(text, &value["caption_entities"])
}

impl Rules for Platform {
    fn answer(&mut self, asked: &Asked) -> Reply {
        let prefix = format!("/bot{TOKEN}/");
        let Some(method) = asked.path.strip_prefix(&prefix) else {
            return no(401, "Unauthorized");
        };
        assert!(
            asked.headers.get("user-agent").is_none_or(String::is_empty),
            "no program is named"
        );
        if let Some(reply) = self.next.pop() {
            return reply;
        }
        let Some((value, files)) = fields(asked).filter(|_| asked.method == "POST") else {
            return no(400, "Bad Request: the request is neither JSON nor a form");
        };
        let number = self.chat.to_string();
        let named = ["@news", number.as_str()].contains(&value["chat_id"].as_str().unwrap_or(""));
        if !named {
            return no(400, "Bad Request: chat not found");
        }
        match method {
            "getMe" => fine(json!({"id": BOT, "is_bot": true, "username": "newsbot"})),
            "getChat" => fine(self.shown()),
            "getChatMember" if value["user_id"] == BOT => fine(self.member.clone()),
            "deleteMessage" => self.remove(&value),
            _ if method.starts_with("edit") => self.edit(method, &value, &files),
            _ => self.send(method, &value, &files),
        }
    }
}

impl Platform {
    fn shown(&self) -> Value {
        json!({"id": self.chat, "type": "channel", "title": "News", "username": "news"})
    }

    fn remove(&mut self, value: &Value) -> Reply {
        let number = value["message_id"].as_i64().unwrap();
        match self.messages.remove(&number) {
            Some(_) if exactly(value, &["chat_id", "message_id"]) => fine(json!(true)),
            _ => no(400, "Bad Request: message to delete not found"),
        }
    }

    fn add(&mut self, mut message: Value) -> Value {
        self.sent += 1;
        message["message_id"] = json!(self.sent);
        message["chat"] = self.shown();
        self.messages.insert(self.sent, message.clone());
        message
    }

    fn send(&mut self, method: &str, value: &Value, files: &BTreeMap<String, usize>) -> Reply {
        let answer = value["reply_parameters"].clone();
        let known = answer["message_id"]
            .as_i64()
            .is_some_and(|number| self.messages.contains_key(&number));
        if answer != Value::Null && !(known && exactly(&answer, &["message_id"])) {
            return no(400, "Bad Request: message to be replied not found");
        }
        let common = ["chat_id", "reply_parameters?", "disable_notification?"];
        let only = |more: &[&str]| exactly(value, &[&common[..], more].concat());
        let text = value["text"].as_str().unwrap_or_default();
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        let parent = answer["message_id"].clone();
        match (method, names.as_slice()) {
            ("sendMessage", []) if only(&["text", "entities", "link_preview_options"]) => {
                if text.is_empty() || weigh(Measure::Utf16, text) > 4_096 {
                    return no(400, "Bad Request: message is too long");
                }
                if !entities_fit(text, &value["entities"]) {
                    return no(400, "Bad Request: can't parse entities");
                }
                fine(self.add(json!({"text": text, "preview": value["link_preview_options"], "parent": parent})))
            }
            ("sendPhoto", ["photo"]) if only(&["caption", "caption_entities", "has_spoiler"]) => {
                if !caption_fits(value) || files["photo"] > 10_000_000 {
                    return no(400, "Bad Request: message caption is too long");
                }
                fine(self.add(json!({"photo": files["photo"], "text": value["caption"], "covered": value["has_spoiler"], "parent": parent})))
            }
            ("sendVideo", ["video"])
                if only(&[
                    "caption",
                    "caption_entities",
                    "has_spoiler",
                    "supports_streaming",
                    "width?",
                    "height?",
                ]) && caption_fits(value) =>
            {
                fine(self.add(json!({"video": files["video"], "text": value["caption"], "covered": value["has_spoiler"], "parent": parent})))
            }
            ("sendMediaGroup", _) if only(&["media"]) => self.album(value, files, &parent),
            _ => no(400, "Bad Request: there is a field that this does not know"),
        }
    }

    fn album(&mut self, value: &Value, files: &BTreeMap<String, usize>, parent: &Value) -> Reply {
        let all = value["media"].as_array().cloned().unwrap_or_default();
        if !(2..=10).contains(&all.len()) || all.len() != files.len() {
            return no(400, "Bad Request: wrong number of items in an album");
        }
        let mut out = Vec::new();
        for one in &all {
            match shown(one, files) {
                Some(mut message) => {
                    message["parent"] = parent.clone();
                    out.push(message);
                }
                None => return no(400, "Bad Request: can't parse InputMedia"),
            }
        }
        fine(out.into_iter().map(|message| self.add(message)).collect())
    }

    fn edit(&mut self, method: &str, value: &Value, files: &BTreeMap<String, usize>) -> Reply {
        let number = value["message_id"].as_i64().unwrap_or_default();
        let Some(before) = self.messages.get(&number).cloned() else {
            return no(400, "Bad Request: message to edit not found");
        };
        let mut now = before.clone();
        let text = before["preview"] != Value::Null;
        let only = |more: &[&str]| exactly(value, &[&["chat_id", "message_id"][..], more].concat());
        match method {
            "editMessageText" if text && only(&["text", "entities", "link_preview_options"]) => {
                let words = value["text"].as_str().unwrap_or_default();
                if !entities_fit(words, &value["entities"]) {
                    return no(400, "Bad Request: can't parse entities");
                }
                now["text"] = json!(words);
            }
            "editMessageCaption" if !text && only(&["caption", "caption_entities"]) => {
                if !caption_fits(value) {
                    return no(400, "Bad Request: message caption is too long");
                }
                now["text"] = value["caption"].clone();
            }
            "editMessageMedia" if only(&["media"]) => {
                let Some(media) = shown(&value["media"], files) else {
                    return no(400, "Bad Request: can't parse InputMedia");
                };
                now = media;
                for kept in ["message_id", "chat", "parent"] {
                    now[kept] = before[kept].clone();
                }
            }
            _ => return no(400, "Bad Request: there is no text in the message to edit"),
        }
        if now == before {
            return no(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly the same",
            );
        }
        self.edits += 1;
        self.messages.insert(number, now.clone());
        fine(now)
    }

    /// The messages of the story with this link, in their order; fails when its first stands twice.
    fn thread(&self, link: &str) -> Vec<i64> {
        let first = self.messages.iter().filter(|(_, message)| {
            message["parent"] == Value::Null
                && message["text"]
                    .as_str()
                    .is_some_and(|text| text.ends_with(link))
        });
        let mut out: Vec<i64> = first.map(|(number, _)| *number).collect();
        assert!(out.len() <= 1, "a post stands twice");
        while let Some(last) = out.last().copied() {
            let next = self.messages.iter().find(|(_, one)| one["parent"] == last);
            match next {
                Some((number, _)) => out.push(*number),
                None => break,
            }
        }
        out
    }
}

/// A message that shows what an `InputMedia` says.
fn shown(one: &Value, files: &BTreeMap<String, usize>) -> Option<Value> {
    let known = [
        "type",
        "media",
        "has_spoiler",
        "caption?",
        "caption_entities?",
        "supports_streaming?",
        "width?",
        "height?",
    ];
    let size = files.get(one["media"].as_str()?.strip_prefix("attach://")?)?;
    let captioned = one.get("caption").is_none() || caption_fits(one);
    let kind = one["type"].as_str()?;
    (exactly(one, &known) && captioned && ["photo", "video"].contains(&kind))
        .then(|| json!({kind: size, "text": one["caption"], "covered": one["has_spoiler"]}))
}

fn channel(address: std::net::SocketAddr) -> Telegram {
    let line = Line::new(&format!("http://{address}"), None, "x").unwrap();
    Telegram::new(line, TelegramAccount::new("@news", TOKEN).unwrap())
}

#[test]
fn telegram_tells_nothing_twice_and_hides_no_doubt() {
    let platform = StandIn::start(Platform::default());
    let line = HostileLine::before(platform.address, 12);
    let mut fresh = || -> Box<dyn Channel> { Box::new(channel(line.address)) };
    let some = |seed: u64| match seed % 3 {
        0 => Vec::new(),
        _ => vec![stories::picture(seed)],
    };
    let told = tell_once(some, &mut fresh);
    let rules = platform.rules.lock().unwrap();
    let (mut confirmed, mut doubted) = (0, 0);
    for story in &told {
        let stands = rules.thread(&story.words.link);
        match &story.ended {
            Ok(()) => {
                confirmed += 1;
                assert_eq!(stands.len(), story.posts.len());
                let last = story.kept.last().unwrap();
                assert_eq!(
                    last.url,
                    format!("https://t.me/news/{}", stands.last().unwrap())
                );
            }
            // What stands is what is known, and at most the one that is in doubt.
            Err(Fault::Unknown { .. }) => {
                doubted += 1;
                let known = story.kept.len();
                assert!(stands.len() == known || stands.len() == known + 1);
            }
            Err(fault) => panic!("{}: {fault}", story.words.link),
        }
    }
    assert!(line.was_hostile() && confirmed > 0 && doubted > 0);
    figure(&format!(
        "telegram: {} deliveries, {} messages stand, {confirmed} stories confirmed, {doubted} left to a person, 0 sent again, 0 silent losses",
        deliveries(),
        rules.messages.len()
    ));
}

/// Delivers, and gives what stands.
fn carried(
    telegram: &mut Telegram,
    action: Action,
    (link, posts, files): (&str, &[publish::renditions::Post], &[Attachment]),
    before: &[Remote],
) -> Vec<Remote> {
    let mut row = task(action, 1, (link, posts, files), &[]);
    row.before = before.to_vec();
    let ended = deliver(telegram, &row, &mut |_| Ok(()));
    assert!(matches!(ended, Ended::Confirmed(_)), "{ended:?}");
    match ended {
        Ended::Confirmed(done) => done,
        Ended::Faulted(_) => Vec::new(),
    }
}

#[test]
fn telegram_covers_changes_and_takes_away_texts_and_albums() {
    let platform = StandIn::start(Platform::default());
    let mut telegram = channel(platform.address);
    assert_eq!(telegram.check().unwrap().name, "@news");
    let can = telegram.abilities();
    let mut words = stories::story(7);
    assert!(words.graphic);
    words.body = "👩‍👩‍👧‍👦 كلام. ".repeat(400);
    words.alts = vec!["one".to_owned(), "two".to_owned()];
    let files = vec![stories::picture(3), stories::picture(4)];
    let posts = render(&words, &can, &files);
    assert!(posts.len() > 1 && posts[0].media.len() == 2);
    assert!(posts[0].takes(&can.limits) <= 1_024);
    assert!(posts[1].takes(&can.limits) > 1_024);
    let first = carried(
        &mut telegram,
        Action::Post,
        (&words.link, &posts, &files),
        &[],
    );
    {
        let rules = platform.rules.lock().unwrap();
        assert_eq!(rules.messages[&1]["covered"], true);
        assert_eq!(rules.messages[&2]["text"], Value::Null);
        assert_eq!(rules.messages[&3]["parent"], 1);
        assert_eq!(first[0].url, "https://t.me/news/1");
    }
    // The same files with other words: captions alone change. Twice is once.
    words.turn = Turn::Corrected;
    words.body = "Second.".to_owned();
    let posts = render(&words, &can, &files);
    let story = (words.link.as_str(), posts.as_slice(), files.as_slice());
    let second = carried(&mut telegram, Action::Edit, story, &first);
    assert_eq!(
        carried(&mut telegram, Action::Edit, story, &first)[0],
        second[0]
    );
    {
        let rules = platform.rules.lock().unwrap();
        let numbers: Vec<i64> = rules.messages.keys().copied().collect();
        assert_eq!(
            (numbers, rules.edits),
            (vec![1, 2], 1),
            "the thread lost its end"
        );
        assert_eq!(rules.messages[&1]["text"], posts[0].text.as_str());
    }
    // Another file and one fewer.
    let fewer = [stories::picture(5)];
    let posts = render(&words, &can, &fewer);
    let third = carried(
        &mut telegram,
        Action::Edit,
        (&words.link, &posts, &fewer),
        &second,
    );
    assert_eq!(
        platform
            .rules
            .lock()
            .unwrap()
            .messages
            .keys()
            .collect::<Vec<_>>(),
        [&1]
    );
    // No file any more: what showed one does not stay.
    let posts = render(&words, &can, &[]);
    let fourth = carried(
        &mut telegram,
        Action::Edit,
        (&words.link, &posts, &[]),
        &third,
    );
    {
        let rules = platform.rules.lock().unwrap();
        let (_, only) = rules.messages.first_key_value().unwrap();
        assert_eq!(rules.messages.len(), 1);
        assert_eq!(only["preview"]["url"], words.link.as_str());
    }
    for _ in 0..2 {
        carried(
            &mut telegram,
            Action::Delete,
            (&words.link, &[], &[]),
            &fourth,
        );
    }
    assert!(platform.rules.lock().unwrap().messages.is_empty());
}

#[test]
fn telegram_is_asked_again_only_when_it_says_that_nothing_was_done() {
    let platform = StandIn::start(Platform::default());
    let mut words = stories::story(2);
    words.body = "Short.".to_owned();
    let posts = render(&words, &channel(platform.address).abilities(), &[]);
    let tell = |telegram: &mut Telegram| {
        let row = task(Action::Post, 2, (&words.link, &posts, &[]), &[]);
        deliver(telegram, &row, &mut |_| Ok(()))
    };
    let next = |reply: Reply| platform.rules.lock().unwrap().next.push(reply);
    let sent = || platform.rules.lock().unwrap().sent;
    let mut telegram = channel(platform.address);
    let mut limited = no(429, "Too Many Requests: retry after 35");
    limited.body["parameters"] = json!({"retry_after": 35});
    next(limited);
    let Ended::Faulted(Fault::Later { after, .. }) = tell(&mut telegram) else {
        panic!("a limit is no end");
    };
    assert_eq!(after.unwrap().as_secs(), 35);
    next(no(
        403,
        "Forbidden: bot was kicked from the supergroup chat",
    ));
    assert!(matches!(
        tell(&mut telegram),
        Ended::Faulted(Fault::Account { .. })
    ));
    next(no(500, "Internal Server Error"));
    assert!(matches!(
        tell(&mut telegram),
        Ended::Faulted(Fault::Unknown { .. })
    ));
    assert_eq!(sent(), 0);
    // A group became another one: nothing was done in the old, so that it goes to the new at once.
    let mut moved = no(
        400,
        "Bad Request: group chat was upgraded to a supergroup chat",
    );
    moved.body["parameters"] = json!({"migrate_to_chat_id": CHAT - 1});
    platform.rules.lock().unwrap().chat = CHAT - 1;
    next(moved);
    assert!(matches!(tell(&mut telegram), Ended::Confirmed(_)));
    assert_eq!(sent(), 1);
    let line = Line::new(&format!("http://{}", platform.address), None, "x").unwrap();
    let stranger = TelegramAccount::new("@news", "123456:other").unwrap();
    assert!(matches!(
        Telegram::new(line, stranger).check(),
        Err(Fault::Account { .. })
    ));
    // Who may post and not take away is refused when it is entered.
    platform.rules.lock().unwrap().member["can_delete_messages"] = json!(false);
    assert!(matches!(
        channel(platform.address).check(),
        Err(Fault::Account { .. })
    ));
    assert!(TelegramAccount::new("@news", "no token at all/../x:").is_none());
}
