//! YouTube's stand-in, written from Google's public documents (developers.google.com/youtube/v3): OAuth 2 for installed
//! applications (refresh), channels.list, playlistItems.list, videos.insert with the resumable upload protocol,
//! videos.update, videos.delete, errors.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};

use publish::channels::{
    Action, Attachment, Channel, Ended, Fault, Line, Remote, YouTube, YouTubeAccount, deliver,
};
use publish::renditions::{Post, Turn, render};
use serde_json::{Value, json};

use super::facebook::{confirmed, film};
use super::hostile::HostileLine;
use super::servers::figure;
use super::stand_in::{Asked, Reply, Rules, StandIn, exactly, now, plain, task, tell_once};
use super::{deliveries, stories};

const SECRET: &str = "client.apps secret 1//refresh";

#[derive(Default)]
struct Platform {
    /// By its name in the `Location`.
    base: String,
    sessions: BTreeMap<u64, Session>,
    films: Vec<Value>,
    tokens: u32,
    bytes: u64,
    /// Answers that are given before anything else.
    next: Vec<Reply>,
}

struct Session {
    about: Value,
    size: u64,
    there: u64,
    film: Option<Value>,
}

fn no(status: u16, reason: &str) -> Reply {
    Reply::new(
        status,
        json!({"error": {"code": status, "message": format!("because of {reason}"), "errors": [{"domain": "youtube", "reason": reason, "message": "x"}]}}),
    )
}

impl Rules for Platform {
    fn answer(&mut self, asked: &Asked) -> Reply {
        if asked.path == "/oauth2/v4/token" {
            return self.token(asked);
        }
        if asked.header("authorization") != "Bearer ya29.access" {
            return no(401, "authError");
        }
        if let Some(reply) = self.next.pop() {
            return reply;
        }
        let query = |name: &str| asked.query.get(name).map_or("", String::as_str);
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/youtube/v3/channels") if query("mine") == "true" => Reply::new(
                200,
                json!({"items": [{"snippet": {"title": "News"}, "contentDetails": {"relatedPlaylists": {"uploads": "UU1"}}}]}),
            ),
            ("GET", "/youtube/v3/playlistItems") if query("playlistId") == "UU1" => self.list(),
            ("POST", "/upload/youtube/v3/videos") if query("uploadType") == "resumable" => {
                self.begin(asked)
            }
            ("PUT", "/upload/youtube/v3/videos") => self.piece(asked),
            ("PUT", "/youtube/v3/videos") if query("part") == "snippet" => self.update(asked),
            ("DELETE", "/youtube/v3/videos") => {
                let before = self.films.len();
                self.films.retain(|film| film["id"] != query("id"));
                match before == self.films.len() {
                    true => no(404, "videoNotFound"),
                    false => Reply::new(204, Value::Null),
                }
            }
            _ => no(400, "badRequest"),
        }
    }
}

