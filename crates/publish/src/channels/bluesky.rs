//! Bluesky and every other AT Protocol server. Class A: we choose the record's key, so a repeat writes the same record.

use serde_json::{Value, json};
use ureq::http::Method;

use super::http::{Answer, Line, escaped, text};
use super::{
    Abilities, Attachment, Bounds, Channel, Class, Covering, Fault, Limits, Measure, Part, Reach,
    Remote, Standing,
};
use crate::renditions::{Card, Meaning, Post, Span};
use crate::words::rfc3339;

const COLLECTION: &str = "app.bsky.feed.post";
/// Who counts likes and reposts, as the protocol names it.
const COUNTING: &str = "did:web:api.bsky.app#bsky_appview";

/// An account on an AT Protocol server.
#[derive(Clone)]
pub struct BlueskyAccount {
    /// Handle or DID.
    pub name: String,
    /// An app password.
    pub password: String,
    /// Where people read it, such as `https://bsky.app`.
    pub reader: String,
}

/// A Bluesky account behind its server.
pub struct Bluesky {
    line: Line,
    account: BlueskyAccount,
    session: Option<Session>,
}

#[derive(Clone)]
struct Session {
    did: String,
    handle: String,
    bearer: String,
}

impl Bluesky {
    /// An account on the server at the line's end.
    #[must_use]
    pub const fn new(line: Line, account: BlueskyAccount) -> Self {
        Self {
            line,
            account,
            session: None,
        }
    }

    /// Signing in changes nothing that readers see: a lost answer is harmless.
    fn session(&mut self) -> Result<Session, Fault> {
        if let Some(session) = &self.session {
            return Ok(session.clone());
        }
        let body = json!({"identifier": self.account.name, "password": self.account.password});
        let answer = self
            .line
            .json(
                Method::POST,
                "/xrpc/com.atproto.server.createSession",
                &[],
                &body,
            )
            .and_then(|answer| answer.success())
            .map_err(Fault::harmless)?;
        let field = |pointer| {
            text(&answer, pointer)
                .map(str::to_owned)
                .map_err(Fault::harmless)
        };
        let session = Session {
            did: field("/did")?,
            handle: field("/handle")?,
            bearer: format!("Bearer {}", field("/accessJwt")?),
        };
        self.session = Some(session.clone());
        Ok(session)
    }

    /// Asks under the session; an expired one is forgotten, so that the next attempt signs in again.
    fn ask(&mut self, method: &str, body: &Value) -> Result<Value, Fault> {
        let session = self.session()?;
        let path = format!("/xrpc/{method}");
        let headers = [("authorization", session.bearer.as_str())];
        let answer = self.line.json(Method::POST, &path, &headers, body)?;
        self.within_session(&answer)?;
        answer.success()
    }

    fn within_session(&mut self, answer: &Answer) -> Result<(), Fault> {
        if answer.status.as_u16() == 400 && answer.value()["error"] == "ExpiredToken" {
            self.session = None;
            return Err(Fault::later("the session has ended"));
        }
        Ok(())
    }

    fn blob(&mut self, file: &Attachment) -> Result<Value, Fault> {
        let session = self.session()?;
        let mut reader = file.open()?;
        let headers = [
            ("authorization", session.bearer.as_str()),
            ("content-type", file.kind.mime()),
        ];
        // A blob that no record names is swept by the server: uploading it twice harms nothing.
        let path = "/xrpc/com.atproto.repo.uploadBlob";
        let answer = self
            .line
            .stream(path, &headers, file.size, &mut reader)
            .map_err(Fault::harmless)?;
        self.within_session(&answer)?;
        let value = answer.success().map_err(Fault::harmless)?;
        value
            .get("blob")
            .cloned()
            .ok_or_else(|| Fault::strange().harmless())
    }

    fn record(&mut self, part: &Part<'_>) -> Result<Value, Fault> {
        let post = part.post;
        let mut record = json!({
            "$type": COLLECTION,
            "text": post.text,
            "createdAt": rfc3339(part.handle.at()),
            "langs": [post.language],
            "facets": post.spans.iter().map(facet).collect::<Vec<_>>(),
        });
        if let Some((root, parent)) = part.thread {
            record["reply"] = json!({"root": strong(root)?, "parent": strong(parent)?});
        }
        if post.covered {
            let values = json!([{"val": "graphic-media"}]);
            record["labels"] =
                json!({"$type": "com.atproto.label.defs#selfLabels", "values": values});
        }
        if let Some(embed) = self.embed(part, post)? {
            record["embed"] = embed;
        }
        Ok(record)
    }

    fn embed(&mut self, part: &Part<'_>, post: &Post) -> Result<Option<Value>, Fault> {
        let mut images = Vec::new();
        for shown in &post.media {
            let file = part.file(shown)?;
            let blob = self.blob(file)?;
            let ratio = file
                .dimensions
                .map(|(width, height)| json!({"width": width, "height": height}));
            let mut entry = json!({"alt": shown.alt});
            if let Some(ratio) = ratio {
                entry["aspectRatio"] = ratio;
            }
            if file.kind.is_picture() {
                entry["image"] = blob;
                images.push(entry);
            } else {
                entry["$type"] = "app.bsky.embed.video".into();
                entry["video"] = blob;
                return Ok(Some(entry));
            }
        }
        if !images.is_empty() {
            return Ok(Some(
                json!({"$type": "app.bsky.embed.images", "images": images}),
            ));
        }
        Ok(post.card.as_ref().map(external))
    }

