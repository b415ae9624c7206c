//! What is held back: items that the newsroom has seen a preview of, or read about, and can ask for or decline.
//!
//! A piece that is held back is not sent until the newsroom asks for it or its owner lets it go. It is forgotten on a
//! receipt like any other; one that the newsroom has declined also when its owner says so, and never on either word alone.

use formats::{Choice, ChoiceKind, DispatchId};
use rand_core::{CryptoRng, RngCore};

use crate::book::Field;
use crate::disk::Disk;
use crate::error::FieldError;
use crate::judge::{self, Refusal};
use crate::state::{Dispatch, PieceState, State};

/// Whether a piece waits for somebody's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Hold {
    /// It goes out as soon as a road is chosen.
    #[default]
    None,
    /// It waits to be asked for.
    Held,
    /// The newsroom wants it: the number of that choice.
    Asked(u32),
    /// The newsroom does not want it: the number of that choice.
    Declined(u32),
}

impl Hold {
    /// Two bits, as the state keeps it.
    pub(crate) fn bits(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Held => 1,
            Self::Asked(_) => 2,
            Self::Declined(_) => 3,
        }
    }

    /// The number of the choice, if there was one.
    pub(crate) fn number(self) -> Option<u32> {
        match self {
            Self::None | Self::Held => None,
            Self::Asked(number) | Self::Declined(number) => Some(number),
        }
    }

    /// From the lowest two bits, and the number that follows if there is one.
    pub(crate) fn from_bits<E>(
        bits: u8,
        number: impl FnOnce() -> Result<u32, E>,
    ) -> Result<Self, E> {
        Ok(match bits & 3 {
            0 => Self::None,
            1 => Self::Held,
            2 => Self::Asked(number()?),
            _ => Self::Declined(number()?),
        })
    }

    /// Whether it stays here for now.
    pub(crate) fn waits(self) -> bool {
        matches!(self, Self::Held | Self::Declined(_))
    }

    /// Whether the newsroom does not want it.
    pub(crate) fn is_declined(self) -> bool {
        matches!(self, Self::Declined(_))
    }

    /// After a choice of this number. What its owner let go stays so, and an older word changes nothing.
    fn after(self, kind: ChoiceKind, number: u32) -> Self {
        let newer = self.number().is_none_or(|earlier| earlier < number);
        match (self, kind) {
            (Self::None, _) => self,
            (_, ChoiceKind::Want) if newer => Self::Asked(number),
            (_, ChoiceKind::Decline) if newer => Self::Declined(number),
            _ => self,
        }
    }
}

/// Pieces that were counted, and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// How many.
    pub pieces: usize,
    /// Bytes of them.
    pub bytes: u64,
}

impl Counted {
    pub(crate) fn of<'a>(pieces: impl Iterator<Item = &'a PieceState>) -> Self {
        pieces.fold(Self::default(), |so_far, piece| Self {
            pieces: so_far.pieces + 1,
            bytes: so_far.bytes + u64::from(piece.length),
        })
    }
}

impl Dispatch {
    /// What of it is here and stands like this.
    pub(crate) fn count(&self, wanted: impl Fn(Hold) -> bool) -> Counted {
        let here = self.pieces.iter().filter(|piece| !piece.forgotten);
        Counted::of(here.filter(|piece| wanted(piece.hold)))
    }
}

/// Applies the newsroom's choice. Returns how many of its items it changed something about.
///
/// # Errors
/// A dispatch or pieces that are not here, or another manifest: then nothing is changed.
pub(crate) fn choose(state: &mut State, choice: &Choice) -> Result<u64, Refusal> {
    let Some(dispatch) = state.dispatch_mut(&choice.dispatch) else {
        return judge::gone(state);
    };
    let manifest = dispatch.last();
    let described = dispatch.pieces.get(manifest.0 as usize);
    if described.is_none_or(|piece| piece.digest != choice.manifest) {
        return Err(Refusal::OtherPiece);
    }
    if choice.items.iter().any(|(_, last)| *last >= manifest) {
        return Err(Refusal::UnknownPiece);
    }
    let mut changed = 0;
    for (first, last) in &choice.items {
        let meant = dispatch.pieces.get_mut(first.0 as usize..=last.0 as usize);
        let mut one = false;
        for piece in meant.into_iter().flatten().filter(|piece| !piece.forgotten) {
            let after = piece.hold.after(choice.kind, choice.number);
            one |= after != piece.hold;
            piece.hold = after;
        }
        changed += u64::from(one);
    }
    Ok(changed)
}

