//! A dispatch that was cut short before its manifest: what is whole of it, as items of their own.
//!
//! A recording whose sender was caught in the middle is evidence too. Names, order and hashes are in the manifest, which
//! may never come. Pieces are joined only where they can be nothing but one item: they follow each other, and the next one
//! does not begin like a file. What is joined is never called whole. Done again, it goes on where it was; what was entered
//! stays as it is, and later pieces are entered beside it.

use std::io::Read;
use std::sync::Arc;

use formats::{DispatchId, K_MAX, KitId, PIECE_PLAIN_MAX, PieceNo};
use media::{Kind, SNIFF_BYTES, sniff};
use newsroom::arrival::{DispatchKey, DispatchState};
use newsroom::{BlobId, Private};
use store::{Cut, NewItem, PieceRecord};

use super::opening::{OpeningError, keep, open_piece};
use crate::clock;
use crate::desk::EventKind;
use crate::open_desk::OpenDesk;
use crate::work::JobError;

/// Dispatches looked through for an id.
const RECENT: u32 = 2_000;

/// Which dispatches of this id are still arriving. Only its kit and the id together name one.
pub(crate) async fn arriving(
    open: &OpenDesk,
    dispatch: DispatchId,
) -> Result<Vec<DispatchKey>, OpeningError> {
    let all = open.store.dispatches(RECENT).await?;
    let cut = all
        .into_iter()
        .filter(|one| one.key.dispatch == dispatch && one.state == DispatchState::Arriving)
        // What is held back is not missing.
        .filter(|one| one.held.unwrap_or(0) == 0);
    Ok(cut.map(|one| one.key).collect())
}

/// How a piece begins, as far as that says whether it is joined to the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beginning {
    /// Like a film or a sound that is written as it is recorded.
    Stream,
    /// Like another file.
    File,
    /// Like nothing that is known: it may go on with what was before.
    Unknown,
}

/// A piece that is here and not entered.
#[derive(Debug, Clone, Copy)]
struct Loose {
    no: u32,
    blob: BlobId,
    /// Nothing more fits into it, so that its item may go on.
    full: bool,
    begins: Beginning,
}

/// Enters what is there.
pub(crate) async fn open(
    open: &Arc<OpenDesk>,
    kit: KitId,
    dispatch: DispatchId,
) -> Result<(), JobError> {
    let key = DispatchKey { kit, dispatch };
    let entered = open.store.items_of(&key).await?;
    let covered: Vec<(u32, u32)> = entered.iter().filter_map(|item| extent(item.cut)).collect();
    let pieces = open.store.dispatch_pieces(&key).await?;
    let fresh = pieces.into_iter().filter(|piece| is_loose(piece, &covered));
    let fresh: Vec<PieceRecord> = fresh.collect();
    let desk = open.clone();
    let looked = tokio::task::spawn_blocking(move || look(&desk, &fresh));
    let looked = looked.await.map_err(OpeningError::from)??;
    for run in runs(&looked) {
        let (desk, taken) = (open.clone(), run.clone());
        let item = tokio::task::spawn_blocking(move || take(&desk, &taken));
        let Some(item) = item.await.map_err(OpeningError::from)?? else {
            continue;
        };
        let first = PieceNo(run.first().map_or(0, |piece| piece.no));
        let id = open
            .store
            .enter_loose_item(&key, first, &item, clock::now())
            .await?;
        if let Some(id) = id {
            open.work_added.notify_waiters();
            open.tell(EventKind::Item, id);
        }
    }
    open.tell(EventKind::Dispatch, dispatch);
    Ok(())
}

fn extent(cut: Option<Cut>) -> Option<(u32, u32)> {
    match cut {
        Some(Cut::Loose { first, last }) => Some((first, last)),
        _ => None,
    }
}

fn is_loose(piece: &PieceRecord, covered: &[(u32, u32)]) -> bool {
    let no = piece.no.0;
    let entered = covered
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&no));
    piece.no != PieceNo::CONTACT && !piece.last && piece.authentic.is_some() && !entered
}

/// Reads how each piece begins. Blocks. Those that do not open are left out.
fn look(open: &OpenDesk, pieces: &[PieceRecord]) -> Result<Vec<Loose>, OpeningError> {
    let mut loose = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let Some((_, blob)) = piece.authentic else {
            continue;
        };
        let Some(reader) = open_piece(open, blob)? else {
            continue;
        };
        let mut head = zeroize::Zeroizing::new(Vec::with_capacity(SNIFF_BYTES));
        if reader
            .take(SNIFF_BYTES as u64)
            .read_to_end(&mut head)
            .is_err()
        {
            continue;
        }
        loose.push(Loose {
            no: piece.no.0,
            blob,
            full: piece.k == K_MAX,
            begins: beginning(&head),
        });
    }
    Ok(loose)
}

