//! The newsletter against a real mail server, through recipients whose letters are put off, refused, cut and lost.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use publish::channels::{
    Action, Channel, ChannelSettings, Class, Ended, Fault, Had, Kind, Recipient, Remote, Roll,
    Rolled, deliver,
};
use publish::renditions::{StoryWords, Turn, render};
use serde_json::Value;
use zeroize::Zeroizing;

use super::servers::{Server, figure, installed, ports};
use super::stand_in::task;
use super::{deliveries, stories};

const ACCOUNT: &str = "أخبار المدينة <news@sealed.example> https://news.example/leave";
const SECRET: &str = "news four words of it";

/// A reader's row.
struct Row {
    address: String,
    had: Option<Had>,
    sending: bool,
    /// The attempt that tried it last.
    tried: u32,
}

/// A roll in memory, by the rules that the record keeps.
#[derive(Default)]
struct Rows {
    rows: Mutex<Vec<Row>>,
    attempt: Mutex<u32>,
    /// After so many letters the rows cannot be written any more: the process was killed.
    dies: Mutex<Option<u32>>,
}

impl Rows {
    fn of(names: &[String]) -> Arc<Self> {
        let rows = names
            .iter()
            .map(|name| Row {
                address: format!("{name}@reader.example"),
                had: None,
                sending: false,
                tried: 0,
            })
            .collect();
        Arc::new(Self {
            rows: Mutex::new(rows),
            ..Self::default()
        })
    }

    fn state(&self, name: &str) -> Option<Had> {
        let rows = self.rows.lock().unwrap();
        let wanted = format!("{name}@reader.example");
        let found = rows.iter().find(|row| row.address == wanted);
        found.unwrap().had
    }
}

fn id(place: usize) -> [u8; 16] {
    let mut out = [7; 16];
    out[8..].copy_from_slice(&u64::try_from(place).unwrap().to_be_bytes());
    out
}

impl Roll for Rows {
    fn begin(&self) -> Result<(), Fault> {
        *self.attempt.lock().unwrap() += 1;
        for row in self.rows.lock().unwrap().iter_mut() {
            if std::mem::take(&mut row.sending) {
                row.had = Some(Had::Unknown);
            }
        }
        Ok(())
    }

    fn next(&self) -> Result<Option<Recipient>, Fault> {
        let attempt = *self.attempt.lock().unwrap();
        let mut rows = self.rows.lock().unwrap();
        let next = rows
            .iter_mut()
            .enumerate()
            .find(|(_, row)| matches!(row.had, None | Some(Had::Later)) && row.tried < attempt);
        Ok(next.map(|(place, row)| {
            (row.sending, row.tried) = (true, attempt);
            Recipient {
                id: id(place),
                address: Zeroizing::new(row.address.clone()),
            }
        }))
    }

    fn settle(&self, recipient: &[u8; 16], how: Had) -> Result<(), Fault> {
        if let Some(left) = self.dies.lock().unwrap().as_mut() {
            if *left == 0 {
                return Err(Fault::Later {
                    after: None,
                    words: "killed".to_owned(),
                });
            }
            *left -= 1;
        }
        let mut rows = self.rows.lock().unwrap();
        let place = (0..rows.len()).find(|at| id(*at) == *recipient).unwrap();
        (rows[place].had, rows[place].sending) = (Some(how), false);
        Ok(())
    }

    fn rolled(&self) -> Result<Rolled, Fault> {
        let rows = self.rows.lock().unwrap();
        let count = |what: Option<Had>| {
            u32::try_from(rows.iter().filter(|row| row.had == what).count()).unwrap()
        };
        Ok(Rolled {
            all: u32::try_from(rows.len()).unwrap(),
            taken: count(Some(Had::Taken)),
            refused: count(Some(Had::Refused)),
            left: count(None) + count(Some(Had::Later)),
            unknown: count(Some(Had::Unknown)),
        })
    }
}

