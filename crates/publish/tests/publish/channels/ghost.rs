//! Ghost's stand-in, written from its public documents (docs.ghost.org/admin-api): token authentication, posts (browse,
//! read, create, update with `updated_at`, delete), images and media (upload), errors. What is asked of a real Ghost is asked
//! by the same tests where one is installed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE64URL_NOPAD;
use ledger::sha256;
use publish::channels::{Action, Channel, Fault, Ghost, GhostKey, Line};
use publish::renditions::{Turn, render};
use serde_json::{Value, json};

use super::hostile::HostileLine;
use super::outbox::{Row, carry, tell_many};
use super::servers::{Server, ask, figure, ports};
use super::stand_in::{Asked, Reply, Rules, StandIn, exactly, now, task};
use super::{deliveries, stories};

const KEY: &str =
    "6748592f4b9b7700010f6564:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

#[derive(Default)]
struct Site {
    posts: BTreeMap<String, Value>,
    files: Vec<String>,
    changes: u64,
    /// Somebody changes each article between its reading and its change, so often.
    meddled: u32,
}

fn no(status: u16, kind: &str, message: &str) -> Reply {
    Reply::new(
        status,
        json!({"errors": [{"message": message, "type": kind, "context": null, "id": "x"}]}),
    )
}

/// Whether a token is one that Ghost takes: kind, key, audience, and good for five minutes at most.
fn signed(header: &str) -> bool {
    let Some(token) = header.strip_prefix("Ghost ") else {
        return false;
    };
    let parts: Vec<&str> = token.split('.').collect();
    let read = |at: usize| -> Option<Value> {
        let bytes = BASE64URL_NOPAD.decode(parts.get(at)?.as_bytes()).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    let (Some(head), Some(claims)) = (read(0), read(1)) else {
        return false;
    };
    let (from, until) = (
        claims["iat"].as_i64().unwrap(),
        claims["exp"].as_i64().unwrap(),
    );
    let moment = now().div_euclid(1_000_000);
    parts.len() == 3
        && parts[2].len() == 43
        && head == json!({"alg": "HS256", "typ": "JWT", "kid": KEY.split(':').next().unwrap()})
        && claims["aud"] == "/admin/"
        && until - from <= 300
        && (from..until).contains(&moment)
}

impl Rules for Site {
    fn answer(&mut self, asked: &Asked) -> Reply {
        let Some(path) = asked.path.strip_prefix("/ghost/api/admin") else {
            return no(404, "NotFoundError", "Resource not found");
        };
        assert_eq!(asked.header("accept-version"), "v5.0");
        if path == "/site/" {
            return Reply::new(200, json!({"site": {"title": "News", "version": "6.0"}}));
        }
        if !signed(asked.header("authorization")) {
            return no(401, "UnauthorizedError", "Invalid token");
        }
        let id = path
            .strip_prefix("/posts/")
            .map(|rest| rest.trim_end_matches('/'));
        match (asked.method.as_str(), id) {
            ("GET", Some("")) => self.browse(asked),
            ("GET", Some(id)) => self.one(id),
            ("POST", Some("")) => self.create(asked),
            ("PUT", Some(id)) => self.change(asked, id),
            ("DELETE", Some(id)) => match self.posts.remove(id) {
                Some(_) => Reply::new(204, Value::Null),
                None => no(
                    404,
                    "NotFoundError",
                    "Resource not found error, cannot read post.",
                ),
            },
            ("POST", None) if path == "/images/upload/" => self.upload(asked, "images"),
            ("POST", None) if path == "/media/upload/" => self.upload(asked, "media"),
            _ => no(404, "NotFoundError", "Resource not found"),
        }
    }
}

impl Site {
    fn one(&self, id: &str) -> Reply {
        match self.posts.get(id) {
            Some(post) => Reply::new(200, json!({"posts": [post]})),
            None => no(
                404,
                "NotFoundError",
                "Resource not found error, cannot read post.",
            ),
        }
    }

    fn browse(&self, asked: &Asked) -> Reply {
        let Some(filter) = asked.query.get("filter") else {
            return Reply::new(200, json!({"posts": [], "meta": {}}));
        };
        assert_eq!(asked.query["formats"], "html");
        let start = filter
            .strip_prefix("slug:~^'")
            .and_then(|rest| rest.strip_suffix('\''));
        assert!(start.is_some(), "a filter that this knows");
        let start = start.unwrap_or_default();
        let found: Vec<&Value> = self
            .posts
            .values()
            .filter(|post| post["slug"].as_str().unwrap().starts_with(start))
            .collect();
        Reply::new(200, json!({"posts": found, "meta": {}}))
    }

    /// The post of a request, if it has only fields that are known, and HTML whose direction survives.
    fn asked(asked: &Asked) -> Option<Value> {
        let value = asked.json()?;
        let [post] = value["posts"].as_array()?.as_slice() else {
            return None;
        };
        let fields = [
            "title",
            "html",
            "slug?",
            "status?",
            "updated_at?",
            "canonical_url",
            "visibility",
        ];
        let html = post["html"].as_str()?;
        let card = html.starts_with("<!--kg-card-begin: html-->\n")
            && html.ends_with("\n<!--kg-card-end: html-->");
        let fine = exactly(post, &fields)
            && exactly(&value, &["posts"])
            && asked
                .query
                .get("source")
                .is_some_and(|source| source == "html")
            && post["title"].as_str()?.chars().count() <= 255
            && card;
        fine.then(|| post.clone())
    }

    fn stamp(&mut self) -> Value {
        self.changes += 1;
        json!(format!(
            "2026-11-25T00:00:{:02}.{:03}Z",
            self.changes / 1000,
            self.changes % 1000
        ))
    }

    fn create(&mut self, asked: &Asked) -> Reply {
        let Some(mut post) = Self::asked(asked) else {
            return no(
                422,
                "ValidationError",
                "Validation error, cannot save post.",
            );
        };
        // What has an address already gets another: that is how twins come about.
        let wanted = post["slug"].as_str().unwrap().to_owned();
        let taken = |slug: &str| self.posts.values().any(|post| post["slug"] == slug);
        let slug = (1..)
            .map(|n| match n {
                1 => wanted.clone(),
                n => format!("{wanted}-{n}"),
            })
            .find(|slug| !taken(slug))
            .unwrap();
        post["updated_at"] = self.stamp();
        let id = format!("{:024x}", self.changes);
        post["id"] = json!(id);
        post["url"] = json!(format!("https://g.example/{slug}/"));
        post["slug"] = json!(slug);
        self.posts.insert(id, post.clone());
        Reply::new(201, json!({"posts": [post]}))
    }

    fn change(&mut self, asked: &Asked, id: &str) -> Reply {
        let Some(post) = Self::asked(asked) else {
            return no(
                422,
                "ValidationError",
                "Validation error, cannot edit post.",
            );
        };
        let Some(mut stands) = self.posts.get(id).cloned() else {
            return no(
                404,
                "NotFoundError",
                "Resource not found error, cannot edit post.",
            );
        };
        if self.meddled > 0 {
            self.meddled -= 1;
            stands["updated_at"] = self.stamp();
            self.posts.insert(id.to_owned(), stands.clone());
        }
        if post["updated_at"] != stands["updated_at"] {
            return no(
                409,
                "UpdateCollisionError",
                "Saving failed! Someone else is editing this post.",
            );
        }
        for (name, value) in post.as_object().unwrap() {
            stands[name] = value.clone();
        }
        stands["updated_at"] = self.stamp();
        self.posts.insert(id.to_owned(), stands.clone());
        Reply::new(200, json!({"posts": [stands]}))
    }

    fn upload(&mut self, asked: &Asked, kind: &str) -> Reply {
        let Some(form) = asked.form() else {
            return no(422, "ValidationError", "Please select an image.");
        };
        let picture = form
            .get("purpose")
            .is_some_and(|purpose| purpose == b"image");
        if picture != (kind == "images") || !form.contains_key("file") {
            return no(422, "ValidationError", "Please select a valid image.");
        }
        // The name that was sent stands in the form's head; a name that is taken gets a number.
        let body = String::from_utf8_lossy(&asked.body);
        let name = body
            .split("filename=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let (stem, end) = name.rsplit_once('.').unwrap();
        let count = self.files.iter().filter(|file| file.contains(stem)).count();
        let file = match count {
            0 => name.to_owned(),
            n => format!("{stem}-{n}.{end}"),
        };
        let url = format!("https://g.example/content/{kind}/2026/11/{file}");
        self.files.push(url.clone());
        Reply::new(201, json!({kind: [{"url": url, "ref": null}]}))
    }

    fn count(&self, status: &str) -> usize {
        self.posts
            .values()
            .filter(|post| post["status"] == status)
            .count()
    }
}

fn channel(address: SocketAddr) -> Ghost {
    let line = Line::new(&format!("http://{address}"), None, "x").unwrap();
    Ghost::new(line, GhostKey::parse(KEY).unwrap(), now)
}

#[test]
fn ghost_every_article_stands_exactly_once() {
    let site = StandIn::start(Site::default());
    let line = HostileLine::before(site.address, 21);
    assert_eq!(
        channel(site.address).check().unwrap().name,
        format!("News (http://{})", site.address)
    );
    let mut fresh = || -> Box<dyn Channel> { Box::new(channel(line.address)) };
    let (posts, way) = tell_many(|seed| vec![stories::picture(seed)], &mut fresh);
    let many = usize::try_from(deliveries()).unwrap();
    assert_eq!(posts, many, "one article each");
    let rules = site.rules.lock().unwrap();
    for seed in 0..u64::from(deliveries()) {
        let link = json!(stories::story(seed).link);
        let naming = rules
            .posts
            .values()
            .filter(|post| post["canonical_url"] == link);
        assert_eq!(naming.count(), 1, "articles of story {seed}");
    }
    assert_eq!((rules.count("published"), rules.count("draft")), (many, 0));
    assert!(line.was_hostile() && way.kills > 0 && way.unknown > 0);
    figure(&format!(
        "ghost, stand-in: {many} deliveries, 0 duplicates, 0 losses, 0 stray drafts; {way}"
    ));
}

#[test]
fn ghost_corrections_and_withdrawals_arrive_and_collisions_wait() {
    let site = StandIn::start(Site::default());
    let line = HostileLine::before(site.address, 22);
    let mut words = stories::story(14);
    assert!(words.graphic);
    let pictures = [stories::picture(1), stories::picture(2)];
    let mut fresh = || -> Box<dyn Channel> { Box::new(channel(line.address)) };
    let mut stands = Vec::new();
    for (action, turn, shown, left) in [
        (Action::Post, Turn::New, 1, 1),
        (Action::Edit, Turn::Corrected, 2, 1),
        (Action::Delete, Turn::Withdrawn, 0, 0),
    ] {
        (words.turn, words.body) = (turn, format!("{turn:?}."));
        words.alts = vec!["A street".to_owned(); shown];
        let posts = render(&words, &fresh().abilities(), &pictures[..shown]);
        let row = Row {
            action,
            clearance: sha256(words.body.as_bytes()),
            link: &words.link,
            posts: &posts,
            files: &pictures[..shown],
            before: stands,
        };
        site.rules.lock().unwrap().meddled = 1;
        stands = carry(&row, 5, &mut fresh).0.unwrap();
        let rules = site.rules.lock().unwrap();
        assert_eq!(
            (rules.count("published"), rules.posts.len()),
            (left, left),
            "{turn:?}"
        );
        if let Some((_, post)) = rules.posts.first_key_value() {
            let html = post["html"].as_str().unwrap();
            assert!(html.contains(&words.body) && html.contains("dir=\"rtl\""));
            let before = html.find("<details>").unwrap();
            assert!(before < html.find("<img").unwrap(), "folded");
            assert_eq!(html.matches("<img").count(), shown);
        }
    }
}

/// A real Ghost where `FH_GHOST` says that one is installed, with the Node that `FH_GHOST_NODE` names.
struct Real {
    server: Server,
    key: String,
    _folder: tempfile::TempDir,
}

impl Real {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = std::env::var_os("FH_GHOST").unwrap();
        let node = std::env::var_os("FH_GHOST_NODE").unwrap_or_else(|| "node".into());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/ghost/serve.mjs");
        let (server, told) = Server::start(
            Command::new(node)
                .arg(script)
                .arg(home)
                .arg(folder.path())
                .arg(ports().to_string()),
        );
        Self {
            server,
            key: told["key"].as_str().unwrap().to_owned(),
            _folder: folder,
        }
    }

    fn channel(&self, address: SocketAddr) -> Ghost {
        let line = Line::new(&format!("http://{address}"), None, "x").unwrap();
        Ghost::new(line, GhostKey::parse(&self.key).unwrap(), clock)
    }

    /// All articles with an address of ours, read over a line that loses nothing.
    fn articles(&self) -> Vec<Value> {
        let key = GhostKey::parse(&self.key).unwrap();
        let header = key.header(clock());
        let url = format!(
            "http://{}/ghost/api/admin/posts/?filter=slug%3A~%5E%27fh-%27&fields=id,slug,status,canonical_url,html&formats=html&limit=100&page=",
            self.server.address
        );
        let mut all = Vec::new();
        for page in 1.. {
            let found = ask(
                "GET",
                &format!("{url}{page}"),
                &[("authorization", header.as_str())],
                None,
            );
            let posts = found["posts"].as_array().unwrap();
            all.extend(posts.iter().cloned());
            if posts.len() < 100 {
                break;
            }
        }
        all
    }
}

/// A real server looks at its own clock.
fn clock() -> i64 {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(passed.as_micros()).unwrap()
}

#[test]
#[ignore = "wants a real Ghost, which takes long to install; CONTRIBUTING.md says how"]
fn real_ghost_every_article_stands_exactly_once_and_changes_arrive() {
    let site = Real::start();
    site.channel(site.server.address).check().unwrap();
    let line = HostileLine::before(site.server.address, 23);
    let mut fresh = || -> Box<dyn Channel> { Box::new(site.channel(line.address)) };
    let (posts, way) = tell_many(|seed| vec![stories::picture(seed)], &mut fresh);
    let many = usize::try_from(deliveries()).unwrap();
    let stands = site.articles();
    assert_eq!(
        (posts, stands.len()),
        (many, many),
        "no twin and no stray draft"
    );
    for seed in 0..u64::from(deliveries()) {
        let words = stories::story(seed);
        let naming: Vec<&Value> = stands
            .iter()
            .filter(|post| post["canonical_url"] == words.link.as_str())
            .collect();
        assert_eq!(naming.len(), 1, "articles of story {seed}");
        let html = naming[0]["html"].as_str().unwrap();
        let dir = if seed.is_multiple_of(2) { "rtl" } else { "ltr" };
        assert!(html.contains(&format!("dir=\"{dir}\"")), "{html}");
        assert_eq!(naming[0]["status"], "published");
        assert_eq!(html.contains("<details>"), words.graphic);
    }
    figure(&format!(
        "ghost: {many} deliveries, 0 duplicates, 0 losses, 0 stray drafts; {way}"
    ));
    let mut words = stories::story(1_001);
    let picture = [stories::picture(7)];
    let mut stood = Vec::new();
    for (action, turn, left) in [
        (Action::Post, Turn::New, 1),
        (Action::Edit, Turn::Corrected, 1),
        (Action::Delete, Turn::Withdrawn, 0),
    ] {
        (words.turn, words.body) = (turn, format!("Words {turn:?}."));
        let posts = render(&words, &fresh().abilities(), &picture);
        let row = Row {
            action,
            clearance: sha256(words.body.as_bytes()),
            link: &words.link,
            posts: &posts,
            files: &picture,
            before: stood,
        };
        stood = carry(&row, 6, &mut fresh).0.unwrap();
        let found = site.articles();
        let this = found
            .iter()
            .filter(|post| post["canonical_url"] == words.link.as_str());
        let this: Vec<&Value> = this.collect();
        assert_eq!(this.len(), left, "{turn:?}");
        let says = |post: &&Value| post["html"].as_str().unwrap().contains(&words.body);
        assert!(this.iter().all(says), "{turn:?}");
    }
    assert!(line.was_hostile());
}

#[test]
fn ghost_keys_that_open_nothing_close_the_channel() {
    let site = StandIn::start(Site::default());
    let line = Line::new(&format!("http://{}", site.address), None, "x").unwrap();
    let stranger = GhostKey::parse(&KEY.replace("6748", "6749")).unwrap();
    let mut other = Ghost::new(line, stranger, now);
    assert!(matches!(other.check(), Err(Fault::Account { .. })));
    // A correction of what somebody deleted there is refused in plain words.
    let words = stories::story(1);
    let posts = render(&words, &other.abilities(), &[]);
    let mut row = task(Action::Edit, 1, (&words.link, &posts, &[]), &[]);
    row.before = vec![publish::channels::Remote {
        id: "0".repeat(24),
        url: String::new(),
    }];
    let ended = publish::channels::deliver(&mut channel(site.address), &row, &mut |_| Ok(()));
    assert!(matches!(
        ended,
        publish::channels::Ended::Faulted(Fault::Refused { .. })
    ));
}
