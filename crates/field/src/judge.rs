//! Judging a receipt that opened: what may be forgotten on its word, and what nothing is forgotten for.

use formats::{BulletinRefusal, Receipt, ReceiptKind};

use crate::hold::Hold;
use crate::state::{Dispatch, PieceState, SentShards, State};
use crate::vault::{Extent, Stored};

/// Why an authentic reply changes nothing. All or nothing: one wrong entry refuses the whole receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It speaks of a dispatch that is not here.
    #[error("the receipt is for a dispatch that is not here")]
    UnknownDispatch,
    /// It names a piece that is not here.
    #[error("the receipt names a piece that is not here")]
    UnknownPiece,
    /// It names a piece by another digest than the one here.
    #[error("the receipt names another piece than the one here")]
    OtherPiece,
    /// It says "complete" or "wipe" without naming every piece, now or earlier.
    #[error("the receipt does not name every piece")]
    NotAll,
    /// As many messages as the device keeps wait to be read.
    #[error("too many messages wait to be read")]
    TooManyMessages,
    /// A bulletin that is not to be believed.
    #[error(transparent)]
    Bulletin(BulletinRefusal),
}

impl Refusal {
    /// Whether the reply may be taken later: earlier ones may still be on their way, or messages are read meanwhile.
    pub(crate) fn passes(self) -> bool {
        matches!(self, Self::NotAll | Self::TooManyMessages)
    }
}

/// A word about a dispatch that is not here: where no record is kept, it went with a receipt before this one.
pub(crate) fn gone(state: &State) -> Result<u64, Refusal> {
    if state.settings.keep_nothing {
        Ok(0)
    } else {
        Err(Refusal::UnknownDispatch)
    }
}

/// Applies a receipt to the state and returns how many pieces were forgotten. Their slots are free once the state is saved.
pub(crate) fn apply(state: &mut State, receipt: &Receipt) -> Result<u64, Refusal> {
    let Some(at) = state
        .dispatches
        .iter()
        .position(|d| d.id == receipt.dispatch)
    else {
        return gone(state);
    };
    let dispatch = &mut state.dispatches[at];
    match receipt.kind {
        ReceiptKind::Missing => {
            miss(dispatch, receipt)?;
            Ok(0)
        }
        ReceiptKind::Have => {
            check(dispatch, receipt)?;
            Ok(forget(dispatch, receipt, &mut state.freed))
        }
        ReceiptKind::Complete => {
            check_all(dispatch, receipt)?;
            let forgotten = forget(dispatch, receipt, &mut state.freed);
            dispatch.complete = true;
            if state.settings.keep_nothing {
                state.dispatches.remove(at);
            }
            Ok(forgotten)
        }
        ReceiptKind::Wipe => {
            check_all(dispatch, receipt)?;
            let forgotten = forget(dispatch, receipt, &mut state.freed);
            state.dispatches.remove(at);
            Ok(forgotten)
        }
    }
}

fn check(dispatch: &Dispatch, receipt: &Receipt) -> Result<(), Refusal> {
    for named in &receipt.pieces {
        match dispatch.pieces.get(named.piece.0 as usize) {
            None => return Err(Refusal::UnknownPiece),
            Some(piece) if piece.digest != named.digest => return Err(Refusal::OtherPiece),
            Some(_) => {}
        }
    }
    Ok(())
}

fn check_all(dispatch: &Dispatch, receipt: &Receipt) -> Result<(), Refusal> {
    check(dispatch, receipt)?;
    let named = |no| receipt.pieces.iter().any(|entry| entry.piece == no);
    let all = dispatch
        .numbered()
        .all(|(no, piece)| piece.forgotten || named(no));
    if all { Ok(()) } else { Err(Refusal::NotAll) }
}

/// Forgets the named pieces, their slots' generations first of all.
fn forget(dispatch: &mut Dispatch, receipt: &Receipt, freed: &mut Vec<Extent>) -> u64 {
    let mut forgotten = 0;
    for named in &receipt.pieces {
        if let Some(piece) = dispatch.pieces.get_mut(named.piece.0 as usize)
            && !piece.forgotten
        {
            forget_piece(piece, freed);
            forgotten += 1;
        }
    }
    forgotten
}

/// Forgets a piece that is here. Its slots are free once the state is saved.
pub(crate) fn forget_piece(piece: &mut PieceState, freed: &mut Vec<Extent>) {
    piece.forgotten = true;
    piece.hold = Hold::None;
    piece.sent = SentShards::none();
    let stored = std::mem::replace(&mut piece.stored, Stored::nothing());
    freed.extend(stored.extents);
}

/// Marks pieces to be sent again: those named, or all that are left when none is.
fn miss(dispatch: &mut Dispatch, receipt: &Receipt) -> Result<(), Refusal> {
    for named in &receipt.pieces {
        if dispatch.pieces.get(named.piece.0 as usize).is_none() {
            return Err(Refusal::UnknownPiece);
        }
    }
    for (no, piece) in (0_u32..).zip(&mut dispatch.pieces) {
        let named = receipt.pieces.iter().any(|entry| entry.piece.0 == no);
        if named || receipt.pieces.is_empty() {
            piece.sent = SentShards::none();
        }
    }
    Ok(())
}
