//! Mastodon's API, which many other servers speak. Class B: an idempotency key that not every server honours, so that
//! after a lost reply the account's own posts are looked through for the story's link.

use std::collections::HashMap;
use std::time::Duration;

use ledger::Digest;
use serde_json::{Value, json};
use ureq::http::Method;

use super::http::{Line, escaped, text};
use super::{
    Abilities, Attachment, Bounds, Channel, Class, Covering, Fault, Limits, Measure, Part, Reach,
    Remote, Standing,
};
use crate::renditions::Shown;

/// Posts of one's own that are looked through, in pages of forty.
const PAGES: usize = 5;
const PAGE: usize = 40;
/// How long a server is given to make a video ready.
const PROCESSING: Duration = Duration::from_secs(3);

/// An account on a server that speaks Mastodon's API.
#[derive(Clone)]
pub struct MastodonAccount {
    /// An access token with the scopes `read write`.
    pub token: String,
}

/// An account behind Mastodon's API.
pub struct Mastodon {
    line: Line,
    bearer: String,
    id: Option<String>,
    limits: Limits,
    /// What was uploaded and is not in a post yet; unused uploads are swept by the server.
    uploads: HashMap<Digest, Upload>,
}

/// A file that was uploaded.
#[derive(Clone)]
struct Upload {
    id: String,
    /// Whether the server has finished with it.
    ready: bool,
}

impl Mastodon {
    /// An account on the server at the line's end.
    #[must_use]
    pub fn new(line: Line, account: &MastodonAccount) -> Self {
        Self {
            line,
            bearer: format!("Bearer {}", account.token),
            id: None,
            limits: defaults(),
            uploads: HashMap::new(),
        }
    }

    fn get(&self, path: &str) -> Result<Value, Fault> {
        let answer = self.line.get(path, &[("authorization", &self.bearer)])?;
        answer.success().map_err(Fault::harmless)
    }

    fn own_id(&mut self) -> Result<String, Fault> {
        if let Some(id) = &self.id {
            return Ok(id.clone());
        }
        let account = self.get("/api/v1/accounts/verify_credentials")?;
        let id = text(&account, "/id").map_err(Fault::harmless)?.to_owned();
        self.id = Some(id.clone());
        Ok(id)
    }

    /// What the server says that it allows; what it does not say stays as it is.
    fn read_limits(&mut self) {
        let instance = self
            .get("/api/v2/instance")
            .or_else(|_| self.get("/api/v1/instance"))
            .unwrap_or(Value::Null);
        let number = |pointer: &str| {
            let value = instance.pointer(pointer)?.as_u64()?;
            usize::try_from(value).ok().filter(|value| *value > 0)
        };
        let set = |field: &mut usize, pointer: &str| *field = number(pointer).unwrap_or(*field);
        let limits = &mut self.limits;
        set(&mut limits.text, "/configuration/statuses/max_characters");
        set(&mut limits.text, "/max_toot_chars");
        set(
            &mut limits.pictures,
            "/configuration/statuses/max_media_attachments",
        );
        set(
            &mut limits.alt,
            "/configuration/media_attachments/description_limit",
        );
        let link = number("/configuration/statuses/characters_reserved_per_url");
        limits.link = link.or(limits.link);
        let bytes = |pointer: &str| {
            instance
                .pointer(pointer)
                .and_then(Value::as_u64)
                .filter(|n| *n > 0)
        };
        let media = "/configuration/media_attachments";
        limits.picture_bytes =
            bytes(&format!("{media}/image_size_limit")).unwrap_or(limits.picture_bytes);
        limits.video_bytes =
            bytes(&format!("{media}/video_size_limit")).unwrap_or(limits.video_bytes);
        let bounds = &mut limits.bounds;
        bounds.picture_pixels = bytes(&format!("{media}/image_matrix_limit"));
        bounds.video_pixels = bytes(&format!("{media}/video_matrix_limit"));
    }