fn start(folder: &Path) -> Server {
    Server::python("python", "letters.py", folder).0
}

fn settings(server: &str, secret: &str) -> ChannelSettings {
    ChannelSettings {
        kind: Kind::Mail,
        server: server.to_owned(),
        account: ACCOUNT.to_owned(),
        secret: secret.to_owned(),
        proxy: None,
    }
}

fn channel(server: &Server) -> Box<dyn Channel> {
    let settings = settings(&format!("smtp://{}", server.address), SECRET);
    settings.open("x", || 0).unwrap()
}

/// What the server noted that has this field.
fn noted(folder: &Path, field: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("taken.jsonl")).unwrap_or_default();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines
        .filter(|value: &Value| value.get(field).is_some())
        .collect()
}

/// How many letters each recipient has.
fn letters(folder: &Path) -> BTreeMap<String, u32> {
    let mut out = BTreeMap::new();
    for one in noted(folder, "letter") {
        let to = one["to"].as_array().unwrap();
        assert_eq!(to.len(), 1, "one letter for each");
        *out.entry(to[0].as_str().unwrap().to_owned()).or_default() += 1;
    }
    out
}

fn tell(
    channel: &mut dyn Channel,
    roll: &Arc<Rows>,
    (action, words): (Action, &StoryWords),
    before: &[Remote],
) -> Ended {
    channel.call_roll(roll.clone());
    let posts = render(words, &channel.abilities(), &[]);
    let mut row = task(action, 1, (&words.link, &posts, &[]), &[]);
    row.before = before.to_vec();
    deliver(channel, &row, &mut |_| Ok(()))
}

#[test]
fn peer_letters_reach_each_once_and_hide_no_doubt() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let fates = [
        "fine", "later", "never", "fine", "cut", "full", "torn", "fine", "spam", "busy",
    ];
    let names: Vec<String> = (0..deliveries())
        .map(|at| {
            let fate = fates[usize::try_from(at).unwrap() % fates.len()];
            format!("{fate}-{at}")
        })
        .chain(["slow-1".to_owned()])
        .collect();
    let rows = Rows::of(&names);
    let words = stories::story(3);
    // Each attempt with a fresh adapter, as after a restart, until nothing is to be done by itself.
    let ended = (0..10)
        .find_map(|_| {
            let mut mail = channel(&server);
            assert_eq!(mail.abilities().class, Class::Each);
            match tell(mail.as_mut(), &rows, (Action::Post, &words), &[]) {
                Ended::Faulted(Fault::Later { .. }) => None,
                ended => Some(ended),
            }
        })
        .unwrap();
    let Ended::Faulted(Fault::Unknown { words: said, .. }) = &ended else {
        panic!("who may have it is left to a person: {ended:?}");
    };
    let letters = letters(folder.path());
    let (mut taken, mut doubted, mut refused) = (0, 0, 0);
    for name in &names {
        let has = letters.get(&format!("{name}@reader.example")).copied();
        let fate = name.split('-').next().unwrap();
        let (state, stands) = match fate {
            "never" | "spam" => (Had::Refused, 0),
            "cut" => (Had::Unknown, 1),
            _ => (Had::Taken, 1),
        };
        assert_eq!(rows.state(name), Some(state), "{name}");
        assert_eq!(has.unwrap_or(0), stands, "{name}");
        taken += u32::from(state == Had::Taken);
        doubted += u32::from(state == Had::Unknown);
        refused += u32::from(state == Had::Refused);
    }
    assert!(
        said.starts_with(&format!("{doubted} of {}", names.len())),
        "{said}"
    );
    figure(&format!(
        "mail: {} recipients, {taken} have it once, {refused} refused, {doubted} left to a person, 0 twice, 0 silent losses",
        names.len()
    ));
}

