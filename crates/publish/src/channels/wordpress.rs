//! WordPress. Class C: it has no handle, and a repeat makes a twin. So an article is made as a draft under an address of
//! ours, looked up by it before anything is repeated, and only then published. Stray drafts are swept.

use data_encoding::BASE64;
use serde_json::{Value, json};
use ureq::http::Method;

use super::http::{Line, escaped, text};
use super::long::{Placed, article, body};
use super::{
    Abilities, Attachment, Bounds, Channel, Class, Covering, Fault, Limits, Measure, Part, Remote,
    Standing,
};
use crate::renditions::Shown;

const ROUTE: &str = "/?rest_route=/wp/v2";

/// An account on a WordPress site.
#[derive(Clone)]
pub struct WordPressAccount {
    /// The account's name.
    pub name: String,
    /// An application password.
    pub password: String,
}

/// A WordPress site.
pub struct WordPress {
    line: Line,
    basic: String,
}

impl WordPress {
    /// The site at the line's end.
    #[must_use]
    pub fn new(line: Line, account: &WordPressAccount) -> Self {
        let pair = format!("{}:{}", account.name, account.password);
        Self {
            line,
            basic: format!("Basic {}", BASE64.encode(pair.as_bytes())),
        }
    }

    fn get(&self, path: &str) -> Result<Value, Fault> {
        let path = format!("{ROUTE}{path}");
        let answer = self.line.get(&path, &[("authorization", &self.basic)])?;
        answer.success().map_err(Fault::harmless)
    }

    fn post(&self, path: &str, value: &Value) -> Result<Value, Fault> {
        let path = format!("{ROUTE}{path}");
        let headers = [("authorization", self.basic.as_str())];
        self.line
            .json(Method::POST, &path, &headers, value)?
            .success()
    }

    /// All articles of this address, whatever their state; the published one first.
    fn articles(&self, slug: &str) -> Result<Vec<Value>, Fault> {
        let path = format!(
            "/posts&slug={}&status=any&context=edit&per_page=100",
            escaped(slug)
        );
        let found = self.get(&path)?;
        let mut found = found
            .as_array()
            .cloned()
            .ok_or_else(|| Fault::strange().harmless())?;
        found.sort_by_key(|one| (one["status"] != "publish", one["id"].as_u64()));
        Ok(found)
    }

    /// The file's address on the host, after an upload if it is not there. A file that no article names shows nowhere.
    fn media(&self, file: &Attachment, shown: &Shown) -> Result<String, Fault> {
        let slug = media_slug(file);
        let found = self.get(&format!("/media&slug={slug}&context=edit"))?;
        if let Some(url) = found.pointer("/0/source_url").and_then(Value::as_str) {
            return Ok(url.to_owned());
        }
        let mut reader = file.open()?;
        let disposition = format!("attachment; filename=\"{slug}.{}\"", file.kind.extension());
        let headers = [
            ("authorization", self.basic.as_str()),
            ("content-type", file.kind.mime()),
            ("content-disposition", &disposition),
        ];
        let uploaded = self
            .line
            .stream(&format!("{ROUTE}/media"), &headers, file.size, &mut reader)
            .and_then(|answer| answer.success())
            .map_err(Fault::harmless)?;
        let id = uploaded["id"]
            .as_u64()
            .ok_or_else(|| Fault::strange().harmless())?;
        let words = json!({"alt_text": shown.alt, "caption": shown.alt});
        self.post(&format!("/media/{id}"), &words)
            .map_err(Fault::harmless)?;
        text(&uploaded, "/source_url")
            .map(str::to_owned)
            .map_err(Fault::harmless)
    }

    fn content(&self, part: &Part<'_>) -> Result<Value, Fault> {
        let article = article(part)?;
        let mut media = Vec::new();
        for shown in &part.post.media {
            let file = part.file(shown)?;
            let url = self.media(file, shown)?;
            media.push(Placed { file, shown, url });
        }
        let html = body(part.post, article, part.link, &media);
        // WordPress reads bare HTML as paragraphs of its own; this block leaves it as it is.
        let content = format!("<!-- wp:html -->\n{html}\n<!-- /wp:html -->");
        Ok(
            json!({"title": article.title, "content": content, "comment_status": "closed", "ping_status": "closed"}),
        )
    }

    /// An article's text as it was entered; nothing when it is gone.
    fn text_of(&self, id: &str) -> Result<Option<String>, Fault> {
        let path = format!("{ROUTE}/posts/{}&context=edit", escaped(id));
        let answer = self.line.get(&path, &[("authorization", &self.basic)])?;
        if matches!(answer.status.as_u16(), 404 | 410) {
            return Ok(None);
        }
        let value = answer.success().map_err(Fault::harmless)?;
        let raw = text(&value, "/content/raw").map_err(Fault::harmless)?;
        Ok(Some(raw.to_owned()))
    }