    /// Uploads a file, or finds that it was; asks to come back while the server still works on it. A video that is posted
    /// before it is processed would be refused or shown empty.
    fn upload(&mut self, file: &Attachment, shown: &Shown) -> Result<String, Fault> {
        if let Some(upload) = self.uploads.get(&file.sha256).cloned() {
            return self.finished(file, upload);
        }
        let name = format!(
            "{}.{}",
            &file.sha256.to_string()[..12],
            file.kind.extension()
        );
        let edge = format!("----{}", &file.sha256.to_string()[..32]);
        let head = format!(
            "--{edge}\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\n{}\r\n\
             --{edge}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: {}\r\n\r\n",
            shown.alt,
            file.kind.mime()
        );
        let tail = format!("\r\n--{edge}--\r\n");
        let reader = file.open()?;
        let size = file.size + u64::try_from(head.len() + tail.len()).unwrap_or(0);
        let mut whole = std::io::Read::chain(
            std::io::Read::chain(head.as_bytes(), std::io::Read::take(reader, file.size)),
            tail.as_bytes(),
        );
        let kind = format!("multipart/form-data; boundary={edge}");
        let headers = [
            ("authorization", self.bearer.as_str()),
            ("content-type", &kind),
        ];
        // An upload that no post names shows nowhere: uploading twice harms nothing.
        let answer = self
            .line
            .stream("/api/v2/media", &headers, size, &mut whole)
            .map_err(Fault::harmless)?;
        let value = answer.success().map_err(Fault::harmless)?;
        let id = text(&value, "/id").map_err(Fault::harmless)?.to_owned();
        let ready = answer.status.as_u16() != 202;
        let upload = Upload {
            id: id.clone(),
            ready,
        };
        self.uploads.insert(file.sha256, upload);
        if ready { Ok(id) } else { Err(processing()) }
    }

    /// Whether the server has finished with an upload; asked only if it said that it had not.
    fn finished(&mut self, file: &Attachment, upload: Upload) -> Result<String, Fault> {
        if upload.ready {
            return Ok(upload.id);
        }
        let path = format!("/api/v1/media/{}", escaped(&upload.id));
        let answer = self.line.get(&path, &[("authorization", &self.bearer)])?;
        if answer.status.as_u16() == 206 {
            return Err(processing());
        }
        answer.success().map_err(Fault::harmless)?;
        let id = upload.id.clone();
        let upload = Upload {
            ready: true,
            ..upload
        };
        self.uploads.insert(file.sha256, upload);
        Ok(id)
    }

    fn status(&mut self, part: &Part<'_>) -> Result<Value, Fault> {
        let post = part.post;
        let mut ids = Vec::new();
        for shown in &post.media {
            let file = part.file(shown)?;
            ids.push(self.upload(file, shown)?);
        }
        let mut status = json!({
            "status": post.text,
            "language": post.language,
            "visibility": "public",
            "sensitive": post.covered,
            "spoiler_text": post.warning.as_deref().unwrap_or_default(),
        });
        if !ids.is_empty() {
            status["media_ids"] = ids.into();
        }
        if let Some((_, parent)) = part.thread {
            status["in_reply_to_id"] = parent.id.clone().into();
        }
        Ok(status)
    }

    fn posted(&mut self, value: &Value) -> Result<Remote, Fault> {
        let remote = remote(value)?;
        self.uploads.clear();
        Ok(remote)
    }
}

fn processing() -> Fault {
    Fault::Later {
        after: Some(PROCESSING),
        words: "the server is still working on the file".to_owned(),
    }
}

fn remote(value: &Value) -> Result<Remote, Fault> {
    let id = text(value, "/id")?;
    let url = text(value, "/url").or_else(|_| text(value, "/uri"))?;
    Ok(Remote {
        id: id.to_owned(),
        url: url.to_owned(),
    })
}

/// Mastodon's own, until the server says otherwise.
const fn defaults() -> Limits {
    Limits {
        measure: Measure::Graphemes,
        text: 500,
        caption: None,
        bytes: 20_000,
        link: Some(23),
        posts: 10,
        pictures: 4,
        picture_bytes: 8_000_000,
        video_bytes: 40_000_000,
        alt: 1_500,
        bounds: Bounds::NONE,
    }
}

/// Whether a status of one's own is this part: the first by the story's link, a later one by the post it answers.
fn is_this(status: &Value, part: &Part<'_>) -> bool {
    let answers = status["in_reply_to_id"].as_str();
    match part.thread {
        Some((_, parent)) => answers == Some(parent.id.as_str()),
        None => {
            let content = status["content"]
                .as_str()
                .unwrap_or_default()
                .replace("&amp;", "&");
            answers.is_none() && status["reblog"].is_null() && names(&content, part.link)
        }
    }
}

