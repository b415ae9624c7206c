//! The commands, one module each: read what was asked, make one call of the library, say what came of it.

mod add;
mod budget;
mod bulletin;
mod declined;
mod import;
mod init;
mod kit_words;
mod lines;
mod live;
mod pack;
mod read;
mod receive;
mod road;
mod say;
mod send;
mod set;
mod sources;
mod spread;
mod status;
mod tor_config;
mod wipe;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, anyhow, bail};
use field::{Clock, Disk, Field, FieldError, FileDisk, ImportWish};
use formats::{DispatchId, Kit};
use keys::Cost;
use rand_core::OsRng;
use zeroize::Zeroizing;

use crate::args::{Args, Command};
use crate::explain::disk_refused;
use crate::passphrase;
use crate::words::{Words, say};

/// Does what was asked.
pub(crate) fn run(args: &Args, words: &Words) -> Result<ExitCode> {
    match &args.command {
        Command::Init(wish) => init::init(args, words, wish),
        Command::Wipe => wipe::wipe(args, words),
        Command::Set { setting } => set::set(args, words, setting),
        Command::Add {
            stdin: true,
            name,
            note,
            ..
        } => live::add_stdin(args, words, name, note),
        Command::Add {
            files,
            note,
            preview,
            ..
        } => add::add(args, words, files, note, *preview),
        Command::Import {
            folder,
            note,
            erase,
            refill,
        } => {
            let wish = ImportWish {
                note: note.clone(),
                erase: *erase,
            };
            import::import(args, words, folder, refill.as_deref(), &wish)
        }
        Command::Status => status::status(args, words),
        Command::Send {
            road,
            recovery,
            again,
            all,
            whole,
            lines,
        } => {
            let wish = send::Wish {
                recovery: *recovery,
                again: *again,
                all: *all,
                whole: whole.as_deref(),
                lines: *lines,
            };
            send::send(args, words, road, &wish)
        }
        Command::TorConfig {
            bridges,
            pt,
            socks5,
        } => tor_config::tor_config(words, bridges, *pt, socks5),
        Command::ForgetDeclined { dispatch, yes } => {
            declined::forget(args, words, dispatch.as_deref(), *yes)
        }
        Command::Say { text } => say::say(args, words, text),
        Command::Read => read::read(args, words),
        Command::Receive { road } => receive::receive(args, words, road),
        Command::Bulletin { file } => bulletin::bulletin(args, words, file),
        Command::Spread(wish) => spread::spread(args, words, wish),
        Command::PrepareCard(wish) => spread::prepare(args, words, wish),
        Command::ReadCard { card } => receive::read_card(args, words, card),
        Command::Pack {
            out,
            kit,
            recovery,
            note,
            files,
        } => {
            let wish = pack::PackWish {
                out,
                kit: kit.as_deref(),
                recovery: *recovery,
                note,
                files,
            };
            pack::pack(args, words, &wish)
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

/// The day where the owner is, counted from 1 January 1970.
fn today() -> i32 {
    let today = jiff::Zoned::now().date();
    let first = jiff::civil::Date::constant(1970, 1, 1);
    first.until(today).map_or(0, |span| span.get_days())
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

fn vault_path<'a>(args: &'a Args, words: &Words) -> Result<&'a Path> {
    let path = args.vault.as_deref();
    path.ok_or_else(|| anyhow!(say!(words, "error-no-vault")))
}

fn disk_error(words: &Words, error: &std::io::Error) -> anyhow::Error {
    match error.kind() {
        std::io::ErrorKind::WouldBlock => FieldError::Busy.into(),
        std::io::ErrorKind::NotFound => FieldError::NotSetUp.into(),
        _ => anyhow!(disk_refused(words, error)),
    }
}

fn take_vault(args: &Args, words: &Words) -> Result<FileDisk> {
    FileDisk::open(vault_path(args, words)?).map_err(|error| disk_error(words, &error))
}

fn open(args: &Args, words: &Words) -> Result<Field<FileDisk>> {
    let disk = take_vault(args, words)?;
    let passphrase = passphrase::ask(words, args.passphrase_file.as_deref())?;
    let mut field = Field::open(disk, &passphrase, Cost::FIELD, now(), &mut OsRng)?;
    end_cut_recordings(&mut field, words);
    Ok(field)
}

/// Describes what an earlier, killed program was recording. Should the disk be too full for that, it can be sent all the
/// same, and the next opening tries again.
fn end_cut_recordings<D: Disk>(field: &mut Field<D>, words: &Words) {
    for dispatch in field.end_cut_recordings(&mut OsRng).unwrap_or_default() {
        crate::show::note(&say!(words, "recording-cut", dispatch = dispatch.short()));
    }
}

fn read_kit(words: &Words, path: &Path) -> Result<Kit> {
    let bytes = std::fs::read(path).map(Zeroizing::new);
    let bytes = bytes.with_context(|| say!(words, "error-kit-unreadable"))?;
    Ok(Kit::decode(&bytes).map_err(FieldError::Kit)?)
}

/// The dispatch of which somebody typed the beginning.
fn dispatch<D>(words: &Words, field: &Field<D>, text: &str) -> Result<DispatchId> {
    let text = text.to_ascii_lowercase();
    let status = field.status();
    let mut known = status
        .dispatches
        .iter()
        .filter(|one| one.dispatch.to_string().starts_with(&text));
    match (known.next(), known.next()) {
        (Some(one), None) if !text.is_empty() => Ok(one.dispatch),
        _ => bail!(say!(words, "error-unknown-dispatch", dispatch = text)),
    }
}
