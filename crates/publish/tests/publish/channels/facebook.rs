//! Facebook's stand-in, written from its public documents (developers.facebook.com/docs/graph-api): /me, page feed, posts,
//! photos, videos (resumable upload), updating and deleting a post, handling errors, rate limits.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use ledger::sha256;
use publish::MediaKind;
use publish::channels::{
    Action, Attachment, Channel, Ended, Facebook, Fault, Line, Remote, deliver,
};
use publish::renditions::{Post, Turn, render};
use serde_json::{Value, json};

use super::hostile::HostileLine;
use super::servers::figure;
use super::stand_in::{Asked, Reply, Rules, StandIn, exactly, task, tell_once};
use super::{deliveries, stories};

const TOKEN: &str = "EAAB-page-token";
const PAGE: &str = "546349135390552";

#[derive(Default)]
struct Platform {
    posts: BTreeMap<u64, Value>,
    /// Pictures that are uploaded; whether a post shows them.
    photos: BTreeMap<String, bool>,
    /// Films: what is there of them, and how many bytes they should have.
    films: BTreeMap<String, (u64, u64)>,
    count: u64,
    sessions: u32,
    /// Answers that are given before anything else to what is posted.
    next: Vec<Reply>,
    person: bool,
}

fn no(status: u16, code: u32, message: &str) -> Reply {
    Reply::new(
        status,
        json!({"error": {"message": format!("(#{code}) {message}"), "type": "OAuthException", "code": code, "is_transient": false, "fbtrace_id": "x"}}),
    )
}

fn gone() -> Reply {
    let mut reply = no(400, 100, "Unsupported request. Object does not exist");
    reply.body["error"]["error_subcode"] = json!(33);
    reply
}

impl Rules for Platform {
    fn answer(&mut self, asked: &Asked) -> Reply {
        if asked.header("authorization") != format!("Bearer {TOKEN}") {
            return no(400, 190, "Invalid OAuth access token.");
        }
        assert!(!asked.query.contains_key("access_token"));
        let Some(path) = asked.path.strip_prefix("/v23.0/") else {
            return no(400, 2500, "Unknown path components");
        };
        if asked.method == "POST"
            && let Some(reply) = self.next.pop()
        {
            return reply;
        }
        match (
            asked.method.as_str(),
            path.strip_prefix(&format!("{PAGE}/")),
        ) {
            ("GET", None) if path == "me" => self.me(asked),
            ("GET", Some("posts")) => self.browse(asked),
            ("POST", Some("feed")) => self.feed(asked),
            ("POST", Some("photos")) => self.photo(asked),
            ("POST", Some("videos")) => self.film(asked),
            ("POST", None) => self.change(asked, path),
            ("DELETE", None) => self.remove(path),
            _ => no(400, 2500, "Unknown path components"),
        }
    }
}

impl Platform {
    fn me(&self, asked: &Asked) -> Reply {
        match asked.query["fields"].as_str() {
            "id" => Reply::new(200, json!({"id": PAGE})),
            "id,name,category" if self.person => {
                no(400, 100, "Tried accessing nonexisting field (category)")
            }
            "id,name,category" => Reply::new(
                200,
                json!({"id": PAGE, "name": "News", "category": "Media"}),
            ),
            _ => no(400, 100, "Tried accessing nonexisting field"),
        }
    }

    fn browse(&self, asked: &Asked) -> Reply {
        let known = ["fields", "since", "limit"];
        assert!(
            asked
                .query
                .keys()
                .all(|name| known.contains(&name.as_str()))
        );
        assert!(asked.query["since"].parse::<i64>().is_ok());
        let posts: Vec<&Value> = self.posts.values().rev().take(100).collect();
        Reply::new(200, json!({"data": posts, "paging": {}}))
    }

    fn add(&mut self, message: &Value, attachments: Value) -> String {
        self.count += 1;
        let id = format!("{PAGE}_{}", self.count);
        let mut post = json!({"id": id, "message": message});
        if attachments != Value::Null {
            post["attachments"] = attachments;
        }
        self.posts.insert(self.count, post);
        id
    }