impl Platform {
    fn token(&mut self, asked: &Asked) -> Reply {
        let body = String::from_utf8(asked.body.clone()).unwrap();
        let fields: BTreeMap<&str, String> = body
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name, plain(value)))
            .collect();
        let fine = fields.len() == 4
            && fields["client_id"] == "client.apps"
            && fields["client_secret"] == "secret"
            && fields["refresh_token"] == "1//refresh"
            && fields["grant_type"] == "refresh_token";
        if !fine {
            return Reply::new(
                400,
                json!({"error": "invalid_grant", "error_description": "Bad Request"}),
            );
        }
        self.tokens += 1;
        Reply::new(
            200,
            json!({"access_token": "ya29.access", "expires_in": 3599, "token_type": "Bearer"}),
        )
    }

    fn list(&self) -> Reply {
        let one = |film: &Value| json!({"snippet": {"description": film["snippet"]["description"]}, "contentDetails": {"videoId": film["id"]}});
        let items: Vec<Value> = self.films.iter().rev().take(50).map(one).collect();
        Reply::new(200, json!({"items": items}))
    }

    fn snippet_fits(snippet: &Value) -> bool {
        let (title, said) = (
            snippet["title"].as_str().unwrap(),
            snippet["description"].as_str().unwrap(),
        );
        exactly(
            snippet,
            &["title", "description", "categoryId", "defaultLanguage"],
        ) && (1..=100).contains(&title.chars().count())
            && said.len() <= 5_000
            && !format!("{title}{said}").contains(['<', '>'])
            && snippet["categoryId"] == "25"
    }

    fn begin(&mut self, asked: &Asked) -> Reply {
        let about = asked.json().unwrap_or_default();
        let status = &about["status"];
        let fine = exactly(&about, &["snippet", "status"])
            && exactly(
                status,
                &[
                    "privacyStatus",
                    "selfDeclaredMadeForKids",
                    "license",
                    "embeddable",
                ],
            )
            && status["selfDeclaredMadeForKids"] == false
            && ["private", "public", "unlisted"]
                .contains(&status["privacyStatus"].as_str().unwrap())
            && asked.header("x-upload-content-type") == "video/mp4"
            && asked.query["part"] == "snippet,status";
        if !fine || !Self::snippet_fits(&about["snippet"]) {
            return no(400, "invalidVideoMetadata");
        }
        let size = asked.header("x-upload-content-length").parse().unwrap();
        let name = u64::try_from(self.sessions.len()).unwrap();
        self.sessions.insert(
            name,
            Session {
                about,
                size,
                there: 0,
                film: None,
            },
        );
        let place = format!(
            "{}/upload/youtube/v3/videos?uploadType=resumable&upload_id={name}",
            self.base
        );
        Reply::new(200, Value::Null).with("location", &place)
    }

    fn piece(&mut self, asked: &Asked) -> Reply {
        let name: u64 = asked.query["upload_id"].parse().unwrap();
        let count = self.films.len();
        let Some(session) = self.sessions.get_mut(&name) else {
            return no(404, "notFound");
        };
        if let Some(film) = &session.film {
            return Reply::new(200, film.clone());
        }
        let range = asked
            .header("content-range")
            .strip_prefix("bytes ")
            .unwrap();
        let (span, size) = range.split_once('/').unwrap();
        assert_eq!(size.parse::<u64>().unwrap(), session.size);
        if let Some((from, to)) = span.split_once('-') {
            let (from, to): (u64, u64) = (from.parse().unwrap(), to.parse().unwrap());
            let sent = u64::try_from(asked.body.len()).unwrap();
            assert_eq!(to + 1 - from, sent);
            assert!(to + 1 == session.size || sent.is_multiple_of(262_144));
            if from != session.there {
                return no(400, "badRequest");
            }
            session.there = to + 1;
            self.bytes += sent;
        } else {
            assert!(span == "*" && asked.body.is_empty());
        }
        if session.there < session.size {
            let reply = Reply::new(308, Value::Null);
            return match session.there {
                0 => reply,
                there => reply.with("range", &format!("bytes=0-{}", there - 1)),
            };
        }
        let mut film = session.about.clone();
        film["id"] = json!(format!("vid_{count}-{name}"));
        session.film = Some(film.clone());
        self.films.push(film.clone());
        Reply::new(200, film)
    }

    fn update(&mut self, asked: &Asked) -> Reply {
        let value = asked.json().unwrap_or_default();
        let film = self.films.iter_mut().find(|film| film["id"] == value["id"]);
        match film {
            None => no(404, "videoNotFound"),
            Some(film)
                if exactly(&value, &["id", "snippet"]) && Self::snippet_fits(&value["snippet"]) =>
            {
                film["snippet"] = value["snippet"].clone();
                Reply::new(200, film.clone())
            }
            Some(_) => no(400, "invalidVideoMetadata"),
        }
    }

    fn with(&self, link: &str) -> usize {
        let says = |film: &&Value| {
            let said = film["snippet"]["description"].as_str().unwrap();
            said.split_whitespace().any(|word| word == link)
        };
        self.films.iter().filter(says).count()
    }
}

