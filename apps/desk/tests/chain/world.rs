//! A newsroom, a drop and a reporter in one temporary folder.

use std::fs;
use std::io::Cursor;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use desk::clock;
use desk::config::{Database, DeskConfig, DeskFolder, DropEntry};
use desk::desk::{Desk, DeskOptions, InboxView, LockState};
use desk::founding::{self, Founding, Handover};
use field::{Clock, Field, FileDisk, HttpRoad, SendWish, Setup, Source, Way};
use keys::{Cost, Passphrase};
use newsroom::accounts::Roles;
use rand_chacha::ChaCha20Rng;
use rand_core::{OsRng, SeedableRng};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub(crate) const PSEUDONYM: &str = "pseudonym-quiet-heron";
pub(crate) const NOTE: &str = "note-taken-at-the-blue-gate";
pub(crate) const DESK_EXE: &str = env!("CARGO_BIN_EXE_fh-desk");

/// No test waits longer than this for anything.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct World {
    dir: TempDir,
    pub(crate) handover: Handover,
    drop_thread: Option<std::thread::JoinHandle<()>>,
    stop_drop: Option<tokio::sync::oneshot::Sender<()>>,
    pub(crate) drop_token: String,
}

/// A newsroom of three custodians, two of them needed, and two editors.
pub(crate) fn founding(database: Database) -> Founding {
    Founding {
        organisation: "Voices of the river".into(),
        custodians: ["Amal", "Basim", "Dana"].map(String::from).to_vec(),
        threshold: 2,
        editors: vec![("Noor".into(), Roles::EDITOR), ("Sami".into(), Roles::BOTH)],
        database,
        cost: Cost::FOR_TESTS,
        words: keys::Words::English,
    }
}

impl World {
    /// Founds a newsroom, starts a drop, makes a kit and sets up a reporter.
    pub(crate) fn new(seed: u64) -> Self {
        Self::on(seed, Database::Sqlcipher)
    }

