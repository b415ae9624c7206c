//! A custodian is captured: the others make new keys, and the captured share opens nothing any more, on both databases.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Output};

use desk::config::Database;
use desk::desk::{Desk, DispatchState, InboxView, ItemId, LockState, UnlockRefusal};
use formats::Kit;
use keys::Passphrase;
use newsroom::audit::{Act, Chain};
use serde_json::Value;
use store::testing::Postgres;
use tokio_util::sync::CancellationToken;

use crate::way::enrol;
use crate::world::{DESK_EXE, World, until};
use crate::{photo, way};

fn run(world: &World, command: &[&str], custodians: &[&str]) -> Output {
    let mut fh = Command::new(DESK_EXE);
    fh.args(["--lang", "en"]).args(command);
    fh.arg("--dir").arg(world.path("desk"));
    for name in custodians {
        let file = world.path(&format!("{name}.passphrase"));
        if !file.exists() {
            fs::write(&file, world.passphrase(name).expose()).unwrap();
        }
        let value = format!("{name}={}", file.display());
        fh.args(["--custodian-passphrase", &value]);
    }
    fh.output().unwrap()
}

fn done(world: &World, command: &[&str], custodians: &[&str]) -> String {
    let done = run(world, command, custodians);
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}: {errors}");
    plain(done.stdout)
}

fn refused(world: &World, command: &[&str], custodians: &[&str]) -> String {
    let done = run(world, command, custodians);
    assert!(!done.status.success(), "{command:?} was not refused");
    plain(done.stderr)
}

/// What was said, without the marks that keep names of either direction apart.
fn plain(said: Vec<u8>) -> String {
    let said = String::from_utf8(said).unwrap();
    said.replace(['\u{2068}', '\u{2069}'], "")
}

/// Everything in a keyring's file that tells its set and its wraps, as text and as bytes.
pub(crate) fn secrets_of(keyring: &[u8]) -> Vec<Vec<u8>> {
    let json: Value = serde_json::from_slice(keyring).unwrap();
    let mut found = vec![json["set"].clone(), json["check"].clone()];
    for list in ["custodians", "keys"] {
        for one in json[list].as_array().unwrap() {
            found.extend(["hash", "salt", "nonce", "sealed"].map(|member| one[member].clone()));
        }
    }
    let found: Vec<String> = found
        .iter()
        .filter_map(|one| one.as_str().map(str::to_owned))
        .collect();
    assert!(found.len() > 20);
    let bytes = found.iter().map(|text| hex::decode(text).unwrap());
    let texts = found.iter().map(|text| text.clone().into_bytes());
    bytes.chain(texts).collect()
}

/// None of these is in any file below the folder.
pub(crate) fn nowhere(secrets: &[Vec<u8>], folder: &Path) {
    let patterns: Vec<String> = secrets
        .iter()
        .map(|one| one.iter().map(|byte| format!("\\x{byte:02x}")).collect())
        .collect();
    let pattern = regex::bytes::RegexBuilder::new(&patterns.join("|"))
        .unicode(false)
        .build()
        .unwrap();
    assert!(pattern.is_match(&secrets[0]), "the search itself works");
    let mut searched = 0;
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.unwrap();
        // A server's own files come and go while they are looked at.
        let Ok(bytes) = fs::read(entry.path()) else {
            continue;
        };
        searched += bytes.len();
        let found = pattern.is_match(&bytes);
        assert!(!found, "an old wrap is in {}", entry.path().display());
    }
    assert!(searched > 1_000, "searched {searched} bytes");
}

/// Sends one photograph; the desk enters and examines it.
async fn one_item(world: &World) -> ItemId {
    let desk = world.open_desk().await;
    let (noor, _) = enrol(&desk, world).await;
    let item = way::arrived(&desk).await;
    way::examined(&desk, item).await;
    let store = desk.store().unwrap();
    store
        .begin_sign_in("Noor", desk::clock::now())
        .await
        .unwrap();
    let session = ledger::sha256(b"a session");
    store
        .sign_in(noor, session, &[7; 32], desk::clock::now())
        .await
        .unwrap();
    // As if the power had gone: the session is in the record still.
    desk.stop().await;
    item
}

