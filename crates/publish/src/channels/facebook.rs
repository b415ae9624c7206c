//! Facebook pages. Class D: there is no handle and no key. After a lost answer the page's own posts are looked through for
//! the story's link; what is not found there a person decides.
//!
//! Nothing there covers what is graphic, so that only a blurred still of it goes. The files of a post cannot be changed:
//! where a correction changes them, what stood is taken away and told anew. Its API:
//! <https://developers.facebook.com/docs/graph-api>.

use std::collections::HashMap;
use std::io::Read as _;
use std::time::Duration;

use ledger::{Digest, sha256};
use serde_json::{Value, json};
use ureq::http::Method;
use zeroize::Zeroizing;

use super::form::Form;
use super::http::{Answer, Line, escaped, text};
use super::{
    Abilities, Attachment, Bounds, Channel, Class, Covering, Fault, Limits, Measure, Part, Remote,
    Standing,
};
use crate::renditions::Shown;

const API: &str = "/v23.0";
/// The most bytes of one piece of a film; Facebook says how much of it it wants.
const PIECE: u64 = 8_000_000;
/// The longest wait that is asked for, in minutes.
const WAIT_MOST: u64 = 24 * 60;
/// How much earlier than a post was decided its platform's clock may say that it was made, in seconds.
const SKEW: i64 = 300;
/// Posts that are read back.
const READ_BACK: &str = "100";
/// The fields of a post that tell which one it is and what it shows.
const FIELDS: &str = "id,message,attachments{media_type,target{id},subattachments{target{id}}}";

/// A page on Facebook.
pub struct Facebook {
    line: Line,
    token: Zeroizing<String>,
    own: Option<String>,
    /// Pictures that are uploaded and in no post yet.
    pictures: HashMap<Digest, String>,
    /// The film that is on its way.
    film: Option<(Digest, Upload)>,
}

/// An upload that goes on after a cut. Nothing of it shows before it is finished.
struct Upload {
    session: String,
    video: String,
    from: u64,
    to: u64,
}

impl Facebook {
    /// The page that the token opens, at the line's end.
    #[must_use]
    pub fn new(line: Line, token: &str) -> Self {
        Self {
            line,
            token: Zeroizing::new(format!("Bearer {token}")),
            own: None,
            pictures: HashMap::new(),
            film: None,
        }
    }

    fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, Vec<u8>)>,
    ) -> Result<Value, Fault> {
        let path = format!("{API}{path}");
        let mut headers = vec![("authorization", self.token.as_str())];
        let answer = match body {
            Some((kind, bytes)) => {
                headers.push(("content-type", kind));
                self.line.bytes(method, &path, &headers, bytes)?
            }
            None if method == Method::DELETE => self.line.delete(&path, &headers)?,
            None => self.line.get(&path, &headers)?,
        };
        judged(&answer)
    }

    fn get(&self, path: &str) -> Result<Value, Fault> {
        self.call(Method::GET, path, None).map_err(Fault::harmless)
    }

    fn post(&self, path: &str, value: &Value) -> Result<Value, Fault> {
        let bytes = value.to_string().into_bytes();
        self.call(Method::POST, path, Some(("application/json", bytes)))
    }

    fn form(&self, path: &str, form: Form) -> Result<Value, Fault> {
        let (kind, bytes) = form.finish();
        self.call(Method::POST, path, Some((&kind, bytes)))
    }

    fn own(&mut self) -> Result<String, Fault> {
        if let Some(own) = &self.own {
            return Ok(own.clone());
        }
        let own = text(&self.get("/me?fields=id")?, "/id")
            .map_err(Fault::harmless)?
            .to_owned();
        self.own = Some(own.clone());
        Ok(own)
    }

    /// A picture's id. Readers see nothing of it before a post names it.
    fn picture(&mut self, page: &str, file: &Attachment, shown: &Shown) -> Result<String, Fault> {
        if let Some(id) = self.pictures.get(&file.sha256) {
            return Ok(id.clone());
        }
        let mut bytes = Vec::new();
        std::io::copy(&mut file.open()?, &mut bytes)
            .map_err(|_| Fault::later("the file cannot be read"))?;
        let mut form = Form::new(&file.sha256);
        form.field("published", "false");
        form.field("alt_text_custom", &shown.alt);
        let called = format!("picture.{}", file.kind.extension());
        form.file("source", &called, file.kind.mime(), &bytes);
        let made = self.form(&format!("/{}/photos", escaped(page)), form);
        let id = made.and_then(|made| text(&made, "/id").map(str::to_owned));
        let id = id.map_err(Fault::harmless)?;
        self.pictures.insert(file.sha256, id.clone());
        Ok(id)
    }

    /// Sends what is missing of a film, from where Facebook says that it is; gives its upload, to be finished.
    fn film(&mut self, page: &str, file: &Attachment) -> Result<Upload, Fault> {
        let path = format!("/{}/videos", escaped(page));
        let mut upload = match self.film.take() {
            Some((digest, upload)) if digest == file.sha256 => upload,
            _ => {
                let start = json!({"upload_phase": "start", "file_size": file.size});
                let started = self.post(&path, &start).map_err(Fault::harmless)?;
                Upload {
                    session: text(&started, "/upload_session_id")
                        .map_err(Fault::harmless)?
                        .to_owned(),
                    video: text(&started, "/video_id")
                        .map_err(Fault::harmless)?
                        .to_owned(),
                    from: number(&started["start_offset"])?,
                    to: number(&started["end_offset"])?,
                }
            }
        };
        while upload.from < upload.to {
            match self.piece(&path, file, &upload) {
                Ok((from, to)) if from > upload.from => (upload.from, upload.to) = (from, to),
                sent => {
                    // The session goes on by the next attempt.
                    let fault = sent.err().unwrap_or_else(Fault::strange).harmless();
                    if matches!(fault, Fault::Later { .. }) {
                        self.film = Some((file.sha256, upload));
                    }
                    return Err(fault);
                }
            }
        }
        Ok(upload)
    }

    /// Sends one piece, and tells which Facebook wants next. A piece that it had already is refused with the same.
    fn piece(&self, path: &str, file: &Attachment, upload: &Upload) -> Result<(u64, u64), Fault> {
        let most = upload
            .to
            .min(file.size)
            .saturating_sub(upload.from)
            .min(PIECE);
        let mut reader = file.open()?;
        let unread = |_| Fault::later("the file cannot be read");
        std::io::copy(&mut reader.by_ref().take(upload.from), &mut std::io::sink())
            .map_err(unread)?;
        let mut bytes = Vec::new();
        reader.take(most).read_to_end(&mut bytes).map_err(unread)?;
        let mut form = Form::new(&file.sha256);
        form.field("upload_phase", "transfer");
        form.field("upload_session_id", &upload.session);
        form.field("start_offset", &upload.from.to_string());
        form.file(
            "video_file_chunk",
            "piece",
            "application/octet-stream",
            &bytes,
        );
        let (kind, bytes) = form.finish();
        let headers = [
            ("authorization", self.token.as_str()),
            ("content-type", kind.as_str()),
        ];
        let path = format!("{API}{path}");
        let answer = self.line.bytes(Method::POST, &path, &headers, bytes)?;
        let value = answer.value();
        let told = if value.pointer("/error/error_subcode") == Some(&json!(1_363_037)) {
            value["error"]["error_data"].clone()
        } else {
            judged(&answer)?
        };
        Ok((number(&told["start_offset"])?, number(&told["end_offset"])?))
    }

    /// Publishes; whatever stood before this is lost sight of.
    fn publish(&mut self, part: &Part<'_>) -> Result<Remote, Fault> {
        let page = self.own()?;
        let mut stands = Stands {
            post: String::new(),
            mark: mark(part)?,
            files: Vec::new(),
        };
        let mut value = json!({"message": part.post.text});
        if let [shown] = part.post.media.as_slice()
            && !part.file(shown)?.kind.is_picture()
        {
            let upload = self.film(&page, part.file(shown)?)?;
            let finish = json!({
                "upload_phase": "finish",
                "upload_session_id": upload.session,
                "description": part.post.text,
            });
            let path = format!("/{}/videos", escaped(&page));
            let done = self.post(&path, &finish);
            if let Err(Fault::Later { .. }) = done {
                let digest = part.file(shown)?.sha256;
                self.film = Some((
                    digest,
                    Upload {
                        from: 0,
                        to: 0,
                        ..upload
                    },
                ));
                return done.and(Err(Fault::strange()));
            }
            if done?["success"] != true {
                return Err(Fault::strange());
            }
            stands.post = format!("v{}", upload.video);
            return Ok(stands.remote());
        }
        for shown in &part.post.media {
            let id = self.picture(&page, part.file(shown)?, shown)?;
            stands.files.push(id);
        }
        if !stands.files.is_empty() {
            let one = |id: &String| json!({"media_fbid": id});
            value["attached_media"] = stands.files.iter().map(one).collect();
        }
        if let Some(card) = &part.post.card {
            value["link"] = card.url.as_str().into();
        }
        let made = self.post(&format!("/{}/feed", escaped(&page)), &value);
        // Unless it was refused for now, what was uploaded is used up.
        if !matches!(made, Err(Fault::Later { .. })) {
            self.pictures.clear();
        }
        text(&made?, "/id")?.clone_into(&mut stands.post);
        Ok(stands.remote())
    }

    /// The page's own post with the story's link, other than one that is known.
    fn found(
        &mut self,
        part: &Part<'_>,
        other_than: Option<&str>,
    ) -> Result<Option<Remote>, Fault> {
        let page = self.own()?;
        // Nothing that was made before this was decided is this.
        let since = part.handle.at().div_euclid(1_000_000) - SKEW;
        let path = format!(
            "/{}/posts?fields={}&since={since}&limit={READ_BACK}",
            escaped(&page),
            escaped(FIELDS)
        );
        let found = self.get(&path)?;
        let posts = found["data"]
            .as_array()
            .ok_or_else(|| Fault::strange().harmless())?;
        for post in posts.iter().filter(|post| is_this(post, part)) {
            let stands = Stands::read(post, mark(part)?)?;
            if other_than != Some(stands.post.as_str()) {
                return Ok(Some(stands.remote()));
            }
        }
        Ok(None)
    }

    /// Takes one thing away; what is gone is no failure.
    fn remove(&self, id: &str) -> Result<(), Fault> {
        let path = format!("{API}/{}", escaped(id));
        let headers = [("authorization", self.token.as_str())];
        let answer = self.line.delete(&path, &headers)?;
        let value = answer.value();
        let gone = value.pointer("/error/code") == Some(&json!(100))
            && value.pointer("/error/error_subcode") == Some(&json!(33));
        if gone {
            return Ok(());
        }
        judged(&answer).map(|_| ())
    }
}

