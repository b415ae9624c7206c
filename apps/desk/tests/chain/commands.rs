//! The command line: what it says in two languages, and what it refuses.

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use argon2::password_hash::{PasswordHasher, SaltString};
use desk::clock;
use desk::founding::enrolment_digest;
use newsroom::Private;

use crate::world::{DESK_EXE, NOTE, PSEUDONYM, World, until};

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

const PASSWORD: &str = "saffron window quiet ladder";

/// Both editors choose the same password; Sami alone is a safety editor.
async fn enrolled(desk: &desk::desk::Desk, world: &World) {
    let salt = SaltString::encode_b64(b"sixteen bytes or").unwrap();
    let hash = argon2::Argon2::default().hash_password(PASSWORD.as_bytes(), &salt);
    let hash = Private::new(hash.unwrap().to_string());
    let store = desk.store().unwrap();
    for (_, code) in &world.handover.enrolments {
        let digest = enrolment_digest(code);
        store.enrol(digest, &hash, clock::now()).await.unwrap();
    }
}

/// `fh-desk drill` with this typed at it.
fn drill(world: &World, editor: &str, extra: &[&str], typed: &str) -> Output {
    let mut command = Command::new(DESK_EXE);
    command.args(["drill", PSEUDONYM, "--editor", editor, "--dir"]);
    command.arg(world.path("desk")).args(extra);
    command.arg("--password-file").arg(world.path("password"));
    for name in ["Basim", "Dana"] {
        let value = format!(
            "{name}={}",
            world.path(&format!("{name}.passphrase")).display()
        );
        command.args(["--custodian-passphrase", &value]);
    }
    command.env_remove("FH_LANG").env("LANG", "C");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    // A drill that is refused before it asks has nobody listening.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn the_capture_drill_is_rehearsed_typed_and_answered_by_new_keys() {
    let world = World::new(53);
    {
        let mut reporter = world.reporter();
        reporter.add(&[], NOTE);
        reporter.send();
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = world.open_desk().await;
        until(&desk, |inbox| {
            inbox.dispatches.iter().any(|one| one.note.is_some())
        })
        .await;
        enrolled(&desk, &world).await;
        desk.stop().await;
    });
    fs::write(world.path("password"), "something else\n").unwrap();
    let refused = drill(&world, "Sami", &["--rehearse"], "");
    assert!(!refused.status.success() && said(&refused).contains("do not belong together"));
    fs::write(world.path("password"), format!("{PASSWORD}\n")).unwrap();
    let not_hers = drill(&world, "Noor", &["--rehearse"], "");
    assert!(!not_hers.status.success(), "sources are for safety editors");

    let reason = ["--reason", "seen at the checkpoint"];
    let rehearsed = drill(&world, "Sami", &["--rehearse"], "");
    let words = said(&rehearsed);
    assert!(rehearsed.status.success(), "{words}");
    for part in [
        "from its week",
        "One dispatch came with a note",
        "intake keys",
        "nothing was changed",
    ] {
        assert!(words.contains(part), "{part} is missing: {words}");
    }
    assert!(!words.contains(NOTE), "the note itself is for the page");
    let wrong = drill(&world, "Sami", &reason, "another name\n");
    assert!(!wrong.status.success() && said(&wrong).contains("Nothing was changed"));
    assert_eq!(rotations(&world), (0, false), "so far nothing has happened");

    let typed = format!("{PSEUDONYM}\n");
    let done = drill(
        &world,
        "Sami",
        &[&reason[..], &["--lang", "ar"]].concat(),
        &typed,
    );
    assert!(
        done.status.success() && said(&done).contains("قُطعت الحقيبة"),
        "{}",
        said(&done)
    );
    assert_eq!(rotations(&world), (1, true));
    let again = drill(&world, "Sami", &reason, &typed);
    assert!(!again.status.success(), "once");

    // New keys answer it, and nothing else does.
    let custodians = ["Basim", "Dana"].map(|name| {
        format!(
            "{name}={}",
            world.path(&format!("{name}.passphrase")).display()
        )
    });
    let mut rotate = vec!["intake", "rotate"];
    custodians
        .iter()
        .for_each(|one| rotate.extend(["--custodian-passphrase", one]));
    let rotated = fh_desk(&world, &rotate);
    assert!(rotated.status.success(), "{}", said(&rotated));
    assert_eq!(rotations(&world), (0, true));
}

/// How many captures wait for new keys, and whether the kit is cut off.
fn rotations(world: &World) -> (u32, bool) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = world.open_desk().await;
        let due = desk.rotations_due().await.unwrap();
        let kits = desk.store().unwrap().kits().await.unwrap();
        desk.stop().await;
        (due, kits[0].captured_from.is_some())
    })
}
