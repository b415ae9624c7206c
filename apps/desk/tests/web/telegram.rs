//! Telegram from the desk, to a stand-in that keeps to its public documents: told, changed, taken away, each once. The stand-in
//! that refuses whatever those do not name is in the tests of the adapter.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::channels::{reached, tell};
use crate::rig::{EDITORS, Engine, Newsroom, Setting};

const TOKEN: &str = "123456:AAE-bot_word";

/// What stands in the channel, and how much was ever sent.
#[derive(Default)]
struct Channel {
    stands: BTreeMap<i64, String>,
    sent: i64,
}

/// Serves requests until the test ends.
fn serve() -> (String, Arc<Mutex<Channel>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let channel = Arc::new(Mutex::new(Channel::default()));
    let shared = channel.clone();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            answer(client, &shared);
        }
    });
    (address, channel)
}

fn answer(client: TcpStream, channel: &Mutex<Channel>) {
    let mut reader = BufReader::new(client.try_clone().unwrap());
    let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut first).unwrap();
    while reader.read_line(&mut line).unwrap() > 2 {
        let lower = line.to_ascii_lowercase();
        if let Some(text) = lower.strip_prefix("content-length:") {
            length = text.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let result = channel.lock().unwrap().result(&first, &asked);
    let (status, body) = match result {
        Some(result) => (200, json!({"ok": true, "result": result})),
        None => (
            400,
            json!({"ok": false, "error_code": 400, "description": "Bad Request: chat not found"}),
        ),
    };
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {}",
        body.len()
    );
    let mut client = client;
    client
        .write_all(format!("{head}\r\n\r\n{body}").as_bytes())
        .unwrap();
}

impl Channel {
    fn result(&mut self, first: &str, asked: &Value) -> Option<Value> {
        let method = first
            .split(&format!("/bot{TOKEN}/"))
            .nth(1)?
            .split(' ')
            .next()?;
        let chat = json!({"id": -1_001_234_567_890_i64, "type": "channel", "username": "news"});
        if asked["chat_id"] != "@news" {
            return None;
        }
        let text = || asked["text"].as_str().unwrap().to_owned();
        match method {
            "getMe" => Some(json!({"id": 123_456})),
            "getChat" => Some(chat),
            "getChatMember" => Some(
                json!({"status": "administrator", "can_post_messages": true, "can_delete_messages": true}),
            ),
            "sendMessage" => {
                self.sent += 1;
                self.stands.insert(self.sent, text());
                Some(json!({"message_id": self.sent, "chat": chat}))
            }
            "editMessageText" => {
                let number = asked["message_id"].as_i64().unwrap();
                *self.stands.get_mut(&number)? = text();
                Some(json!({"message_id": number, "chat": chat}))
            }
            "deleteMessage" => {
                self.stands.remove(&asked["message_id"].as_i64().unwrap())?;
                Some(json!(true))
            }
            _ => None,
        }
    }
}

#[test]
fn a_story_its_correction_and_its_withdrawal_reach_telegram_once() {
    let (server, channel) = serve();
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    let editors = [
        newsroom.signed_in(EDITORS[0]),
        newsroom.signed_in(EDITORS[2]),
    ];
    let [hala, salma] = &editors;
    let entry = |account, secret| {
        [
            ("known", ""),
            ("kind", "telegram"),
            ("language", "ar"),
            ("server", server.as_str()),
            ("account", account),
            ("secret", secret),
            ("proxy", ""),
        ]
    };
    for (account, secret) in [("@news", "no token"), ("@other", TOKEN)] {
        let wrong = hala.post("/channels", "/channels", &entry(account, secret));
        assert!(wrong.json()["useless"].is_string(), "{}", wrong.body);
    }
    let entered = hala.post("/channels", "/channels", &entry("@news", TOKEN));
    assert_eq!(entered.status, 303, "{}", entered.body);
    let page = hala.data("/channels").json();
    assert_eq!(page["channels"][0]["name"], "@news");
    let id = page["channels"][0]["id"].as_str().unwrap().to_owned();
    let pending = page["channels"][0]["pending"].as_str().unwrap();
    let confirm = format!("/channels/{id}/confirm");
    let confirmed = salma.post("/channels", &confirm, &[("pending", pending)]);
    assert_eq!(confirmed.status, 303);

    let story = hala
        .post("/stories", "/stories/new", &[])
        .header("location")
        .to_owned();
    let told = tell(&editors, &story, "first words");
    assert_eq!(told[0]["most"], 4_096);
    let sent = reached(hala, "post", "confirmed");
    assert_eq!(sent["links"][0], "https://t.me/news/1");
    let approved = told[0]["posts"][0]["post"]["text"].as_str().unwrap();
    assert_eq!(channel.lock().unwrap().stands[&1], approved);

    tell(&editors, &story, "second words");
    reached(hala, "correct", "confirmed");
    {
        let channel = channel.lock().unwrap();
        assert_eq!(
            (channel.sent, channel.stands.len()),
            (1, 1),
            "changed, not told again"
        );
        assert!(channel.stands[&1].contains("second words"));
    }
    let remnants = || hala.data(&format!("{story}/remnants")).json()["remnants"].clone();
    assert_eq!(remnants(), json!([]), "it was changed where it stands");
    let withdrawn = hala.post("/channels", &format!("{story}/withdraw-channels"), &[]);
    assert_eq!(withdrawn.status, 303, "{}", withdrawn.body);
    reached(hala, "withdraw", "confirmed");
    assert!(channel.lock().unwrap().stands.is_empty());
    assert_eq!(remnants(), json!([]));
    for page in [hala.page(&format!("{story}/remnants")), hala.page(&story)] {
        assert!(page.body.contains("Where an earlier version may live on"));
    }
    assert!(
        !hala.page("/channels").body.contains(TOKEN),
        "no page shows a credential"
    );
}