/// A number that Facebook writes as text.
fn number(value: &Value) -> Result<u64, Fault> {
    let text = value.as_str().and_then(|text| text.parse().ok());
    text.or(value.as_u64())
        .ok_or_else(|| Fault::strange().harmless())
}

/// The JSON, or what kind of failure it is: Facebook says so by numbers, in the body.
fn judged(answer: &Answer) -> Result<Value, Fault> {
    let value = answer.value();
    let Some(code) = value.pointer("/error/code").and_then(Value::as_i64) else {
        return answer.success();
    };
    let words = answer.words();
    Err(match code {
        // Too much was asked, of the app, of the account or of the page.
        4 | 17 | 32 | 341 | 613 | 80_000..=80_014 => Fault::Later {
            after: wait(answer).or(answer.after),
            words: Fault::later(&words).words().to_owned(),
        },
        // The token, its rights, and blocks: a person must look.
        3 | 10 | 102 | 190 | 200..=299 | 368 | 459 | 464 => Fault::account(&words),
        // Facebook does not know itself what became of it.
        1 | 2 => Fault::unknown(&words),
        _ if answer.status.is_server_error() => Fault::unknown(&words),
        _ if value.pointer("/error/is_transient") == Some(&Value::Bool(true)) => {
            Fault::later(&words)
        }
        _ => Fault::refused(&words),
    })
}

/// How long until Facebook lets us ask again, if it says so.
fn wait(answer: &Answer) -> Option<Duration> {
    let usage = answer.header("x-business-use-case-usage")?;
    let usage: Value = serde_json::from_str(usage).ok()?;
    let minutes = usage
        .as_object()?
        .values()
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(|one| one["estimated_time_to_regain_access"].as_u64())
        .max()
        .filter(|minutes| *minutes > 0)?;
    Some(Duration::from_secs(minutes.min(WAIT_MOST) * 60))
}

/// A mark of the files that a post shows; none for a text.
fn mark(part: &Part<'_>) -> Result<String, Fault> {
    let mut bytes = Vec::new();
    for shown in &part.post.media {
        bytes.extend_from_slice(part.file(shown)?.sha256.as_bytes());
    }
    Ok(match bytes.is_empty() {
        true => String::new(),
        false => sha256(&bytes).to_string()[..16].to_owned(),
    })
}

/// Whether one of the page's own posts is this one.
fn is_this(post: &Value, part: &Part<'_>) -> bool {
    let message = post["message"].as_str().unwrap_or_default();
    message.split_whitespace().any(|word| word == part.link)
}

/// A post as it is known here: a film's begins with `v`; then a mark of what it shows, and its pictures.
struct Stands {
    post: String,
    mark: String,
    files: Vec<String>,
}

impl Stands {
    fn parse(remote: &Remote) -> Self {
        let mut words = remote.id.split('.').map(str::to_owned);
        Self {
            post: words.next().unwrap_or_default(),
            mark: words.next().unwrap_or_default(),
            files: words.collect(),
        }
    }

