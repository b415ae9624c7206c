//! Nostr: signed events at relays. Class A: an event's name is the hash of what it says and when, so that a repeat is the
//! same event, and a relay that has it says so.
//!
//! Several relays are told; a post stands when one of them has it. Relays are fully exchangeable, and none is believed about
//! anything but whether it took an event.

use nostr::{Event, EventBuilder, EventId, JsonUtil, Keys, Kind, Tag, Timestamp, ToBech32};
use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

use super::http::Line;
use super::stream::{Stream, dial};
use super::{
    Abilities, Bounds, Channel, Class, Covering, Fault, Limits, Measure, Part, Remote, Standing,
};
use crate::renditions::{Meaning, Post};

/// Messages of a relay that are read in wait for the one that counts; anything may stand between.
const MESSAGES: usize = 200;
/// Largest message of a relay in bytes.
const MESSAGE_MAX: usize = 1024 * 1024;

/// A Nostr key and the relays that are told.
pub struct Nostr {
    relays: Vec<Line>,
    keys: Keys,
}

impl Nostr {
    /// A key at the relays at the lines' ends.
    #[must_use]
    pub const fn new(relays: Vec<Line>, keys: Keys) -> Self {
        Self { relays, keys }
    }

    fn signed(&self, builder: EventBuilder, seconds: u64) -> Result<Event, Fault> {
        builder
            .custom_created_at(Timestamp::from(seconds))
            .sign_with_keys(&self.keys)
            .map_err(|_| Fault::refused("the event cannot be signed"))
    }

    /// The event of a part: the same each time it is made.
    fn event(&self, part: &Part<'_>) -> Result<Event, Fault> {
        let mut tags = tags(part.post, part.link)?;
        if let Some((root, parent)) = part.thread {
            tags.push(tag(&["e", place(root)?.0, "", "root"])?);
            tags.push(tag(&["e", place(parent)?.0, "", "reply"])?);
        }
        let seconds = u64::try_from(part.handle.at() / 1_000_000).unwrap_or(0);
        let builder = EventBuilder::new(Kind::TextNote, part.post.text.as_str()).tags(tags);
        self.signed(builder, seconds)
    }

    /// Tells every relay, and gives the best of their answers.
    fn tell(&self, event: &Event) -> Result<(), Fault> {
        let told = self.relays.iter().map(|relay| {
            let mut talk = Talk::begin(relay)?;
            talk.tell(event)
        });
        best(told.collect())
    }
}

/// Known by its name and its moment: what takes it away is dated by that.
fn remote(event: &Event) -> Remote {
    let id = event.id.to_hex();
    Remote {
        url: format!("https://njump.me/{id}"),
        id: format!("{id} {}", event.created_at.as_secs()),
    }
}

/// The event's name and its moment in seconds since 1970.
fn place(remote: &Remote) -> Result<(&str, u64), Fault> {
    let found = remote.id.split_once(' ');
    found
        .and_then(|(id, seconds)| Some((id, seconds.parse().ok()?)))
        .ok_or_else(|| Fault::refused("the note's name is not known"))
}

/// What clients find a post by, and cover it by.
fn tags(post: &Post, link: &str) -> Result<Vec<Tag>, Fault> {
    let mut out = vec![
        tag(&["r", link])?,
        tag(&["L", "ISO-639-1"])?,
        tag(&["l", &post.language, "ISO-639-1"])?,
    ];
    for span in &post.spans {
        if let Meaning::Tag(word) = &span.meaning {
            out.push(tag(&["t", &word.to_lowercase()])?);
        }
    }
    if let Some(warning) = &post.warning {
        out.push(tag(&["content-warning", warning])?);
    }
    Ok(out)
}

fn tag(words: &[&str]) -> Result<Tag, Fault> {
    Tag::parse(words.iter().copied()).map_err(|_| Fault::refused("the event cannot be written"))
}

/// One relay that took it is enough; else what may have been done comes before what can be tried again, and that before
/// what was refused.
fn best(answers: Vec<Result<(), Fault>>) -> Result<(), Fault> {
    let rank = |answer: &Result<(), Fault>| match answer {
        Ok(()) => 0,
        Err(Fault::Unknown { .. }) => 1,
        Err(Fault::Later { .. }) => 2,
        Err(Fault::Account { .. }) => 3,
        Err(Fault::Refused { .. }) => 4,
    };
    let none = Err(Fault::refused("there is no relay"));
    answers.into_iter().min_by_key(rank).unwrap_or(none)
}

/// A conversation with one relay.
struct Talk(WebSocket<Stream>);

