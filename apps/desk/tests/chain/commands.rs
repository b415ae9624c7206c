//! The command line: what it says in two languages, and what it refuses.

use std::fs;
use std::process::{Command, Output};

use crate::world::{DESK_EXE, PSEUDONYM, World};

fn fh_desk(world: &World, args: &[&str]) -> Output {
    let mut command = Command::new(DESK_EXE);
    command.args(args).arg("--dir").arg(world.path("desk"));
    command.env_remove("FH_LANG").env("LANG", "C");
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).unwrap()
}

#[test]
fn drops_are_added_in_either_language_and_bad_ones_refused() {
    let world = World::new(51);
    let token = world.path("drop.token");
    fs::write(&token, &world.drop_token).unwrap();
    let token = token.to_str().unwrap();
    let url = "https://drop.example";
    let add = |extra: &[&str]| {
        let args = [&["drop", "add", "--url", url, "--token-file", token], extra].concat();
        fh_desk(&world, &args)
    };
    let english = add(&[]);
    assert!(english.status.success() && said(&english).contains("now reads the drop"));
    let arabic = add(&["--lang", "ar"]);
    assert!(arabic.status.success() && said(&arabic).contains("تقرأ غرفة التحرير"));

    fs::write(world.path("drop.token"), "not a token").unwrap();
    let refused = add(&[]);
    assert!(!refused.status.success() && said(&refused).contains("64 hexadecimal digits"));
}

#[test]
fn kits_need_enough_custodians_and_never_overwrite() {
    let world = World::new(52);
    let out = world.path("kit");
    let out = out.to_str().unwrap();
    let before = fs::read(out).unwrap();
    let again = fh_desk(&world, &["kit", "new", "someone", "--out", out]);
    assert!(!again.status.success());
    assert_eq!(fs::read(out).unwrap(), before);

    let fresh = world.path("kit-2");
    let fresh = fresh.to_str().unwrap();
    let alone = format!("Basim={}", world.path("Basim.passphrase").display());
    let args = [
        "kit",
        "new",
        "someone",
        "--out",
        fresh,
        "--custodian-passphrase",
        &alone,
    ];
    let one = fh_desk(&world, &args);
    assert!(
        !one.status.success(),
        "one custodian of two must not be enough"
    );

    let dana = format!("Dana={}", world.path("Dana.passphrase").display());
    let twice = [&args[..], &["--custodian-passphrase", &dana]].concat();
    let mut taken = twice.clone();
    taken[2] = PSEUDONYM;
    assert!(
        !fh_desk(&world, &taken).status.success(),
        "a pseudonym is taken once"
    );
    let made = fh_desk(&world, &twice);
    assert!(made.status.success(), "{}", said(&made));
    assert!(
        !said(&made).contains("someone"),
        "the pseudonym is not repeated"
    );
    formats::Kit::decode(&fs::read(fresh).unwrap()).unwrap();
}