    fn feed(&mut self, asked: &Asked) -> Reply {
        let Some(value) = asked.json().filter(|value| {
            exactly(value, &["message", "link?", "attached_media?"])
                && value["message"]
                    .as_str()
                    .is_some_and(|text| text.encode_utf16().count() <= 63_206)
        }) else {
            return no(400, 100, "Invalid parameter");
        };
        let same = |post: &Value| post["message"] == value["message"];
        if self.posts.values().any(same) {
            return no(400, 506, "Duplicate status message");
        }
        let media = value["attached_media"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let ids: Vec<String> = media
            .iter()
            .filter(|one| exactly(one, &["media_fbid"]))
            .filter_map(|one| one["media_fbid"].as_str().map(str::to_owned))
            .collect();
        if ids.len() != media.len() || ids.iter().any(|id| self.photos.get(id) != Some(&false)) {
            return no(400, 100, "Invalid parameter: media_fbid");
        }
        for id in &ids {
            self.photos.insert(id.clone(), true);
        }
        let one = |id: &String| json!({"media_type": "photo", "target": {"id": id}});
        let shown = match ids.as_slice() {
            [] => Value::Null,
            [id] => json!({"data": [one(id)]}),
            all => {
                let all: Vec<Value> = all.iter().map(one).collect();
                json!({"data": [{"media_type": "album", "target": {"id": "a"}, "subattachments": {"data": all}}]})
            }
        };
        Reply::new(200, json!({"id": self.add(&value["message"], shown)}))
    }

    fn photo(&mut self, asked: &Asked) -> Reply {
        let fields = asked.form().unwrap_or_default();
        let names: Vec<&str> = fields.keys().map(String::as_str).collect();
        if names != ["alt_text_custom", "published", "source"] || fields["published"] != b"false" {
            return no(400, 100, "Invalid parameter");
        }
        self.count += 1;
        let id = self.count.to_string();
        self.photos.insert(id.clone(), false);
        Reply::new(200, json!({"id": id}))
    }

    fn film(&mut self, asked: &Asked) -> Reply {
        if let Some(form) = asked.form() {
            return self.piece(&form);
        }
        let value = asked.json().unwrap_or_default();
        match value["upload_phase"].as_str() {
            Some("start") if exactly(&value, &["upload_phase", "file_size"]) => {
                self.count += 1;
                self.sessions += 1;
                let (id, size) = (self.count.to_string(), value["file_size"].as_u64().unwrap());
                self.films.insert(id.clone(), (0, size));
                Reply::new(
                    200,
                    json!({"video_id": id, "upload_session_id": format!("s{id}"), "start_offset": "0", "end_offset": size.min(40).to_string()}),
                )
            }
            Some("finish")
                if exactly(
                    &value,
                    &["upload_phase", "upload_session_id", "description"],
                ) =>
            {
                let id = value["upload_session_id"].as_str().unwrap()[1..].to_owned();
                let whole = self
                    .films
                    .get(&id)
                    .is_some_and(|(there, size)| there == size);
                let shown = |post: &Value| {
                    post.pointer("/attachments/data/0/target/id") == Some(&json!(id))
                };
                if !whole || self.posts.values().any(shown) {
                    return no(400, 6000, "There was a problem uploading your video file.");
                }
                let shown = json!({"data": [{"media_type": "video", "target": {"id": id}}]});
                self.add(&value["description"], shown);
                Reply::new(200, json!({"success": true}))
            }
            _ => no(400, 100, "Invalid parameter"),
        }
    }

    fn piece(&mut self, form: &BTreeMap<String, Vec<u8>>) -> Reply {
        let names: Vec<&str> = form.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "start_offset",
                "upload_phase",
                "upload_session_id",
                "video_file_chunk"
            ]
        );
        let text = |name: &str| String::from_utf8(form[name].clone()).unwrap();
        let Some((there, size)) = self.films.get_mut(&text("upload_session_id")[1..]) else {
            return no(400, 100, "Invalid parameter");
        };
        let wanted = |there: u64, size: u64| json!({"start_offset": there.to_string(), "end_offset": size.min(there + 40).to_string()});
        if text("start_offset").parse() != Ok(*there) {
            let mut reply = no(400, 6001, "Wrong offset");
            reply.body["error"]["error_subcode"] = json!(1_363_037);
            reply.body["error"]["error_data"] = wanted(*there, *size);
            return reply;
        }
        *there += u64::try_from(form["video_file_chunk"].len()).unwrap();
        Reply::new(200, wanted(*there, *size))
    }

    fn change(&mut self, asked: &Asked, path: &str) -> Reply {
        let value = asked.json().unwrap_or_default();
        let film = self.films.contains_key(path);
        let field = if film { "description" } else { "message" };
        let target = json!(path);
        let post = self.posts.values_mut().find(|post| {
            post["id"] == path
                || (film && post.pointer("/attachments/data/0/target/id") == Some(&target))
        });
        match post {
            Some(post) if exactly(&value, &[field]) => {
                post["message"] = value[field].clone();
                Reply::new(200, json!({"success": true}))
            }
            Some(_) => no(400, 100, "Invalid parameter"),
            None => gone(),
        }
    }

    fn remove(&mut self, path: &str) -> Reply {
        let before = self.posts.len() + self.photos.len() + self.films.len();
        self.photos.remove(path);
        self.films.remove(path);
        let target = json!(path);
        self.posts.retain(|_, post| {
            post["id"] != path && post.pointer("/attachments/data/0/target/id") != Some(&target)
        });
        if before == self.posts.len() + self.photos.len() + self.films.len() {
            return gone();
        }
        Reply::new(200, json!({"success": true}))
    }

    fn with(&self, link: &str) -> usize {
        let says = |post: &&Value| {
            let message = post["message"].as_str().unwrap();
            message.split_whitespace().any(|word| word == link)
        };
        self.posts.values().filter(says).count()
    }
}

