//! What the owner chose about her own device. Part of the state, sealed with it.

use formats::DecodeError;
use rand_core::{CryptoRng, RngCore};

use crate::book::Field;
use crate::disk::Disk;
use crate::error::FieldError;
use crate::record::{Reader, Writer};

const KEEP_NOTHING: u8 = 1;
const PREVIEWS: u8 = 2;

/// Choices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// A dispatch that the newsroom has whole leaves no record here either.
    pub(crate) keep_nothing: bool,
    /// Small previews go first; what is large is held back until the newsroom asks for it.
    pub(crate) previews: bool,
}

impl Settings {
    pub(crate) const ROOM: usize = 1;

    pub(crate) fn encode(&self, w: &mut Writer) {
        let keep_nothing = if self.keep_nothing { KEEP_NOTHING } else { 0 };
        let previews = if self.previews { PREVIEWS } else { 0 };
        w.byte(keep_nothing | previews);
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let flags = r.flags(KEEP_NOTHING | PREVIEWS)?;
        Ok(Self {
            keep_nothing: flags & KEEP_NOTHING != 0,
            previews: flags & PREVIEWS != 0,
        })
    }
}

impl<D: Disk> Field<D> {
    /// Chooses whether a received dispatch leaves a record here. Switching it on drops the records that are there.
    ///
    /// # Errors
    /// The disk failed.
    pub fn keep_nothing(
        &mut self,
        keep_nothing: bool,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        self.state.settings.keep_nothing = keep_nothing;
        if keep_nothing {
            self.state.dispatches.retain(|dispatch| !dispatch.complete);
        }
        self.commit(rng)
    }

    /// Chooses whether everything added from now on goes out as previews first.
    ///
    /// # Errors
    /// The disk failed.
    pub fn previews_first(
        &mut self,
        previews: bool,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        self.state.settings.previews = previews;
        self.commit(rng)
    }
}
