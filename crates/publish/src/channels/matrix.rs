//! Matrix: a room that readers follow. A transaction id makes a repeat give the same event, for as long as the server
//! remembers it; so after a lost answer the room is looked through for it. Class B.

use serde_json::{Value, json};
use ureq::http::Method;

use super::http::{Line, escaped, text};
use super::{
    Abilities, Bounds, Channel, Class, Covering, Fault, Limits, Measure, Part, Remote, Standing,
};
use crate::renditions::Meaning;

const API: &str = "/_matrix/client/v3";
/// Pages of a hundred events that are looked through.
const PAGES: usize = 5;

/// An account on a Matrix server, and the room it writes in.
#[derive(Clone)]
pub struct MatrixAccount {
    /// The room's id, such as `!abc:server`.
    pub room: String,
    /// An access token.
    pub token: String,
}

/// A Matrix room.
pub struct Matrix {
    line: Line,
    bearer: String,
    room: String,
    own: Option<String>,
}

impl Matrix {
    /// A room on the server at the line's end.
    #[must_use]
    pub fn new(line: Line, account: &MatrixAccount) -> Self {
        Self {
            line,
            bearer: format!("Bearer {}", account.token),
            room: account.room.clone(),
            own: None,
        }
    }

    fn get(&self, path: &str) -> Result<Value, Fault> {
        let answer = self
            .line
            .get(&format!("{API}{path}"), &[("authorization", &self.bearer)])?;
        answer.success().map_err(Fault::harmless)
    }

    fn room_path(&self, rest: &str) -> String {
        format!("/rooms/{}/{rest}", escaped(&self.room))
    }

    fn own(&mut self) -> Result<String, Fault> {
        if let Some(own) = &self.own {
            return Ok(own.clone());
        }
        let own = self.get("/account/whoami")?;
        let own = text(&own, "/user_id").map_err(Fault::harmless)?.to_owned();
        self.own = Some(own.clone());
        Ok(own)
    }

    /// One event under a transaction id of ours.
    fn put(&self, rest: &str, content: &Value) -> Result<Remote, Fault> {
        let path = format!("{API}{}", self.room_path(rest));
        let headers = [("authorization", self.bearer.as_str())];
        let value = self
            .line
            .json(Method::PUT, &path, &headers, content)?
            .success()?;
        Ok(self.remote(text(&value, "/event_id")?))
    }

    /// Takes one event away; doing it again changes nothing more.
    fn redact(&self, event: &str) -> Result<(), Fault> {
        let name = ledger::sha256(event.as_bytes()).to_string();
        let rest = format!("redact/{}/{}", escaped(event), &name[..32]);
        self.put(&rest, &json!({})).map(|_| ())
    }

    /// The events that replace one: each still says what it said when the first is gone.
    fn replacements(&self, event: &str) -> Result<Vec<String>, Fault> {
        let (mut found, mut from) = (Vec::new(), String::new());
        for _ in 0..PAGES {
            let path = format!(
                "/_matrix/client/v1/rooms/{}/relations/{}/m.replace?limit=100{from}",
                escaped(&self.room),
                escaped(event)
            );
            let answer = self.line.get(&path, &[("authorization", &self.bearer)])?;
            if answer.status.as_u16() == 404 {
                // The event itself is not there any more.
                break;
            }
            let page = answer.success().map_err(Fault::harmless)?;
            let events = page["chunk"]
                .as_array()
                .ok_or_else(|| Fault::strange().harmless())?;
            for one in events {
                found.push(text(one, "/event_id").map_err(Fault::harmless)?.to_owned());
            }
            match page["next_batch"].as_str() {
                Some(next) => from = format!("&from={}", escaped(next)),
                None => break,
            }
        }
        Ok(found)
    }

    fn remote(&self, event: &str) -> Remote {
        Remote {
            id: event.to_owned(),
            url: format!(
                "https://matrix.to/#/{}/{}",
                escaped(&self.room),
                escaped(event)
            ),
        }
    }
}

