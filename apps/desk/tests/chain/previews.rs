//! Previews first: a small picture and a few words cross, the desk asks for the film and declines the photograph, the film
//! comes to the last byte.

use std::io::Read;
use std::process::Command;

use desk::desk::{Desk, DeskError, DispatchLine, DispatchState, HeldState, ItemView, WorkState};
use formats::CELL;
use ledger::sha256;

use crate::way::{enrol, wait};
use crate::world::{World, until};

/// Three seconds of film of two MiB.
fn film(world: &World) -> Vec<u8> {
    let path = world.path("film.mp4");
    let made = Command::new("ffmpeg")
        .args(["-loglevel", "error", "-y", "-f", "lavfi", "-i"])
        .arg("testsrc2=size=320x240:rate=25:duration=3,noise=alls=20:allf=t")
        .args([
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-pix_fmt",
            "yuv420p",
        ])
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    let bytes = std::fs::read(&path).unwrap();
    assert!(
        (400_000..16_000_000).contains(&bytes.len()),
        "{}",
        bytes.len()
    );
    bytes
}

/// A photograph of more than 256 KiB, with something in it that must not be in its preview.
fn photo() -> Vec<u8> {
    let mut seed = 7_u32;
    let picture = image::RgbImage::from_fn(500, 400, |_, _| {
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed.to_be_bytes()[0]
        };
        image::Rgb([next(), next(), next()])
    });
    let mut out = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 100)
        .encode_image(&picture)
        .unwrap();
    assert!(out.len() > 256 * 1024);
    out
}

async fn announced(desk: &Desk) -> DispatchLine {
    let view = until(desk, |inbox| {
        let first = inbox.dispatches.first();
        first.is_some_and(|one| one.state == DispatchState::Announced && one.items.len() == 2)
    });
    view.await.dispatches[0].clone()
}

fn named<'a>(line: &'a DispatchLine, name: &str) -> &'a desk::desk::HeldLine {
    line.held.iter().find(|one| one.name == name).unwrap()
}

async fn told(desk: &Desk) {
    until(desk, |inbox| {
        inbox.dispatches[0].held.iter().all(|one| one.told)
    })
    .await;
}

/// The look at the preview is counted like every other, and what is shown went through the sandbox.
async fn looked_at(desk: &Desk, line: &DispatchLine, editor: desk::desk::EditorId) -> ItemView {
    let preview = named(line, "square.jpg").preview.unwrap();
    wait(desk, preview, |view| view.preview == WorkState::Done).await;
    let before = desk.item(preview).await.unwrap();
    assert!(before.is_preview && before.kind == "jpeg" && before.bytes <= 40 * 1024);
    assert_eq!(before.announces.as_ref().unwrap().name, "square.jpg");
    assert!(!before.custody.iter().any(|line| line.what == "item.viewed"));
    let after = desk.look_at(preview, editor).await.unwrap();
    assert!(after.custody.iter().any(|line| line.what == "item.viewed"));
    let mut shown = Vec::new();
    let mut poster = desk.open_poster(preview).await.unwrap();
    poster.reader.read_to_end(&mut shown).unwrap();
    assert!(shown.starts_with(&[0xFF, 0xD8]));
    after
}

#[test]
fn the_film_is_asked_for_and_the_photograph_declined() {
    let world = World::new(41);
    let (film, photo) = (film(&world), photo());
    {
        let mut reporter = world.reporter();
        let files = [
            ("square.jpg", "image/jpeg", photo.clone()),
            ("square.mp4", "video/mp4", film.clone()),
            ("names.txt", "text/plain", b"two names".to_vec()),
        ];
        reporter.add_previewed(&files, "at noon");
        let cells = reporter.send();
        // Contact piece, preview, text and manifest, with a quarter more: not the nine and more that the two large ones take.
        assert!(cells <= 8, "{cells} cells");
        assert!(cells * (CELL as u64) < film.len() as u64 + 200_000);
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = world.open_desk().await;
        let line = announced(&desk).await;
        assert_eq!(line.note.as_deref(), Some("at noon"));
        assert_eq!(named(&line, "square.mp4").millis, Some(3_000));
        assert_eq!(named(&line, "square.mp4").bytes, film.len() as u64);
        assert!(line.held.iter().all(|one| one.state == HeldState::Open));
        let (noor, sami) = enrol(&desk, &world).await;
        looked_at(&desk, &line, noor).await;
        // Two editors press at once; one takes her decline back and declines again.
        let (wanted, other) = (named(&line, "square.mp4").id, named(&line, "square.jpg").id);
        for editor in [noor, sami] {
            desk.ask_for(wanted, editor).await.unwrap();
        }
        desk.decline(other, sami).await.unwrap();
        desk.ask_for(other, noor).await.unwrap();
        desk.decline(other, noor).await.unwrap();
        told(&desk).await;
        film_sent(&world);

        let view = until(&desk, |inbox| inbox.dispatches[0].held.len() == 1).await;
        let line = &view.dispatches[0];
        assert_eq!(
            line.state,
            DispatchState::Announced,
            "what was declined is not missing"
        );
        assert_eq!(line.held[0].state, HeldState::Declined);
        let item = line
            .items
            .iter()
            .find(|item| item.name == "square.mp4")
            .unwrap();
        let record = desk.store().unwrap().item(item.id).await.unwrap();
        assert_eq!(
            (record.bytes, record.sha256),
            (film.len() as u64, sha256(&film))
        );
        let here = desk.decline(wanted, noor).await;
        assert!(matches!(here, Err(DeskError::Refused { code }) if code == "item-here"));
        wait(&desk, item.id, |view| view.preview == WorkState::Done).await;
        let view = desk.item(item.id).await.unwrap();
        assert!(
            !view
                .findings
                .iter()
                .any(|one| one.code == "announced-differs")
        );
        desk.stop().await;
    });
    everything_but_the_declined_is_let_go(&world);
}

/// The reporter hears what is wanted, and sends it. Whether she hears of an earlier word too is a matter of moments; the last
/// one holds.
fn film_sent(world: &World) {
    let mut reporter = world.reporter();
    let received = reporter.receive_all();
    let status = &reporter.field.status().dispatches[0];
    assert_eq!((status.asked.pieces, status.declined.pieces), (1, 1));
    assert!(received.wanted >= 1 && received.declined >= 1);
    assert!(reporter.send() >= 7);
}

/// The desk has said *have* for what it has, by and by; the photograph stays until its owner agrees.
fn everything_but_the_declined_is_let_go(world: &World) {
    let mut reporter = world.reporter();
    reporter.receive_all();
    let status = reporter.field.status().dispatches[0].clone();
    assert_eq!(status.declined.pieces, 1);
    let gone = reporter
        .field
        .forget_declined(None, &mut rand_core::OsRng)
        .unwrap();
    assert_eq!(gone.bytes, status.declined.bytes);
}
