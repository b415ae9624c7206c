//! The commands: read what was asked, make one call of the library, say what came of it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, anyhow};
use field::{
    Clock, DirDisk, DispatchState, Field, FieldError, HttpRoad, SendWish, Source, Trust, Way,
};
use formats::{DropUrl, Kit};
use keys::Cost;
use rand_core::{OsRng, RngCore};
use serde_json::json;
use zeroize::Zeroizing;

use crate::args::{Args, Command, RoadArgs, RoadName};
use crate::explain::{refusal, road_error};
use crate::passphrase;
use crate::show::{answer, bar, note};
use crate::words::{Words, say};

/// Does what was asked.
pub(crate) fn run(args: &Args, words: &Words) -> Result<ExitCode> {
    match &args.command {
        Command::Init { kit } => init(args, words, kit),
        Command::Add { files, note } => add(args, words, files, note),
        Command::Status => status(args, words),
        Command::Send {
            road,
            recovery,
            again,
        } => send(args, words, road, *recovery, *again),
        Command::Receive { road } => receive(args, words, road),
        Command::Pack {
            out,
            kit,
            recovery,
            note,
            files,
        } => {
            let wish = PackWish {
                out,
                kit: kit.as_deref(),
                recovery: *recovery,
                note,
                files,
            };
            pack(args, words, &wish)
        }
    }
}

/// Microseconds since 1970 UTC.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since
        .ok()
        .and_then(|time| i64::try_from(time.as_micros()).ok())
        .unwrap_or(0)
}

struct SystemClock(Instant);

impl Clock for SystemClock {
    fn wait(&mut self, time: Duration) {
        std::thread::sleep(time);
    }

    fn elapsed(&mut self) -> Duration {
        self.0.elapsed()
    }
}

fn take_folder(args: &Args, words: &Words) -> Result<DirDisk> {
    let dir = args
        .dir
        .as_deref()
        .ok_or_else(|| anyhow!(say!(words, "error-no-dir")))?;
    DirDisk::take(dir).map_err(|error| match error.kind() {
        std::io::ErrorKind::WouldBlock => FieldError::Busy.into(),
        _ => anyhow!(say!(words, "error-disk", why = error.to_string())),
    })
}

fn open(args: &Args, words: &Words) -> Result<Field<DirDisk>> {
    let disk = take_folder(args, words)?;
    let passphrase = passphrase::ask(words, args.passphrase_file.as_deref())?;
    Ok(Field::open(disk, &passphrase, &mut OsRng)?)
}

fn read_kit(words: &Words, path: &Path) -> Result<Kit> {
    let bytes = std::fs::read(path).map(Zeroizing::new);
    let bytes = bytes.with_context(|| say!(words, "error-kit-unreadable"))?;
    Ok(Kit::decode(&bytes).map_err(FieldError::Kit)?)
}

