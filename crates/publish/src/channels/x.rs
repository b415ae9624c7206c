//! X. Class D: there is no handle and no key. After a lost answer the account's own posts are looked through for the
//! story's link; what is not found there a person decides.
//!
//! Posts cannot be changed, so that a correction is a reply. Its API: <https://docs.x.com/x-api>, version 2.

use std::collections::HashMap;
use std::io::Read as _;
use std::time::Duration;

use ledger::{Digest, sha256};
use serde_json::{Value, json};
use ureq::http::Method;

use super::form::Form;
use super::http::{Answer, Line, escaped, text};
use super::{
    Abilities, Attachment, Bounds, Channel, Class, Clock, Covering, Fault, Limits, Measure,
    OAuthWords, Part, Remote, Standing,
};
use crate::renditions::Shown;

/// Bytes of one piece of an upload; X takes at most five million.
const PIECE: u64 = 4_000_000;
/// How long X is given to make a video ready when it does not say.
const PROCESSING: u64 = 5;
/// Longest wait that is asked for by a clock's time of the platform's.
const WAIT_MOST: i64 = 24 * 3600;
/// How much earlier than a post was decided its platform's clock may say that it was made, in seconds.
const SKEW: i64 = 300;

/// An account on X.
pub struct X {
    line: Line,
    words: OAuthWords,
    clock: Clock,
    asked: u64,
    own: Option<String>,
    /// What was uploaded and is in no post yet, and whether X has finished with it.
    uploads: HashMap<Digest, (String, bool)>,
}

/// Why a post was not made.
enum Refusal {
    /// The same text stands already.
    Same(String),
    Other(Fault),
}

impl X {
    /// The account that the words open, at the line's end; requests carry the clock's time.
    #[must_use]
    pub fn new(line: Line, words: OAuthWords, clock: Clock) -> Self {
        Self {
            line,
            words,
            clock,
            asked: 0,
            own: None,
            uploads: HashMap::new(),
        }
    }

    fn call(
        &mut self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<(&str, Vec<u8>)>,
    ) -> Result<Answer, Fault> {
        self.asked += 1;
        let now = (self.clock)();
        let once = format!("{now} {} {path}", self.asked);
        let nonce = &sha256(once.as_bytes()).to_string()[..32];
        let url = format!("{}{path}", self.line.base());
        let stamp = now.div_euclid(1_000_000);
        let signed = self
            .words
            .header(method.as_str(), &url, query, (stamp, nonce));
        let pairs: Vec<String> = query
            .iter()
            .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
            .collect();
        let whole = match pairs.is_empty() {
            true => path.to_owned(),
            false => format!("{path}?{}", pairs.join("&")),
        };
        let mut headers = vec![("authorization", signed.as_str())];
        match body {
            Some((kind, bytes)) => {
                headers.push(("content-type", kind));
                self.line.bytes(method, &whole, &headers, bytes)
            }
            None if method == Method::DELETE => self.line.delete(&whole, &headers),
            None if method == Method::GET => self.line.get(&whole, &headers),
            None => self.line.bytes(method, &whole, &headers, Vec::new()),
        }
    }

    /// The JSON of a success, or what kind of failure it is: X tells by a time when it wants to be asked again.
    fn judged(&self, answer: &Answer) -> Result<Value, Fault> {
        if answer.status.as_u16() != 429 {
            return answer.success();
        }
        let at = ["x-user-limit-24hour", "x-app-limit-24hour"]
            .iter()
            .find(|name| answer.header(&format!("{name}-remaining")) == Some("0"))
            .and_then(|name| answer.header(&format!("{name}-reset")))
            .or_else(|| answer.header("x-rate-limit-reset"))
            .and_then(|text| text.parse::<i64>().ok());
        let now = (self.clock)().div_euclid(1_000_000);
        let seconds = at.map(|at| (at - now).clamp(1, WAIT_MOST).unsigned_abs());
        Err(Fault::Later {
            after: seconds.map(Duration::from_secs).or(answer.after),
            words: Fault::later(&answer.words()).words().to_owned(),
        })
    }

    fn get(&mut self, path: &str, query: &[(&str, &str)]) -> Result<Value, Fault> {
        let answer = self.call(Method::GET, path, query, None)?;
        self.judged(&answer).map_err(Fault::harmless)
    }

    /// A request that readers see nothing of.
    fn quiet(&mut self, path: &str, body: Option<(&str, Vec<u8>)>) -> Result<Value, Fault> {
        let answer = self.call(Method::POST, path, &[], body);
        let answer = answer.map_err(Fault::harmless)?;
        self.judged(&answer).map_err(Fault::harmless)
    }

