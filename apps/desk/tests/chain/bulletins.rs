//! Custodians sign, kits go over to a new key, sessions are supplied, and a key that something on its way needs stays.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use formats::Kit;

use crate::world::{DESK_EXE, World, until};

struct Desk<'a> {
    world: &'a World,
}

impl Desk<'_> {
    fn run(&self, command: &[&str], with_desk: bool) -> Output {
        let mut fh = Command::new(DESK_EXE);
        fh.args(["--lang", "en"]).args(command);
        if with_desk {
            fh.arg("--dir").arg(self.world.path("desk"));
            for name in ["Basim", "Dana"] {
                let file = self.world.path(&format!("{name}.passphrase"));
                let value = format!("{name}={}", file.display());
                fh.args(["--custodian-passphrase", &value]);
            }
        }
        fh.output().unwrap()
    }

    fn done(&self, command: &[&str], with_desk: bool) -> String {
        let done = self.run(command, with_desk);
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{command:?}: {errors}");
        String::from_utf8(done.stdout).unwrap()
    }

    fn refused(&self, command: &[&str]) -> String {
        let done = self.run(command, true);
        assert!(!done.status.success(), "{command:?} was not refused");
        String::from_utf8(done.stderr).unwrap()
    }

    fn path(&self, name: &str) -> String {
        self.world.path(name).display().to_string()
    }

    /// Makes a custodian's signing key and gives `NAME=KEY`.
    fn signer(&self, name: &str) -> String {
        let words = self.path(&format!("{name}.words"));
        let keygen = ["custodian", "keygen", "--out", &self.path(name)];
        let how = ["--memory-mib", "64", "--passphrase-out", &words];
        let said = self.done(&[keygen, how].concat(), false);
        let key = said.split_whitespace().last().unwrap().to_owned();
        assert_eq!(key.len(), 64);
        format!("{name}={key}")
    }
}

/// Pins three custodians and makes a kit that believes any two of them and has few sessions.
fn kit_that_believes(desk: &Desk<'_>) {
    let signers = ["sign-a", "sign-b", "sign-c"].map(|name| desk.signer(name));
    let dir = desk.path("desk");
    let mut pin = vec!["custodian", "pin", "--dir", &dir, "--threshold", "2"];
    for signer in &signers {
        pin.extend(["--signer", signer]);
    }
    desk.done(&pin, false);
    let out = desk.path("kit-2");
    desk.done(&["kit", "new", "second", "--out", &out], true);
    let mut kit = Kit::decode(&fs::read(&out).unwrap()).unwrap();
    assert_eq!((kit.custodians.len(), kit.threshold), (3, 2));
    // Five for the vault of every day, five kept for the other.
    kit.drops[0].tokens.truncate(10);
    let kit = kit.encode().unwrap();
    fs::write(desk.path("kit"), &kit).unwrap();
}

/// Draws a bulletin up, has it signed on copies, and publishes it.
fn publish(desk: &Desk<'_>) {
    let draft = desk.path("draft");
    desk.done(&["bulletin", "draft", "--out", &draft], true);
    let copy = desk.path("draft-copy");
    fs::copy(&draft, &copy).unwrap();
    for (file, key) in [(&draft, "sign-a"), (&copy, "sign-c")] {
        let words = desk.path(&format!("{key}.words"));
        let key = desk.path(key);
        let sign = ["bulletin", "sign", file, "--key", &key];
        let said = desk.done(&[&sign[..], &["--passphrase-file", &words]].concat(), false);
        assert!(said.contains("Voices of the river"), "{said}");
    }
    let few = desk.refused(&["bulletin", "publish", &draft]);
    assert!(few.contains("1 of 2"), "{few}");
    let out = desk.path("bulletin");
    desk.done(&["bulletin", "publish", &draft, &copy, "--out", &out], true);
    let twice = desk.refused(&["bulletin", "publish", &draft, &copy]);
    assert!(twice.contains("known already"), "{twice}");
    assert!(PathBuf::from(out).exists());
}

