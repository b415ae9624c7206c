//! A reporter's vault, a kit, a real drop, and what the newsroom makes of its log.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use drop::Limits;
use drop::disk::RealDisk;
use drop::store::Store;
use formats::{
    Assembler, AuthenticPiece, CELL, Cell, CellHeader, Contact, Kit, KitDrop, KitId, Manifest,
    PieceKey, PieceNo, Receipt, ReceiptKind, ReceiptPiece, ReplyPair, SHARD, SessionToken,
};
use keys::ChainKey;
use openers::IntakeIdentity;
use rand_core::OsRng;
use serde_json::Value;
use wire::{DeskToken, MailboxAddress};
use zeroize::Zeroizing;

const NOW: i64 = 1_790_000_000_000_000;

/// Setting up, with the kit kept for another time.
pub(crate) const INIT: [&str; 4] = ["init", "--kit", "kit", "--keep-kit"];
/// Sending and receiving on the road that this stage has.
pub(crate) const SEND: [&str; 3] = ["send", "--road", "loopback"];
pub(crate) const RECEIVE: [&str; 3] = ["receive", "--road", "loopback"];

/// An onion address that leads nowhere but through a test's own proxy.
pub(crate) const ONION: &str =
    "http://abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx.onion";
/// The token with which the newsroom reads a drop.
pub(crate) const DESK_TOKEN: [u8; 32] = [0xd0; 32];

/// How often to do what is done at random: a few times every day, as often as `FH_RUNS` says in the bench.
pub(crate) fn runs(every_day: u32) -> u32 {
    let asked = std::env::var("FH_RUNS").ok();
    asked
        .and_then(|runs| runs.parse().ok())
        .unwrap_or(every_day)
}

pub(crate) struct Stage {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) store: Arc<Store>,
    /// Where the drop listens.
    pub(crate) address: std::net::SocketAddr,
    kit: Kit,
    _runtime: tokio::runtime::Runtime,
}

impl Stage {
    /// A vault that is set up, with this many sessions to spend.
    pub(crate) fn set_up(tokens: u8) -> Self {
        let stage = Self::start(tokens);
        let output = stage.run(&INIT);
        assert!(output.status.success(), "{}", text(&output.stderr));
        stage
    }

    /// A drop and a kit, and nothing set up.
    pub(crate) fn start(tokens: u8) -> Self {
        Self::at("127.0.0.1:0", tokens, None)
    }