/// What was entered and examined before is there, opens, and its custody holds.
async fn still_there(desk: &Desk, item: ItemId) {
    let view = desk.item(item).await.unwrap();
    assert_eq!(view.name, way::FILE_NAME);
    let mut poster = desk.open_poster(item).await.unwrap();
    let mut bytes = Vec::new();
    poster.reader.read_to_end(&mut bytes).unwrap();
    assert!(bytes.len() > 500, "a picture of {} bytes", bytes.len());
    let store = desk.store().unwrap();
    let custody = store.audit(Chain::Item(item)).await.unwrap();
    assert!(custody.len() >= 2);
    let trail = store.audit(Chain::Desk).await.unwrap();
    let rekeyed = trail.iter().map(|line| &line.event.entry);
    let rekeyed: Vec<_> = rekeyed
        .filter(|entry| entry.act == Act::NewsroomRekeyed)
        .collect();
    assert_eq!(rekeyed.len(), 1);
    assert_eq!(rekeyed[0].details["removed"], "1");
    let session = ledger::sha256(b"a session");
    let found = store.web_session(session, desk::clock::now()).await;
    assert!(found.unwrap().is_none(), "sessions end with the keys");
}

async fn new_set_alone_unlocks(world: &World) -> Desk {
    let desk = Desk::start(world.options(), CancellationToken::new()).unwrap();
    let state = desk.lock_state().await;
    assert!(
        matches!(&state, LockState::Locked { custodians, rekeyed_at: Some(_), .. }
            if custodians == &["Amal", "Dana", "Ziad"]),
        "{state:?}"
    );
    let captured = desk.enter_share("Basim", world.passphrase("Basim")).await;
    let named = UnlockRefusal::ForeignShare {
        name: "Basim".into(),
    };
    assert_eq!(captured.unwrap_err().to_string(), named.to_string());
    let words = fs::read_to_string(world.path("new/Ziad.passphrase")).unwrap();
    desk.enter_share("Ziad", Passphrase::new(&words))
        .await
        .unwrap();
    let state = desk.enter_share("Amal", world.passphrase("Amal")).await;
    assert_eq!(state.unwrap(), LockState::Open);
    desk
}

fn noted(note: &'static str) -> impl Fn(&InboxView) -> bool {
    move |inbox| {
        inbox
            .dispatches
            .iter()
            .any(|one| one.note.as_deref() == Some(note) && one.state == DispatchState::Complete)
    }
}

/// An old backup of the keyring in front of the new record: it opens itself, and nothing else.
async fn an_old_backup_opens_nothing_here(world: &World, backup: &[u8]) {
    let path = world.folder().keyring();
    let new = fs::read(&path).unwrap();
    fs::write(&path, backup).unwrap();
    let desk = Desk::start(world.options(), CancellationToken::new()).unwrap();
    desk.enter_share("Basim", world.passphrase("Basim"))
        .await
        .unwrap();
    let refused = desk.enter_share("Amal", world.passphrase("Amal")).await;
    assert!(
        matches!(&refused, Err(UnlockRefusal::StoreUnavailable { reason }) if reason.contains("re-keying")),
        "{refused:?}"
    );
    desk.stop().await;
    fs::write(&path, new).unwrap();
}