#[test]
fn negative_03_a_bulletin_brings_a_new_key_and_the_old_one_stays_while_it_may_be_needed() {
    let world = World::new(51);
    let desk = Desk { world: &world };
    kit_that_believes(&desk);
    {
        let mut reporter = world.reporter();
        reporter.add(&[], "sealed to the first key");
        reporter.send();
    }
    // The dispatch is on its way: it lies at the drop, and the desk knows nothing of it.
    desk.done(&["intake", "rotate"], true);
    let stays = desk.refused(&["intake", "destroy", "1"]);
    assert!(stays.contains("It stays"), "{stays}");
    let current = desk.refused(&["intake", "destroy", "2"]);
    assert!(current.contains("Make a new one first"), "{current}");
    publish(&desk);

    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let open = world.open_desk().await;
        let noted = |note: &'static str| {
            move |inbox: &desk::desk::InboxView| {
                inbox
                    .dispatches
                    .iter()
                    .any(|one| one.note.as_deref() == Some(note))
            }
        };
        until(&open, noted("sealed to the first key")).await;
        let mut reporter = world.reporter();
        let (mut bulletins, mut tokens) = (0, 0);
        for _ in 0..200 {
            let got = reporter.receive_all();
            bulletins += got.bulletins;
            tokens += got.tokens;
            if bulletins == 1 && tokens > 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert_eq!((bulletins, tokens), (1, 128));
        let kit = reporter.field.kit();
        assert_eq!((kit.bulletin, kit.intake_epoch), (1, 2));
        assert_eq!(kit.drops[0].tokens.len(), 4 + 128);
        assert!(reporter.field.on_fresh_chain());
        reporter.add(&[], "sealed to the second key");
        reporter.send();
        until(&open, noted("sealed to the second key")).await;
        open.stop().await;
    });
    // The world's first kit has never said anything: something of it may be on its way still.
    let stays = desk.refused(&["intake", "destroy", "1"]);
    assert!(stays.contains("It stays"), "{stays}");
}

#[test]
fn a_captured_kit_is_refused_from_then_on() {
    let world = World::new(52);
    let desk = Desk { world: &world };
    let pseudonym = crate::world::PSEUDONYM;
    let ahead = desk.refused(&["kit", "capture", pseudonym, "--at", "2999-01-01"]);
    assert!(ahead.contains("not come yet"), "{ahead}");
    let nobody = desk.refused(&["kit", "capture", "nobody", "--at", "2020-01-01"]);
    assert!(
        nobody.contains("no such kit") || nobody.contains("No such kit"),
        "{nobody}"
    );
    let bad = desk.refused(&["kit", "capture", pseudonym, "--at", "yesterday"]);
    assert!(bad.contains("yesterday"), "{bad}");
    {
        let mut reporter = world.reporter();
        reporter.add(&[], "by whoever has the device now");
        reporter.send();
    }
    desk.done(
        &["kit", "capture", pseudonym, "--at", "2020-01-01T10:00"],
        true,
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let open = world.open_desk().await;
        let store = open.store().unwrap();
        // Every cell at the drop was looked at, and none was taken for anything.
        for _ in 0..200 {
            if store.spool_cursor().await.unwrap().0 > 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert!(store.spool_cursor().await.unwrap().0 > 0);
        assert!(open.inbox().await.unwrap().dispatches.is_empty());
        open.stop().await;
    });
}

