//! A forced sender through the real programs: the mark goes from the vault to the desk, the receipt comes back, and nothing on
//! the device tells that it was forced.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use desk::desk::{DispatchLine, DispatchState};
use serde_json::Value;

use crate::running::Running;
use crate::world::{DESK_EXE, World, until};

const EVERYDAY: &str = "quiet river stone lantern copper meadow";
/// The same with its first two words exchanged.
const MARK: &str = "river quiet stone lantern copper meadow";
const PATIENCE: Duration = Duration::from_secs(120);
const SEND: [&str; 3] = ["send", "--road", "loopback"];
const RECEIVE: [&str; 3] = ["receive", "--road", "loopback"];

struct Device<'a> {
    world: &'a World,
    program: PathBuf,
}

impl<'a> Device<'a> {
    fn set_up(world: &'a World) -> Self {
        let program = Path::new(DESK_EXE).with_file_name("fh-field");
        assert!(
            program.is_file(),
            "{} is not built; run `cargo build --workspace --bins`",
            program.display()
        );
        for (name, words) in [("everyday", EVERYDAY), ("mark", MARK)] {
            std::fs::write(world.path(name), words).unwrap();
        }
        let device = Self { world, program };
        let done = device.run("everyday", &["init", "--keep-kit", "--kit", "kit"]);
        assert!(done.status.success());
        device
    }

    fn run(&self, words: &str, arguments: &[&str]) -> Output {
        let folder = self.world.path("kit");
        let mut command = Command::new(&self.program);
        command
            .current_dir(folder.parent().unwrap())
            .args(["--vault", "the-vault", "--passphrase-file", words])
            .args(arguments)
            .env_clear()
            .env("LANG", "C");
        command.output().unwrap()
    }

    /// What it says and to what end: an onlooker sees no more.
    fn seen(&self, words: &str, arguments: &[&str]) -> (Option<i32>, String) {
        let done = self.run(words, arguments);
        let said = [done.stdout, done.stderr].concat();
        (done.status.code(), String::from_utf8(said).unwrap())
    }

    fn json(&self, words: &str, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        let done = self.run(words, &arguments);
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{arguments:?}: {said}");
        serde_json::from_slice(&done.stdout).unwrap()
    }

    /// Asks until a receipt came; how many pieces were forgotten for it.
    fn received(&self, words: &str) -> u64 {
        let end = Instant::now() + PATIENCE;
        loop {
            let got = self.json(words, &RECEIVE);
            if got["receipts"].as_u64().unwrap() > 0 {
                return got["forgotten"].as_u64().unwrap();
            }
            assert!(Instant::now() < end, "no receipt");
        }
    }
}

#[test]
fn g10_a_forced_dispatch_is_answered_by_a_receipt_through_the_real_programs() {
    let world = World::new(74);
    let device = Device::set_up(&world);
    // Under both words the device says the same to everything.
    assert_eq!(
        device.seen("everyday", &["status"]),
        device.seen("mark", &["status"])
    );
    let noted = |words, note| device.seen(words, &["add", "--note", note]);
    let (code, said) = noted("everyday", "as every day");
    assert_eq!(code, Some(0), "{said}");
    let sent = device.json("everyday", &SEND);
    assert_eq!(sent["cells_left"], 0);
    let mut desk = Running::start(&world);
    desk.unlock(&world);
    assert_eq!(device.received("everyday"), 2);

    let (code, forced) = noted("mark", "all is well here");
    assert_eq!(code, Some(0));
    let words = |text: &str| text.split_whitespace().count();
    assert_eq!(words(&said), words(&forced), "{said}\n{forced}");
    assert_eq!(device.json("mark", &SEND)["cells_left"], 0);
    assert_eq!(device.received("mark"), 2, "contact and manifest");
    for words in ["everyday", "mark"] {
        assert_eq!(
            device.json(words, &["status"])["dispatches"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
    }
    assert_eq!(
        device.seen("everyday", &["status"]),
        device.seen("mark", &["status"])
    );
    desk.kill();

    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = world.open_desk().await;
        let done = |one: &&DispatchLine| one.state == DispatchState::Complete;
        let inbox = until(&desk, |inbox| {
            inbox.dispatches.iter().filter(done).count() == 2
        })
        .await;
        let marks = |note: &str| {
            let mut all = inbox.dispatches.iter();
            let line = all.find(|one| one.note.as_deref() == Some(note)).unwrap();
            (line.forced, line.another_vault)
        };
        assert_eq!(marks("as every day"), (false, false));
        assert_eq!(marks("all is well here"), (true, false));
        desk.stop().await;
    });
}
