//! Ghost, a Facebook page and YouTube over HTTP: two people for the credentials, and a story that goes to each of them.
//! Small platforms on loopback answer what is asked on that way; the strict ones stand beside the adapters.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::channels::{confirmed, reached, tell};
use crate::rig::{EDITORS, Engine, Newsroom, Setting};

/// What was asked: the method with the path, and the body.
type Asked = Arc<Mutex<Vec<(String, Value)>>>;

/// A platform that gives each request the first answer whose beginning fits, and nothing else.
fn platform(answers: Vec<(&'static str, Value)>) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let asked = Asked::default();
    let kept = asked.clone();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // A client that hangs up asked for nothing.
            let _ = serve(client, &answers, &kept);
        }
    });
    (base, asked)
}

fn serve(client: TcpStream, answers: &[(&str, Value)], asked: &Asked) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(count) = line.strip_prefix("content-length:") {
            length = count.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let request = first.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let found = answers.iter().find(|(start, _)| request.starts_with(start));
    let (status, answer) = found.map_or((404, Value::Null), |(_, answer)| (200, answer.clone()));
    let body = serde_json::from_slice(&body).unwrap_or_default();
    asked.lock().unwrap().push((request, body));
    let text = answer.to_string();
    let head = format!(
        "HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
        text.len()
    );
    (&client).write_all(head.as_bytes())
}

/// What was sent to a path.
fn sent(asked: &Asked, start: &str) -> Vec<Value> {
    let all = asked.lock().unwrap();
    let fit = all.iter().filter(|(request, _)| request.starts_with(start));
    fit.map(|(_, body)| body.clone()).collect()
}

#[test]
fn a_story_reaches_a_ghost_site() {
    let post = |status: &str| json!({"posts": [{"id": "aa", "slug": "x", "status": status, "updated_at": "2026-11-25T00:00:00.000Z", "url": "https://g.example/x/"}]});
    let (base, asked) = platform(vec![
        (
            "GET /ghost/api/admin/site/",
            json!({"site": {"title": "News"}}),
        ),
        ("GET /ghost/api/admin/posts/", json!({"posts": []})),
        ("POST /ghost/api/admin/posts/?source=html", post("draft")),
        (
            "PUT /ghost/api/admin/posts/aa/?source=html",
            post("published"),
        ),
    ]);
    let secret = format!("6748592f4b9b77:{}", "01".repeat(32));
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    let editors = [
        newsroom.signed_in(EDITORS[0]),
        newsroom.signed_in(EDITORS[2]),
    ];
    confirmed(&editors, "ghost", (&base, "", &secret));
    tell(&editors, &started(&editors), "first words");
    let delivery = reached(&editors[0], "post", "confirmed");
    assert_eq!(delivery["links"][0], "https://g.example/x/");
    let published = sent(&asked, "PUT");
    assert_eq!(published.len(), 1);
    let html = published[0]["posts"][0]["html"].as_str().unwrap();
    assert!(html.contains("first words") && html.contains("dir=\"rtl\""));
}

#[test]
fn a_story_reaches_a_facebook_page() {
    let (base, asked) = platform(vec![
        (
            "GET /v23.0/me",
            json!({"id": "5", "name": "News", "category": "Media"}),
        ),
        ("POST /v23.0/5/feed", json!({"id": "5_7"})),
    ]);
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    let editors = [
        newsroom.signed_in(EDITORS[0]),
        newsroom.signed_in(EDITORS[2]),
    ];
    confirmed(&editors, "facebook", (&base, "", "EAAB-token"));
    let told = tell(&editors, &started(&editors), "first words");
    let delivery = reached(&editors[0], "post", "confirmed");
    assert_eq!(delivery["links"][0], "https://www.facebook.com/5_7");
    let posts = sent(&asked, "POST");
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0]["message"], told[0]["posts"][0]["post"]["text"]);
}

#[test]
fn a_story_without_a_film_is_refused_for_youtube_in_plain_words() {
    let (base, asked) = platform(vec![
        (
            "POST /oauth2/v4/token",
            json!({"access_token": "a", "expires_in": 3599}),
        ),
        (
            "GET /youtube/v3/channels",
            json!({"items": [{"snippet": {"title": "News"}, "contentDetails": {"relatedPlaylists": {"uploads": "UU1"}}}]}),
        ),
    ]);
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    let editors = [
        newsroom.signed_in(EDITORS[0]),
        newsroom.signed_in(EDITORS[2]),
    ];
    confirmed(
        &editors,
        "youtube",
        (&base, "public", "client secret refresh"),
    );
    tell(&editors, &started(&editors), "first words");
    let delivery = reached(&editors[0], "post", "rejected");
    assert!(
        delivery.to_string().contains("only a story with a film"),
        "{delivery}"
    );
    assert!(sent(&asked, "POST /upload").is_empty());
}

/// A new story.
fn started(editors: &[crate::rig::Visitor]) -> String {
    let reply = editors[0].post("/stories", "/stories/new", &[]);
    reply.header("location").to_owned()
}