fn started() -> StandIn<Platform> {
    let platform = StandIn::start(Platform::default());
    platform.rules.lock().unwrap().base = format!("http://{}", platform.address);
    platform
}

fn channel(address: SocketAddr) -> YouTube {
    let line = Line::new(&format!("http://{address}"), None, "x").unwrap();
    YouTube::new(line, YouTubeAccount::new("public", SECRET).unwrap(), now)
}

#[test]
fn youtube_tells_nothing_twice_and_hides_no_doubt() {
    let platform = started();
    let line = HostileLine::before(platform.address, 41);
    // Uploads go on where the platform says: over the same line.
    platform.rules.lock().unwrap().base = format!("http://{}", line.address);
    let mut fresh = || -> Box<dyn Channel> { Box::new(channel(line.address)) };
    let told = tell_once(|seed| vec![film(seed, 5_000)], &mut fresh);
    let rules = platform.rules.lock().unwrap();
    let (mut stood, mut doubted, mut graphic) = (0, 0, 0);
    for story in &told {
        let stands = rules.with(&story.words.link);
        match &story.ended {
            Ok(()) => {
                stood += 1;
                assert_eq!((stands, story.kept.len()), (1, 1));
            }
            Err(Fault::Unknown { .. }) => {
                doubted += 1;
                assert!(stands <= 1);
            }
            // No film that is hard to look at goes there, and the record says why.
            Err(Fault::Refused { words }) => {
                graphic += 1;
                assert!(story.words.graphic && words.contains("only a story with a film"));
                assert_eq!(stands, 0);
            }
            Err(fault) => panic!("{}: {fault}", story.words.link),
        }
    }
    assert!(line.was_hostile() && stood > 0 && graphic > 0);
    figure(&format!(
        "youtube: {} deliveries, {} films stand, {stood} confirmed, {graphic} graphic and refused, {doubted} left to a person, 0 sent again, 0 silent losses",
        deliveries(),
        rules.films.len()
    ));
}

fn carried(
    channel: &mut YouTube,
    action: Action,
    (link, posts, files): (&str, &[Post], &[Attachment]),
    before: &[Remote],
) -> Ended {
    let mut row = task(action, 1, (link, posts, files), &[]);
    row.before = before.to_vec();
    deliver(channel, &row, &mut |_| Ok(()))
}

#[test]
fn youtube_changes_words_and_tells_another_film_anew() {
    let platform = started();
    let mut own = channel(platform.address);
    assert_eq!(own.check().unwrap().name, "News");
    let can = own.abilities();
    let mut words = stories::story(2);
    words.title = format!("<b>{}", "ط".repeat(200));
    words.body = "كلام ".repeat(4_000);
    words.alts = vec!["one".to_owned()];
    let (first, other) = ([film(1, 700)], [film(2, 700)]);
    let mut tell = |own: &mut YouTube, action, files: &[Attachment], before: &[Remote]| {
        words.turn = if action == Action::Post {
            Turn::New
        } else {
            Turn::Corrected
        };
        let posts = render(&words, &can, files);
        carried(own, action, (&words.link, &posts, files), before)
    };
    let stands = confirmed(tell(&mut own, Action::Post, &first, &[]));
    assert_eq!(stands[0].url, "https://www.youtube.com/watch?v=vid_0-0");
    assert_eq!(
        confirmed(tell(&mut own, Action::Edit, &first, &stands)),
        stands
    );
    {
        let rules = platform.rules.lock().unwrap();
        assert_eq!((rules.films.len(), rules.bytes, rules.tokens), (1, 700, 1));
        assert_eq!(rules.films[0]["status"]["privacyStatus"], "public");
    }
    let second = confirmed(tell(&mut own, Action::Edit, &other, &stands));
    assert_ne!(second, stands);
    assert_eq!(platform.rules.lock().unwrap().films.len(), 1);
    // An attempt after one that was killed finds what that one told.
    assert_eq!(
        confirmed(tell(&mut own, Action::Edit, &other, &stands)),
        second
    );
    assert_eq!(platform.rules.lock().unwrap().bytes, 1_400);
    // No film any more: what stood is gone, and the record says so.
    let none = tell(&mut own, Action::Edit, &[], &second);
    assert!(matches!(none, Ended::Faulted(Fault::Refused { .. })));
    assert!(platform.rules.lock().unwrap().films.is_empty());
    for _ in 0..2 {
        confirmed(carried(&mut own, Action::Delete, ("", &[], &[]), &second));
    }
}

