//! A newsletter's rows: who gets a letter and what became of it, kept in the record around each; and who left.

use std::fs;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use publish::channels::{Fault, Had, Recipient, Roll, Rolled};
use rand_core::RngCore;
use store::{Attempt, LetterEnd, StoreError};
use tokio::runtime::Handle;
use tokio_util::task::task_tracker::TaskTrackerToken;
use zeroize::Zeroizing;

use crate::clock;
use crate::config::DeskFolder;
use crate::files;
use crate::open_desk::OpenDesk;

/// Between two looks at who left.
const AGAIN: Duration = Duration::from_secs(5);

/// The rows of one mailing, for the thread that sends.
pub(crate) struct Rows {
    open: Arc<OpenDesk>,
    attempt: Attempt,
    runtime: Handle,
    _held: TaskTrackerToken,
}

impl Rows {
    /// Those of an attempt. Must be called within the runtime.
    pub(crate) fn of(open: &Arc<OpenDesk>, attempt: Attempt) -> Self {
        Self {
            open: open.clone(),
            _held: open.hold(),
            attempt,
            runtime: Handle::current(),
        }
    }

    /// What the record answers. Where it fails nothing more is sent; what was being sent is in doubt when it goes on.
    fn wait<T>(&self, asked: impl Future<Output = Result<T, StoreError>>) -> Result<T, Fault> {
        self.runtime.block_on(asked).map_err(|error| Fault::Later {
            after: None,
            words: error.to_string(),
        })
    }
}

impl Roll for Rows {
    fn begin(&self) -> Result<(), Fault> {
        self.wait(self.open.store.begin_letters(&self.attempt))
    }

    fn next(&self) -> Result<Option<Recipient>, Fault> {
        // Locking ends a mailing between two letters, so that it leaves none in doubt.
        if self.open.stop.is_cancelled() {
            return Err(Fault::Later {
                after: None,
                words: "the desk is being locked".to_owned(),
            });
        }
        let next = self.wait(self.open.store.next_letter(&self.attempt))?;
        Ok(next.map(|next| Recipient {
            id: next.subscriber,
            address: Zeroizing::new(next.address.expose().to_owned()),
        }))
    }

    fn settle(&self, recipient: &[u8; 16], had: Had) -> Result<(), Fault> {
        let end = match had {
            Had::Taken => LetterEnd::Taken,
            Had::Refused => LetterEnd::Refused,
            Had::Later => LetterEnd::Later,
            Had::Unknown => LetterEnd::Unknown,
        };
        let store = &self.open.store;
        self.wait(store.settle_letter(&self.attempt, recipient, end))
    }

    fn rolled(&self) -> Result<Rolled, Fault> {
        let id = self.attempt.id;
        let counts = self.wait(self.open.store.letter_counts(Some(id)))?;
        let counts = counts.get(&id).copied().unwrap_or_default();
        Ok(Rolled {
            all: counts.taken + counts.refused + counts.waiting + counts.unknown,
            taken: counts.taken,
            refused: counts.refused,
            left: counts.waiting,
            unknown: counts.unknown,
        })
    }
}

/// Puts words by which people leave down until the desk is open: a file for each reading, complete or not there.
pub(crate) fn put_down(
    folder: &DeskFolder,
    words: &[[u8; 16]],
    rng: &mut impl RngCore,
) -> io::Result<()> {
    if words.is_empty() {
        return Ok(());
    }
    let leaving = folder.leaving();
    files::private_folder(&leaving)?;
    let mut name = [0; 16];
    rng.fill_bytes(&mut name);
    let lines: Vec<String> = words.iter().map(hex::encode).collect();
    let path = leaving.join(format!("{}.words", hex::encode(name)));
    files::create_new(&path, lines.join("\n").as_bytes())
}

#[derive(Debug, thiserror::Error)]
enum LeavingError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the words that wait cannot be read: {0}")]
    Words(#[from] io::Error),
}

/// Starts taking in who left, on an open desk.
pub(crate) fn start(open: &Arc<OpenDesk>) {
    open.spawn(taking(open.clone()));
}

async fn taking(open: Arc<OpenDesk>) {
    loop {
        if let Err(error) = take(&open).await {
            tracing::warn!(%error, "who left a newsletter could not be taken in yet");
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Takes in what waits. A crash after the record and before the file goes is no harm: who left has left.
async fn take(open: &OpenDesk) -> Result<(), LeavingError> {
    let folder = match fs::read_dir(open.around.folder.leaving()) {
        Ok(folder) => folder,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    for entry in folder {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != "words") {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        let words: Vec<[u8; 16]> = text.lines().filter_map(word).collect();
        open.store.subscribers_left(&words, clock::now()).await?;
        fs::remove_file(&path)?;
    }
    Ok(())
}

fn word(line: &str) -> Option<[u8; 16]> {
    let mut word = [0; 16];
    hex::decode_to_slice(line, &mut word).ok().map(|()| word)
}
