//! Ghost. Class C, as WordPress: it ignores a client's id, and a repeat makes a twin. So an article is made as a draft under
//! an address of ours, looked up by it before anything is repeated, and only then published. Stray drafts are swept.
//!
//! Ghost drops the direction of a text wherever it reads HTML as its own; inside an HTML card it keeps it. Its API takes
//! files and gives none back: what was uploaded stays on the host when the article goes. Its Admin API:
//! <https://docs.ghost.org/admin-api>.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use ureq::http::Method;
use zeroize::Zeroizing;

use super::form::Form;
use super::http::{Answer, Line, escaped, text};
use super::long::{Placed, article, body};
use super::{
    Abilities, Attachment, Bounds, Channel, Class, Clock, Covering, Fault, Limits, Measure, Part,
    Remote, Standing,
};

const API: &str = "/ghost/api/admin";
/// The version of the API that is asked for; later ones answer it too.
const VERSION: &str = "v5.0";
/// How long a token is good for, in seconds; Ghost takes no longer one.
const GOOD_FOR: i64 = 300;
/// Hexadecimal digits of a file's hash in its name.
const NAME: usize = 20;

/// The Admin API key of an integration.
#[derive(Clone)]
pub struct GhostKey {
    id: String,
    secret: Zeroizing<Vec<u8>>,
}

impl GhostKey {
    /// From `id:secret`, the secret in hexadecimal digits; none when it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.trim().split_once(':')?;
        let secret = HEXLOWER_PERMISSIVE.decode(secret.as_bytes()).ok()?;
        let fine = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        (fine && secret.len() >= 16).then(|| Self {
            id: id.to_owned(),
            secret: Zeroizing::new(secret),
        })
    }

    /// The `Authorization` of a request at this moment, microseconds since 1970.
    #[must_use]
    pub fn header(&self, now: i64) -> Zeroizing<String> {
        let token = self.token(now.div_euclid(1_000_000));
        Zeroizing::new(format!("Ghost {}", token.as_str()))
    }

    /// A token (RFC 7519, HS256) that is good from this moment on, seconds since 1970.
    fn token(&self, now: i64) -> Zeroizing<String> {
        let head = json!({"alg": "HS256", "typ": "JWT", "kid": self.id});
        let claims = json!({"iat": now, "exp": now + GOOD_FOR, "aud": "/admin/"});
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(&head), part(&claims));
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.secret) else {
            // HMAC takes keys of every length; an unsigned token would open nothing.
            return Zeroizing::new(signed);
        };
        mac.update(signed.as_bytes());
        let mark = BASE64URL_NOPAD.encode(&mac.finalize().into_bytes());
        Zeroizing::new(format!("{signed}.{mark}"))
    }
}

/// A Ghost site.
pub struct Ghost {
    line: Line,
    key: GhostKey,
    clock: Clock,
}

impl Ghost {
    /// The site at the line's end; tokens carry the clock's time.
    #[must_use]
    pub fn new(line: Line, key: GhostKey, clock: Clock) -> Self {
        Self { line, key, clock }
    }

    fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, Vec<u8>)>,
    ) -> Result<Answer, Fault> {
        let token = self.key.header((self.clock)());
        let mut headers = vec![
            ("authorization", token.as_str()),
            ("accept-version", VERSION),
        ];
        let path = format!("{API}{path}");
        match body {
            Some((kind, bytes)) => {
                headers.push(("content-type", kind));
                self.line.bytes(method, &path, &headers, bytes)
            }
            None if method == Method::DELETE => self.line.delete(&path, &headers),
            None => self.line.get(&path, &headers),
        }
    }

    fn get(&self, path: &str) -> Result<Value, Fault> {
        let answer = self.call(Method::GET, path, None)?;
        answer.success().map_err(Fault::harmless)
    }

    /// Sends an article, and gives it as it stands then.
    fn put(&self, method: Method, path: &str, post: &Value) -> Result<Value, Fault> {
        let bytes = json!({"posts": [post]}).to_string().into_bytes();
        let answer = self.call(method, path, Some(("application/json", bytes)))?;
        // Somebody changed it in between: nothing was done, and the next attempt reads it anew.
        if answer.status.as_u16() == 409 {
            return Err(Fault::later(&answer.words()));
        }
        let value = answer.success()?;
        value
            .pointer("/posts/0")
            .cloned()
            .ok_or_else(Fault::strange)
    }

    /// All articles whose address begins with this, whatever their state; the published one first.
    fn articles(&self, slug: &str) -> Result<Vec<Value>, Fault> {
        let filter = escaped(&format!("slug:~^'{slug}'"));
        let found = self.get(&format!("/posts/?filter={filter}&formats=html&limit=50"))?;
        let mut found = found["posts"]
            .as_array()
            .cloned()
            .ok_or_else(|| Fault::strange().harmless())?;
        found.sort_by_key(|one| (one["status"] != "published", one["slug"] != slug));
        Ok(found)
    }

    /// An article as it stands; nothing when it is gone.
    fn standing(&self, id: &str) -> Result<Option<Value>, Fault> {
        let path = format!("/posts/{}/?formats=html", escaped(id));
        let answer = self.call(Method::GET, &path, None)?;
        if answer.status.as_u16() == 404 {
            return Ok(None);
        }
        let value = answer.success().map_err(Fault::harmless)?;
        Ok(value.pointer("/posts/0").cloned())
    }

    /// The file's address on the host, after an upload if `known` does not name it. A file that no article names shows nowhere.
    fn media(&self, file: &Attachment, known: &str) -> Result<String, Fault> {
        let name = format!("m{}", &file.sha256.to_string()[..NAME]);
        if let Some(url) = named(known, &name) {
            return Ok(url);
        }
        let mut bytes = Vec::new();
        std::io::copy(&mut file.open()?, &mut bytes)
            .map_err(|_| Fault::later("the file cannot be read"))?;
        let picture = file.kind.is_picture();
        let mut form = Form::new(&file.sha256);
        if picture {
            form.field("purpose", "image");
        }
        let called = format!("{name}.{}", file.kind.extension());
        form.file("file", &called, file.kind.mime(), &bytes);
        let (kind, bytes) = form.finish();
        let (path, place) = match picture {
            true => ("/images/upload/", "/images/0/url"),
            false => ("/media/upload/", "/media/0/url"),
        };
        let uploaded = self
            .call(Method::POST, path, Some((&kind, bytes)))
            .and_then(|answer| answer.success())
            .map_err(Fault::harmless)?;
        text(&uploaded, place)
            .map(str::to_owned)
            .map_err(Fault::harmless)
    }

    /// What is to stand; `before` is what stands, or nothing.
    fn content(&self, part: &Part<'_>, before: Option<&Value>) -> Result<Value, Fault> {
        let article = article(part)?;
        let known = before
            .and_then(|post| post["html"].as_str())
            .unwrap_or_default();
        let mut media = Vec::new();
        for shown in &part.post.media {
            let file = part.file(shown)?;
            let url = self.media(file, known)?;
            media.push(Placed { file, shown, url });
        }
        let html = body(part.post, article, part.link, &media);
        Ok(json!({
            "title": cut(&article.title, TITLE),
            "html": format!("<!--kg-card-begin: html-->\n{html}\n<!--kg-card-end: html-->"),
            "canonical_url": part.link,
            "visibility": "public",
        }))
    }

    fn sweep(&self, others: &[Value]) {
        for other in others.iter().filter(|other| other["status"] == "draft") {
            if let Some(id) = other["id"].as_str() {
                // What stays is a draft that nobody sees; the next attempt's sweep finds it.
                let _ = self.call(Method::DELETE, &format!("/posts/{}/", escaped(id)), None);
            }
        }
    }
}

/// The most characters of a title.
const TITLE: usize = 255;

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

fn slug(part: &Part<'_>) -> String {
    format!("fh-{}", part.handle.short())
}

/// The address in a text whose file has this name.
fn named(html: &str, name: &str) -> Option<String> {
    let at = html.find(&format!("/{name}"))?;
    let start = html[..at].rfind('"')? + 1;
    let end = at + html[at..].find('"')?;
    Some(html[start..end].to_owned())
}

fn remote(post: &Value) -> Result<Remote, Fault> {
    Ok(Remote {
        id: text(post, "/id")?.to_owned(),
        url: text(post, "/url")?.to_owned(),
    })
}