#[test]
fn an_upload_to_youtube_goes_on_after_a_cut_and_waits_for_its_quota() {
    let platform = started();
    let mut own = channel(platform.address);
    let mut words = stories::story(2);
    words.alts = vec!["one".to_owned()];
    // Two whole pieces and a rest.
    let files = [film(9, 2 * 32 * 262_144 + 5)];
    let posts = render(&words, &own.abilities(), &files);
    let tell = |own: &mut YouTube| carried(own, Action::Post, (&words.link, &posts, &files), &[]);
    let next = |reply: Reply| platform.rules.lock().unwrap().next.push(reply);
    for (reason, least) in [("quotaExceeded", 1), ("uploadLimitExceeded", 86_400)] {
        next(no(403, reason));
        let Ended::Faulted(Fault::Later { after, .. }) = tell(&mut own) else {
            panic!("{reason} is no end");
        };
        assert!((least..=90_000).contains(&after.unwrap().as_secs()));
    }
    next(no(403, "forbidden"));
    assert!(matches!(
        tell(&mut own),
        Ended::Faulted(Fault::Account { .. })
    ));
    // The second piece fails at Google, and the question how far it came thrice: the next attempt goes on from there.
    {
        let mut rules = platform.rules.lock().unwrap();
        let failed = || no(500, "backendError");
        let begun = "/upload/youtube/v3/videos?uploadType=resumable&upload_id=7";
        let place = format!("{}{begun}", rules.base);
        let first = Reply::new(308, Value::Null).with("range", "bytes=0-8388607");
        rules.next = vec![failed(), failed(), failed(), failed(), first];
        rules
            .next
            .push(Reply::new(200, Value::Null).with("location", &place));
        let about = json!({"snippet": {"description": words.link}});
        let size = files[0].size;
        rules.sessions.insert(
            7,
            Session {
                about,
                size,
                there: 8_388_608,
                film: None,
            },
        );
    }
    let put_off = tell(&mut own);
    assert!(
        matches!(put_off, Ended::Faulted(Fault::Later { .. })),
        "{put_off:?}"
    );
    confirmed(tell(&mut own));
    let rules = platform.rules.lock().unwrap();
    assert_eq!(
        (rules.films.len(), rules.sessions.len()),
        (1, 1),
        "no second upload"
    );
    assert_eq!(
        rules.bytes,
        files[0].size - 8_388_608,
        "only what was missing"
    );
}

#[test]
fn youtube_accounts_that_open_nothing_are_refused() {
    static LATE: AtomicI64 = AtomicI64::new(0);
    let platform = started();
    let line = Line::new(&format!("http://{}", platform.address), None, "x").unwrap();
    let stranger = YouTubeAccount::new("", "client.apps secret other").unwrap();
    let refused = YouTube::new(line.clone(), stranger, now).check();
    assert!(matches!(refused, Err(Fault::Account { .. })));
    // An access token is asked for again when it has ended, with the same refresh token.
    let clock = || super::stand_in::DECIDED + LATE.load(Ordering::SeqCst);
    let account = YouTubeAccount::new("", SECRET).unwrap();
    let mut own = YouTube::new(line, account, clock);
    own.check().unwrap();
    own.check().unwrap();
    assert_eq!(platform.rules.lock().unwrap().tokens, 1);
    LATE.store(3_600_000_000, Ordering::SeqCst);
    own.check().unwrap();
    assert_eq!(platform.rules.lock().unwrap().tokens, 2);
}