#[test]
fn peer_a_mailing_goes_on_where_it_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let names: Vec<String> = (0..1_000).map(|at| format!("fine-{at}")).collect();
    let rows = Rows::of(&names);
    let words = stories::story(4);
    let mut kills = 0;
    let ended = loop {
        *rows.dies.lock().unwrap() = (kills < 4).then_some(150);
        match tell(
            channel(&server).as_mut(),
            &rows,
            (Action::Post, &words),
            &[],
        ) {
            Ended::Faulted(Fault::Later { .. }) => kills += 1,
            ended => break ended,
        }
    };
    // The letter that was on its way at each kill is in doubt; it did arrive, and is not sent again.
    assert!(matches!(ended, Ended::Faulted(Fault::Unknown { .. })));
    let rolled = rows.rolled().unwrap();
    assert_eq!((kills, rolled.unknown, rolled.left), (4, 4, 0));
    let letters = letters(folder.path());
    assert_eq!(letters.len(), 1_000, "nobody is left out");
    assert!(
        letters.values().all(|count| *count == 1),
        "nobody has it twice"
    );
}

/// The letters for one reader, read as a mail program reads them.
fn read(folder: &Path) -> Vec<Value> {
    let program = "import json,sys,email,email.policy\n\
        for line in open(sys.argv[1]):\n\
        \x20   one=json.loads(line)\n\
        \x20   if 'letter' not in one: continue\n\
        \x20   m=email.message_from_string(one['letter'],policy=email.policy.default)\n\
        \x20   assert not m.defects, m.defects\n\
        \x20   print(json.dumps({'headers':{k.lower():str(v) for k,v in m.items()},\n\
        \x20     'plain':m.get_body(('plain',)).get_content(),'html':m.get_body(('html',)).get_content(),\n\
        \x20     'parts':[p.get_content_type() for p in m.walk()]}))";
    let output = Command::new(installed("python").join("environment/bin/python"))
        .args(["-c", program])
        .arg(folder.join("taken.jsonl"))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn peer_a_letter_says_nothing_of_us_and_its_correction_answers_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut mail = channel(&server);
    assert_eq!(mail.check().unwrap().name, "news@sealed.example");
    let mut words = stories::story(2);
    words.title = "الماء في المدينة".to_owned();
    words.body = ".\n\n.نقطة <b>\n\nكلام".to_owned();
    let told = |mail: &mut dyn Channel, turn: Turn, before: &[Remote]| {
        let mut words = words.clone();
        words.turn = turn;
        let can = mail.abilities();
        let action = match turn {
            Turn::New => Action::Post,
            Turn::Corrected => Action::correcting(&can),
            Turn::Withdrawn => Action::withdrawing(&can),
        };
        let rows = Rows::of(&["fine-1".to_owned()]);
        match tell(mail, &rows, (action, &words), before) {
            Ended::Confirmed(done) => done,
            Ended::Faulted(fault) => panic!("{fault}"),
        }
    };
    let first = told(mail.as_mut(), Turn::New, &[]);
    told(mail.as_mut(), Turn::Corrected, &first);
    told(mail.as_mut(), Turn::Withdrawn, &first);
    let letters = read(folder.path());
    let [new, corrected, withdrawn] = letters.as_slice() else {
        panic!("three letters");
    };
    let named = |letter: &Value, name: &str| {
        letter["headers"][name]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let known = [
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "references",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "content-language",
        "mime-version",
        "content-type",
    ];
    for name in new["headers"].as_object().unwrap().keys() {
        assert!(known.contains(&name.as_str()), "{name} is not to be there");
    }
    assert!(named(new, "date").ends_with("+0000"));
    assert_eq!(named(new, "to"), "fine-1@reader.example");
    assert!(named(new, "from").contains("أخبار المدينة"));
    assert!(named(new, "subject").contains("الماء في المدينة"));
    let leave = "07070707070707070000000000000000";
    assert_eq!(
        named(new, "list-unsubscribe")
            .split_whitespace()
            .collect::<String>(),
        format!(
            "<https://news.example/leave?leave={leave}>,<mailto:news@sealed.example?subject=leave%20{leave}>"
        )
    );
    assert_eq!(
        named(new, "list-unsubscribe-post"),
        "List-Unsubscribe=One-Click"
    );
    assert_eq!(
        new["parts"],
        serde_json::json!(["multipart/alternative", "text/plain", "text/html"])
    );
    let (plain, html) = (
        new["plain"].as_str().unwrap(),
        new["html"].as_str().unwrap(),
    );
    assert!(plain.contains("\n.نقطة <b>") && plain.contains(&words.link) && plain.contains(leave));
    assert!(html.contains("<html lang=\"ar\" dir=\"rtl\">") && html.contains("&lt;b&gt;"));
    for fetched in ["src=", "<img", "<link", "<style", "url(", "<script"] {
        assert!(!html.contains(fetched), "nothing is fetched: {fetched}");
    }
    // Every address in it is the story's page or the page where one leaves.
    let links = regex::Regex::new("href=\"([^\"]*)\"").unwrap();
    for link in links.captures_iter(html) {
        let ours = link[1] == words.link || link[1].starts_with("https://news.example/leave?");
        assert!(ours, "{}", &link[1]);
    }
    assert_eq!(named(corrected, "in-reply-to"), named(new, "message-id"));
    assert!(named(corrected, "references").ends_with(&named(new, "message-id")));
    assert_ne!(named(corrected, "message-id"), named(new, "message-id"));
    assert_eq!(named(withdrawn, "in-reply-to"), named(new, "message-id"));
    assert!(!withdrawn["plain"].as_str().unwrap().contains("كلام"));
    for hello in noted(folder.path(), "hello") {
        assert_eq!(hello["hello"], "[127.0.0.1]", "nothing of this machine");
    }
}

#[test]
fn peer_a_password_goes_over_secure_lines_alone_and_only_once_checked() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let wrong = settings(&format!("smtp://{}", server.address), "news other words");
    assert!(matches!(
        wrong.open("x", || 0).unwrap().check(),
        Err(Fault::Account { .. })
    ));
    // A name is somebody else's until a certificate says otherwise: this server offers none.
    let port = server.address.port();
    let named = settings(&format!("smtp://localhost:{port}"), SECRET);
    assert!(matches!(
        named.open("x", || 0).unwrap().check(),
        Err(Fault::Account { .. })
    ));
    assert_eq!(noted(folder.path(), "login").len(), 1, "not a second time");
    // This one offers a certificate that nobody vouches for.
    let other = tempfile::tempdir().unwrap();
    let mut command = Command::new("python3");
    command
        .arg(installed("python").join("letters.py"))
        .arg(other.path())
        .arg(ports().to_string())
        .arg("secure");
    let (secure, _) = Server::start(&mut command);
    let port = secure.address.port();
    let named = settings(&format!("smtp://localhost:{port}"), SECRET);
    assert!(matches!(
        named.open("x", || 0).unwrap().check(),
        Err(Fault::Later { .. })
    ));
    assert!(noted(other.path(), "login").is_empty());
}

#[test]
fn what_is_entered_for_a_newsletter_is_checked() {
    for (server, account, secret, fine) in [
        ("smtps://mail.example", ACCOUNT, SECRET, true),
        ("smtp://mail.example:2525", ACCOUNT, SECRET, true),
        ("https://mail.example", ACCOUNT, SECRET, false),
        ("smtp://mail.example/x", ACCOUNT, SECRET, false),
        ("smtps://mail.example", "news@sealed.example", SECRET, false),
        (
            "smtps://mail.example",
            "news@sealed.example http://news.example/leave",
            SECRET,
            false,
        ),
        ("smtps://mail.example", ACCOUNT, "word", false),
    ] {
        let mut settings = settings(server, secret);
        settings.account = account.to_owned();
        assert_eq!(
            settings.open("x", || 0).is_ok(),
            fine,
            "{server} {account} {secret}"
        );
    }
}
