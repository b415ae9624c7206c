//! What the owner chose about her own device. Part of the state, sealed with it.

use formats::DecodeError;
use rand_core::{CryptoRng, RngCore};

use crate::book::Field;
use crate::disk::Disk;
use crate::error::FieldError;
use crate::record::{Reader, Writer};

const KEEP_NOTHING: u8 = 1;

/// Choices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// A dispatch that the newsroom has whole leaves no record here either.
    pub(crate) keep_nothing: bool,
}

impl Settings {
    pub(crate) const ROOM: usize = 1;

    pub(crate) fn encode(&self, w: &mut Writer) {
        w.byte(if self.keep_nothing { KEEP_NOTHING } else { 0 });
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            keep_nothing: r.flags(KEEP_NOTHING)? == KEEP_NOTHING,
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
}