/// Whether HTML names exactly this address and not a longer one.
fn names(content: &str, link: &str) -> bool {
    content.match_indices(link).any(|(at, _)| {
        let after = content[at + link.len()..].chars().next();
        after.is_none_or(|c| !(c.is_alphanumeric() || "/-_.~%?#&=".contains(c)))
    })
}

impl Channel for Mastodon {
    fn abilities(&self) -> Abilities {
        Abilities {
            class: Class::Reconcile,
            limits: self.limits.clone(),
            covering: Covering::Words,
            long: false,
            edits: true,
            deletes: true,
            cards: false,
        }
    }

    fn check(&mut self) -> Result<Standing, Fault> {
        let account = self.get("/api/v1/accounts/verify_credentials")?;
        self.id = Some(text(&account, "/id").map_err(Fault::harmless)?.to_owned());
        let name = text(&account, "/url").or_else(|_| text(&account, "/acct"));
        let name = name.map_err(Fault::harmless)?.to_owned();
        self.read_limits();
        Ok(Standing {
            name,
            abilities: self.abilities(),
        })
    }

    fn send(&mut self, part: &Part<'_>) -> Result<Remote, Fault> {
        let status = self.status(part)?;
        let key = part.handle.key();
        let headers = [
            ("authorization", self.bearer.as_str()),
            ("idempotency-key", &key),
        ];
        let answer = self
            .line
            .json(Method::POST, "/api/v1/statuses", &headers, &status)?;
        let value = answer.success()?;
        self.posted(&value)
    }

    fn find(&mut self, part: &Part<'_>) -> Result<Option<Remote>, Fault> {
        let id = self.own_id()?;
        let mut before = String::new();
        for _ in 0..PAGES {
            let path = format!(
                "/api/v1/accounts/{}/statuses?limit={PAGE}{before}",
                escaped(&id)
            );
            let page = self.get(&path)?;
            let page = page.as_array().ok_or_else(|| Fault::strange().harmless())?;
            if let Some(status) = page.iter().find(|status| is_this(status, part)) {
                return remote(status).map(Some).map_err(Fault::harmless);
            }
            match page.last().and_then(|last| last["id"].as_str()) {
                Some(last) if page.len() == PAGE => before = format!("&max_id={}", escaped(last)),
                _ => break,
            }
        }
        Ok(None)
    }

    fn edit(&mut self, remote: &Remote, part: &Part<'_>) -> Result<Remote, Fault> {
        let status = self.status(part)?;
        let path = format!("/api/v1/statuses/{}", escaped(&remote.id));
        let headers = [("authorization", self.bearer.as_str())];
        let value = self
            .line
            .json(Method::PUT, &path, &headers, &status)?
            .success()?;
        self.posted(&value)
    }

    fn delete(&mut self, remote: &Remote) -> Result<(), Fault> {
        let path = format!("/api/v1/statuses/{}", escaped(&remote.id));
        let headers = [("authorization", self.bearer.as_str())];
        let answer = self.line.delete(&path, &headers)?;
        if answer.status.as_u16() != 404 {
            return answer.success().map(|_| ());
        }
        // "Not found" may mean the post or the method: only the post's absence is what was asked for.
        match self.line.get(&path, &headers)?.status.as_u16() {
            404 | 410 => Ok(()),
            200 => Err(Fault::refused("the server does not delete posts")),
            _ => Err(Fault::later("whether the post is gone cannot be seen")),
        }
    }

    fn reach(&mut self, remote: &Remote) -> Result<Option<Reach>, Fault> {
        let status = self.get(&format!("/api/v1/statuses/{}", escaped(&remote.id)))?;
        let count = |name: &str| status[name].as_u64();
        Ok(Some(Reach {
            likes: count("favourites_count"),
            shares: count("reblogs_count"),
            replies: count("replies_count"),
            views: None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_address_is_another_story() {
        let html = r#"<p>x <a href="https://n.example/en/s1.html">n.example/en/s1.html</a></p>"#;
        assert!(names(html, "https://n.example/en/s1.html"));
        assert!(!names(html, "https://n.example/en/s1"));
        assert!(!names(html, "https://n.example/en/s"));
    }
}