    /// The same with the drop listening here, with so many sessions for the everyday vault, and known to the kit by this address unless it is its own.
    pub(crate) fn at(listen: &str, tokens: u8, known_as: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let disk = Arc::new(RealDisk::open(&root.join("drop")).unwrap());
        let secret = Zeroizing::new([5; 32]);
        let (store, _) = Store::open(disk, Limits::default(), secret, NOW).unwrap();
        let store = Arc::new(store);
        // As many again, behind them, are kept for a duress vault, whether there is one or not.
        let others = (0..tokens).map(|n| [200, n].repeat(16).try_into().unwrap());
        let tokens: Vec<[u8; 32]> = (0..tokens).map(|n| [n; 32]).chain(others).collect();
        let hash = |token: &[u8; 32]| wire::SessionToken::from_bytes(*token).hash();
        store
            .register(&tokens.iter().map(hash).collect::<Vec<_>>())
            .unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind(listen))
            .unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://{address}");
        let desk = DeskToken::from_bytes(DESK_TOKEN).hash();
        let shared = Arc::clone(&store);
        let clock = Arc::new(|| NOW);
        let forever = std::future::pending();
        runtime.spawn(drop::serve::serve(
            listener,
            shared,
            [desk],
            clock,
            None,
            forever,
        ));
        let kit = Kit {
            newsroom: "Example".to_owned(),
            id: KitId(*b"kit-0001"),
            issued_at: now(),
            intake: newsroom().recipient(),
            intake_epoch: 0,
            chain: chain(),
            drops: vec![KitDrop {
                url: known_as.unwrap_or(&url).parse().unwrap(),
                log_key: None,
                tokens: tokens.into_iter().map(SessionToken::from_bytes).collect(),
            }],
            custodians: Vec::new(),
            threshold: 0,
            bulletin: 0,
        };
        std::fs::write(root.join("kit"), kit.encode().unwrap()).unwrap();
        std::fs::write(
            root.join("passphrase"),
            "quiet river stone lantern copper meadow\n",
        )
        .unwrap();
        Self {
            folder,
            store,
            address,
            kit,
            _runtime: runtime,
        }
    }

    /// The drop's address.
    pub(crate) fn drop_url(&self) -> String {
        let kit = Kit::decode(&std::fs::read(self.path("kit")).unwrap()).unwrap();
        kit.drops[0].url.to_string()
    }

    /// Writes the kit anew with another address of the drop.
    pub(crate) fn know_as(&mut self, url: &str) {
        self.kit.drops[0].url = url.parse().unwrap();
        std::fs::write(self.path("kit"), self.kit.encode().unwrap()).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program in the stage's folder, its passphrase given.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fh-field"));
        command
            .current_dir(self.folder.path())
            .args(["--vault", "vault"])
            .args(arguments);
        command.args(["--passphrase-file", "passphrase"]);
        command.env_clear().env("LANG", "en_GB.UTF-8");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs, must succeed, and reads its one JSON object.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.command(arguments).arg("--json").output().unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        assert_eq!(
            output.stdout.iter().filter(|b| **b == b'\n').count(),
            1,
            "one object, one line"
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Pieces that still lie in the vault.
    pub(crate) fn pieces_here(&self) -> u64 {
        let status = self.json(&["status"]);
        let dispatches = status["dispatches"].as_array().unwrap().iter();
        let here =
            |one: &Value| one["pieces"].as_u64().unwrap() - one["received"].as_u64().unwrap();
        dispatches.map(here).sum()
    }

    /// Everything the drop holds, one after the other.
    pub(crate) fn log(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut from = 0;
        while from < self.store.size() {
            from += self.store.read(from, 256, &mut bytes).unwrap();
        }
        bytes
    }
}

pub(crate) fn chain() -> ChainKey {
    ChainKey::from_bytes([3; 32])
}

fn newsroom() -> IntakeIdentity {
    IntakeIdentity::from_bytes([7; 32])
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn write_noise(path: &Path, seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        bytes.extend_from_slice(&state.to_be_bytes());
    }
    bytes.truncate(length);
    std::fs::write(path, &bytes).unwrap();
    bytes
}

/// The newsroom: whole, authentic pieces of the cells in a log.
pub(crate) struct Newsroom(pub(crate) Vec<AuthenticPiece>);

impl Newsroom {
    pub(crate) fn read(log: &[u8]) -> Self {
        let epoch = chain().epoch_keys();
        let mut assemblers: HashMap<PieceKey, Assembler> = HashMap::new();
        for cell in log.chunks_exact(CELL) {
            let cell: &[u8; CELL] = cell.try_into().unwrap();
            // Noise, with which a session's count is rounded.
            let Ok(header) = epoch.veil.open_header(cell) else {
                continue;
            };
            let header = CellHeader::decode(&header).unwrap();
            let mut shard = Box::new([0; SHARD]);
            epoch.veil.open_body(cell, &mut shard).unwrap();
            let key = PieceKey::of(&header);
            let assembler = assemblers.entry(key).or_insert_with(|| Assembler::new(key));
            assembler.add(&header, shard.as_slice()).unwrap();
        }
        let whole = assemblers
            .values()
            .filter_map(|a| a.finish(&epoch.mac, 64).ok());
        let mut pieces: Vec<_> = whole.collect();
        pieces.sort_by_key(|piece| (piece.place.dispatch, piece.place.piece));
        Self(pieces)
    }

    pub(crate) fn manifest(&self) -> Manifest {
        let last = self.0.iter().find(|piece| piece.place.last).unwrap();
        Manifest::decode(&newsroom().open(&last.ciphertext).unwrap()).unwrap()
    }

    /// The only item's bytes, or the first one's.
    pub(crate) fn item(&self) -> Vec<u8> {
        self.items().remove(0)
    }

    /// The bytes of each item of the only dispatch, or of the first one.
    pub(crate) fn items(&self) -> Vec<Vec<u8>> {
        let last = self.0.iter().find(|piece| piece.place.last).unwrap();
        let bytes_of = |(first, last_of): (PieceNo, PieceNo)| {
            let within = |piece: &&AuthenticPiece| {
                piece.place.dispatch == last.place.dispatch
                    && (first..=last_of).contains(&piece.place.piece)
            };
            let mut bytes = Vec::new();
            for piece in self.0.iter().filter(within) {
                bytes.extend_from_slice(&newsroom().open(&piece.ciphertext).unwrap());
            }
            bytes
        };
        let items = self.manifest().items;
        items.iter().map(|item| bytes_of(item.pieces)).collect()
    }

    /// The content of every piece.
    pub(crate) fn opened(&self) -> Vec<Vec<u8>> {
        let open = |piece: &AuthenticPiece| newsroom().open(&piece.ciphertext).unwrap().to_vec();
        self.0.iter().map(open).collect()
    }

    /// Words for the reporter, left at the drop.
    pub(crate) fn write(&self, stage: &Stage, text: &str) {
        let (address, cell) = self.reply(text);
        let put = stage.store.put_mail(&address, cell.as_bytes(), NOW);
        put.unwrap();
    }

    /// Words for the reporter, sealed to the second pair of the contact piece.
    pub(crate) fn reply(&self, text: &str) -> (MailboxAddress, Cell) {
        let contact = Contact::decode(&newsroom().open(&self.0[0].ciphertext).unwrap()).unwrap();
        let message = formats::Message {
            id: formats::MessageId([8; 16]),
            dispatch: Some(self.0[0].place.dispatch),
            sent_at: NOW,
            text: text.to_owned().into(),
        };
        let pair = &contact.replies[1];
        let (address, cell) = formats::seal_reply(&message.into(), pair, &mut OsRng).unwrap();
        (MailboxAddress::from_bytes(address.0), cell)
    }

    /// A word that everything held back of the only dispatch is not wanted, left at the drop for the second pair.
    pub(crate) fn decline(&self, stage: &Stage) {
        let contact = Contact::decode(&newsroom().open(&self.0[0].ciphertext).unwrap()).unwrap();
        let last = self.0.iter().find(|piece| piece.place.last).unwrap();
        let items = self.manifest().items;
        let choice = formats::Choice {
            kind: formats::ChoiceKind::Decline,
            number: 1,
            dispatch: last.place.dispatch,
            manifest: last.digest,
            items: items
                .iter()
                .filter(|one| one.held)
                .map(|one| one.pieces)
                .collect(),
        };
        let pair = &contact.replies[1];
        let (address, cell) = formats::seal_reply(&choice.into(), pair, &mut OsRng).unwrap();
        let address = MailboxAddress::from_bytes(address.0);
        let put = stage.store.put_mail(&address, cell.as_bytes(), NOW);
        put.unwrap();
    }

    /// A receipt for everything, left at the drop for the first pair of the contact piece.
    pub(crate) fn acknowledge(&self, stage: &Stage) {
        let contact = Contact::decode(&newsroom().open(&self.0[0].ciphertext).unwrap()).unwrap();
        let pair: &ReplyPair = &contact.replies[0];
        let named = self.0.iter().map(|p| ReceiptPiece {
            piece: p.place.piece,
            digest: p.digest,
        });
        let receipt = Receipt {
            kind: ReceiptKind::Complete,
            dispatch: self.0[0].place.dispatch,
            pieces: named.collect(),
        };
        let (address, cell) = formats::seal_reply(&receipt.into(), pair, &mut OsRng).unwrap();
        let address = MailboxAddress::from_bytes(address.0);
        stage
            .store
            .put_mail(&address, cell.as_bytes(), NOW)
            .unwrap();
    }
}

/// The program reads the real clock: a kit of another week would be in another epoch.
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.unwrap().as_micros()).unwrap()
}