#[test]
fn a_signing_key_opens_with_its_words_alone_and_an_old_one_gets_words() {
    let world = World::new(54);
    let desk = Desk { world: &world };
    kit_that_believes(&desk);
    let draft = desk.path("draft");
    desk.done(&["bulletin", "draft", "--out", &draft], true);
    let unsigned = fs::read(&draft).unwrap();
    let sign = |key: &str, words: &str| {
        let (key, words) = (desk.path(key), desk.path(words));
        let command = ["bulletin", "sign", &draft, "--key", &key];
        desk.run(
            &[&command[..], &["--passphrase-file", &words]].concat(),
            false,
        )
    };
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let wrong = sign("sign-a", "sign-b.words");
    assert!(!wrong.status.success());
    assert!(
        said(&wrong).contains("passphrase is wrong"),
        "{}",
        said(&wrong)
    );
    let key = desk.path("sign-a");
    let asked = desk.run(&["bulletin", "sign", &draft, "--key", &key], false);
    assert!(!asked.status.success() && said(&asked).contains("no terminal"));
    assert_eq!(fs::read(&draft).unwrap(), unsigned);

    // As it was made by the first version.
    let seed = hex::encode([0x5e; 32]);
    let old = format!("fh-custodian-key/1\n{seed}\n");
    let place = desk.path("old");
    fs::write(&place, &old).unwrap();
    fs::hard_link(&place, desk.path("same-file")).unwrap();
    let bare = desk.run(&["bulletin", "sign", &draft, "--key", &place], false);
    assert!(bare.status.success(), "{}", said(&bare));
    assert!(
        said(&bare).contains("without a passphrase"),
        "{}",
        said(&bare)
    );
    let signed = fs::read(&draft).unwrap();
    let words = desk.path("old.words");
    let protect = ["custodian", "protect", &place, "--memory-mib", "64"];
    let how = ["--passphrase-out", &words];
    desk.done(&[&protect[..], &how].concat(), false);
    assert!(!fs::read_to_string(&place).unwrap().contains(&seed));
    let overwritten = fs::read(desk.path("same-file")).unwrap();
    assert!(
        overwritten.iter().all(|byte| *byte == 0),
        "the old file is overwritten"
    );
    fs::write(&draft, &unsigned).unwrap();
    assert!(!sign("old", "sign-a.words").status.success());
    let again = sign("old", "old.words");
    assert!(
        again.status.success() && said(&again).is_empty(),
        "{}",
        said(&again)
    );
    assert_eq!(fs::read(&draft).unwrap(), signed, "it is the same key");
}

#[test]
fn a_kit_is_supplied_by_the_drops_that_answer_and_one_that_is_down_fills_no_record() {
    let world = World::new(53);
    let desk = Desk { world: &world };
    let mut kit = Kit::decode(&fs::read(desk.path("kit")).unwrap()).unwrap();
    kit.drops[0].tokens.truncate(10);
    fs::write(desk.path("kit"), kit.encode().unwrap()).unwrap();
    // A drop where nobody listens, which the kit does not know.
    let down = "http://127.0.0.1:9";
    fs::write(desk.path("token"), "8".repeat(64)).unwrap();
    let token = desk.path("token");
    let dir = desk.path("desk");
    let add = [
        "drop",
        "add",
        "--url",
        down,
        "--token-file",
        &token,
        "--dir",
        &dir,
    ];
    desk.done(&add, false);
    let mut reporter = world.reporter();
    reporter.add(&[], "few sessions left");
    reporter.send();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let open = world.open_desk().await;
        until(&open, |inbox| {
            inbox.dispatches.iter().any(|one| one.note.is_some())
        })
        .await;
        let mut tokens = 0;
        for _ in 0..600 {
            tokens += reporter.receive_all().tokens;
            if tokens > 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert_eq!(tokens, 128, "from the drop that answers");
        let store = open.store().unwrap();
        let drops = store.drops().await.unwrap();
        let drop = drops
            .iter()
            .find(|one| one.url.expose().contains(":9"))
            .unwrap();
        // More rounds go by, and the drop stays down.
        tokio::time::sleep(std::time::Duration::from_secs(6)).await;
        let waiting = store.tokens_to_register(drop.id, 100_000).await.unwrap();
        assert_eq!(waiting.len(), 128, "one supply");
        open.stop().await;
    });
}