    /// From a post of the page.
    fn read(post: &Value, mark: String) -> Result<Self, Fault> {
        let none = Vec::new();
        let data = |value: &Value, name: &str| value[name]["data"].as_array().cloned();
        let shown = data(post, "attachments").unwrap_or_else(|| none.clone());
        let target = |one: &Value| one["target"]["id"].as_str().map(str::to_owned);
        let kind = |one: &Value| one["media_type"].as_str().unwrap_or_default().to_owned();
        if let Some(film) = shown.iter().find(|one| kind(one) == "video") {
            let video = target(film).ok_or_else(|| Fault::strange().harmless())?;
            return Ok(Self {
                post: format!("v{video}"),
                mark,
                files: none.iter().filter_map(target).collect(),
            });
        }
        let mut files = Vec::new();
        for one in shown
            .iter()
            .filter(|one| ["photo", "album"].contains(&kind(one).as_str()))
        {
            match data(one, "subattachments") {
                Some(all) => files.extend(all.iter().filter_map(target)),
                None => files.extend(target(one)),
            }
        }
        let post = text(post, "/id").map_err(Fault::harmless)?.to_owned();
        Ok(Self { post, mark, files })
    }

    /// The name by which the API knows it.
    fn id(&self) -> &str {
        self.post.strip_prefix('v').unwrap_or(&self.post)
    }

    fn is_film(&self) -> bool {
        self.post.starts_with('v')
    }

    fn remote(&self) -> Remote {
        let mut id = self.post.clone();
        for word in std::iter::once(&self.mark).chain(&self.files) {
            id.push('.');
            id.push_str(word);
        }
        Remote {
            id,
            url: format!("https://www.facebook.com/{}", escaped(self.id())),
        }
    }
}

impl Channel for Facebook {
    fn abilities(&self) -> Abilities {
        Abilities {
            class: Class::Once,
            limits: Limits {
                measure: Measure::Utf16,
                // Facebook takes 63,206.
                text: 60_000,
                caption: None,
                bytes: 240_000,
                link: None,
                posts: 1,
                pictures: 10,
                picture_bytes: 4_000_000,
                video_bytes: 1_000_000_000,
                alt: 1_000,
                bounds: Bounds {
                    video_seconds: Some(1_200),
                    ..Bounds::NONE
                },
            },
            covering: Covering::None,
            long: false,
            edits: true,
            deletes: true,
            cards: true,
        }
    }

    /// Which page the token is of. That of a person has no category and is refused.
    fn check(&mut self) -> Result<Standing, Fault> {
        let page = self.get("/me?fields=id,name,category")?;
        if page["category"].as_str().is_none() {
            return Err(Fault::account(
                "this is the token of a person and of no page",
            ));
        }
        self.own = Some(text(&page, "/id").map_err(Fault::harmless)?.to_owned());
        Ok(Standing {
            name: text(&page, "/name").map_err(Fault::harmless)?.to_owned(),
            abilities: self.abilities(),
        })
    }

    fn send(&mut self, part: &Part<'_>) -> Result<Remote, Fault> {
        match self.publish(part) {
            // The same words with the same link are this post: an earlier attempt made it.
            Err(Fault::Refused { words }) if words.contains("(#506)") => match self.find(part)? {
                Some(remote) => Ok(remote),
                None => Err(Fault::refused(&words)),
            },
            sent => sent,
        }
    }

    fn find(&mut self, part: &Part<'_>) -> Result<Option<Remote>, Fault> {
        self.found(part, None)
    }

    fn edit(&mut self, remote: &Remote, part: &Part<'_>) -> Result<Remote, Fault> {
        let stands = Stands::parse(remote);
        if stands.mark != mark(part)? {
            // Files cannot be changed: what stood goes first, and then it is told anew, unless an earlier attempt told it.
            self.delete(remote)?;
            if let Some(again) = self.found(part, Some(&stands.post))? {
                return Ok(again);
            }
            return self.send(part);
        }
        let field = if stands.is_film() {
            "description"
        } else {
            "message"
        };
        let path = format!("/{}", escaped(stands.id()));
        self.post(&path, &json!({field: part.post.text}))
            .map_err(Fault::harmless)?;
        Ok(remote.clone())
    }

    fn delete(&mut self, remote: &Remote) -> Result<(), Fault> {
        let stands = Stands::parse(remote);
        self.remove(stands.id()).map_err(Fault::harmless)?;
        for file in &stands.files {
            self.remove(file).map_err(Fault::harmless)?;
        }
        Ok(())
    }
}