    fn quiet_json(&mut self, path: &str, value: &Value) -> Result<Value, Fault> {
        self.quiet(
            path,
            Some(("application/json", value.to_string().into_bytes())),
        )
    }

    fn own(&mut self) -> Result<String, Fault> {
        if let Some(own) = &self.own {
            return Ok(own.clone());
        }
        let user = self.get("/2/users/me", &[])?;
        let own = text(&user, "/data/id").map_err(Fault::harmless)?.to_owned();
        self.own = Some(own.clone());
        Ok(own)
    }

    /// A file's id, once X has finished with it.
    fn upload(&mut self, file: &Attachment, shown: &Shown, covered: bool) -> Result<String, Fault> {
        if let Some((id, ready)) = self.uploads.get(&file.sha256).cloned() {
            if !ready {
                let query = [("command", "STATUS"), ("media_id", id.as_str())];
                let status = self.get("/2/media/upload", &query)?;
                processed(&status)?;
                self.uploads.insert(file.sha256, (id.clone(), true));
            }
            return Ok(id);
        }
        let picture = file.kind.is_picture();
        let start = json!({
            "media_type": file.kind.mime(),
            "total_bytes": file.size,
            "media_category": if picture { "tweet_image" } else { "tweet_video" },
        });
        let started = self.quiet_json("/2/media/upload/initialize", &start)?;
        let id = text(&started, "/data/id")
            .map_err(Fault::harmless)?
            .to_owned();
        self.append(&id, file)?;
        let path = format!("/2/media/upload/{}/finalize", escaped(&id));
        let ended = self.quiet(&path, None)?;
        self.describe(&id, (picture, covered), shown)?;
        let state = processed(&ended);
        self.uploads
            .insert(file.sha256, (id.clone(), state.is_ok()));
        state.map(|()| id)
    }

    fn append(&mut self, id: &str, file: &Attachment) -> Result<(), Fault> {
        let mut reader = file.open()?;
        for index in 0..file.size.div_ceil(PIECE) {
            let mut piece = Vec::new();
            let read = reader.by_ref().take(PIECE).read_to_end(&mut piece);
            read.map_err(|_| Fault::later("the file cannot be read"))?;
            let mut form = Form::new(&file.sha256);
            form.field("segment_index", &index.to_string());
            form.file("media", "piece", "application/octet-stream", &piece);
            let (kind, bytes) = form.finish();
            let path = format!("/2/media/upload/{}/append", escaped(id));
            self.quiet(&path, Some((&kind, bytes)))?;
        }
        Ok(())
    }

    /// What a picture shows, and that it is hard to look at; X takes no description of a video.
    fn describe(
        &mut self,
        id: &str,
        (picture, covered): (bool, bool),
        shown: &Shown,
    ) -> Result<(), Fault> {
        let mut about = json!({});
        if picture {
            about["alt_text"] = json!({"text": shown.alt});
        }
        if covered {
            about["sensitive_media_warning"] =
                json!({"adult_content": false, "graphic_violence": true, "other": false});
        }
        if about.as_object().is_some_and(|about| !about.is_empty()) {
            self.quiet_json("/2/media/metadata", &json!({"id": id, "metadata": about}))?;
        }
        Ok(())
    }

    fn create(&mut self, value: &Value) -> Result<Remote, Refusal> {
        let body = Some(("application/json", value.to_string().into_bytes()));
        let answer = self.call(Method::POST, "/2/tweets", &[], body);
        let answer = answer.map_err(Refusal::Other)?;
        if answer.status.as_u16() == 403 && answer.words().contains("duplicate content") {
            return Err(Refusal::Same(answer.words()));
        }
        // What it would answer is gone: that is about this post, not about the account.
        if answer.status.as_u16() == 403 && answer.words().contains("deleted or not visible") {
            return Err(Refusal::Other(Fault::refused(&answer.words())));
        }
        let made = self.judged(&answer).map_err(Refusal::Other)?;
        text(&made, "/data/id").map(remote).map_err(Refusal::Other)
    }
}

/// Whether X has finished with a file.
fn processed(value: &Value) -> Result<(), Fault> {
    let Some(info) = value.pointer("/data/processing_info") else {
        return Ok(());
    };
    match info["state"].as_str() {
        Some("succeeded") => Ok(()),
        Some("failed") => Err(Fault::refused("the platform cannot read the file")),
        _ => Err(Fault::Later {
            after: Some(Duration::from_secs(
                info["check_after_secs"]
                    .as_u64()
                    .unwrap_or(PROCESSING)
                    .min(600),
            )),
            words: "the platform is still working on the file".to_owned(),
        }),
    }
}

