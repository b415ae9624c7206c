//! `add --stdin`: what comes in on standard input is sealed while it comes.
//!
//! A thread reads ahead by at most sixteen buffers, so that the clock can end a piece while the pipe is silent. What is
//! in those buffers and in the piece under way is what a kill costs.

use std::io::{ErrorKind, Read};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::Result;
use field::{About, Heard, Live, kind_hint};
use rand_core::OsRng;
use zeroize::Zeroizing;

use super::{now, open};
use crate::args::Args;
use crate::show::{bar, note};
use crate::words::{Words, say};

/// Buffers read ahead.
const AHEAD: usize = 16;
/// Bytes of one.
const BUFFER: usize = 64 * 1024;

type Block = std::io::Result<Zeroizing<Vec<u8>>>;

/// Standard input, with the computer's clock.
struct Piped {
    blocks: Receiver<Block>,
    /// What was received and not yet heard.
    rest: Option<(Zeroizing<Vec<u8>>, usize)>,
    began: Instant,
}

impl Piped {
    fn start() -> Self {
        let (give, blocks) = sync_channel(AHEAD);
        // The thread ends with the stream or, blocked in a read that nothing interrupts, with the program.
        std::thread::spawn(move || read_on(&give));
        Self {
            blocks,
            rest: None,
            began: Instant::now(),
        }
    }
}

/// Reads until the end, an error, or until nobody listens any more.
fn read_on(give: &SyncSender<Block>) {
    let mut input = std::io::stdin().lock();
    loop {
        let mut buffer = Zeroizing::new(vec![0; BUFFER]);
        let block = match input.read(&mut buffer) {
            Ok(0) => return,
            Ok(got) => {
                buffer.truncate(got);
                Ok(buffer)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let broken = block.is_err();
        if give.send(block).is_err() || broken {
            return;
        }
    }
}

impl Live for Piped {
    fn now(&mut self) -> Duration {
        self.began.elapsed()
    }

    fn hear(&mut self, room: &mut [u8], wait: Duration) -> std::io::Result<Heard> {
        let (block, at) = match self.rest.take() {
            Some(rest) => rest,
            None => match self.blocks.recv_timeout(wait) {
                Ok(block) => (block?, 0),
                Err(RecvTimeoutError::Timeout) => return Ok(Heard::Nothing),
                Err(RecvTimeoutError::Disconnected) => return Ok(Heard::End),
            },
        };
        let left = block.get(at..).unwrap_or_default();
        let got = left.len().min(room.len());
        for (to, from) in room.iter_mut().zip(left) {
            *to = *from;
        }
        if at + got < block.len() {
            self.rest = Some((block, at + got));
        }
        Ok(Heard::Bytes(got))
    }
}

/// Records standard input as one dispatch.
pub(super) fn add_stdin(
    args: &Args,
    words: &Words,
    name: &str,
    note_text: &str,
) -> Result<ExitCode> {
    let mut field = open(args, words)?;
    let about = About {
        name: name.to_owned(),
        kind: kind_hint(name).to_owned(),
        note: note_text.to_owned(),
    };
    let bar = bar(None, true, args.json);
    let mut live = Piped::start();
    let recorded = field.add_live(&mut live, &about, now(), &mut OsRng, &mut |done| {
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let recorded = recorded?;
    if let Some(error) = recorded.broke {
        note(&say!(words, "stdin-broke", why = error.to_string()));
    }
    super::add::tell(args, words, &recorded.added);
    Ok(ExitCode::SUCCESS)
}
