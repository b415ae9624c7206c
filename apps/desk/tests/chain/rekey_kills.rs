//! kill -9 at every durable step of a re-keying: the old set is in force, whole, or the new one, and never neither.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use desk::clock;
use desk::config::{Database, DeskConfig, DeskFolder};
use desk::founding;
use keys::{DatabaseKey, Passphrase};
use newsroom::audit::{Act, Chain};
use openers::{KeyringFile, UnlockError};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use store::testing::{Postgres, entropy};
use store::{Store, StoreKeys};
use tempfile::TempDir;

use crate::rekeying::{nowhere, secrets_of};
use crate::world::{self, DESK_EXE};

pub(crate) struct Newsroom {
    dir: TempDir,
    passphrases: Vec<(String, Passphrase)>,
    keyring: Vec<u8>,
}

impl Newsroom {
    /// Founds a newsroom that has no kit and no drop yet.
    pub(crate) async fn found(database: Database) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = DeskFolder::new(dir.path().join("desk"));
        let mut rng = ChaCha20Rng::seed_from_u64(8);
        let handover = founding::found(&folder, &world::founding(database), &mut rng, clock::now())
            .await
            .unwrap();
        for (name, passphrase) in &handover.passphrases {
            fs::write(dir.path().join(name), passphrase.expose()).unwrap();
        }
        let keyring = fs::read(folder.keyring()).unwrap();
        Self {
            dir,
            passphrases: handover.passphrases,
            keyring,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn passphrase(&self, name: &str) -> Passphrase {
        let found = self.passphrases.iter().find(|(one, _)| one == name);
        Passphrase::new(found.unwrap().1.expose())
    }

    /// Re-keys the desk in this folder under strace; says whether the program came to its end.
    fn rekey(&self, desk: &Path, strace: &[String]) -> bool {
        let mut command = match strace {
            [] => Command::new(DESK_EXE),
            [..] => {
                let mut command = Command::new("strace");
                command.args(["-f", "-o", "/dev/null"]);
                command.args(strace).arg(DESK_EXE);
                command
            }
        };
        command
            .args(["--lang", "en", "rekey", "--remove", "Basim", "--dir"])
            .arg(desk);
        for name in ["Amal", "Dana"] {
            let value = format!("{name}={}", self.path(name).display());
            command.args(["--custodian-passphrase", &value]);
        }
        let done = command.output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(said.is_empty(), "{said}");
        done.status.success()
    }

    /// What the next start makes of it: the old set or the new one, with everything that belongs to it. Says whether
    /// it is the new one.
    async fn whole(&self, desk: &Path) -> bool {
        let folder = DeskFolder::new(desk);
        let settling = folder.clone();
        tokio::task::spawn_blocking(move || desk::settling::settle(&settling))
            .await
            .unwrap()
            .unwrap();
        let bytes = fs::read(folder.keyring()).unwrap();
        let keyring = KeyringFile::from_json(&bytes).unwrap();
        let new = keyring.generation() == 2;
        let captured = keyring.open_share("Basim", &self.passphrase("Basim"));
        match captured {
            Ok(_) => assert!(!new),
            Err(error) => assert!(
                new && matches!(error, UnlockError::Former { .. }),
                "{error}"
            ),
        }
        let given = ["Amal", "Dana"].map(|name| (name, self.passphrase(name)));
        let open = keyring.unlock(&given).unwrap();
        let config = DeskConfig::load(&folder).unwrap();
        let keys = StoreKeys {
            column: openers::ColumnKey::from_bytes(*open.column_key().expose_bytes()),
            index: openers::IndexKey::from_bytes(*open.index_key().expose_bytes()),
        };
        let store = match &config.database {
            Database::Sqlcipher => {
                let key = DatabaseKey::from_bytes(*open.database_key().expose_bytes());
                Store::open_sqlite(&folder.database(), &key, keys, entropy(1)).await
            }
            Database::Postgres { url } => Store::open_postgres(url, keys, entropy(1)).await,
        };
        let store = store.unwrap();
        store::testing::everything_sealed(&store).await.unwrap();
        assert_eq!(store.editors().await.unwrap().len(), 2);
        let trail = store.audit(Chain::Desk).await.unwrap();
        let rekeyed = trail
            .iter()
            .filter(|line| line.event.entry.act == Act::NewsroomRekeyed);
        assert_eq!(rekeyed.count(), usize::from(new));
        store.close().await;
        for entry in fs::read_dir(desk).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let left = [".next", ".old", "decided"]
                .iter()
                .any(|end| name.contains(end));
            assert!(!left, "{name} was left");
        }
        if new {
            nowhere(&secrets_of(&self.keyring), desk);
        }
        new
    }
}

fn killed_at(call: &str, when: usize) -> Vec<String> {
    vec![
        format!("--trace={call}"),
        format!("--inject={call}:signal=SIGKILL:when={when}"),
    ]
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir(&target).unwrap();
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// Every call by which the program makes something durable; each is counted by thread.
const CALLS: [&str; 4] = ["fsync", "rename", "unlink", "pwrite64"];

#[test]
fn negative_04_killed_at_every_step_of_a_re_keying() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let newsroom = runtime.block_on(Newsroom::found(Database::Sqlcipher));
    let (mut old, mut new) = (0, 0);
    for call in CALLS {
        // Database pages are many and all alike.
        let step = if call == "pwrite64" { 97 } else { 1 };
        let mut when = 1;
        loop {
            let desk = newsroom.path("killed");
            copy(&newsroom.path("desk"), &desk);
            let ended = newsroom.rekey(&desk, &killed_at(call, when));
            let is_new = runtime.block_on(newsroom.whole(&desk));
            assert!(is_new || !ended, "it said that it was done");
            if is_new {
                new += 1;
            } else {
                old += 1;
                // What was stopped can simply be done again.
                if when == 1 {
                    assert!(newsroom.rekey(&desk, &[]));
                    assert!(runtime.block_on(newsroom.whole(&desk)));
                }
            }
            fs::remove_dir_all(&desk).unwrap();
            if ended {
                break;
            }
            when += step;
        }
        assert!(when > step, "{call} is never called");
    }
    assert!(old >= 10 && new >= 10, "{old} stayed, {new} went over");
    store::testing::connections_have_ended();
}

#[test]
fn negative_04_killed_at_every_step_of_a_re_keying_on_postgres() {
    let server = Postgres::start().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (mut old, mut new) = (0, 0);
    for (call, step) in [("fsync", 1), ("rename", 1), ("unlink", 1), ("sendto", 41)] {
        let mut when = 1;
        loop {
            let url = runtime.block_on(server.database()).unwrap();
            let database = Database::Postgres { url };
            let newsroom = runtime.block_on(Newsroom::found(database));
            let desk = newsroom.path("desk");
            let ended = newsroom.rekey(&desk, &killed_at(call, when));
            let is_new = runtime.block_on(newsroom.whole(&desk));
            assert!(is_new || !ended, "it said that it was done");
            if is_new {
                new += 1;
            } else {
                old += 1;
            }
            if ended {
                break;
            }
            when += step;
        }
        assert!(when > step, "{call} is never called");
    }
    assert!(old >= 4 && new >= 4, "{old} stayed, {new} went over");
}
