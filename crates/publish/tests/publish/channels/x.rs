//! X's stand-in, written from X's public documents (API version 2, docs.x.com/x-api): posts/create-post, posts/delete-post,
//! users/get-posts, users/get-my-user, media/initialize-media-upload, media/append-media-upload, media/finalize-media-upload,
//! media/get-media-upload-status, media/create-media-metadata; fundamentals/rate-limits, fundamentals/counting-characters;
//! and RFC 5849 for the signature.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use hmac::{Hmac, Mac};
use publish::channels::{Action, Channel, Ended, Fault, Line, Measure, OAuthWords, X, deliver};
use publish::renditions::{Turn, render, weigh};
use serde_json::{Value, json};
use sha1::Sha1;

use super::hostile::HostileLine;
use super::servers::figure;
use super::stand_in::{
    Asked, Reply, Rules, StandIn, exactly, now, plain, problem, task, tell_once,
};
use super::{deliveries, stories};

/// API key, its secret, access token, its secret.
const WORDS: &str = "key key-secret 7-token token-secret";

#[derive(Default)]
struct Platform {
    tweets: Vec<Value>,
    /// Whatever stood at any time: a text may not stand twice.
    creations: u32,
    media: BTreeMap<String, Media>,
    nonces: std::collections::BTreeSet<String>,
    /// Answers that are given before anything else.
    next: Vec<Reply>,
}

struct Media {
    total: u64,
    kind: String,
    pieces: Vec<Vec<u8>>,
    ended: bool,
    asked: u32,
    about: Value,
}

impl Rules for Platform {
    fn answer(&mut self, asked: &Asked) -> Reply {
        if !self.signed(asked) {
            return problem(401, "Unauthorized");
        }
        if let Some(reply) = self.next.pop() {
            return reply;
        }
        let path: Vec<&str> = asked.path.split('/').skip(1).collect();
        match (asked.method.as_str(), path.as_slice()) {
            ("GET", ["2", "users", "me"]) => Reply::new(
                200,
                json!({"data": {"id": "7", "name": "News", "username": "news"}}),
            ),
            ("GET", ["2", "users", "7", "tweets"]) => self.page(asked),
            ("POST", ["2", "tweets"]) => self.create(asked),
            ("DELETE", ["2", "tweets", id]) => {
                let before = self.tweets.len();
                self.tweets.retain(|tweet| tweet["id"] != *id);
                match before == self.tweets.len() {
                    true => problem(404, "Not Found"),
                    false => Reply::new(200, json!({"data": {"deleted": true}})),
                }
            }
            ("POST", ["2", "media", "upload", "initialize"]) => self.initialize(asked),
            ("POST", ["2", "media", "upload", id, "append"]) => self.append(id, asked),
            ("POST", ["2", "media", "upload", id, "finalize"]) => self.finalize(id),
            ("GET", ["2", "media", "upload"]) => self.status(asked),
            ("POST", ["2", "media", "metadata"]) => self.describe(asked),
            _ => problem(404, "no such endpoint"),
        }
    }
}