fn after_a_custodian_is_captured(world: &World, server: Option<&Postgres>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cards = world.path("cards");
    fs::create_dir(&cards).unwrap();
    {
        let mut reporter = world.reporter();
        reporter.add(
            &[(way::FILE_NAME.into(), photo::jpeg(1))],
            crate::world::NOTE,
        );
        reporter.send();
        let item = runtime.block_on(one_item(world));
        reporter.receive();
        // On a card when the custodian is captured: sealed to the old intake identity.
        reporter.add(&[], "carried by a courier");
        reporter.spread(&cards, 1, 1);
        drop(reporter);
        let backup = fs::read(world.folder().keyring()).unwrap();
        let new = world.path("new").display().to_string();
        let command = [
            "rekey",
            "--remove",
            "Basim",
            "--add",
            "Ziad",
            "--passphrase-dir",
            &new,
        ];
        let said = done(world, &command, &["Amal", "Dana"]);
        assert!(
            said.contains("2 of 3 custodians") && said.contains("Backups"),
            "{said}"
        );
        let old = secrets_of(&backup);
        nowhere(&old, &world.path("desk"));
        if let Some(server) = server {
            nowhere(&old, server.folder());
        }
        assert_eq!(fs::read_dir(world.path("new")).unwrap().count(), 1);
        runtime.block_on(async {
            an_old_backup_opens_nothing_here(world, &backup).await;
            let desk = new_set_alone_unlocks(world).await;
            still_there(&desk, item).await;
            let card = cards.join("0").display().to_string();
            done(world, &["gather", &card], &[]);
            until(&desk, noted("carried by a courier")).await;
            desk.stop().await;
        });
    }
    // A kit made now is sealed to the new identity.
    let out = world.path("kit-2");
    done(
        world,
        &["kit", "new", "second", "--out", &out.display().to_string()],
        &["Amal", "Dana"],
    );
    let kit = Kit::decode(&fs::read(&out).unwrap()).unwrap();
    let first = Kit::decode(&fs::read(world.path("kit")).unwrap()).unwrap();
    assert_eq!((first.intake_epoch, kit.intake_epoch), (1, 2));
    fs::rename(&out, world.path("kit")).unwrap();
    fs::remove_file(world.path("vault")).unwrap();
    {
        let mut reporter = world.reporter();
        reporter.add(&[], "sealed to the new key");
        reporter.send();
    }
    runtime.block_on(async {
        let desk = new_set_alone_unlocks(world).await;
        until(&desk, noted("sealed to the new key")).await;
        desk.stop().await;
    });
}

#[test]
fn negative_04_after_a_custodian_is_captured_old_shares_open_nothing() {
    after_a_custodian_is_captured(&World::new(71), None);
}

#[test]
fn negative_04_after_a_custodian_is_captured_old_shares_open_nothing_on_postgres() {
    let server = Postgres::start().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = runtime.block_on(server.database()).unwrap();
    let world = World::on(72, Database::Postgres { url });
    after_a_custodian_is_captured(&world, Some(&server));
}

#[test]
fn what_cannot_be_re_keyed_is_refused_in_words_and_changes_nothing() {
    let world = World::new(73);
    let before = fs::read(world.folder().keyring()).unwrap();
    let both = ["Amal", "Dana"];
    let cases: [(&[&str], &[&str], &str); 7] = [
        (&["--remove", "Eve"], &both, "Eve is not a custodian"),
        (&["--add", "Dana"], &both, "Dana is a custodian already"),
        (&["--remove", "Basim", "--add", "Basim"], &both, "twice"),
        (
            &["--remove", "Basim", "--remove", "Dana"],
            &["Amal"],
            "Only 1 would remain of the 2",
        ),
        (
            &["--remove", "Basim", "--threshold", "3"],
            &both,
            "3 of 2 is not possible",
        ),
        (&["--remove", "Basim"], &["Amal"], "Dana"),
        // The captured one's own passphrase is no use for it.
        (&["--remove", "Basim"], &["Amal", "Basim"], "Basim is not"),
    ];
    for (wish, custodians, words) in cases {
        let said = refused(&world, &[&["rekey"], wish].concat(), custodians);
        assert!(said.contains(words), "{wish:?}: {said}");
    }
    let arabic = run(&world, &["rekey", "--remove", "Eve", "--lang", "ar"], &both);
    let said = plain(arabic.stderr);
    assert!(
        !arabic.status.success() && said.contains("الأمناء"),
        "{said}"
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = world.open_desk().await;
        let said = refused(&world, &["rekey", "--remove", "Basim"], &both);
        assert!(said.contains("running"), "{said}");
        desk.stop().await;
    });
    assert_eq!(fs::read(world.folder().keyring()).unwrap(), before);
    let left = fs::read_dir(world.path("desk")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    let staged = left
        .iter()
        .any(|name| name.to_string_lossy().contains(".next"));
    assert!(!staged, "{left:?}");
}
