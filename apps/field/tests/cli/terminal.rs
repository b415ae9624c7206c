//! Words at a real terminal: what is shown is typed back, right and wrong, and nothing that is typed is ever shown.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::stage::{Stage, text};

const PATIENCE: Duration = Duration::from_secs(120);

/// What came on the screen, and the sign that more came.
#[derive(Default)]
struct Screen(Mutex<Vec<u8>>, Condvar);

/// The program at a terminal of its own.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    screen: Arc<Screen>,
    /// How much of the screen was read.
    read: usize,
    name: String,
}

impl Terminal {
    fn run(stage: &Stage, arguments: &str) -> Self {
        let program = env!("CARGO_BIN_EXE_fh-field");
        // The terminal says its name first, so that one can ask whether it echoes.
        let line = format!("tty; exec {program} --vault vault {arguments}");
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]);
        command.current_dir(stage.folder.path()).env_clear();
        command.env("PATH", "/usr/bin:/bin").env("SHELL", "/bin/sh");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let screen = Arc::new(Screen::default());
        let (mut out, seen) = (child.stdout.take().unwrap(), Arc::clone(&screen));
        std::thread::spawn(move || {
            let mut some = [0; 4_096];
            while let Ok(got @ 1..) = out.read(&mut some) {
                seen.0.lock().unwrap().extend_from_slice(&some[..got]);
                seen.1.notify_all();
            }
        });
        let keys = child.stdin.take().unwrap();
        let mut terminal = Self {
            child,
            keys,
            screen,
            read: 0,
            name: String::new(),
        };
        let name = terminal.until("\n");
        name.trim().clone_into(&mut terminal.name);
        terminal
    }

    fn shown(&self) -> String {
        text(&self.screen.0.lock().unwrap())
    }

    /// What comes on the screen up to and with these words.
    fn until(&mut self, words: &str) -> String {
        let Screen(screen, more) = &*self.screen;
        let from = self.read;
        let place = |screen: &[u8]| {
            let mut fresh = screen[from..].windows(words.len());
            fresh.position(|some| some == words.as_bytes())
        };
        let wanting = more.wait_timeout_while(screen.lock().unwrap(), PATIENCE, |screen| {
            place(screen).is_none()
        });
        let (screen, _) = wanting.unwrap();
        let at = place(&screen);
        assert!(at.is_some(), "no {words:?} in {}", text(&screen));
        self.read = from + at.unwrap() + words.len();
        text(&screen[from..self.read])
    }

    /// Types a line once the terminal shows nothing of what is typed.
    fn type_hidden(&mut self, line: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            let settings = Command::new("stty").args(["-a", "-F", &self.name]).output();
            let settings = text(&settings.unwrap().stdout);
            if settings.split_whitespace().any(|word| word == "-echo") {
                break;
            }
            assert!(Instant::now() < end, "it echoes: {}", self.shown());
        }
        self.keys.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Whether it ended well, and all that it showed.
    fn end(mut self) -> (bool, String) {
        let ended = self.child.wait().unwrap();
        (ended.success(), self.shown())
    }
}

/// The words that a generated passphrase was shown as: they stand alone in a line that is set in.
fn shown_words(screen: &str) -> String {
    let line = screen.lines().find(|line| line.starts_with("    "));
    line.unwrap().trim().to_owned()
}

/// Learns a passphrase that is shown, after typing another one twice. Gives it, as it was shown the last time.
fn learn(terminal: &mut Terminal, ask: &str, again: &str, not_yet: &str) -> String {
    let first = shown_words(&terminal.until(ask));
    assert!(first.split_whitespace().count() >= 6, "{first}");
    for wrong in ["quiet river stone lantern copper meadow", ""] {
        terminal.type_hidden("");
        let cleared = terminal.until(again);
        assert!(cleared.contains("\u{1b}[3J"), "the screen is cleared");
        assert!(!cleared.contains(&first));
        terminal.type_hidden(wrong);
        terminal.until(not_yet);
        assert_eq!(
            shown_words(&terminal.until(ask)),
            first,
            "the same once more"
        );
    }
    terminal.type_hidden("");
    terminal.until(again);
    terminal.type_hidden(&first);
    first
}

#[test]
fn generated_passphrases_are_typed_back_before_anything_is_made() {
    for (lang, ask, again, not_yet, done) in [
        (
            "en",
            "is cleared.",
            "passphrase again:",
            "Not yet.",
            "Ready.",
        ),
        (
            "ar",
            "فتُمسح الشاشة",
            "عبارة المرور نفسها",
            "ليس بعد",
            "جاهز",
        ),
    ] {
        let stage = Stage::start(3);
        let wish = format!("--lang {lang} init --kit kit --keep-kit");
        let mut terminal = Terminal::run(&stage, &wish);
        let everyday = learn(&mut terminal, ask, again, not_yet);
        assert!(
            !stage.path("vault").exists(),
            "nothing before both are known"
        );
        let duress = learn(&mut terminal, ask, again, not_yet);
        assert_ne!(everyday, duress);
        terminal.until(done);
        let (content, shown) = terminal.end();
        assert!(content, "{shown}");
        // Each was shown three times, and never because it was typed.
        for words in [&everyday, &duress] {
            assert_eq!(shown.matches(words.as_str()).count(), 3, "{shown}");
            std::fs::write(stage.path("passphrase"), words).unwrap();
            assert!(stage.run(&["status"]).status.success());
        }
    }
}

#[test]
fn the_twelve_words_are_typed_unseen_and_wrong_ones_are_told_apart() {
    let stage = Stage::start(3);
    let words = keys::KitWords::generate(&mut rand_core::OsRng, keys::Words::English);
    let seed = words.seed(keys::kit_words::SEED_COST).unwrap();
    let token = wire::SessionToken::from_bytes(*seed.token());
    stage.store.register(&[token.hash()]).unwrap();
    let right = words.expose().to_owned();
    let all: Vec<&str> = right.split_whitespace().collect();
    let mut unknown = all.clone();
    unknown[4] = "blortz";
    // Two that differ change places: most such words fail their check, and those that do not are other words.
    let swapped = (0..11)
        .map(|at| {
            let mut swapped = all.clone();
            swapped.swap(at, at + 1);
            swapped.join(" ")
        })
        .find(|one| keys::KitWords::parse(&keys::Passphrase::new(one)).is_err());
    let wish = format!("init --words --road loopback --drop {}", stage.drop_url());
    let ask = |typed: &str| {
        let mut terminal = Terminal::run(&stage, &wish);
        terminal.until("The twelve words:");
        terminal.type_hidden(typed);
        terminal
    };
    let eleven = all[..11].join(" ");
    let mut wrong = vec![
        (unknown.join(" "), "Word number 5"),
        (eleven, "11 are there"),
        (String::new(), "0 are there"),
    ];
    wrong.extend(swapped.map(|one| (one, "changed places")));
    for (typed, says) in wrong {
        let (content, shown) = ask(&typed).end();
        assert!(!content && shown.contains(says), "{shown}");
        assert!(!shown.contains(all[0]) || typed.is_empty(), "{shown}");
    }
    assert_eq!(stage.store.size(), 0, "wrong words ask nobody");

    let mut terminal = ask(&right);
    terminal.until("Passphrase:");
    terminal.type_hidden("quiet river stone lantern copper meadow");
    let (content, shown) = terminal.end();
    assert!(
        content && shown.contains("has asked for its kit"),
        "{shown}"
    );
    assert!(
        !shown.contains(&right) && !shown.contains("lantern"),
        "{shown}"
    );
    assert_eq!(stage.store.size(), 1);
    assert!(!stage.path("vault").exists());
}
