//! Telegram: channels and groups, over the bot API. Class D: there is no handle, and a bot cannot read what stands in a
//! channel, so that what is in doubt only a person can look up.
//!
//! Texts go without a parse mode, their links and tags given as entities: nothing in them is taken for markup. Its API:
//! <https://core.telegram.org/bots/api>.

use std::time::Duration;

use ledger::sha256;
use serde_json::{Map, Value, json};
use ureq::http::Method;
use zeroize::Zeroizing;

use super::form::Form;
use super::http::{Answer, Line, text};
use super::{
    Abilities, Attachment, Bounds, Channel, Class, Covering, Fault, Limits, Measure, Part, Remote,
    Standing,
};
use crate::renditions::{Meaning, Shown, weigh};

/// The longest wait that is asked for.
const WAIT_MOST: u64 = 24 * 3600;

/// What a refusal says when it is about the bot or the chat and not about the post.
const CLOSED: [&str; 6] = [
    "chat not found",
    "not enough rights",
    "administrator rights",
    "no rights to send",
    "chat_write_forbidden",
    "chat_admin_required",
];

/// A bot, and where it publishes.
pub struct TelegramAccount {
    chat: String,
    token: Zeroizing<String>,
}

impl TelegramAccount {
    /// From the chat's name or number and the bot's token; none when the token cannot be one.
    #[must_use]
    pub fn new(chat: &str, token: &str) -> Option<Self> {
        let (number, word) = token.split_once(':')?;
        let fine = !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        fine.then(|| Self {
            chat: chat.to_owned(),
            token: Zeroizing::new(token.to_owned()),
        })
    }
}

/// A channel or a group on Telegram.
pub struct Telegram {
    line: Line,
    account: TelegramAccount,
}

/// Files under the names by which a request calls them.
type Files<'a> = Vec<(String, &'a Attachment)>;

impl Telegram {
    /// The chat that the bot publishes in, at the line's end.
    #[must_use]
    pub fn new(line: Line, account: TelegramAccount) -> Self {
        Self { line, account }
    }

    /// One request about the chat. A group that has become another one says which, and has done nothing: it is asked there.
    fn ask(&mut self, method: &str, fields: &Value, files: &Files<'_>) -> Result<Value, Fault> {
        let chat = self.account.chat.clone();
        let answer = self.call(method, &chat, fields, files)?;
        let moved = answer.value()["parameters"]["migrate_to_chat_id"].as_i64();
        match moved.filter(|_| !answer.status.is_success()) {
            Some(moved) => {
                self.account.chat = moved.to_string();
                judged(&self.call(method, &moved.to_string(), fields, files)?)
            }
            None => judged(&answer),
        }
    }

    /// One request, in JSON or, with files, as a form.
    fn call(
        &self,
        method: &str,
        chat: &str,
        fields: &Value,
        files: &Files<'_>,
    ) -> Result<Answer, Fault> {
        let path = Zeroizing::new(format!("/bot{}/{method}", self.account.token.as_str()));
        let mut all = fields.as_object().cloned().unwrap_or_default();
        all.insert("chat_id".to_owned(), json!(chat));
        let Some((_, first)) = files.first() else {
            return self
                .line
                .json(Method::POST, &path, &[], &Value::Object(all));
        };
        let mut form = Form::new(&first.sha256);
        for (name, value) in &all {
            match value {
                Value::String(text) => form.field(name, text),
                other => form.field(name, &other.to_string()),
            }
        }
        for (name, file) in files {
            let mut bytes = Vec::new();
            std::io::copy(&mut file.open()?, &mut bytes)
                .map_err(|_| Fault::later("the file cannot be read"))?;
            let called = format!("{name}.{}", file.kind.extension());
            form.file(name, &called, file.kind.mime(), &bytes);
        }
        let (kind, bytes) = form.finish();
        let headers = [("content-type", kind.as_str())];
        self.line.bytes(Method::POST, &path, &headers, bytes)
    }

    /// A question; a lost answer to it is no danger.
    fn get(&mut self, method: &str, fields: &Value) -> Result<Value, Fault> {
        self.ask(method, fields, &Files::new())
            .map_err(Fault::harmless)
    }