impl Channel for Ghost {
    fn abilities(&self) -> Abilities {
        Abilities {
            class: Class::Draft,
            limits: Limits {
                measure: Measure::Graphemes,
                text: 100_000,
                caption: None,
                bytes: 1_000_000,
                link: None,
                posts: 1,
                pictures: 50,
                picture_bytes: 20_000_000,
                video_bytes: 95_000_000,
                alt: 1_000,
                bounds: Bounds::NONE,
            },
            covering: Covering::Words,
            long: true,
            edits: true,
            deletes: true,
            cards: false,
        }
    }

    fn check(&mut self) -> Result<Standing, Fault> {
        let site = self.get("/site/")?;
        // That anybody may ask; this only who may write.
        self.get("/posts/?limit=1")?;
        let name = text(&site, "/site/title").map_err(Fault::harmless)?;
        Ok(Standing {
            name: format!("{name} ({})", self.line.base()),
            abilities: self.abilities(),
        })
    }

    fn send(&mut self, part: &Part<'_>) -> Result<Remote, Fault> {
        let found = self.articles(&slug(part))?;
        if let Some(out) = found.first().filter(|first| first["status"] == "published") {
            self.sweep(&found[1..]);
            return remote(out).map_err(Fault::harmless);
        }
        let mut value = self.content(part, found.first())?;
        value["slug"] = slug(part).into();
        let draft = match found.first() {
            Some(draft) => draft.clone(),
            None => {
                value["status"] = "draft".into();
                self.put(Method::POST, "/posts/?source=html", &value)?
            }
        };
        value["status"] = "published".into();
        value["updated_at"] = draft["updated_at"].clone();
        let id = escaped(text(&draft, "/id")?);
        let out = self.put(Method::PUT, &format!("/posts/{id}/?source=html"), &value)?;
        if let Ok(all) = self.articles(&slug(part)) {
            self.sweep(&all);
        }
        remote(&out)
    }

    fn find(&mut self, part: &Part<'_>) -> Result<Option<Remote>, Fault> {
        let found = self.articles(&slug(part))?;
        match found.first().filter(|first| first["status"] == "published") {
            Some(out) => remote(out).map(Some).map_err(Fault::harmless),
            None => Ok(None),
        }
    }

    fn edit(&mut self, old: &Remote, part: &Part<'_>) -> Result<Remote, Fault> {
        let before = self.standing(&old.id)?;
        let before = before.ok_or_else(|| Fault::refused("the article is gone there"))?;
        let mut value = self.content(part, Some(&before))?;
        value["updated_at"] = before["updated_at"].clone();
        let path = format!("/posts/{}/?source=html", escaped(&old.id));
        remote(&self.put(Method::PUT, &path, &value)?)
    }

    fn delete(&mut self, remote: &Remote) -> Result<(), Fault> {
        let path = format!("/posts/{}/", escaped(&remote.id));
        let answer = self.call(Method::DELETE, &path, None)?;
        match answer.status.as_u16() {
            404 => Ok(()),
            _ => answer.success().map(|_| ()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_an_id_and_a_secret_and_tokens_are_signed_by_it() {
        for wrong in [
            "",
            "abc",
            "abc:",
            "a/b:00112233445566778899aabbccddeeff",
            "abc:zz",
        ] {
            assert!(GhostKey::parse(wrong).is_none(), "{wrong}");
        }
        let key = GhostKey::parse("abc123:00112233445566778899aabbccddeeff").unwrap();
        let token = key.token(1_700_000_000);
        let parts: Vec<&str> = token.split('.').collect();
        let claims = BASE64URL_NOPAD.decode(parts[1].as_bytes()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["exp"], 1_700_000_300);
        assert_eq!(claims["aud"], "/admin/");
    }

    #[test]
    fn a_file_that_stands_is_known_by_its_name() {
        let html = r#"<img src="https://g.example/content/images/2026/11/m0123-1.png" alt="x">"#;
        let url = named(html, "m0123").unwrap();
        assert_eq!(url, "https://g.example/content/images/2026/11/m0123-1.png");
        assert_eq!(named(html, "m9"), None);
    }
}