fn init(args: &Args, words: &Words, kit: &Path) -> Result<ExitCode> {
    let kit = read_kit(words, kit)?;
    let disk = take_folder(args, words)?;
    let passphrase = passphrase::choose(words, args.passphrase_file.as_deref())?;
    let drops = kit.drops.len();
    Field::init(disk, kit, &passphrase, Cost::FIELD, &mut OsRng)?;
    if args.json {
        answer(&json!({"drops": drops}).to_string());
    } else {
        answer(&say!(words, "init-done"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens the files to seal; their sizes together are what the progress bar runs to.
fn open_sources(words: &Words, files: &[PathBuf]) -> Result<(Vec<Source<'static>>, u64)> {
    let mut sources = Vec::with_capacity(files.len());
    let mut total = 0;
    for path in files {
        let shown = path.display().to_string();
        let unreadable = || say!(words, "error-file-unreadable", file = shown.clone());
        let file = File::open(path).with_context(unreadable)?;
        let facts = file.metadata().with_context(unreadable)?;
        if facts.is_dir() {
            return Err(anyhow!(say!(words, "error-folder", file = shown)));
        }
        total += facts.len();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        sources.push(Source {
            name: name.unwrap_or_default(),
            kind: kind_hint(path).to_owned(),
            captured_at: None,
            reader: Box::new(file),
        });
    }
    Ok((sources, total))
}

/// A media type by the name's ending; only a hint, the desk looks at the bytes.
fn kind_hint(path: &Path) -> &'static str {
    let ending = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_ascii_lowercase();
    match ending.as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "heic" | "heif" => "image/heic",
        "mp4" | "m4v" => "video/mp4",
        "mov" => "video/quicktime",
        "mp3" => "audio/mpeg",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        _ => "",
    }
}

fn add(args: &Args, words: &Words, files: &[PathBuf], note_text: &str) -> Result<ExitCode> {
    let (mut sources, total) = open_sources(words, files)?;
    let mut field = open(args, words)?;
    let bar = bar(Some(total), true, args.json);
    let added = field.add(&mut sources, note_text, now(), &mut OsRng, &mut |done| {
        bar.set_position(done)
    })?;
    bar.finish_and_clear();
    if args.json {
        let said = json!({
            "dispatch": added.dispatch.to_string(),
            "items": added.items,
            "pieces": added.pieces,
            "bytes_in": added.bytes_in,
            "bytes_sealed": added.bytes_sealed,
        });
        answer(&said.to_string());
    } else {
        answer(&say!(
            words,
            "add-done",
            dispatch = added.dispatch.short(),
            items = added.items,
            pieces = added.pieces
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn status(args: &Args, words: &Words) -> Result<ExitCode> {
    let status = open(args, words)?.status();
    if args.json {
        let dispatches: Vec<_> = status
            .dispatches
            .iter()
            .map(|one| {
                json!({
                    "dispatch": one.dispatch.to_string(),
                    "state": one.state.word(),
                    "pieces": one.pieces,
                    "received": one.received,
                    "bytes_here": one.bytes_here,
                })
            })
            .collect();
        let said = json!({"dispatches": dispatches, "sessions_left": status.sessions_left});
        answer(&said.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    if status.dispatches.is_empty() {
        answer(&say!(words, "status-empty"));
    }
    for one in &status.dispatches {
        let state = match one.state {
            DispatchState::Sealed => say!(words, "state-sealed"),
            DispatchState::Sending => say!(words, "state-sending"),
            DispatchState::Sent => say!(words, "state-sent"),
            DispatchState::Received => say!(words, "state-received"),
        };
        answer(&say!(
            words,
            "status-line",
            dispatch = one.dispatch.short(),
            state = state,
            received = one.received,
            pieces = one.pieces
        ));
    }
    answer(&say!(words, "status-sessions", left = status.sessions_left));
    Ok(ExitCode::SUCCESS)
}

/// The chosen road, and the drops to use on it. Every drop is checked before anything is sent.
fn road(words: &Words, args: &RoadArgs, kit: &Kit) -> Result<(HttpRoad, Vec<DropUrl>)> {
    let trust = match &args.pin {
        Some(file) => Trust::pinned(&std::fs::read(file).unwrap_or_default())?,
        None => Trust::Web,
    };
    let way = match args.road {
        Some(RoadName::Tor) => Way::tor(&args.socks5, trust)?,
        Some(RoadName::Tls) => {
            note(&say!(words, "road-tls-weaker"));
            Way::Tls(trust)
        }
        Some(RoadName::Loopback) => Way::Loopback,
        None => return Err(anyhow!(say!(words, "error-no-road"))),
    };
    let mut drops = Vec::new();
    for text in &args.drops {
        let url = text.trim_end_matches('/').parse();
        drops.push(url.map_err(|_| anyhow!(say!(words, "error-bad-url", url = text.as_str())))?);
    }
    let mut seed = [0; 32];
    OsRng.fill_bytes(&mut seed);
    let road = HttpRoad::new(way, seed);
    let all: Vec<DropUrl> = kit.drops.iter().map(|drop| drop.url.clone()).collect();
    for drop in if drops.is_empty() { &all } else { &drops } {
        road.check(drop)?;
    }
    Ok((road, drops))
}

fn send(
    args: &Args,
    words: &Words,
    road_args: &RoadArgs,
    recovery: (u16, u16),
    again: bool,
) -> Result<ExitCode> {
    let mut field = open(args, words)?;
    let (mut road, drops) = road(words, road_args, field.kit())?;
    let wish = SendWish {
        drops,
        recovery,
        again,
    };
    let left = field.bytes_left(&wish);
    let bar = bar(Some(left), true, args.json);
    let sent = field.send(
        &mut road,
        &mut SystemClock(Instant::now()),
        &wish,
        &mut OsRng,
        &mut |done| {
            bar.set_position(done);
        },
    )?;
    bar.finish_and_clear();
    if args.json {
        let said = json!({
            "cells_sent": sent.cells_sent,
            "cells_resent": sent.cells_resent,
            "bytes": sent.bytes,
            "drops": sent.drops,
            "cells_left": sent.cells_left,
        });
        answer(&said.to_string());
    } else if sent.cells_sent == 0 && sent.cells_left == 0 {
        answer(&say!(words, "send-nothing"));
    } else {
        answer(&say!(
            words,
            "send-done",
            cells = sent.cells_sent,
            drops = sent.drops
        ));
    }
    for failure in &sent.failures {
        let why = road_error(words, &failure.error);
        note(&say!(
            words,
            "drop-failed",
            url = failure.drop.to_string(),
            why = why
        ));
    }
    if sent.cells_left == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    note(&say!(words, "send-left", cells = sent.cells_left));
    Ok(ExitCode::FAILURE)
}

fn receive(args: &Args, words: &Words, road_args: &RoadArgs) -> Result<ExitCode> {
    let mut field = open(args, words)?;
    let (mut road, drops) = road(words, road_args, field.kit())?;
    let bar = bar(None, false, args.json);
    let received = field.receive(&mut road, &drops, now(), &mut OsRng, &mut |polled| {
        bar.set_position(polled)
    })?;
    bar.finish_and_clear();
    if args.json {
        let said = json!({
            "polled": received.polled,
            "receipts": received.receipts,
            "forgotten": received.forgotten,
            "messages": received.messages,
            "newer": received.newer,
            "refused": received.refused.len(),
        });
        answer(&said.to_string());
    } else {
        answer(&say!(
            words,
            "receive-done",
            receipts = received.receipts,
            forgotten = received.forgotten
        ));
        if received.messages > 0 {
            answer(&say!(words, "receive-messages", count = received.messages));
        }
    }
    if received.newer > 0 {
        note(&say!(words, "receive-newer"));
    }
    for why in &received.refused {
        note(&refusal(words, *why));
    }
    for failure in &received.failures {
        let why = road_error(words, &failure.error);
        note(&say!(
            words,
            "drop-failed",
            url = failure.drop.to_string(),
            why = why
        ));
    }
    let all_failed = received.polled == 0 && !received.failures.is_empty();
    Ok(if all_failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

struct PackWish<'a> {
    out: &'a Path,
    kit: Option<&'a Path>,
    recovery: (u16, u16),
    note: &'a str,
    files: &'a [PathBuf],
}

fn pack(args: &Args, words: &Words, wish: &PackWish<'_>) -> Result<ExitCode> {
    let (mut sources, total) = open_sources(words, wish.files)?;
    let opened;
    let given;
    let kit = match wish.kit {
        Some(path) => {
            given = read_kit(words, path)?;
            &given
        }
        None => {
            opened = open(args, words)?;
            opened.kit()
        }
    };
    let unwritable =
        |error: std::io::Error| anyhow!(say!(words, "error-disk", why = error.to_string()));
    let mut out = File::create_new(wish.out).map_err(unwritable)?;
    // The bar runs over cells: the plaintext and its recovery.
    let (n, d) = (u64::from(wish.recovery.0), u64::from(wish.recovery.1));
    let bar = bar(Some(total + total * n / d.max(1)), true, args.json);
    let packed = field::pack(
        kit,
        &mut sources,
        wish.note,
        now(),
        wish.recovery,
        &mut out,
        &mut OsRng,
        &mut |done| bar.set_position(done),
    );
    bar.finish_and_clear();
    if packed.is_err() {
        // Half a dispatch in a file that looks whole would be carried for nothing.
        let _ = std::fs::remove_file(wish.out);
    }
    let packed = packed?;
    if args.json {
        let said = json!({
            "dispatch": packed.dispatch.to_string(),
            "pieces": packed.pieces,
            "cells": packed.cells,
            "bytes_in": packed.bytes_in,
        });
        answer(&said.to_string());
    } else {
        answer(&say!(
            words,
            "pack-done",
            dispatch = packed.dispatch.short(),
            cells = packed.cells
        ));
    }
    Ok(ExitCode::SUCCESS)
}
