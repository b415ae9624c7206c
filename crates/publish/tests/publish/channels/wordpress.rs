//! The real WordPress.

use data_encoding::BASE64;
use ledger::sha256;
use publish::channels::{Action, Attachment, Channel, Line, WordPress, WordPressAccount};
use publish::renditions::{StoryWords, Turn, render};
use serde_json::Value;

use super::hostile::HostileLine;
use super::outbox::{Row, carry, tell_many};
use super::servers::{Server, ask, figure};
use super::{deliveries, stories};

struct Site {
    server: Server,
    password: String,
    _folder: tempfile::TempDir,
}

impl Site {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (server, told) = Server::python("wordpress", "serve.py", folder.path());
        Self {
            server,
            password: told["password"].as_str().unwrap().to_owned(),
            _folder: folder,
        }
    }

    fn channel(&self, address: std::net::SocketAddr) -> WordPress {
        let account = WordPressAccount {
            name: "desk".to_owned(),
            password: self.password.clone(),
        };
        WordPress::new(
            Line::new(&format!("http://{address}"), None, "x").unwrap(),
            &account,
        )
    }

    /// How many files lie there.
    fn files(&self) -> usize {
        let basic = BASE64.encode(format!("desk:{}", self.password).as_bytes());
        let url = format!(
            "http://{}/?rest_route=/wp/v2/media&per_page=100",
            self.server.address
        );
        let found = ask(
            "GET",
            &url,
            &[("authorization", &format!("Basic {basic}"))],
            None,
        );
        found.as_array().unwrap().len()
    }

    /// All articles of a state.
    fn articles(&self, state: &str) -> Vec<Value> {
        let basic = format!(
            "Basic {}",
            BASE64.encode(format!("desk:{}", self.password).as_bytes())
        );
        let mut out = Vec::new();
        for page in 1.. {
            // A page beyond the last is an error; the first that is not full is the last.
            let url = format!(
                "http://{}/?rest_route=/wp/v2/posts&status={state}&context=edit&per_page=100&page={page}",
                self.server.address
            );
            let found = ask("GET", &url, &[("authorization", &basic)], None);
            let found = found.as_array().unwrap();
            out.extend(found.iter().cloned());
            if found.len() < 100 {
                break;
            }
        }
        out
    }
}

#[test]
fn peer_wordpress_every_article_stands_exactly_once() {
    let site = Site::start();
    assert!(
        site.channel(site.server.address)
            .check()
            .unwrap()
            .name
            .starts_with("desk")
    );
    let line = HostileLine::before(site.server.address, 3);
    let before = site.articles("publish").len();
    let mut fresh = || -> Box<dyn Channel> { Box::new(site.channel(line.address)) };
    let (posts, way) = tell_many(|seed| vec![stories::picture(seed)], &mut fresh);
    assert_eq!(
        posts,
        usize::try_from(deliveries()).unwrap(),
        "one article each"
    );
    let stands = site.articles("publish");
    for seed in 0..u64::from(deliveries()) {
        let link = format!("{}\"", stories::story(seed).link);
        let naming = stands.iter().filter(|post| {
            post.pointer("/content/raw")
                .unwrap()
                .as_str()
                .unwrap()
                .contains(&link)
        });
        assert_eq!(naming.count(), 1, "articles of story {seed}");
    }
    assert_eq!(
        stands.len() - before,
        usize::try_from(deliveries()).unwrap()
    );
    assert_eq!(site.articles("draft").len(), 0, "stray drafts are swept");
    assert!(line.was_hostile() && way.kills > 0 && way.unknown > 0);
    figure(&format!(
        "wordpress: {} deliveries, 0 duplicates, 0 losses, 0 stray drafts; {way}",
        deliveries()
    ));
}

#[test]
fn peer_wordpress_corrections_and_withdrawals_arrive() {
    let site = Site::start();
    let line = HostileLine::before(site.server.address, 4);
    let mut words = stories::story(1);
    words.title = "A title".to_owned();
    let can = site.channel(line.address).abilities();
    let mut fresh = || -> Box<dyn Channel> { Box::new(site.channel(line.address)) };
    let before = site.articles("publish").len();
    let pictures = [stories::picture(1), stories::picture(2)];
    // Another article shows the first picture and stays.
    tell_beside(&words, &pictures[..1], &mut fresh);
    let before = before + 1;
    let mut stands = Vec::new();
    for (action, turn, left, shown, files) in [
        (Action::Post, Turn::New, 1, 2, 2),
        (Action::Edit, Turn::Corrected, 1, 1, 1),
        (Action::Edit, Turn::Corrected, 1, 2, 2),
        (Action::Delete, Turn::Withdrawn, 0, 0, 1),
    ] {
        words.turn = turn;
        words.body = format!("{turn:?} {shown}.");
        words.alts = vec!["A street".to_owned(); shown];
        let posts = render(&words, &can, &pictures[..shown]);
        let row = Row {
            action,
            clearance: sha256(words.body.as_bytes()),
            link: &words.link,
            posts: &posts,
            files: &pictures[..shown],
            before: stands,
        };
        stands = carry(&row, 5, &mut fresh).0.unwrap();
        let found = site.articles("publish");
        assert_eq!(found.len() - before, left, "{turn:?}");
        assert_eq!(site.files(), files, "files after {turn:?} with {shown}");
        if left == 1 {
            let holds = |post: &Value| {
                post.pointer("/content/raw")
                    .unwrap()
                    .as_str()
                    .unwrap()
                    .contains(&words.body)
            };
            assert!(found.iter().any(holds), "{turn:?}");
        }
    }
}

/// One more article with files.
fn tell_beside(
    words: &StoryWords,
    files: &[Attachment],
    fresh: &mut dyn FnMut() -> Box<dyn Channel>,
) {
    let mut words = words.clone();
    words.body = "Beside.".to_owned();
    words.alts = vec!["A street".to_owned(); files.len()];
    let posts = render(&words, &fresh().abilities(), files);
    let row = Row {
        action: Action::Post,
        clearance: sha256(b"beside"),
        link: &words.link,
        posts: &posts,
        files,
        before: Vec::new(),
    };
    carry(&row, 6, fresh).0.unwrap();
}