/// A film's worth of bytes: nobody here looks into it.
pub(crate) fn film(seed: u64, size: usize) -> Attachment {
    let bytes: Vec<u8> = seed.to_be_bytes().into_iter().cycle().take(size).collect();
    Attachment {
        size: u64::try_from(size).unwrap(),
        sha256: sha256(&bytes),
        bytes: Arc::new(bytes),
        kind: MediaKind::Mp4,
        dimensions: Some((640, 480)),
        lasts: Some(9_000),
        variants: Vec::new(),
    }
}

fn channel(address: SocketAddr) -> Facebook {
    Facebook::new(
        Line::new(&format!("http://{address}"), None, "x").unwrap(),
        TOKEN,
    )
}

#[test]
fn facebook_tells_nothing_twice_and_hides_no_doubt() {
    let platform = StandIn::start(Platform::default());
    let line = HostileLine::before(platform.address, 31);
    let mut fresh = || -> Box<dyn Channel> { Box::new(channel(line.address)) };
    let some = |seed: u64| match seed % 3 {
        0 => Vec::new(),
        1 => vec![stories::picture(seed)],
        _ => vec![film(seed, 60)],
    };
    let told = tell_once(some, &mut fresh);
    let rules = platform.rules.lock().unwrap();
    let (mut stood, mut doubted) = (0, 0);
    for story in &told {
        let stands = rules.with(&story.words.link);
        match &story.ended {
            Ok(()) => {
                stood += 1;
                assert_eq!((stands, story.kept.len()), (1, 1));
            }
            Err(Fault::Unknown { .. }) => {
                doubted += 1;
                // Reading back finds what stands unless the line loses that too.
                assert!(stands <= 1);
            }
            Err(fault) => panic!("{}: {fault}", story.words.link),
        }
    }
    assert!(line.was_hostile() && stood > 0);
    figure(&format!(
        "facebook: {} deliveries, {} posts stand, {stood} confirmed, {doubted} left to a person, 0 sent again, 0 silent losses",
        deliveries(),
        rules.posts.len()
    ));
}

/// What stands after an attempt that must have got there.
pub(crate) fn confirmed(ended: Ended) -> Vec<Remote> {
    assert!(matches!(ended, Ended::Confirmed(_)), "{ended:?}");
    match ended {
        Ended::Confirmed(done) => done,
        Ended::Faulted(_) => Vec::new(),
    }
}

fn carried(
    channel: &mut Facebook,
    action: Action,
    (link, posts, files): (&str, &[Post], &[Attachment]),
    before: &[Remote],
) -> Vec<Remote> {
    let mut row = task(action, 1, (link, posts, files), &[]);
    row.before = before.to_vec();
    confirmed(deliver(channel, &row, &mut |_| Ok(())))
}

#[test]
fn facebook_changes_texts_where_they_stand_and_files_by_telling_anew() {
    let platform = StandIn::start(Platform::default());
    let mut page = channel(platform.address);
    assert_eq!(page.check().unwrap().name, "News");
    let can = page.abilities();
    let mut words = stories::story(2);
    assert!(!words.graphic);
    words.alts = vec!["one".to_owned(), "two".to_owned()];
    let mut stands: Vec<Remote> = Vec::new();
    let shown = [
        vec![stories::picture(1), stories::picture(2)],
        vec![stories::picture(1), stories::picture(2)],
        vec![film(3, 100)],
        vec![film(3, 100)],
        Vec::new(),
    ];
    for (step, files) in shown.iter().enumerate() {
        words.turn = if step == 0 {
            Turn::New
        } else {
            Turn::Corrected
        };
        words.body = format!("Step {step}.");
        let action = if step == 0 {
            Action::Post
        } else {
            Action::Edit
        };
        let posts = render(&words, &can, files);
        let before = stands.clone();
        stands = carried(&mut page, action, (&words.link, &posts, files), &before);
        assert_eq!(step == 1 || step == 3, before == stands, "step {step}");
        let rules = platform.rules.lock().unwrap();
        assert_eq!(rules.posts.len(), 1, "step {step}");
        let (_, only) = rules.posts.first_key_value().unwrap();
        assert_eq!(only["message"], posts[0].text.as_str());
        let pictures = files.iter().filter(|file| file.kind.is_picture()).count();
        assert_eq!(
            rules.photos.len(),
            pictures,
            "step {step}: no picture is left behind"
        );
    }
    for _ in 0..2 {
        carried(&mut page, Action::Delete, (&words.link, &[], &[]), &stands);
    }
    let rules = platform.rules.lock().unwrap();
    assert!(rules.posts.is_empty() && rules.films.is_empty());
}

