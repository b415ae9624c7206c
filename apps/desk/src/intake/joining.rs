//! Pieces are put together on several cores, and stored and recorded in batches meanwhile.
//!
//! A worker reads a piece's cells, decodes, checks and writes it in memory of its own, and goes on with the next; it does not
//! wait for the disk. Behind the workers one task makes durable what they have written, and only then enters it in the record:
//! several pieces by one transaction. A crash in between leaves files that no record names, and the pieces are put together
//! again from the spool.

use std::sync::{Arc, Mutex, PoisonError};

use formats::{PieceKey, PieceMemory, PieceNo};
use ledger::Digest;
use newsroom::arrival::DispatchKey;
use newsroom::vaults::Link;
use store::{KeptPiece, PieceCells, Spool, Written};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{JoinHandle, spawn_blocking};

use super::gather::{self, Tried};
use super::lookout::Lookout;
use super::{IntakeError, contact};
use crate::archive::Archive;
use crate::clock;
use crate::open_desk::OpenDesk;

/// Pieces that are put together at once: each has up to two times 16 MiB of memory.
const AT_ONCE: usize = 2;
/// Pieces whose cells are known before a worker is free.
const WAITING: usize = 2;
/// Pieces that are stored and recorded together at most, and those that may wait for it.
const TOGETHER: usize = 8;

/// What a worker made of a piece.
struct Worked {
    key: PieceKey,
    tried_with: u32,
    outcome: Outcome,
}

enum Outcome {
    Whole(Whole),
    Waiting,
    Quarantined,
}

/// A piece that is whole and authentic, written and not stored yet.
struct Whole {
    from: Link,
    digest: Digest,
    written: Written,
    /// The ciphertext of a contact piece, which is never archived: an empty blob stands for it.
    contact: Option<Vec<u8>>,
}

/// Puts pieces together and stores them; what came of each is in the record then.
pub(super) async fn join(open: &Arc<OpenDesk>, keys: Vec<PieceKey>) -> Result<(), IntakeError> {
    let (give, take) = channel(WAITING);
    let (tell, told) = channel(TOGETHER);
    let take = Arc::new(Mutex::new(take));
    let workers: Vec<JoinHandle<Result<(), IntakeError>>> = (0..AT_ONCE.min(keys.len()))
        .map(|_| {
            let worker = Worker::new(open);
            let (take, tell) = (take.clone(), tell.clone());
            spawn_blocking(move || worker.work(&take, &tell))
        })
        .collect();
    // When the workers are gone, both ends of this task must see it.
    drop((take, tell));
    let (fed, kept) = tokio::join!(feed(open, keys, give), keep(open, told));
    for worker in workers {
        worker.await??;
    }
    fed.and(kept)
}

async fn feed(
    open: &Arc<OpenDesk>,
    keys: Vec<PieceKey>,
    give: Sender<PieceCells>,
) -> Result<(), IntakeError> {
    for key in keys {
        let cells = open.store.piece_cells(&key).await?;
        if let Some(cells) = cells
            && give.send(cells).await.is_err()
        {
            break;
        }
    }
    Ok(())
}

struct Worker {
    spool: Arc<Spool>,
    archive: Arc<Archive>,
    lookout: Lookout,
    memory: PieceMemory,
}

impl Worker {
    fn new(open: &OpenDesk) -> Self {
        let lookout = open.lookout.lock().unwrap_or_else(PoisonError::into_inner);
        Self {
            spool: open.around.spool.clone(),
            archive: open.archive.clone(),
            lookout: lookout.clone(),
            memory: PieceMemory::default(),
        }
    }

    /// Works until there are no more pieces, or nobody listens. Blocks.
    fn work(
        mut self,
        take: &Mutex<Receiver<PieceCells>>,
        tell: &Sender<Worked>,
    ) -> Result<(), IntakeError> {
        loop {
            let next = {
                let mut take = take.lock().unwrap_or_else(PoisonError::into_inner);
                take.blocking_recv()
            };
            let Some(cells) = next else {
                return Ok(());
            };
            let worked = self.assemble(&cells)?;
            if tell.blocking_send(worked).is_err() {
                return Ok(());
            }
        }
    }

    fn assemble(&mut self, cells: &PieceCells) -> Result<Worked, IntakeError> {
        let Self {
            spool,
            archive,
            lookout,
            memory,
        } = self;
        let key = cells.piece.key;
        let outcome = match gather::assemble(spool, lookout, cells, memory)? {
            Tried::Waiting => Outcome::Waiting,
            Tried::Quarantined => Outcome::Quarantined,
            Tried::Whole(piece, from) => {
                let is_contact = key.piece == PieceNo::CONTACT;
                let archived: &[u8] = if is_contact { &[] } else { &piece.ciphertext };
                let written = archive.write_sealed(archived)?;
                let contact = if is_contact {
                    Some(piece.ciphertext)
                } else {
                    memory.take_back(piece.ciphertext);
                    None
                };
                Outcome::Whole(Whole {
                    from,
                    digest: piece.digest,
                    written,
                    contact,
                })
            }
        };
        Ok(Worked {
            key,
            tried_with: u32::try_from(cells.cells.len()).unwrap_or(u32::MAX),
            outcome,
        })
    }
}

/// Stores and records what the workers bring, as much of it together as has come.
async fn keep(open: &Arc<OpenDesk>, mut told: Receiver<Worked>) -> Result<(), IntakeError> {
    let mut some = Vec::with_capacity(TOGETHER);
    while told.recv_many(&mut some, TOGETHER).await > 0 {
        let mut whole = Vec::with_capacity(some.len());
        for Worked {
            key,
            tried_with,
            outcome,
        } in some.drain(..)
        {
            match outcome {
                Outcome::Whole(one) => whole.push((key, one)),
                Outcome::Waiting => open.store.piece_waits(&key, tried_with).await?,
                Outcome::Quarantined => {
                    tracing::warn!("a piece contradicts itself and is set apart");
                    let code = "conflicting-headers";
                    open.store
                        .piece_quarantined(&key, code, clock::now())
                        .await?;
                }
            }
        }
        keep_whole(open, whole).await?;
    }
    Ok(())
}

/// Stores authentic pieces, first the bytes, then the record.
async fn keep_whole(
    open: &Arc<OpenDesk>,
    whole: Vec<(PieceKey, Whole)>,
) -> Result<(), IntakeError> {
    if whole.is_empty() {
        return Ok(());
    }
    let mut confirmed: Vec<(DispatchKey, Link)> = Vec::new();
    let (mut pieces, mut written) = (Vec::new(), Vec::new());
    for (key, one) in whole {
        // Before anybody is answered: an answer tells the field that this epoch is confirmed.
        let about = DispatchKey {
            kit: key.kit,
            dispatch: key.dispatch,
        };
        if !confirmed.contains(&(about, one.from)) {
            let now = clock::now();
            open.store.confirm_epoch(&about, one.from, now).await?;
            confirmed.push((about, one.from));
        }
        if let Some(ciphertext) = &one.contact {
            contact::enter(open, &about, one.from, ciphertext).await?;
        }
        pieces.push((key, one.digest));
        written.push(one.written);
    }
    let archive = open.archive.clone();
    let blobs = spawn_blocking(move || archive.keep_all(written)).await??;
    let kept: Vec<KeptPiece> = pieces
        .into_iter()
        .zip(blobs)
        .map(|((key, digest), blob)| KeptPiece { key, digest, blob })
        .collect();
    open.store.pieces_complete(&kept, clock::now()).await?;
    open.work_added.notify_waiters();
    Ok(())
}