    /// Takes away files of ours that no other article shows: they have an address of their own and outlive the article.
    fn drop_media(&self, slugs: &[String], article: &str) -> Result<(), Fault> {
        for slug in slugs {
            let path = format!("/posts&search={slug}&status=any&context=edit&per_page=2");
            let shown = self.get(&path)?;
            let elsewhere = |one: &Value| {
                one["id"]
                    .as_u64()
                    .is_some_and(|id| id.to_string() != article)
            };
            if shown.as_array().is_none_or(|all| all.iter().any(elsewhere)) {
                continue;
            }
            let found = self.get(&format!("/media&slug={slug}&context=edit"))?;
            for id in found
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|one| one["id"].as_u64())
            {
                let path = format!("{ROUTE}/media/{id}&force=true");
                let answer = self.line.delete(&path, &[("authorization", &self.basic)])?;
                if !matches!(answer.status.as_u16(), 404 | 410) {
                    answer.success()?;
                }
            }
        }
        Ok(())
    }

    fn sweep(&self, others: &[Value]) {
        for other in others.iter().filter(|other| other["status"] == "draft") {
            if let Some(id) = other["id"].as_u64() {
                // What stays is a draft that nobody sees; the next article's sweep does not miss it for long.
                let _ = self.line.delete(
                    &format!("{ROUTE}/posts/{id}&force=true"),
                    &[("authorization", &self.basic)],
                );
            }
        }
    }
}

fn slug(part: &Part<'_>) -> String {
    format!("fh-{}", part.handle.short())
}

/// The name that a file has on the host.
fn media_slug(file: &Attachment) -> String {
    format!("m{}", &file.sha256.to_string()[..SLUG])
}

/// Digits of a file's hash in its name.
const SLUG: usize = 20;

/// The names of our files in an article's text, each once.
fn media_slugs(text: &str) -> Vec<String> {
    let mut slugs: Vec<String> = Vec::new();
    for (at, _) in text.match_indices("/m") {
        let Some(slug) = text.get(at + 1..at + 2 + SLUG) else {
            continue;
        };
        let hex = slug[1..].bytes().all(|byte| byte.is_ascii_hexdigit());
        if hex && !slugs.iter().any(|known| known == slug) {
            slugs.push(slug.to_owned());
        }
    }
    slugs
}

fn id(value: &Value) -> Result<u64, Fault> {
    value["id"].as_u64().ok_or_else(Fault::strange)
}

fn remote(value: &Value) -> Result<Remote, Fault> {
    Ok(Remote {
        id: id(value)?.to_string(),
        url: text(value, "/link")?.to_owned(),
    })
}

impl Channel for WordPress {
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
                video_bytes: 200_000_000,
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
        let own = self.get("/users/me&context=edit")?;
        let may = own.pointer("/capabilities/publish_posts") == Some(&Value::Bool(true));
        if !may {
            return Err(Fault::account("this account may not publish"));
        }
        let name = text(&own, "/name").map_err(Fault::harmless)?;
        Ok(Standing {
            name: format!("{name} ({})", self.line.base()),
            abilities: self.abilities(),
        })
    }

    fn send(&mut self, part: &Part<'_>) -> Result<Remote, Fault> {
        let found = self.articles(&slug(part))?;
        if let Some(out) = found.first().filter(|first| first["status"] == "publish") {
            self.sweep(&found[1..]);
            return remote(out).map_err(Fault::harmless);
        }
        let mut value = self.content(part)?;
        value["slug"] = slug(part).into();
        let draft = match found.first() {
            Some(draft) => id(draft)?,
            None => {
                value["status"] = "draft".into();
                id(&self.post("/posts", &value)?)?
            }
        };
        value["status"] = "publish".into();
        let out = self.post(&format!("/posts/{draft}"), &value)?;
        if let Ok(all) = self.articles(&slug(part)) {
            self.sweep(&all);
        }
        remote(&out)
    }

    fn find(&mut self, part: &Part<'_>) -> Result<Option<Remote>, Fault> {
        let found = self.articles(&slug(part))?;
        match found.first().filter(|first| first["status"] == "publish") {
            Some(out) => remote(out).map(Some).map_err(Fault::harmless),
            None => Ok(None),
        }
    }

    fn edit(&mut self, old: &Remote, part: &Part<'_>) -> Result<Remote, Fault> {
        let value = self.content(part)?;
        // What the new version no longer shows goes first: after the change nothing would tell what the old one showed.
        let mut dropped = media_slugs(&self.text_of(&old.id)?.unwrap_or_default());
        let kept = media_slugs(value["content"].as_str().unwrap_or_default());
        dropped.retain(|slug| !kept.contains(slug));
        self.drop_media(&dropped, &old.id)?;
        remote(&self.post(&format!("/posts/{}", escaped(&old.id)), &value)?)
    }

    fn delete(&mut self, remote: &Remote) -> Result<(), Fault> {
        // Its files first: the article tells which they are.
        let Some(text) = self.text_of(&remote.id)? else {
            return Ok(());
        };
        self.drop_media(&media_slugs(&text), &remote.id)?;
        let path = format!("{ROUTE}/posts/{}&force=true", escaped(&remote.id));
        let answer = self.line.delete(&path, &[("authorization", &self.basic)])?;
        match answer.status.as_u16() {
            404 | 410 => Ok(()),
            _ => answer.success().map(|_| ()),
        }
    }
}