#[test]
fn facebook_gets_nothing_graphic_and_its_refusals_are_told_apart() {
    let platform = StandIn::start(Platform::default());
    let mut page = channel(platform.address);
    let mut words = stories::story(7);
    assert!(words.graphic);
    words.body = "Short.".to_owned();
    let files = [stories::picture(1)];
    let posts = render(&words, &page.abilities(), &files);
    assert!(posts[0].media.is_empty(), "there is no cover");
    let tell = |page: &mut Facebook| {
        let row = task(Action::Post, 7, (&words.link, &posts, &files), &[]);
        deliver(page, &row, &mut |_| Ok(()))
    };
    let next = |reply: Reply| platform.rules.lock().unwrap().next.push(reply);
    let usage =
        json!({PAGE: [{"type": "pages", "estimated_time_to_regain_access": 7}]}).to_string();
    for code in [4, 17, 32, 613] {
        next(
            no(400, code, "Calls to this api have exceeded the rate limit.")
                .with("x-business-use-case-usage", &usage),
        );
        let Ended::Faulted(Fault::Later { after, .. }) = tell(&mut page) else {
            panic!("{code} is no end");
        };
        assert_eq!(after.unwrap().as_secs(), 420);
    }
    for code in [190, 368, 200, 10] {
        next(no(400, code, "Blocked"));
        let ended = tell(&mut page);
        assert!(
            matches!(ended, Ended::Faulted(Fault::Account { .. })),
            "{code}: {ended:?}"
        );
    }
    next(no(500, 2, "Service temporarily unavailable"));
    assert!(matches!(
        tell(&mut page),
        Ended::Faulted(Fault::Unknown { .. })
    ));
    let mut passing = no(400, 9, "Try again");
    passing.body["error"]["is_transient"] = json!(true);
    next(passing);
    assert!(matches!(
        tell(&mut page),
        Ended::Faulted(Fault::Later { .. })
    ));
    assert!(platform.rules.lock().unwrap().posts.is_empty());
    // What stands already is refused as the same, and known by that.
    let Ended::Confirmed(first) = tell(&mut page) else {
        panic!("nothing is in the way");
    };
    assert_eq!(
        tell(&mut channel(platform.address)),
        Ended::Confirmed(first)
    );
    platform.rules.lock().unwrap().person = true;
    assert!(page.check().is_err(), "a person is no page");
    let line = Line::new(&format!("http://{}", platform.address), None, "x").unwrap();
    let stranger = Facebook::new(line, "other").check();
    assert!(matches!(stranger, Err(Fault::Account { .. })));
}

#[test]
fn a_film_on_its_way_to_facebook_goes_on_after_a_cut() {
    let platform = StandIn::start(Platform::default());
    let mut page = channel(platform.address);
    let mut words = stories::story(2);
    words.alts = vec!["one".to_owned()];
    let files = [film(5, 100)];
    let posts = render(&words, &page.abilities(), &files);
    // The first piece is refused for now, after the session has begun.
    let story = (words.link.as_str(), posts.as_slice(), files.as_slice());
    let row = task(Action::Post, 2, story, &[]);
    let mut passing = no(400, 9, "Try again");
    passing.body["error"]["is_transient"] = json!(true);
    let start = Reply::new(
        200,
        json!({"video_id": "77", "upload_session_id": "s77", "start_offset": "0", "end_offset": "40"}),
    );
    {
        let mut rules = platform.rules.lock().unwrap();
        rules.films.insert("77".to_owned(), (40, 100));
        rules.next = vec![passing, start];
    }
    let ended = deliver(&mut page, &row, &mut |_| Ok(()));
    assert!(
        matches!(ended, Ended::Faulted(Fault::Later { .. })),
        "{ended:?}"
    );
    // The session stays; it says that it has the first piece already.
    let ended = deliver(&mut page, &row, &mut |_| Ok(()));
    assert!(matches!(ended, Ended::Confirmed(_)), "{ended:?}");
    let rules = platform.rules.lock().unwrap();
    assert_eq!((rules.sessions, rules.films["77"]), (0, (100, 100)));
}