impl<D: Disk> Field<D> {
    /// Lets everything go that is held back, of one dispatch or of all, whatever the newsroom says or does not say: the
    /// next `send` takes it.
    ///
    /// # Errors
    /// A dispatch that is not here, or the disk failed.
    pub fn release(
        &mut self,
        dispatch: Option<DispatchId>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Counted, FieldError> {
        let released = self.each_meant(dispatch, |piece| {
            let waits = piece.hold.waits();
            piece.hold = if waits { Hold::None } else { piece.hold };
            waits
        })?;
        if released.pieces > 0 {
            self.commit(rng)?;
        }
        Ok(released)
    }

    /// What the newsroom has declined and is still here, of one dispatch or of all.
    ///
    /// # Errors
    /// A dispatch that is not here.
    pub fn declined(&mut self, dispatch: Option<DispatchId>) -> Result<Counted, FieldError> {
        self.each_meant(dispatch, |piece| piece.hold.is_declined())
    }

    /// Forgets what the newsroom has declined, by the owner's word: it says exactly which pieces, she says that they may go.
    ///
    /// # Errors
    /// A dispatch that is not here, or the disk failed.
    pub fn forget_declined(
        &mut self,
        dispatch: Option<DispatchId>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Counted, FieldError> {
        let declined = self.declined(dispatch)?;
        if declined.pieces == 0 {
            return Ok(declined);
        }
        let (dispatches, freed) = (&mut self.state.dispatches, &mut self.state.freed);
        for one in dispatches
            .iter_mut()
            .filter(|one| dispatch.is_none_or(|id| one.id == id))
        {
            let pieces = one.pieces.iter_mut();
            let meant = pieces.filter(|p| !p.forgotten && p.hold.is_declined());
            let mut any = false;
            for piece in meant {
                judge::forget_piece(piece, freed);
                any = true;
            }
            // Everything else of it was acknowledged before: nothing of it is left to wait for.
            one.complete |= any && one.pieces.iter().all(|piece| piece.forgotten);
        }
        if self.state.settings.keep_nothing {
            self.state.dispatches.retain(|dispatch| !dispatch.complete);
        }
        self.commit(rng)?;
        Ok(declined)
    }

    /// Shows every piece that is here, of one dispatch or of all, and counts those of which `meant` is true.
    fn each_meant(
        &mut self,
        dispatch: Option<DispatchId>,
        mut meant: impl FnMut(&mut PieceState) -> bool,
    ) -> Result<Counted, FieldError> {
        let known = |id| self.state.dispatches.iter().any(|one| one.id == id);
        if let Some(id) = dispatch.filter(|id| !known(*id)) {
            return Err(FieldError::UnknownDispatch(id));
        }
        let dispatches = self.state.dispatches.iter_mut();
        let asked = dispatches.filter(|one| dispatch.is_none_or(|id| one.id == id));
        let pieces = asked.flat_map(|one| &mut one.pieces);
        let meant =
            pieces.filter_map(|piece| (!piece.forgotten && meant(piece)).then_some(&*piece));
        Ok(Counted::of(meant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_word_holds_and_the_owners_above_all() {
        let held = Hold::Held;
        let asked = held.after(ChoiceKind::Want, 3);
        assert_eq!(asked, Hold::Asked(3));
        assert_eq!(asked.after(ChoiceKind::Decline, 2), asked, "an older word");
        assert_eq!(asked.after(ChoiceKind::Decline, 3), asked, "the same word");
        let declined = asked.after(ChoiceKind::Decline, 4);
        assert_eq!(declined, Hold::Declined(4));
        assert_eq!(declined.after(ChoiceKind::Want, 5), Hold::Asked(5));
        assert_eq!(Hold::None.after(ChoiceKind::Decline, 9), Hold::None);
        assert!(held.waits() && declined.waits() && !asked.waits() && !Hold::None.waits());
    }

    #[test]
    fn two_bits_and_a_number_say_it() {
        for hold in [Hold::None, Hold::Held, Hold::Asked(7), Hold::Declined(9)] {
            let number = || hold.number().ok_or(());
            assert_eq!(Hold::from_bits(hold.bits(), number), Ok(hold));
        }
    }
}