impl Talk {
    fn begin(relay: &Line) -> Result<Self, Fault> {
        let stream = dial(relay.agent(), relay.base())?;
        let address = relay.base().replacen("http", "ws", 1);
        let config = tungstenite::protocol::WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_MAX))
            .max_frame_size(Some(MESSAGE_MAX));
        tungstenite::client::client_with_config(address, stream, Some(config))
            .map(|(socket, _)| Self(socket))
            .map_err(|_| Fault::later("the relay does not answer"))
    }

    fn say(&mut self, message: &Value) -> Result<(), Fault> {
        self.0
            .send(Message::text(message.to_string()))
            .map_err(|_| Fault::unknown("the connection broke"))
    }

    /// The next message that is a list and begins with one of these words.
    fn hear(&mut self, words: &[&str]) -> Result<Value, Fault> {
        for _ in 0..MESSAGES {
            let message = self.0.read();
            let message = message
                .map_err(|_| Fault::unknown("the connection broke before the answer came"))?;
            let Message::Text(text) = message else {
                continue;
            };
            let value: Value = serde_json::from_str(text.as_str()).unwrap_or(Value::Null);
            if value[0].as_str().is_some_and(|word| words.contains(&word)) {
                return Ok(value);
            }
        }
        Err(Fault::strange())
    }

    fn tell(&mut self, event: &Event) -> Result<(), Fault> {
        let id = event.id.to_hex();
        let event: Value = serde_json::from_str(&event.as_json()).map_err(|_| Fault::strange())?;
        self.say(&json!(["EVENT", event]))?;
        for _ in 0..MESSAGES {
            let answer = self.hear(&["OK"])?;
            if answer[1] == id.as_str() {
                return verdict(
                    answer[2].as_bool() == Some(true),
                    answer[3].as_str().unwrap_or_default(),
                );
            }
        }
        Err(Fault::strange())
    }

    /// Whether the relay has one of our events; asks for what has no match to see that it answers at all.
    fn has(&mut self, id: &EventId) -> Result<bool, Fault> {
        self.say(&json!(["REQ", "q", {"ids": [id.to_hex()], "limit": 1}]))?;
        let answer = self.hear(&["EVENT", "EOSE", "CLOSED"])?;
        match answer[0].as_str() {
            Some("EVENT") => {
                let event = Event::from_json(answer[2].to_string());
                Ok(event.is_ok_and(|event| event.id == *id && event.verify().is_ok()))
            }
            Some("EOSE") => Ok(false),
            _ => Err(Fault::account(answer[2].as_str().unwrap_or_default())),
        }
    }
}

/// What an answer's first word means (NIP-01). A relay that has the event already says so as taken or as not taken.
fn verdict(taken: bool, words: &str) -> Result<(), Fault> {
    let reason = words.split(':').next().unwrap_or_default();
    match reason {
        _ if taken => Ok(()),
        "duplicate" => Ok(()),
        "auth-required" | "restricted" | "blocked" => Err(Fault::account(words)),
        "rate-limited" | "error" => Err(Fault::later(words)),
        _ => Err(Fault::refused(words)),
    }
}

impl Channel for Nostr {
    fn abilities(&self) -> Abilities {
        Abilities {
            class: Class::Free,
            limits: Limits {
                measure: Measure::Graphemes,
                text: 2_000,
                caption: None,
                // Relays take events of 64 KiB and more; each letter may take six bytes in JSON.
                bytes: 8_000,
                link: None,
                posts: 10,
                pictures: 0,
                picture_bytes: 0,
                video_bytes: 0,
                alt: 1_000,
                bounds: Bounds::NONE,
            },
            covering: Covering::None,
            long: false,
            edits: false,
            deletes: true,
            cards: false,
        }
    }

    fn check(&mut self) -> Result<Standing, Fault> {
        let (event, asked) = (EventId::all_zeros(), self.relays.iter());
        let answers = asked.map(|relay| Talk::begin(relay)?.has(&event).map(drop));
        best(answers.collect()).map_err(Fault::harmless)?;
        let name = self.keys.public_key().to_bech32();
        Ok(Standing {
            name: name.map_err(|_| Fault::refused("the key has no name"))?,
            abilities: self.abilities(),
        })
    }

    fn send(&mut self, part: &Part<'_>) -> Result<Remote, Fault> {
        let event = self.event(part)?;
        self.tell(&event)?;
        Ok(remote(&event))
    }

    fn find(&mut self, part: &Part<'_>) -> Result<Option<Remote>, Fault> {
        let event = self.event(part)?;
        let mut last = None;
        for relay in &self.relays {
            match Talk::begin(relay).and_then(|mut talk| talk.has(&event.id)) {
                Ok(true) => return Ok(Some(remote(&event))),
                Ok(false) => {}
                Err(fault) => last = Some(fault.harmless()),
            }
        }
        // It is not known to be nowhere while one relay has not answered.
        last.map_or(Ok(None), Err)
    }

    fn edit(&mut self, _: &Remote, _: &Part<'_>) -> Result<Remote, Fault> {
        Err(Fault::refused("a note cannot be changed"))
    }

    /// Asks every relay to take it away (NIP-09); the request is the same each time it is made. One relay that did not hear it
    /// still shows the note, so all of them must.
    fn delete(&mut self, remote: &Remote) -> Result<(), Fault> {
        let (id, seconds) = place(remote)?;
        let tags = vec![tag(&["e", id])?, tag(&["k", "1"])?];
        let builder = EventBuilder::new(Kind::EventDeletion, "").tags(tags);
        let request = self.signed(builder, seconds + 1)?;
        let asked = self
            .relays
            .iter()
            .map(|relay| Talk::begin(relay)?.tell(&request));
        // Each is asked, whatever another says; what one of several refuses is no word about the account.
        let failed: Vec<Fault> = asked.filter_map(Result::err).collect();
        let alone = self.relays.len() == 1;
        match failed.into_iter().next() {
            Some(fault) if alone => Err(fault),
            Some(fault) => Err(Fault::later(fault.words())),
            None => Ok(()),
        }
    }
}