impl Platform {
    /// RFC 5849, read from the header and computed anew.
    fn signed(&mut self, asked: &Asked) -> bool {
        let Some(rest) = asked.header("authorization").strip_prefix("OAuth ") else {
            return false;
        };
        let mut said: BTreeMap<String, String> = rest
            .split(", ")
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), plain(value.trim_matches('"'))))
            .collect();
        let signature = said.remove("oauth_signature").unwrap_or_default();
        let is = |name: &str, value: &str| said.get(name).is_some_and(|said| said == value);
        let stamp: i64 = said["oauth_timestamp"].parse().unwrap();
        let known = is("oauth_consumer_key", "key")
            && is("oauth_token", "7-token")
            && is("oauth_signature_method", "HMAC-SHA1")
            && is("oauth_version", "1.0")
            && (stamp - now() / 1_000_000).abs() < 300
            && said.len() == 6
            && self.nonces.insert(said["oauth_nonce"].clone());
        let mut pairs: Vec<String> = said
            .iter()
            .chain(&asked.query)
            .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
            .collect();
        pairs.sort();
        let url = format!("http://{}{}", asked.header("host"), asked.path);
        let base = format!(
            "{}&{}&{}",
            asked.method,
            escaped(&url),
            escaped(&pairs.join("&"))
        );
        let mut mac = Hmac::<Sha1>::new_from_slice(b"key-secret&token-secret").unwrap();
        mac.update(base.as_bytes());
        known && BASE64.encode(&mac.finalize().into_bytes()) == signature
    }

    fn page(&self, asked: &Asked) -> Reply {
        let fields = asked.query.get("tweet.fields").map(String::as_str);
        let start = asked
            .query
            .get("start_time")
            .and_then(|text| text.parse::<jiff::Timestamp>().ok());
        let most = asked
            .query
            .get("max_results")
            .and_then(|text| text.parse::<usize>().ok());
        let fine = fields == Some("entities,referenced_tweets")
            && start.is_some()
            && most.is_some_and(|most| (5..=100).contains(&most));
        if !fine {
            return problem(400, "One or more parameters to your request was invalid.");
        }
        let page: Vec<&Value> = self.tweets.iter().rev().take(most.unwrap()).collect();
        match page.is_empty() {
            true => Reply::new(200, json!({"meta": {"result_count": 0}})),
            false => Reply::new(
                200,
                json!({"data": page, "meta": {"result_count": page.len()}}),
            ),
        }
    }

    fn create(&mut self, asked: &Asked) -> Reply {
        let Some(value) = asked
            .json()
            .filter(|value| exactly(value, &["text", "media?", "reply?"]))
        else {
            return problem(400, "One or more parameters to your request was invalid.");
        };
        let text = value["text"].as_str().unwrap_or_default().to_owned();
        // Links of a known top-level domain take 23, however long they are; the stories' are given one.
        let counted = text.replace("https://news.example/", "https://news.test.com/");
        let links: Vec<&str> = counted
            .split_whitespace()
            .filter(|word| word.starts_with("https://news.test.com/"))
            .collect();
        let rest = links
            .iter()
            .fold(counted.clone(), |text, link| text.replacen(link, "", 1));
        if text.is_empty() || weigh(Measure::Weighted, &rest) + 23 * links.len() > 280 {
            return problem(403, "You are not permitted to perform this action.");
        }
        let parent = value
            .pointer("/reply/in_reply_to_tweet_id")
            .and_then(Value::as_str);
        let same = |tweet: &Value| {
            tweet["text"] == text.as_str() && tweet["referenced_tweets"][0]["id"].as_str() == parent
        };
        if self.tweets.iter().any(same) {
            return problem(
                403,
                "You are not allowed to create a Tweet with duplicate content.",
            );
        }
        let ids = value
            .pointer("/media/media_ids")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let usable = |id: &Value| {
            id.as_str()
                .and_then(|id| self.media.get(id))
                .is_some_and(|media| {
                    media.ended && (media.kind == "tweet_image" || media.asked > 0)
                })
        };
        if ids.len() > 4
            || (value.get("media").is_some() && ids.is_empty())
            || !ids.iter().all(usable)
        {
            return problem(400, "Your media IDs are invalid.");
        }
        if value.get("reply").is_some()
            && !self
                .tweets
                .iter()
                .any(|tweet| tweet["id"].as_str() == parent)
        {
            return problem(
                403,
                "You attempted to reply to a Tweet that is deleted or not visible to you.",
            );
        }
        self.creations += 1;
        let id = format!("18800{:05}", self.creations);
        let urls: Vec<Value> = text
            .split_whitespace()
            .filter(|word| word.starts_with("https://"))
            .map(|url| json!({"url": "https://t.co/abc", "expanded_url": url, "start": 0, "end": 23}))
            .collect();
        let mut tweet = json!({"id": id, "text": text, "entities": {"urls": urls}, "edit_history_tweet_ids": [id], "media": ids});
        if let Some(parent) = parent {
            tweet["referenced_tweets"] = json!([{"type": "replied_to", "id": parent}]);
        }
        self.tweets.push(tweet);
        Reply::new(
            201,
            json!({"data": {"id": id, "text": text, "edit_history_tweet_ids": [id]}}),
        )
    }

    /// The posts of the story with this link, in their order; fails when one of them stands twice.
    fn thread(&self, link: &str) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        loop {
            let next: Vec<&Value> = self
                .tweets
                .iter()
                .filter(|tweet| match out.last() {
                    Some(last) => tweet["referenced_tweets"][0]["id"] == last.as_str(),
                    None => {
                        tweet.get("referenced_tweets").is_none()
                            && tweet["entities"]["urls"]
                                .as_array()
                                .unwrap()
                                .iter()
                                .any(|url| url["expanded_url"] == link)
                    }
                })
                .collect();
            assert!(next.len() <= 1, "a post stands twice: {next:?}");
            match next.first() {
                Some(tweet) => out.push(tweet["id"].as_str().unwrap().to_owned()),
                None => return out,
            }
        }
    }

    fn initialize(&mut self, asked: &Asked) -> Reply {
        let fields = ["media_type", "total_bytes", "media_category"];
        let Some(value) = asked.json().filter(|value| exactly(value, &fields)) else {
            return problem(400, "One or more parameters to your request was invalid.");
        };
        let kind = value["media_category"].as_str().unwrap_or_default();
        let fits = match (value["media_type"].as_str(), kind) {
            (Some("image/png" | "image/jpeg"), "tweet_image") => 5_000_000,
            (Some("video/mp4"), "tweet_video") => 512_000_000,
            _ => 0,
        };
        let Some(total) = value["total_bytes"]
            .as_u64()
            .filter(|total| (1..=fits).contains(total))
        else {
            return problem(400, "This media cannot be taken.");
        };
        let id = format!("17{:05}", self.media.len());
        let media = Media {
            total,
            kind: kind.to_owned(),
            pieces: Vec::new(),
            ended: false,
            asked: 0,
            about: Value::Null,
        };
        self.media.insert(id.clone(), media);
        Reply::new(
            200,
            json!({"data": {"id": id, "media_key": format!("3_{id}"), "expires_after_secs": 86_400}}),
        )
    }

    fn append(&mut self, id: &str, asked: &Asked) -> Reply {
        let form = asked.form().unwrap_or_default();
        let index = form
            .get("segment_index")
            .and_then(|text| String::from_utf8(text.clone()).ok());
        let names: Vec<&str> = form.keys().map(String::as_str).collect();
        match (self.media.get_mut(id), form.get("media"), names.as_slice()) {
            (Some(media), Some(piece), ["media", "segment_index"])
                if piece.len() <= 5_000_000 && index == Some(media.pieces.len().to_string()) =>
            {
                media.pieces.push(piece.clone());
                Reply::new(200, json!({"data": {"expires_at": 1_795_370_460}}))
            }
            _ => problem(400, "The segment is not the next one."),
        }
    }

    fn finalize(&mut self, id: &str) -> Reply {
        let whole = |media: &&mut Media| {
            media.pieces.iter().map(Vec::len).sum::<usize>()
                == usize::try_from(media.total).unwrap()
        };
        let Some(media) = self.media.get_mut(id).filter(whole) else {
            return problem(400, "Segments do not add up to provided total file size.");
        };
        media.ended = true;
        let mut data = json!({"id": id, "media_key": format!("3_{id}"), "size": media.total});
        if media.kind == "tweet_video" {
            data["processing_info"] =
                json!({"state": "pending", "check_after_secs": 1, "progress_percent": 0});
        }
        Reply::new(200, json!({"data": data}))
    }

    fn status(&mut self, asked: &Asked) -> Reply {
        let id = asked.query.get("media_id").cloned().unwrap_or_default();
        let fine = asked
            .query
            .get("command")
            .is_some_and(|command| command == "STATUS");
        match self.media.get_mut(&id).filter(|media| fine && media.ended) {
            Some(media) => {
                media.asked += 1;
                let info = json!({"state": "succeeded", "progress_percent": 100});
                Reply::new(200, json!({"data": {"id": id, "processing_info": info}}))
            }
            None => problem(400, "no such media"),
        }
    }

    fn describe(&mut self, asked: &Asked) -> Reply {
        let value = asked.json().unwrap_or_default();
        let about = &value["metadata"];
        let alt = about["alt_text"]["text"].as_str().unwrap_or_default();
        let fine = exactly(&value, &["id", "metadata"])
            && exactly(about, &["alt_text?", "sensitive_media_warning?"])
            && alt.chars().count() <= 1_000;
        match value["id"]
            .as_str()
            .and_then(|id| self.media.get_mut(id))
            .filter(|_| fine)
        {
            Some(media) => {
                media.about = about.clone();
                Reply::new(
                    200,
                    json!({"data": {"id": value["id"], "associated_metadata": about}}),
                )
            }
            None => problem(400, "One or more parameters to your request was invalid."),
        }
    }
}