    /// The same, with its record in this database.
    pub(crate) fn on(seed: u64, database: Database) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = DeskFolder::new(dir.path().join("desk"));
        let founding = founding(database);
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let handover = runtime
            .block_on(founding::found(&folder, &founding, &mut rng, clock::now()))
            .unwrap();
        let mut world = Self {
            dir,
            handover,
            drop_thread: None,
            stop_drop: None,
            drop_token: hex::encode([7; 32]),
        };
        let url = world.start_drop();
        world.add_drop(&url);
        world.make_kit();
        world
    }

    pub(crate) fn folder(&self) -> DeskFolder {
        DeskFolder::new(self.path("desk"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn passphrase(&self, name: &str) -> Passphrase {
        let (_, found) = self
            .handover
            .passphrases
            .iter()
            .find(|(one, _)| one == name)
            .unwrap();
        Passphrase::new(found.expose())
    }

    /// A drop in a thread of its own, as its own program would run it.
    fn start_drop(&mut self) -> String {
        let root = self.path("drop");
        let token = wire::DeskToken::from_hex(self.drop_token.as_bytes())
            .unwrap()
            .hash();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async move {
                let disk = Arc::new(drop::disk::RealDisk::open(&root).unwrap());
                let secret = zeroize::Zeroizing::new([9; 32]);
                // Ticks short enough to be seen within a test.
                let limits = drop::Limits {
                    checkpoint_micros: 1_000_000,
                    checkpoint_round: 1,
                    ..drop::Limits::default()
                };
                let (store, _) =
                    drop::store::Store::open(disk, limits, secret, clock::now().0).unwrap();
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                let time: drop::commit::Clock = Arc::new(|| clock::now().0);
                let stop = async move {
                    let _ = stopped.await;
                };
                drop::serve::serve(listener, Arc::new(store), [token], time, None, stop)
                    .await
                    .unwrap();
            });
        });
        self.drop_thread = Some(thread);
        self.stop_drop = Some(stop);
        format!("http://{}", told.recv().unwrap())
    }

    fn add_drop(&self, url: &str) {
        let folder = self.folder();
        let mut config = DeskConfig::load(&folder).unwrap();
        config.put_drop(DropEntry::parse(url, &self.drop_token).unwrap());
        config.save(&folder).unwrap();
    }

    /// Makes the kit with the real command, on the word of two custodians.
    fn make_kit(&self) {
        let mut command = Command::new(DESK_EXE);
        command.args(["kit", "new", PSEUDONYM, "--dir"]);
        command
            .arg(self.path("desk"))
            .arg("--out")
            .arg(self.path("kit"));
        for name in ["Basim", "Dana"] {
            let file = self.path(&format!("{name}.passphrase"));
            fs::write(&file, self.passphrase(name).expose()).unwrap();
            let value = format!("{name}={}", file.display());
            command.args(["--custodian-passphrase", &value]);
        }
        let done = command.output().unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    /// The reporter's device, set up with the kit on first use.
    pub(crate) fn reporter(&self) -> Reporter {
        let passphrase = Passphrase::new("the reporter's own words");
        let (path, mut rng) = (self.path("vault"), OsRng);
        let field = if path.exists() {
            let disk = FileDisk::open(&path).unwrap();
            Field::open(disk, &passphrase, Cost::FOR_TESTS, clock::now().0, &mut rng).unwrap()
        } else {
            let kit = formats::Kit::decode(&fs::read(self.path("kit")).unwrap()).unwrap();
            let setup = Setup {
                kit,
                everyday: &passphrase,
                duress: None,
                keep_nothing: false,
                cost: Cost::FOR_TESTS,
            };
            let disk = FileDisk::create(&path, VAULT, false).unwrap();
            Field::init(disk, setup, &mut rng, &mut |_| {}).unwrap()
        };
        Reporter { field }
    }

    pub(crate) fn options(&self) -> DeskOptions {
        DeskOptions {
            folder: self.folder(),
            site: self.path("site"),
            base_url: "https://voices.example".into(),
            onion_url: Some("http://voicesvoicesvoices.onion".into()),
            poll: Duration::from_millis(100),
            worker: Some(DESK_EXE.into()),
        }
    }

    /// Starts the desk in this process and unlocks it.
    pub(crate) async fn open_desk(&self) -> Desk {
        let desk = Desk::start(self.options(), CancellationToken::new()).unwrap();
        self.unlock(&desk).await;
        desk
    }

    pub(crate) async fn unlock(&self, desk: &Desk) {
        desk.enter_share("Amal", self.passphrase("Amal"))
            .await
            .unwrap();
        let state = desk
            .enter_share("Dana", self.passphrase("Dana"))
            .await
            .unwrap();
        assert_eq!(state, LockState::Open);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(stop) = self.stop_drop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.drop_thread.take() {
            let _ = thread.join();
        }
        store::testing::connections_have_ended();
    }
}

/// Bytes of the reporter's vault: small, for it is made anew in every test.
const VAULT: u64 = 32 << 20;

pub(crate) struct Reporter {
    pub(crate) field: Field<FileDisk>,
}

struct RealClock(std::time::Instant);

impl Clock for RealClock {
    fn wait(&mut self, time: Duration) {
        std::thread::sleep(time);
    }

    fn elapsed(&mut self) -> Duration {
        self.0.elapsed()
    }
}

impl Reporter {
    /// Seals files into one dispatch.
    pub(crate) fn add(&mut self, files: &[(String, Vec<u8>)], note: &str) {
        let mut sources: Vec<Source<'_>> = files
            .iter()
            .map(|(name, bytes)| Source {
                name: name.clone(),
                kind: "application/octet-stream".into(),
                captured_at: None,
                reader: Box::new(Cursor::new(bytes.clone())),
            })
            .collect();
        let now = clock::now().0;
        self.field
            .add(&mut sources, note, now, &mut OsRng, &mut |_| {})
            .unwrap();
    }

    /// Seals files, each with what it seems to be, as one dispatch whose large ones are held back.
    pub(crate) fn add_previewed(&mut self, files: &[(&str, &str, Vec<u8>)], note: &str) {
        let mut sources: Vec<Source<'_>> = files
            .iter()
            .map(|(name, kind, bytes)| Source {
                name: (*name).to_owned(),
                kind: (*kind).to_owned(),
                captured_at: None,
                reader: Box::new(Cursor::new(bytes.clone())),
            })
            .collect();
        let now = clock::now().0;
        self.field
            .add_previewed(&mut sources, note, now, &mut OsRng, &mut |_| {})
            .unwrap();
    }

