//! A dispatch that is all there: its items stream out of their pieces into the archive.

use std::io::{self, Read};
use std::sync::Arc;

use formats::{DispatchId, Item, KitId, Manifest, PIECE_PLAIN_MAX, ReceiptKind};
use ledger::Digest;
use newsroom::arrival::DispatchKey;
use newsroom::{BlobId, Private};
use openers::OpenError;
use store::{Cut, NewHeld, NewItem, PieceRecord, StoreError};

use super::item_reader::ItemReader;
use super::manifest::{self, Contradiction};
use super::receipts;
use crate::archive::{Archive, ArchiveError};
use crate::clock;
use crate::desk::EventKind;
use crate::open_desk::OpenDesk;
use crate::work::JobError;

/// Why opening has to be tried again. What the dispatch itself is to blame for is a [`Contradiction`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpeningError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the archive cannot be used: {0}")]
    Archive(#[from] ArchiveError),
    #[error("opening ended unexpectedly")]
    Task(#[from] tokio::task::JoinError),
}

/// How opening went, apart from this machine's own failures.
enum Opened {
    Items(Vec<(u32, NewItem)>, Vec<NewHeld>, Private),
    Unreadable(Contradiction),
}

/// Opens a dispatch; doing it twice enters its items once.
pub(crate) async fn open_dispatch(
    open: &Arc<OpenDesk>,
    kit: KitId,
    dispatch: DispatchId,
) -> Result<(), JobError> {
    let key = DispatchKey { kit, dispatch };
    let pieces = open
        .store
        .dispatch_pieces(&key)
        .await
        .map_err(OpeningError::from)?;
    let there = open.store.entered(&key).await.map_err(OpeningError::from)?;
    open.forget_contradictions(&key);
    let (desk, all) = (open.clone(), pieces.clone());
    let opened = tokio::task::spawn_blocking(move || take_out(&desk, &all, &there))
        .await
        .map_err(OpeningError::from)??;
    match opened {
        Opened::Items(items, held, note) => {
            open.store.enter_held(&key, &held).await?;
            enter(open, &key, &items, note, true).await?;
        }
        Opened::Unreadable(why) => {
            tracing::warn!(
                code = why.code(),
                "a dispatch is all there and cannot be read"
            );
            open.store
                .dispatch_unreadable(&key, why.code(), clock::now())
                .await?;
        }
    }
    // Unreadable or not, the pieces are stored and authentic: the field need not keep them.
    receipts::seal(open, &key, ReceiptKind::Complete).await?;
    open.tell(EventKind::Dispatch, dispatch);
    Ok(())
}

/// Enters what is whole of a dispatch whose manifest names items that are held back. What it announces and what is here
/// is shown before the rest comes, if it ever does. Doing it twice enters everything once.
pub(crate) async fn open_part(
    open: &Arc<OpenDesk>,
    kit: KitId,
    dispatch: DispatchId,
) -> Result<(), JobError> {
    let key = DispatchKey { kit, dispatch };
    let pieces = open.store.dispatch_pieces(&key).await?;
    let (desk, all) = (open.clone(), pieces.clone());
    let read = tokio::task::spawn_blocking(move || read_manifest(&desk, &all));
    let Ok(manifest) = read.await.map_err(OpeningError::from)?? else {
        // What contradicts itself is said when all of it is here.
        return Ok(());
    };
    let held = announced(&manifest);
    open.store.enter_held(&key, &held).await?;
    if held.is_empty() {
        return Ok(());
    }
    let there = open.store.entered(&key).await?;
    let (desk, note) = (open.clone(), Private::new(manifest.note.as_str()));
    let taken = move || take_whole(&desk, &key, &pieces, &manifest, &there);
    let items = tokio::task::spawn_blocking(taken)
        .await
        .map_err(OpeningError::from)??;
    enter(open, &key, &items, note, false).await?;
    open.tell(EventKind::Dispatch, dispatch);
    Ok(())
}

async fn enter(
    open: &Arc<OpenDesk>,
    key: &DispatchKey,
    items: &[(u32, NewItem)],
    note: Private,
    finished: bool,
) -> Result<(), JobError> {
    let note = Some(note).filter(|note| !note.is_empty());
    let ids = open
        .store
        .enter_items_at(key, items, note.as_ref(), finished, clock::now())
        .await?;
    open.work_added.notify_waiters();
    for id in ids {
        open.tell(EventKind::Item, id);
    }
    Ok(())
}

/// What a manifest says is held back.
fn announced(manifest: &Manifest) -> Vec<NewHeld> {
    let places = manifest::places(manifest);
    let items = manifest.items.iter().zip(places);
    items
        .filter(|(item, _)| item.held)
        .map(|(item, ordinal)| NewHeld {
            ordinal,
            pieces: item.pieces,
            name: Private::new(item.name.as_str()),
            kind: Private::new(item.kind.as_str()),
            bytes: item.bytes,
            millis: item.millis,
            sha256: item.sha256,
        })
        .collect()
}

/// Takes out the items of which every piece is here, and that are not entered. One that cannot be taken out is left for
/// when the dispatch is whole: its pieces are not read again for every other piece that comes.
fn take_whole(
    open: &OpenDesk,
    key: &DispatchKey,
    pieces: &[PieceRecord],
    manifest: &Manifest,
    there: &[u32],
) -> Result<Vec<(u32, NewItem)>, OpeningError> {
    let mut items = Vec::new();
    for (at, ordinal) in manifest::places(manifest).into_iter().enumerate() {
        if there.contains(&ordinal) || open.is_contradicted(key, ordinal) {
            continue;
        }
        match take_item(open, pieces, manifest, at)? {
            Ok(new) => items.push((ordinal, new)),
            Err(Contradiction::Item) => open.note_contradiction(key, ordinal),
            Err(_) => {}
        }
    }
    Ok(items)
}

/// Reads the manifest and takes every item out that is not entered. Blocks; constant memory.
fn take_out(
    open: &OpenDesk,
    pieces: &[PieceRecord],
    there: &[u32],
) -> Result<Opened, OpeningError> {
    let manifest = match read_manifest(open, pieces)? {
        Ok(manifest) => manifest,
        Err(why) => return Ok(Opened::Unreadable(why)),
    };
    let mut items = Vec::with_capacity(manifest.items.len());
    for (at, ordinal) in manifest::places(&manifest).into_iter().enumerate() {
        if there.contains(&ordinal) {
            continue;
        }
        match take_item(open, pieces, &manifest, at)? {
            Ok(new) => items.push((ordinal, new)),
            Err(why) => {
                for (_, item) in items {
                    open.archive.discard(item.blob)?;
                }
                return Ok(Opened::Unreadable(why));
            }
        }
    }
    items.sort_by_key(|(ordinal, _)| *ordinal);
    let held = announced(&manifest);
    Ok(Opened::Items(items, held, Private::new(manifest.note)))
}

fn read_manifest(
    open: &OpenDesk,
    pieces: &[PieceRecord],
) -> Result<Result<Manifest, Contradiction>, OpeningError> {
    let (no, blob) = match manifest::last_piece(pieces) {
        Ok(found) => found,
        Err(why) => return Ok(Err(why)),
    };
    let mut plaintext = Vec::new();
    let reader = match open_piece(open, blob)? {
        Some(reader) => reader,
        None => return Ok(Err(Contradiction::Sealed)),
    };
    let most = PIECE_PLAIN_MAX as u64;
    if reader.take(most).read_to_end(&mut plaintext).is_err() {
        return Ok(Err(Contradiction::Sealed));
    }
    Ok(manifest::read(no, &plaintext))
}

fn take_item(
    open: &OpenDesk,
    pieces: &[PieceRecord],
    manifest: &Manifest,
    at: usize,
) -> Result<Result<NewItem, Contradiction>, OpeningError> {
    let Some(item) = manifest.items.get(at) else {
        return Ok(Err(Contradiction::Item));
    };
    let blobs = match manifest::blobs_of(pieces, item.pieces) {
        Ok(blobs) => blobs,
        Err(why) => return Ok(Err(why)),
    };
    // What was announced long before may turn out to be something else. It is evidence all the same, and its findings say so.
    let most = if item.held {
        PIECE_PLAIN_MAX as u64 * blobs.len() as u64
    } else {
        item.bytes
    };
    let Some(held) = keep(open, blobs, most)? else {
        return Ok(Err(Contradiction::Item));
    };
    if let Err(why) = unless_it_differs(&open.archive, item, &held)? {
        return Ok(Err(why));
    }
    Ok(Ok(NewItem {
        blob: held.blob,
        bytes: held.bytes,
        sha256: held.sha256,
        name: Private::new(item.name.as_str()),
        captured_at: item.captured_at.map(|at| Private::new(at.to_string())),
        preview_of: item
            .preview_of
            .and_then(|of| manifest::places(manifest).get(of as usize).copied()),
        cut: item.is_cut().then_some(Cut::Recording),
    }))
}

/// Whether an item is kept. One that is not what its manifest names leaves nothing in the archive.
fn unless_it_differs(
    archive: &Archive,
    item: &Item,
    held: &Held,
) -> Result<Result<(), Contradiction>, ArchiveError> {
    let checked = manifest::check_item(item, held.bytes, held.sha256);
    if checked.is_err() && !item.held {
        archive.discard(held.blob)?;
        return Ok(checked);
    }
    Ok(Ok(()))
}

/// What pieces held, sealed to the archive.
pub(super) struct Held {
    pub(super) blob: BlobId,
    pub(super) bytes: u64,
    pub(super) sha256: Digest,
}

/// Seals the plaintext of pieces, one after another, to the archive. Blocks. `None` when one does not open, or when they hold
/// more than `most` bytes.
pub(super) fn keep(
    open: &OpenDesk,
    blobs: impl IntoIterator<Item = BlobId>,
    most: u64,
) -> Result<Option<Held>, OpeningError> {
    let mut reader = ItemReader::new(blobs, most, |blob: &BlobId| {
        match open_piece(open, *blob).map_err(io::Error::other)? {
            Some(reader) => Ok(reader),
            None => Err(io::ErrorKind::InvalidData.into()),
        }
    });
    let kept = match open.archive.put(&mut reader) {
        Ok(kept) => kept,
        // The sender's fault reads as invalid data; everything else is this machine's.
        Err(ArchiveError::Source(error)) if error.kind() == io::ErrorKind::InvalidData => {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    let (bytes, sha256) = reader.finish();
    Ok(Some(Held {
        blob: kept.blob,
        bytes,
        sha256,
    }))
}

/// A piece's plaintext; `None` when no intake identity opens it.
pub(super) fn open_piece<'a>(
    open: &'a OpenDesk,
    blob: BlobId,
) -> Result<Option<Box<dyn Read + 'a>>, OpeningError> {
    for (_, identity) in open.intake.iter().rev() {
        match identity.open_reader(open.archive.sealed(blob)?) {
            Ok(reader) => return Ok(Some(Box::new(reader))),
            Err(OpenError::Read(error)) => return Err(ArchiveError::Read(error).into()),
            Err(_) => {}
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;
    use store::BlobStore;

    use super::*;

    fn blobs(archive: &Archive) -> Vec<BlobId> {
        archive.written_before(newsroom::Micros(i64::MAX)).unwrap()
    }

    #[test]
    fn opening_an_item_that_is_another_one_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let identity = openers::ArchiveIdentity::generate(&mut rng);
        let archive = Archive::new(identity, BlobStore::open(dir.path(), rng).unwrap());
        let kept = || {
            let kept = archive.put(b"the blue door".as_slice()).unwrap();
            Held {
                blob: kept.blob,
                bytes: kept.bytes,
                sha256: kept.sha256,
            }
        };
        let piece = formats::PieceNo(1);
        let mut item = Item {
            bytes: 13,
            captured_at: None,
            held: false,
            kind: "image/jpeg".into(),
            millis: None,
            name: "a.jpg".into(),
            pieces: (piece, piece),
            preview_of: None,
            sha256: Some(ledger::sha256(b"another")),
        };
        for _ in 0..3 {
            let settled = unless_it_differs(&archive, &item, &kept()).unwrap();
            assert_eq!(settled, Err(Contradiction::Item));
            assert_eq!(blobs(&archive), []);
        }
        // Announced long before, it is evidence all the same.
        item.held = true;
        let held = kept();
        let settled = unless_it_differs(&archive, &item, &held).unwrap();
        assert_eq!((settled, blobs(&archive)), (Ok(()), vec![held.blob]));
    }
}
