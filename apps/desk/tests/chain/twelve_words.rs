//! A kit by twelve words, all the way: made by the command, asked for over HTTP, answered by the open desk, compared
//! aloud, and used.

use std::process::{Command, Output};
use std::time::Duration;

use field::{Asked, FieldError, HttpRoad, Way, ask_for_kit};
use formats::{Kit, KitId};
use keys::kit_words::{Asker, CODE_COST, SEED_COST};
use keys::{Cost, KitWords, KitWordsSeed, Passphrase};

use crate::way::enrol;
use crate::world::{DESK_EXE, World};

const NAME: &str = "pseudonym-grey-wagtail";

fn kit_command(world: &World, args: &[&str]) -> Output {
    let mut command = Command::new(DESK_EXE);
    command.arg("kit").args(args);
    command.arg("--dir").arg(world.path("desk"));
    for name in ["Basim", "Dana"] {
        let file = world.path(&format!("{name}.passphrase"));
        command.args([
            "--custodian-passphrase",
            &format!("{name}={}", file.display()),
        ]);
    }
    command.env_remove("FH_LANG").env("LANG", "C");
    let done = command.output().unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    done
}

fn line(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn ask(world: &World, seed: &KitWordsSeed, asker: &Asker) -> Result<Option<Kit>, FieldError> {
    let kit = Kit::decode(&std::fs::read(world.path("kit")).unwrap()).unwrap();
    let drops = [kit.drops[0].url.clone()];
    let mut road = HttpRoad::new(Way::Loopback, [1; 32]);
    match ask_for_kit(&mut road, &drops, seed, asker)? {
        Asked::Kit(kit) => Ok(Some(*kit)),
        Asked::Waiting(_) => Ok(None),
    }
}

#[test]
fn a_kit_comes_by_twelve_words_and_its_code_is_the_same_at_both_ends() {
    let world = World::new(61);
    let typed = line(&kit_command(
        &world,
        &["new", NAME, "--words", "--words-lang", "ar"],
    ));
    let words = KitWords::parse(&Passphrase::new(&typed)).unwrap();
    let seed = words.seed(SEED_COST).unwrap();
    let device = |passphrase: &str| {
        let passphrase = Passphrase::new(passphrase);
        seed.asker(&passphrase, Cost::FOR_TESTS).unwrap()
    };
    let mine = device("the reporter's own words");
    assert!(
        ask(&world, &seed, &mine).unwrap().is_none(),
        "the desk is locked"
    );
    let thief = ask(&world, &seed, &device("a thief's"));
    assert!(
        matches!(thief, Err(FieldError::WordsSpent)),
        "the words' one session is taken"
    );

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let kit = runtime.block_on(async {
        let desk = world.open_desk().await;
        let waiting = async {
            loop {
                if let Some(kit) = ask(&world, &seed, &mine).unwrap() {
                    return kit;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let kit = tokio::time::timeout(Duration::from_secs(90), waiting)
            .await
            .unwrap();
        let (_, sami) = enrol(&desk, &world).await;
        let id: KitId = kit.id;
        let offer = desk.source(sami, id).await.unwrap().offer.unwrap();
        assert_eq!(offer.rivals, 0);
        let code = seed.code(&mine.identity.recipient(), words.words(), CODE_COST);
        assert_eq!(
            offer.code,
            Some(code.unwrap()),
            "the page shows what the device shows"
        );
        desk.stop().await;
        kit
    });
    let shown = line(&kit_command(&world, &["code", NAME]));
    let code = seed
        .code(&mine.identity.recipient(), words.words(), CODE_COST)
        .unwrap();
    assert_eq!(shown, code, "and so does the command");
    assert!(matches!(
        ask(&world, &seed, &device("a thief's")),
        Err(FieldError::WordsSpent)
    ));

    assert_eq!(kit.drops[0].tokens.len(), 128, "none of them is spent");
}