/// By the first bytes alone: nothing is parsed here.
fn beginning(head: &[u8]) -> Beginning {
    const STREAMS: [&[u8]; 4] = [b"\x1a\x45\xdf\xa3", b"OggS", b"RIFF", b"\x47\x40"];
    match sniff(head) {
        Some(Kind::Mp4 | Kind::Mov | Kind::Mp3) => Beginning::Stream,
        Some(_) => Beginning::File,
        None if STREAMS.iter().any(|one| head.starts_with(one)) => Beginning::Stream,
        None => Beginning::Unknown,
    }
}

/// Pieces that belong together, in their order.
fn runs(pieces: &[Loose]) -> Vec<Vec<Loose>> {
    let mut runs: Vec<Vec<Loose>> = Vec::new();
    for piece in pieces {
        let goes_on = runs.last().is_some_and(|run| {
            let (first, last) = (run.first(), run.last());
            let stream = first.is_some_and(|first| first.begins == Beginning::Stream);
            last.is_some_and(|last| last.no + 1 == piece.no && (last.full || stream))
        });
        match runs.last_mut() {
            Some(run) if goes_on && piece.begins == Beginning::Unknown => run.push(*piece),
            _ => runs.push(vec![*piece]),
        }
    }
    runs
}

/// The plaintext of a run, sealed to the archive. Blocks. `None` when it does not open.
fn take(open: &OpenDesk, run: &[Loose]) -> Result<Option<NewItem>, OpeningError> {
    let (Some(first), Some(last)) = (run.first(), run.last()) else {
        return Ok(None);
    };
    let most = PIECE_PLAIN_MAX as u64 * run.len() as u64;
    let held = keep(open, run.iter().map(|piece| piece.blob), most)?;
    let name = if first.no == last.no {
        format!("piece-{}", first.no)
    } else {
        format!("pieces-{}-{}", first.no, last.no)
    };
    Ok(held.map(|held| NewItem {
        blob: held.blob,
        bytes: held.bytes,
        sha256: held.sha256,
        name: Private::new(name),
        captured_at: None,
        preview_of: None,
        cut: Some(Cut::Loose {
            first: first.no,
            last: last.no,
        }),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(no: u32, full: bool, begins: Beginning) -> Loose {
        Loose {
            no,
            blob: BlobId::from_bytes([1; 16]),
            full,
            begins,
        }
    }

    fn joined(pieces: &[Loose]) -> Vec<Vec<u32>> {
        let numbers = |run: Vec<Loose>| run.iter().map(|piece| piece.no).collect();
        runs(pieces).into_iter().map(numbers).collect()
    }

    #[test]
    fn only_what_can_be_nothing_but_one_item_is_joined() {
        use Beginning::{File, Stream, Unknown};
        let recording = [
            piece(1, false, Stream),
            piece(2, false, Unknown),
            piece(3, false, Unknown),
        ];
        assert_eq!(joined(&recording), [[1, 2, 3]]);
        let gap = [piece(1, false, Stream), piece(3, false, Unknown)];
        assert_eq!(joined(&gap), [[1], [3]]);
        // A photograph and a text of unknown kind are two files; so are a film and what begins like a file.
        let files = [
            piece(1, false, File),
            piece(2, false, Unknown),
            piece(3, false, Stream),
            piece(4, false, File),
        ];
        assert_eq!(joined(&files), [[1], [2], [3], [4]]);
        let long = [
            piece(4, true, Unknown),
            piece(5, true, Unknown),
            piece(6, false, Unknown),
            piece(7, false, Unknown),
        ];
        assert_eq!(joined(&long), vec![vec![4, 5, 6], vec![7]]);
    }

    #[test]
    fn a_beginning_is_told_by_its_first_bytes() {
        assert_eq!(beginning(b"\x1a\x45\xdf\xa3 webm"), Beginning::Stream);
        assert_eq!(
            beginning(b"\0\0\0\x18ftypisom\0\0\0\0isommp42"),
            Beginning::Stream
        );
        assert_eq!(beginning(b"\xff\xd8\xff\xe0"), Beginning::File);
        assert_eq!(beginning(b"first five seconds"), Beginning::Unknown);
        assert_eq!(beginning(b""), Beginning::Unknown);
    }
}