    /// Changes a message, to which doing it twice changes nothing more.
    fn change(&mut self, method: &str, fields: &Value, files: &Files<'_>) -> Result<(), Fault> {
        match self.ask(method, fields, files).map_err(Fault::harmless) {
            Ok(_) => Ok(()),
            Err(Fault::Refused { words }) if words.contains("message is not modified") => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    fn remove(&mut self, message: i64) -> Result<(), Fault> {
        let fields = json!({"message_id": message});
        let gone = self.ask("deleteMessage", &fields, &Files::new());
        match gone.map_err(Fault::harmless) {
            Ok(_) => Ok(()),
            Err(Fault::Refused { words }) if words.contains("message to delete not found") => {
                Ok(())
            }
            Err(fault) => Err(fault),
        }
    }

    /// Makes each file of a post be what it should be, and takes away what is too much. What shows the same files as before
    /// gets another caption alone.
    fn change_files(&mut self, stands: &Stands, part: &Part<'_>) -> Result<Stands, Fault> {
        let shown = &part.post.media[..part.post.media.len().min(stands.messages.len())];
        let marks = marks(part, shown)?;
        let same = stands.messages.iter().map(|(_, mark)| mark).eq(&marks);
        let mut now = Vec::new();
        for (place, (one, mark)) in shown.iter().zip(marks).enumerate() {
            let (message, _) = stands.messages[place];
            if same && place > 0 {
                // A caption stands below the first file alone.
            } else if same {
                let mut fields = captioned(part);
                fields["message_id"] = json!(message);
                self.change("editMessageCaption", &fields, &Files::new())?;
            } else {
                let (media, file) = input(part, one, place)?;
                let fields = json!({"message_id": message, "media": media});
                self.change("editMessageMedia", &fields, &vec![file])?;
            }
            now.push((message, mark));
        }
        for (message, _) in stands.messages.iter().skip(shown.len()) {
            self.remove(*message)?;
        }
        Ok(Stands { messages: now })
    }
}

/// The result, or what kind of failure it is: Telegram says so in the body, whatever stands between says it by its status.
fn judged(answer: &Answer) -> Result<Value, Fault> {
    let value = answer.value();
    match (answer.status.is_success(), value["ok"].as_bool()) {
        (true, Some(true)) => return value.get("result").cloned().ok_or_else(Fault::strange),
        (false, Some(false)) => {}
        _ => return Err(answer.success().err().unwrap_or_else(Fault::strange)),
    }
    let words = answer.words();
    let said = words.to_lowercase();
    Err(match answer.status.as_u16() {
        429 => {
            let seconds = value["parameters"]["retry_after"].as_u64();
            let asked = seconds.map(|seconds| Duration::from_secs(seconds.min(WAIT_MOST)));
            Fault::Later {
                after: asked.or(answer.after),
                words: Fault::later(&words).words().to_owned(),
            }
        }
        401 | 403 | 404 => Fault::account(&words),
        400 if CLOSED.iter().any(|closed| said.contains(closed)) => Fault::account(&words),
        400..=499 => Fault::refused(&words),
        _ => Fault::unknown(&words),
    })
}

/// The messages that a post is made of, each with a mark of the file that it shows; none for a text.
struct Stands {
    messages: Vec<(i64, Option<String>)>,
}

impl Stands {
    /// From our record: `17` is a text, `17-0011223344556677.18-8899aabbccddeeff` an album.
    fn parse(remote: &Remote) -> Result<Self, Fault> {
        let one = |text: &str| {
            let (message, mark) = match text.split_once('-') {
                Some((message, mark)) => (message, Some(mark.to_owned())),
                None => (text, None),
            };
            Some((message.parse().ok()?, mark))
        };
        let messages: Option<Vec<_>> = remote.id.split('.').map(one).collect();
        messages
            .map(|messages| Self { messages })
            .ok_or_else(|| Fault::refused("the record of what stands cannot be read"))
    }

    fn id(&self) -> String {
        let one = |(message, mark): &(i64, Option<String>)| match mark {
            Some(mark) => format!("{message}-{mark}"),
            None => message.to_string(),
        };
        self.messages.iter().map(one).collect::<Vec<_>>().join(".")
    }

    fn first(&self) -> Option<i64> {
        self.messages.first().map(|(message, _)| *message)
    }

    fn has_files(&self) -> bool {
        self.messages.iter().any(|(_, mark)| mark.is_some())
    }
}

/// Marks of files, and of whether they are covered.
fn marks(part: &Part<'_>, shown: &[Shown]) -> Result<Vec<Option<String>>, Fault> {
    let mark = |one: &Shown| {
        let mut bytes = part.file(one)?.sha256.as_bytes().to_vec();
        bytes.push(u8::from(part.post.covered));
        Ok(Some(sha256(&bytes).to_string()[..16].to_owned()))
    };
    shown.iter().map(mark).collect()
}

/// Links and tags by their place in UTF-16 units, as Telegram counts.
fn entities(part: &Part<'_>) -> Value {
    let text = &part.post.text;
    let one = |span: &crate::renditions::Span| {
        let (before, within) = (text.get(..span.start)?, text.get(span.start..span.end)?);
        let kind = match span.meaning {
            Meaning::Link(_) => "url",
            Meaning::Tag(_) => "hashtag",
        };
        Some(json!({
            "type": kind,
            "offset": weigh(Measure::Utf16, before),
            "length": weigh(Measure::Utf16, within),
        }))
    };
    part.post.spans.iter().filter_map(one).collect()
}

/// A text. The only page that is shown as a card is our own, and only where the post has one.
fn texted(part: &Part<'_>) -> Value {
    let preview = match &part.post.card {
        Some(card) => json!({"url": card.url}),
        None => json!({"is_disabled": true}),
    };
    json!({
        "text": part.post.text,
        "entities": entities(part),
        "link_preview_options": preview,
    })
}

fn captioned(part: &Part<'_>) -> Value {
    json!({"caption": part.post.text, "caption_entities": entities(part)})
}

/// What is said of a file itself.
fn about(part: &Part<'_>, file: &Attachment) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("has_spoiler".to_owned(), json!(part.post.covered));
    if !file.kind.is_picture() {
        out.insert("supports_streaming".to_owned(), json!(true));
        if let Some((width, height)) = file.dimensions {
            out.insert("width".to_owned(), json!(width));
            out.insert("height".to_owned(), json!(height));
        }
    }
    out
}

const fn kind(file: &Attachment) -> &'static str {
    if file.kind.is_picture() {
        "photo"
    } else {
        "video"
    }
}

/// A file of an album, or one that takes another's place. The text stands below the first.
fn input<'a>(
    part: &Part<'a>,
    shown: &Shown,
    place: usize,
) -> Result<(Value, (String, &'a Attachment)), Fault> {
    let file = part.file(shown)?;
    let name = format!("file{place}");
    let mut media = about(part, file);
    media.insert("type".to_owned(), json!(kind(file)));
    media.insert("media".to_owned(), json!(format!("attach://{name}")));
    if place == 0
        && let Value::Object(caption) = captioned(part)
    {
        media.extend(caption);
    }
    Ok((Value::Object(media), (name, file)))
}

/// What the messages of an answer are called, and where people see the first.
fn remote(result: &Value, marks: Vec<Option<String>>) -> Result<Remote, Fault> {
    let messages: Vec<&Value> = match result.as_array() {
        Some(all) => all.iter().collect(),
        None => vec![result],
    };
    let number = |message: &&Value| message["message_id"].as_i64();
    let ids: Option<Vec<i64>> = messages.iter().map(number).collect();
    let ids = ids.ok_or_else(Fault::strange)?;
    let whole = ids.len() == marks.len().max(1);
    let first = ids.first().filter(|_| whole).ok_or_else(Fault::strange)?;
    let chat = &messages[0]["chat"];
    let url = match (chat["username"].as_str(), chat["id"].as_i64()) {
        (Some(name), _) => format!("https://t.me/{}/{first}", super::http::escaped(name)),
        // Members alone can open this; a group of the old kind has no addresses at all.
        (None, Some(id)) => id
            .to_string()
            .strip_prefix("-100")
            .map(|inner| format!("https://t.me/c/{inner}/{first}"))
            .unwrap_or_default(),
        (None, None) => return Err(Fault::strange()),
    };
    let marks = marks.into_iter().chain(std::iter::repeat(None));
    let stands = Stands {
        messages: ids.iter().copied().zip(marks).collect(),
    };
    Ok(Remote {
        id: stands.id(),
        url,
    })
}

impl Channel for Telegram {
    fn abilities(&self) -> Abilities {
        Abilities {
            class: Class::Once,
            limits: Limits {
                measure: Measure::Utf16,
                text: 4_096,
                caption: Some(1_024),
                bytes: 16_384,
                link: None,
                posts: 10,
                pictures: 10,
                picture_bytes: 10_000_000,
                video_bytes: 50_000_000,
                // Telegram shows no descriptions; a file without one goes nowhere all the same.
                alt: 1_000,
                bounds: Bounds {
                    // Both sides of a picture together are at most 10,000: so are those of this many up to two to one.
                    picture_pixels: Some(22_000_000),
                    ..Bounds::NONE
                },
            },
            covering: Covering::Media,
            long: false,
            edits: true,
            deletes: true,
            cards: true,
        }
    }

    /// Who the bot is, which chat it is, and whether it may post there and take away.
    fn check(&mut self) -> Result<Standing, Fault> {
        let own = self.get("getMe", &json!({}))?;
        let own = own["id"].as_i64().ok_or_else(Fault::strange);
        let chat = self.get("getChat", &json!({}))?;
        let member = json!({"user_id": own.map_err(Fault::harmless)?});
        let member = self.get("getChatMember", &member)?;
        let sort = text(&chat, "/type").map_err(Fault::harmless)?;
        if !matches!(sort, "channel" | "supergroup" | "group") {
            return Err(Fault::account("this is neither a channel nor a group"));
        }
        let may = |right: &str| member[right].as_bool() == Some(true);
        let admin = member["status"] == "administrator" && may("can_delete_messages");
        if !admin || (sort == "channel" && !may("can_post_messages")) {
            return Err(Fault::account(
                "the bot must be an administrator there who may post and delete",
            ));
        }
        let name = match (chat["username"].as_str(), chat["id"].as_i64()) {
            (Some(name), _) => format!("@{name}"),
            (None, Some(id)) => id.to_string(),
            (None, None) => return Err(Fault::strange().harmless()),
        };
        Ok(Standing {
            name,
            abilities: self.abilities(),
        })
    }

    fn send(&mut self, part: &Part<'_>) -> Result<Remote, Fault> {
        let mut files = Files::new();
        let (method, mut fields) = match part.post.media.as_slice() {
            [] => ("sendMessage", texted(part)),
            [one] => {
                let file = part.file(one)?;
                let mut fields = captioned(part);
                for (name, value) in about(part, file) {
                    fields[name] = value;
                }
                files.push((kind(file).to_owned(), file));
                let photo = file.kind.is_picture();
                (if photo { "sendPhoto" } else { "sendVideo" }, fields)
            }
            many => {
                let mut album = Vec::new();
                for (place, one) in many.iter().enumerate() {
                    let (media, file) = input(part, one, place)?;
                    album.push(media);
                    files.push(file);
                }
                ("sendMediaGroup", json!({"media": album}))
            }
        };
        if let Some((_, before)) = part.thread {
            // What goes on below a post wakes nobody a second time.
            let answered = Stands::parse(before)?.first();
            fields["reply_parameters"] = json!({"message_id": answered});
            fields["disable_notification"] = json!(true);
        }
        let marks = marks(part, &part.post.media)?;
        remote(&self.ask(method, &fields, &files)?, marks)
    }

    /// A bot cannot look through a channel.
    fn find(&mut self, _: &Part<'_>) -> Result<Option<Remote>, Fault> {
        Ok(None)
    }

    fn edit(&mut self, remote: &Remote, part: &Part<'_>) -> Result<Remote, Fault> {
        let stands = Stands::parse(remote)?;
        if part.post.media.is_empty() && stands.has_files() {
            // A file cannot become a text: what showed it is taken away first, and then it is told anew.
            self.delete(remote)?;
            return self.send(part);
        }
        let now = if part.post.media.is_empty() {
            let mut fields = texted(part);
            fields["message_id"] = json!(stands.first());
            self.change("editMessageText", &fields, &Files::new())?;
            stands
        } else {
            self.change_files(&stands, part)?
        };
        Ok(Remote {
            id: now.id(),
            url: remote.url.clone(),
        })
    }

    fn delete(&mut self, remote: &Remote) -> Result<(), Fault> {
        for (message, _) in Stands::parse(remote)?.messages {
            self.remove(message)?;
        }
        Ok(())
    }
}