fn escaped(text: &str) -> String {
    let mark = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| match mark(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

fn channel(address: std::net::SocketAddr) -> X {
    let line = Line::new(&format!("http://{address}"), None, "x").unwrap();
    X::new(line, OAuthWords::parse(WORDS).unwrap(), now)
}

#[test]
fn x_tells_nothing_twice_and_hides_no_doubt() {
    let platform = StandIn::start(Platform::default());
    let line = HostileLine::before(platform.address, 11);
    let mut fresh = || -> Box<dyn Channel> { Box::new(channel(line.address)) };
    let told = tell_once(|seed| vec![stories::picture(seed)], &mut fresh);
    let rules = platform.rules.lock().unwrap();
    let (mut confirmed, mut doubted, mut silent) = (0, 0, 0);
    for story in &told {
        let stands = rules.thread(&story.words.link).len();
        match &story.ended {
            Ok(()) => {
                confirmed += 1;
                let told: Vec<_> = story.kept.iter().map(|remote| remote.id.clone()).collect();
                assert_eq!(told, rules.thread(&story.words.link));
                assert_eq!(stands, story.posts.len());
            }
            // What stands is what is known, and at most the one that is in doubt.
            Err(Fault::Unknown { .. }) => {
                doubted += 1;
                let known = story.kept.len();
                assert!(
                    stands == known || stands == known + 1,
                    "{stands} stand, {known} known"
                );
            }
            Err(fault) => panic!("{}: {fault}", story.words.link),
        }
        silent += usize::from(story.ended.is_ok() && stands < story.posts.len());
    }
    assert_eq!(silent, 0);
    assert!(line.was_hostile() && confirmed > 0);
    figure(&format!(
        "x: {} deliveries, {} posts stand, {confirmed} stories confirmed, {doubted} left to a person, 0 sent again, 0 silent losses",
        deliveries(),
        rules.tweets.len()
    ));
}

#[test]
fn x_covers_describes_corrects_by_reply_and_takes_away() {
    let platform = StandIn::start(Platform::default());
    let mut x = channel(platform.address);
    assert_eq!(x.check().unwrap().name, "@news");
    let (mut words, files) = (stories::story(7), vec![stories::picture(3)]);
    assert!(words.graphic);
    words.body = "First.".to_owned();
    let can = x.abilities();
    let posts = render(&words, &can, &files);
    let first = match deliver(
        &mut x,
        &task(Action::Post, 1, (&words.link, &posts, &files), &[]),
        &mut |_| Ok(()),
    ) {
        Ended::Confirmed(done) => done,
        other @ Ended::Faulted(_) => panic!("{other:?}"),
    };
    {
        let rules = platform.rules.lock().unwrap();
        let media = rules.media.values().next().unwrap();
        assert_eq!(
            media.about["alt_text"]["text"],
            posts[0].media[0].alt.as_str()
        );
        assert_eq!(
            media.about["sensitive_media_warning"]["graphic_violence"],
            true
        );
        assert_eq!(rules.tweets[0]["media"].as_array().unwrap().len(), 1);
    }
    assert_eq!(Action::correcting(&can), Action::Reply);
    words.turn = Turn::Corrected;
    words.body = "Second.".to_owned();
    let posts = render(&words, &can, &[]);
    let mut reply = task(Action::Reply, 2, (&words.link, &posts, &[]), &[]);
    reply.before = first.clone();
    assert!(matches!(
        deliver(&mut x, &reply, &mut |_| Ok(())),
        Ended::Confirmed(_)
    ));
    let answers =
        platform.rules.lock().unwrap().tweets.last().unwrap()["referenced_tweets"][0]["id"].clone();
    assert_eq!(answers, first[0].id.as_str());
    let mut gone = task(Action::Delete, 3, (&words.link, &[], &[]), &[]);
    gone.before = first.clone();
    for _ in 0..2 {
        assert!(matches!(
            deliver(&mut x, &gone, &mut |_| Ok(())),
            Ended::Confirmed(_)
        ));
    }
    assert!(
        !platform
            .rules
            .lock()
            .unwrap()
            .tweets
            .iter()
            .any(|tweet| tweet["id"] == first[0].id.as_str())
    );
}

#[test]
fn x_is_asked_again_only_when_it_says_that_nothing_was_done() {
    let platform = StandIn::start(Platform::default());
    let mut words = stories::story(2);
    words.body = "Short.".to_owned();
    let posts = render(&words, &channel(platform.address).abilities(), &[]);
    let tell = |x: &mut X| {
        deliver(
            x,
            &task(Action::Post, 2, (&words.link, &posts, &[]), &[]),
            &mut |_| Ok(()),
        )
    };
    let next = |reply: Reply| platform.rules.lock().unwrap().next.push(reply);
    let mut x = channel(platform.address);
    let reset = (now() / 1_000_000 + 90).to_string();
    next(problem(429, "Too Many Requests").with("x-rate-limit-reset", &reset));
    let Ended::Faulted(Fault::Later { after, .. }) = tell(&mut x) else {
        panic!("a limit is no end");
    };
    assert_eq!(after.unwrap().as_secs(), 90);
    next(problem(403, "Your account is suspended."));
    assert!(matches!(
        tell(&mut x),
        Ended::Faulted(Fault::Account { .. })
    ));
    // An answer that says nothing: it is looked for, is not there, and stays in doubt.
    next(problem(503, "Service Unavailable"));
    assert!(matches!(
        tell(&mut x),
        Ended::Faulted(Fault::Unknown { .. })
    ));
    assert_eq!(platform.rules.lock().unwrap().creations, 0);
    let Ended::Confirmed(stands) = tell(&mut x) else {
        panic!("nothing is in the way");
    };
    // A person lets it be sent again although it stands: X refuses the same words, and what stands is found.
    assert_eq!(tell(&mut x), Ended::Confirmed(stands));
    assert_eq!(platform.rules.lock().unwrap().creations, 1);
    let line = Line::new(&format!("http://{}", platform.address), None, "x").unwrap();
    let mut stranger = X::new(
        line,
        OAuthWords::parse("key wrong 7-token token-secret").unwrap(),
        now,
    );
    assert!(matches!(stranger.check(), Err(Fault::Account { .. })));
}