    fn put(&mut self, rkey: &str, record: &Value) -> Result<Remote, Fault> {
        let session = self.session()?;
        let body =
            json!({"repo": session.did, "collection": COLLECTION, "rkey": rkey, "record": record});
        let answer = self.ask("com.atproto.repo.putRecord", &body)?;
        let (uri, cid) = (text(&answer, "/uri")?, text(&answer, "/cid")?);
        Ok(self.remote(&session, rkey, uri, cid))
    }

    fn remote(&self, session: &Session, rkey: &str, uri: &str, cid: &str) -> Remote {
        Remote {
            id: format!("{uri} {cid}"),
            url: format!(
                "{}/profile/{}/post/{rkey}",
                self.account.reader, session.handle
            ),
        }
    }
}

fn external(card: &Card) -> Value {
    let external = json!({"uri": card.url, "title": card.title, "description": card.description});
    json!({"$type": "app.bsky.embed.external", "external": external})
}

/// Facets count bytes, as spans do.
fn facet(span: &Span) -> Value {
    let feature = match &span.meaning {
        Meaning::Link(url) => json!({"$type": "app.bsky.richtext.facet#link", "uri": url}),
        Meaning::Tag(tag) => json!({"$type": "app.bsky.richtext.facet#tag", "tag": tag}),
    };
    json!({"index": {"byteStart": span.start, "byteEnd": span.end}, "features": [feature]})
}

fn strong(remote: &Remote) -> Result<Value, Fault> {
    let (uri, cid) = remote
        .id
        .split_once(' ')
        .ok_or_else(|| Fault::refused("the thread's beginning is not known"))?;
    Ok(json!({"uri": uri, "cid": cid}))
}

/// The key of a record, from its address `at://did/collection/key`.
fn rkey(remote: &Remote) -> Result<String, Fault> {
    let uri = remote.id.split(' ').next().unwrap_or_default();
    match uri.rsplit('/').next() {
        Some(rkey) if !rkey.is_empty() && uri.contains(COLLECTION) => Ok(rkey.to_owned()),
        _ => Err(Fault::refused("the post's address is not known")),
    }
}

impl Channel for Bluesky {
    fn abilities(&self) -> Abilities {
        Abilities {
            class: Class::Free,
            limits: Limits {
                measure: Measure::Graphemes,
                text: 300,
                caption: None,
                bytes: 3_000,
                link: None,
                posts: 10,
                pictures: 4,
                picture_bytes: 1_000_000,
                video_bytes: 100_000_000,
                alt: 2_000,
                bounds: Bounds {
                    video_seconds: Some(180),
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

    fn check(&mut self) -> Result<Standing, Fault> {
        self.session = None;
        let session = self.session()?;
        Ok(Standing {
            name: session.handle,
            abilities: self.abilities(),
        })
    }

    fn send(&mut self, part: &Part<'_>) -> Result<Remote, Fault> {
        let record = self.record(part)?;
        self.put(&part.handle.tid(), &record)
    }

    fn find(&mut self, part: &Part<'_>) -> Result<Option<Remote>, Fault> {
        let (session, rkey) = (self.session()?, part.handle.tid());
        let path = format!(
            "/xrpc/com.atproto.repo.getRecord?repo={}&collection={COLLECTION}&rkey={rkey}",
            escaped(&session.did)
        );
        let answer = self.line.get(&path, &[])?;
        if answer.status.as_u16() == 400 && answer.value()["error"] == "RecordNotFound" {
            return Ok(None);
        }
        let value = answer.success().map_err(Fault::harmless)?;
        let (uri, cid) = (text(&value, "/uri")?, text(&value, "/cid")?);
        Ok(Some(self.remote(&session, &rkey, uri, cid)))
    }

    fn edit(&mut self, remote: &Remote, part: &Part<'_>) -> Result<Remote, Fault> {
        let record = self.record(part)?;
        self.put(&rkey(remote)?, &record)
    }

    fn delete(&mut self, remote: &Remote) -> Result<(), Fault> {
        let session = self.session()?;
        // Deleting what is not there is no error in this protocol.
        let body = json!({"repo": session.did, "collection": COLLECTION, "rkey": rkey(remote)?});
        self.ask("com.atproto.repo.deleteRecord", &body).map(|_| ())
    }

    /// The server keeps the posts; those who count them stand behind it, and it asks them for us.
    fn reach(&mut self, remote: &Remote) -> Result<Option<Reach>, Fault> {
        let session = self.session()?;
        let uri = remote.id.split(' ').next().unwrap_or_default();
        let path = format!("/xrpc/app.bsky.feed.getPosts?uris={}", escaped(uri));
        let headers = [
            ("authorization", session.bearer.as_str()),
            ("atproto-proxy", COUNTING),
        ];
        let answer = self.line.get(&path, &headers)?;
        self.within_session(&answer)?;
        let value = answer.success().map_err(Fault::harmless)?;
        let Some(post) = value.pointer("/posts/0") else {
            return Ok(None);
        };
        let count = |name: &str| post[name].as_u64();
        let quotes = count("quoteCount").unwrap_or(0);
        Ok(Some(Reach {
            likes: count("likeCount"),
            shares: count("repostCount").map(|count| count.saturating_add(quotes)),
            replies: count("replyCount"),
            views: None,
        }))
    }
}