    /// Sends everything to the drop over loopback. How many cells it took, noise left out.
    pub(crate) fn send(&mut self) -> u64 {
        let sent = self.send_over(&mut HttpRoad::new(Way::Loopback, [1; 32]));
        let sent = sent.unwrap();
        assert!(sent.failures.is_empty() && sent.cells_left == 0, "{sent:?}");
        sent.cells_sent
    }

    /// Sends as much as the road takes.
    pub(crate) fn send_over(
        &mut self,
        road: &mut impl field::Road,
    ) -> Result<field::Sent, field::FieldError> {
        let wish = SendWish {
            drops: Vec::new(),
            recovery: (1, 4),
            again: false,
            today: 20_000,
        };
        let mut clock = RealClock(std::time::Instant::now());
        self.field
            .send(road, &mut clock, &wish, &mut OsRng, &mut |_| {})
    }

    /// Writes everything on new card files in a folder; any `need` of them restore it.
    pub(crate) fn spread(&mut self, folder: &std::path::Path, cards: u16, need: u16) {
        let wish = field::SpreadWish {
            dispatch: None,
            cards,
            need,
        };
        let plan = self.field.plan_spread(&wish).unwrap();
        let space = formats::card::Space::file(64);
        let files: Vec<field::CardFile> = (0..cards)
            .map(|n| field::CardFile::create(&folder.join(n.to_string()), 4 << 20).unwrap())
            .collect();
        let blank: Vec<_> = files.iter().map(|file| file.card(&space)).collect();
        let spread = self
            .field
            .spread(&plan, &blank, &mut OsRng, &mut |_| {})
            .unwrap();
        assert_eq!(spread.need, need);
        files.into_iter().for_each(|file| file.finish().unwrap());
    }

    /// Reads a card that came back in; how many receipts and how many pieces forgotten.
    pub(crate) fn read_card(&mut self, card: &std::path::Path) -> (u64, u64) {
        let mut card = fs::File::open(card).unwrap();
        let now = clock::now().0;
        let got = self
            .field
            .read_card(&mut card, now, &mut OsRng, &mut |_| {})
            .unwrap();
        assert!(got.refused.is_empty(), "{got:?}");
        (got.receipts, got.forgotten)
    }

    /// Shows every message that waits, and erases it.
    pub(crate) fn read(&mut self) -> Vec<String> {
        let shown = self.field.show_messages(&mut OsRng).unwrap();
        let ids: Vec<_> = shown.iter().map(|one| one.message.id).collect();
        self.field.shown(&ids, &mut OsRng).unwrap();
        shown
            .iter()
            .map(|one| one.message.text.to_string())
            .collect()
    }

    /// Asks the mailboxes once; how many receipts and how many pieces forgotten.
    pub(crate) fn receive(&mut self) -> (u64, u64) {
        let got = self.receive_all();
        (got.receipts, got.forgotten)
    }

    /// Asks the mailboxes once.
    pub(crate) fn receive_all(&mut self) -> field::Received {
        let mut road = HttpRoad::new(Way::Loopback, [1; 32]);
        let now = clock::now().0;
        let got = self
            .field
            .receive(&mut road, &[], now, &mut OsRng, &mut |_| {})
            .unwrap();
        assert!(got.refused.is_empty(), "{got:?}");
        got
    }
}

/// Waits for the inbox to satisfy `wanted`, looking again whenever the desk says that something changed.
pub(crate) async fn until(desk: &Desk, wanted: impl Fn(&InboxView) -> bool) -> InboxView {
    let mut events = desk.events();
    let waiting = async {
        loop {
            let view = desk.inbox().await.unwrap();
            if wanted(&view) {
                return view;
            }
            let _ = tokio::time::timeout(Duration::from_secs(1), events.recv()).await;
        }
    };
    match tokio::time::timeout(PATIENCE, waiting).await {
        Ok(view) => view,
        Err(_) => panic!("waited too long; the inbox shows {:?}", desk.inbox().await),
    }
}
