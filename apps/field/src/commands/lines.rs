//! What is said on standard input while a sending runs.

use std::io::BufRead;
use std::sync::mpsc::{Receiver, channel};

use field::{Between, Urgent};
use formats::DispatchId;
use formats::dispatch::NOTE_MAX;
use serde_json::json;
use zeroize::Zeroizing;

use super::now;
use crate::show::{answer, note};
use crate::words::{Words, say};

/// Lines of standard input, each a dispatch of its own.
pub(super) struct Lines<'a> {
    words: &'a Words,
    json: bool,
    from: Receiver<Zeroizing<String>>,
}

impl<'a> Lines<'a> {
    /// Begins to listen. The thread ends with its standard input, or with the program.
    pub(super) fn listen(words: &'a Words, json: bool) -> Self {
        let (give, from) = channel();
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines() {
                let Ok(line) = line.map(Zeroizing::new) else {
                    return;
                };
                if give.send(line).is_err() {
                    return;
                }
            }
        });
        Self { words, json, from }
    }

    /// The next line with something in it that fits into a note.
    fn line(&mut self, idle: bool) -> Option<Zeroizing<String>> {
        loop {
            let line = if idle {
                self.from.recv().ok()
            } else {
                self.from.try_recv().ok()
            }?;
            if line.len() > NOTE_MAX {
                note(&say!(self.words, "lines-too-long"));
            } else if !line.trim().is_empty() {
                return Some(line);
            }
        }
    }

    fn tell(&self, dispatch: DispatchId, state: &str, sentence: &str) {
        if self.json {
            let said = json!({"said": dispatch.to_string(), "state": state});
            answer(&said.to_string());
        } else {
            answer(sentence);
        }
    }
}

impl Between for Lines<'_> {
    fn next(&mut self, idle: bool) -> Option<Urgent> {
        let line = self.line(idle)?;
        Some(Urgent {
            note: line,
            sources: Vec::new(),
            now: now(),
        })
    }

    fn sealed(&mut self, dispatch: DispatchId) {
        let short = dispatch.short();
        self.tell(
            dispatch,
            "sealed",
            &say!(self.words, "lines-sealed", dispatch = short),
        );
    }

    fn stored(&mut self, dispatch: DispatchId) {
        let short = dispatch.short();
        self.tell(
            dispatch,
            "stored",
            &say!(self.words, "lines-stored", dispatch = short),
        );
    }
}