/// A message's content, with our own name for it, by which it is found again.
fn content(part: &Part<'_>) -> Value {
    let post = part.post;
    let mut html = String::new();
    let mut at = 0;
    for span in &post.spans {
        if let Meaning::Link(url) = &span.meaning {
            html.push_str(&safe(&post.text[at..span.start]));
            let words = safe(&post.text[span.start..span.end]);
            html.push_str(&format!("<a href=\"{}\">{words}</a>", safe(url)));
            at = span.end;
        }
    }
    html.push_str(&safe(&post.text[at..]));
    let mut content = json!({
        "msgtype": "m.text",
        "body": post.text,
        "format": "org.matrix.custom.html",
        "formatted_body": html.replace('\n', "<br>"),
        "firsthand": part.handle.key(),
    });
    if let Some((root, parent)) = part.thread {
        content["m.relates_to"] = json!({
            "rel_type": "m.thread", "event_id": root.id, "is_falling_back": true,
            "m.in_reply_to": {"event_id": parent.id},
        });
    }
    content
}

fn safe(text: &str) -> String {
    maud::html! { (text) }.into_string()
}

impl Channel for Matrix {
    fn abilities(&self) -> Abilities {
        Abilities {
            class: Class::Reconcile,
            limits: Limits {
                measure: Measure::Graphemes,
                text: 4_000,
                caption: None,
                // An event has 65,536 bytes, and holds the text twice.
                bytes: 16_000,
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
            edits: true,
            deletes: true,
            cards: false,
        }
    }

    fn check(&mut self) -> Result<Standing, Fault> {
        self.own = None;
        let own = self.own()?;
        let joined = self.get("/joined_rooms")?;
        let here = joined["joined_rooms"]
            .as_array()
            .is_some_and(|rooms| rooms.iter().any(|room| *room == self.room));
        if !here {
            return Err(Fault::account("this account is not in the room"));
        }
        Ok(Standing {
            name: own,
            abilities: self.abilities(),
        })
    }

    fn send(&mut self, part: &Part<'_>) -> Result<Remote, Fault> {
        self.put(
            &format!("send/m.room.message/{}", part.handle.key()),
            &content(part),
        )
    }

    fn find(&mut self, part: &Part<'_>) -> Result<Option<Remote>, Fault> {
        let (own, key) = (self.own()?, part.handle.key());
        let mut from = String::new();
        for _ in 0..PAGES {
            let page = self.get(&self.room_path(&format!("messages?dir=b&limit=100{from}")))?;
            let events = page["chunk"]
                .as_array()
                .ok_or_else(|| Fault::strange().harmless())?;
            let ours = |event: &&Value| {
                event["sender"] == own.as_str()
                    && event.pointer("/content/firsthand").and_then(Value::as_str)
                        == Some(key.as_str())
                    && event.pointer("/content/m.new_content").is_none()
            };
            if let Some(event) = events.iter().find(ours) {
                return text(event, "/event_id")
                    .map(|id| Some(self.remote(id)))
                    .map_err(Fault::harmless);
            }
            match page["end"].as_str() {
                Some(end) if !events.is_empty() => from = format!("&from={}", escaped(end)),
                _ => break,
            }
        }
        Ok(None)
    }

    fn edit(&mut self, remote: &Remote, part: &Part<'_>) -> Result<Remote, Fault> {
        let mut new = content(part);
        if let Some(fields) = new.as_object_mut() {
            fields.remove("m.relates_to");
        }
        let mut replacing = new.clone();
        replacing["body"] = format!("* {}", part.post.text).into();
        replacing["m.new_content"] = new;
        replacing["m.relates_to"] = json!({"rel_type": "m.replace", "event_id": remote.id});
        // The same words replacing the same event twice read as once.
        self.put(
            &format!("send/m.room.message/{}", part.handle.key()),
            &replacing,
        )?;
        Ok(remote.clone())
    }

    fn delete(&mut self, remote: &Remote) -> Result<(), Fault> {
        // The first event goes last: as long as it stands its replacements can be found through it.
        for replacing in self.replacements(&remote.id)? {
            self.redact(&replacing)?;
        }
        self.redact(&remote.id)
    }
}
