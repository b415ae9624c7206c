//! Twenty times kill -9, at seeded moments, while dispatches come in: nothing is lost, doubled or corrupt.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use desk::desk::DispatchState;
use ledger::{Digest, sha256};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use serde_json::Value;

use crate::photo;
use crate::world::{DESK_EXE, World, until};

const KILLS: u32 = 20;
const DISPATCHES: u8 = 10;

#[test]
fn twenty_kills_lose_and_double_nothing() {
    let world = World::new(31);
    let mut rng = ChaCha20Rng::seed_from_u64(31);
    let mut sent: BTreeMap<Digest, u32> = BTreeMap::new();
    let mut reporter = world.reporter();
    for kill in 0..KILLS {
        if kill % 2 == 0 {
            let files = dispatch(u8::try_from(kill / 2).unwrap(), &mut rng);
            for (_, bytes) in &files {
                *sent.entry(sha256(bytes)).or_default() += 1;
            }
            reporter.add(&files, "");
            reporter.send();
        }
        let mut desk = Running::start(&world);
        desk.unlock(&world);
        let moment = 20 + u64::from(rng.next_u32() % 700);
        // The moment of the kill is the one thing here that is about time.
        std::thread::sleep(Duration::from_millis(moment));
        desk.kill();
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = world.open_desk().await;
        let view = until(&desk, |inbox| {
            let done = |one: &&desk::desk::DispatchLine| one.state == DispatchState::Complete;
            inbox.dispatches.iter().filter(done).count() == usize::from(DISPATCHES)
        })
        .await;
        let store = desk.store().unwrap();
        let mut there: BTreeMap<Digest, u32> = BTreeMap::new();
        for item in view.dispatches.iter().flat_map(|one| &one.items) {
            *there.entry(store.item(item.id).await.unwrap().sha256).or_default() += 1;
        }
        assert_eq!(there, sent);
        answered(&store).await;
        desk.stop().await;
    });
    let (receipts, forgotten) = reporter.receive();
    assert!(receipts >= u64::from(DISPATCHES), "{receipts} receipts");
    assert!(forgotten >= 3 * u64::from(DISPATCHES), "{forgotten} pieces forgotten");
}

/// Waits until a receipt for every dispatch has been put into the mailbox.
async fn answered(store: &store::Store) {
    for _ in 0..400 {
        let mut waiting = store.puts_due(100, newsroom::Micros(i64::MAX)).await.unwrap().len();
        for dispatch in store.dispatches(100).await.unwrap() {
            let said = store.receipts_of(&dispatch.key).await.unwrap();
            waiting += usize::from(said.is_empty());
        }
        if waiting == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("a dispatch was never answered");
}

/// A photograph and a file of several cells that nobody can read.
fn dispatch(number: u8, rng: &mut ChaCha20Rng) -> Vec<(String, Vec<u8>)> {
    let mut noise = vec![0; 1_500_000 + usize::from(number) * 100_000];
    rng.fill_bytes(&mut noise);
    vec![
        (format!("photo-{number}.jpg"), photo::jpeg(number)),
        (format!("noise-{number}.bin"), noise),
    ]
}

/// The real program, serving.
struct Running {
    child: Child,
    url: String,
}

impl Running {
    fn start(world: &World) -> Self {
        let mut child = Command::new(DESK_EXE)
            .args(["serve", "--listen", "127.0.0.1:0", "--poll-seconds", "1", "--dir"])
            .arg(world.path("desk"))
            .arg("--site")
            .arg(world.path("site"))
            .env("FH_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening ").unwrap().to_owned();
        Self { child, url }
    }

    /// Two custodians at the unlock page.
    fn unlock(&mut self, world: &World) {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent: ureq::Agent = config.build().into();
        for name in ["Amal", "Basim"] {
            let passphrase = world.passphrase(name);
            let page = agent.get(format!("{}/unlock", self.url));
            let mut page = page.header("accept", "application/json").call().unwrap();
            let page: Value =
                serde_json::from_str(&page.body_mut().read_to_string().unwrap()).unwrap();
            let answer = agent
                .post(format!("{}/unlock", self.url))
                .header("accept", "application/json")
                .header("origin", &self.url)
                .send_form([
                    ("csrf", page["csrf"].as_str().unwrap()),
                    ("custodian", name),
                    ("passphrase", passphrase.expose()),
                ])
                .unwrap();
            assert!(answer.status().is_success(), "unlocking answered {}", answer.status());
        }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
