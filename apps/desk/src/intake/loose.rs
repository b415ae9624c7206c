//! A dispatch that was cut short before its manifest: every authentic piece of media as an item of its own.
//!
//! A recording whose sender was caught in the middle is evidence too. Names, order and hashes are in the manifest, which
//! may never come; what a piece is shows only when it is examined. Done again, it goes on where it was.

use std::sync::Arc;

use formats::{DispatchId, PIECE_PLAIN_MAX, PieceNo};
use newsroom::Private;
use newsroom::arrival::{DispatchKey, DispatchState};
use store::{NewItem, PieceRecord};

use super::opening::{OpeningError, keep};
use crate::clock;
use crate::desk::EventKind;
use crate::open_desk::OpenDesk;

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

/// Enters what is there, piece by piece.
pub(crate) async fn enter(open: &Arc<OpenDesk>, key: &DispatchKey) -> Result<(), OpeningError> {
    for piece in open.store.dispatch_pieces(key).await? {
        if piece.no == PieceNo::CONTACT || piece.last || piece.authentic.is_none() {
            continue;
        }
        let desk = open.clone();
        let taken = tokio::task::spawn_blocking(move || take(&desk, &piece)).await??;
        let Some(item) = taken else {
            continue;
        };
        let entered = open
            .store
            .enter_loose_item(key, piece.no, &item, clock::now())
            .await?;
        if let Some(id) = entered {
            open.work_added.notify_waiters();
            open.tell(EventKind::Item, id);
        }
    }
    open.tell(EventKind::Dispatch, key.dispatch);
    Ok(())
}

/// One piece's plaintext, sealed to the archive. Blocks. `None` when it does not open.
fn take(open: &OpenDesk, piece: &PieceRecord) -> Result<Option<NewItem>, OpeningError> {
    let Some((_, blob)) = piece.authentic else {
        return Ok(None);
    };
    let held = keep(open, [blob], PIECE_PLAIN_MAX as u64)?;
    Ok(held.map(|held| NewItem {
        blob: held.blob,
        bytes: held.bytes,
        sha256: held.sha256,
        name: Private::new(format!("piece-{}", piece.no)),
        captured_at: None,
        preview_of: None,
    }))
}