fn remote(id: &str) -> Remote {
    Remote {
        id: id.to_owned(),
        url: format!("https://x.com/i/web/status/{}", escaped(id)),
    }
}

/// Whether one of the account's own posts is this part: the first by the story's link, a later one by what it answers.
fn is_this(tweet: &Value, part: &Part<'_>) -> bool {
    let none = Vec::new();
    let list = |pointer: &str| {
        tweet
            .pointer(pointer)
            .and_then(Value::as_array)
            .unwrap_or(&none)
    };
    let mut referenced = list("/referenced_tweets").iter();
    match part.thread {
        Some((_, parent)) => referenced
            .any(|other| other["type"] == "replied_to" && other["id"] == parent.id.as_str()),
        None => {
            let links = list("/entities/urls");
            referenced.next().is_none()
                && links
                    .iter()
                    .any(|url| url["expanded_url"] == part.link || url["unwound_url"] == part.link)
        }
    }
}

impl Channel for X {
    fn abilities(&self) -> Abilities {
        Abilities {
            class: Class::Once,
            limits: Limits {
                measure: Measure::Weighted,
                text: 280,
                caption: None,
                bytes: 4_000,
                link: Some(23),
                posts: 10,
                pictures: 4,
                picture_bytes: 5_000_000,
                video_bytes: 512_000_000,
                alt: 1_000,
                // What every account may post.
                bounds: Bounds {
                    video_seconds: Some(140),
                    video_pixels: Some(1920 * 1200),
                    ..Bounds::NONE
                },
            },
            covering: Covering::Media,
            long: false,
            edits: false,
            deletes: true,
            cards: false,
        }
    }

    fn check(&mut self) -> Result<Standing, Fault> {
        let user = self.get("/2/users/me", &[])?;
        self.own = Some(text(&user, "/data/id").map_err(Fault::harmless)?.to_owned());
        let name = text(&user, "/data/username").map_err(Fault::harmless)?;
        Ok(Standing {
            name: format!("@{name}"),
            abilities: self.abilities(),
        })
    }

    fn send(&mut self, part: &Part<'_>) -> Result<Remote, Fault> {
        let mut value = json!({"text": part.post.text});
        let mut ids = Vec::new();
        for shown in &part.post.media {
            ids.push(self.upload(part.file(shown)?, shown, part.post.covered)?);
        }
        if !ids.is_empty() {
            value["media"] = json!({"media_ids": ids});
        }
        if let Some((_, parent)) = part.thread {
            value["reply"] = json!({"in_reply_to_tweet_id": parent.id});
        }
        let made = self.create(&value);
        // Unless it was refused for now, what was uploaded is used up.
        if !matches!(made, Err(Refusal::Other(Fault::Later { .. }))) {
            self.uploads.clear();
        }
        match made {
            Ok(remote) => Ok(remote),
            Err(Refusal::Other(fault)) => Err(fault),
            // The same words with the same link are this post: an earlier attempt made it.
            Err(Refusal::Same(words)) => match self.find(part)? {
                Some(remote) => Ok(remote),
                None => Err(Fault::refused(&words)),
            },
        }
    }

    fn find(&mut self, part: &Part<'_>) -> Result<Option<Remote>, Fault> {
        let path = format!("/2/users/{}/tweets", escaped(&self.own()?));
        // Nothing that was made before this was decided is this.
        let since = part.handle.at().div_euclid(1_000_000) - SKEW;
        let since = jiff::Timestamp::from_second(since)
            .map_err(|_| Fault::refused("the time of the decision is none"))?
            .to_string();
        let query = [
            ("max_results", "100"),
            ("start_time", since.as_str()),
            ("tweet.fields", "entities,referenced_tweets"),
        ];
        let page = self.get(&path, &query)?;
        let none = Vec::new();
        let tweets = page["data"].as_array().unwrap_or(&none);
        match tweets.iter().find(|tweet| is_this(tweet, part)) {
            Some(tweet) => text(tweet, "/id")
                .map(|id| Some(remote(id)))
                .map_err(Fault::harmless),
            None => Ok(None),
        }
    }

    fn edit(&mut self, _: &Remote, _: &Part<'_>) -> Result<Remote, Fault> {
        Err(Fault::refused("posts cannot be changed there"))
    }

    fn delete(&mut self, remote: &Remote) -> Result<(), Fault> {
        let path = format!("/2/tweets/{}", escaped(&remote.id));
        let answer = self.call(Method::DELETE, &path, &[], None)?;
        match answer.status.as_u16() {
            404 => Ok(()),
            _ => self.judged(&answer).map(|_| ()),
        }
    }
}
