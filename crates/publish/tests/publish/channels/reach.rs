//! What platforms count, from servers that answer as theirs are documented to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};

use publish::channels::{
    Bluesky, BlueskyAccount, Channel, Line, Mastodon, MastodonAccount, Reach, Remote,
};

/// A server that gives these answers in turn, and tells the heads of what it was asked.
fn scripted(answers: Vec<&'static str>) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for (answer, stream) in answers.into_iter().zip(listener.incoming()) {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).unwrap();
                let lower = line.to_ascii_lowercase();
                if let Some(value) = lower.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                head.push_str(&lower);
                if line == "\r\n" {
                    break;
                }
            }
            stream.read_exact(&mut vec![0; length]).unwrap();
            let reply = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
                answer.len()
            );
            stream.get_mut().write_all(reply.as_bytes()).unwrap();
            tell.send(head).unwrap();
        }
    });
    (address, told)
}

fn line(address: SocketAddr) -> Line {
    Line::new(&format!("http://{address}"), None, "x").unwrap()
}

fn remote(id: &str) -> Remote {
    Remote {
        id: id.to_owned(),
        url: "https://there.example/1".to_owned(),
    }
}

#[test]
fn mastodon_tells_favourites_boosts_and_replies() {
    let status = r#"{"id":"7","favourites_count":12,"reblogs_count":3,"replies_count":0}"#;
    let (address, told) = scripted(vec![status]);
    let account = MastodonAccount {
        token: "t".to_owned(),
    };
    let reach = Mastodon::new(line(address), &account).reach(&remote("7"));
    let expected = Reach {
        likes: Some(12),
        shares: Some(3),
        replies: Some(0),
        views: None,
    };
    assert_eq!(reach.unwrap(), Some(expected));
    assert!(told.recv().unwrap().starts_with("get /api/v1/statuses/7 "));
}

#[test]
fn bluesky_asks_those_who_count_through_its_own_server() {
    let session = r#"{"did":"did:plc:a","handle":"n.example","accessJwt":"j"}"#;
    let posts = r#"{"posts":[{"likeCount":5,"repostCount":2,"quoteCount":1,"replyCount":4}]}"#;
    let (address, told) = scripted(vec![session, posts, r#"{"posts":[]}"#]);
    let account = BlueskyAccount {
        name: "n.example".to_owned(),
        password: "p".to_owned(),
        reader: "https://bsky.app".to_owned(),
    };
    let mut channel = Bluesky::new(line(address), account);
    let post = remote("at://did:plc:a/app.bsky.feed.post/3k cid");
    let expected = Reach {
        likes: Some(5),
        shares: Some(3),
        replies: Some(4),
        views: None,
    };
    assert_eq!(channel.reach(&post).unwrap(), Some(expected));
    told.recv().unwrap();
    let asked = told.recv().unwrap();
    assert!(
        asked.contains("getposts?uris=at%3a%2f%2fdid%3aplc%3aa%2fapp.bsky.feed.post%2f3k "),
        "{asked}"
    );
    assert!(asked.contains("atproto-proxy: did:web:api.bsky.app#bsky_appview"));
    assert_eq!(channel.reach(&post).unwrap(), None, "it is gone there");
}
