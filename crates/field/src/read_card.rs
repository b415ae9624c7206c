//! Reading a card that came back in: every window is shown to the awaited reply pairs, as a mailbox's cell would be.

use std::io::Read;

use formats::card::{Windows, may_be_cell};
use formats::{CELL, Cell};
use keys::VeilKeys;
use rand_core::{CryptoRng, RngCore};

use crate::OnProgress;
use crate::book::Field;
use crate::disk::Disk;
use crate::error::FieldError;
use crate::receive::Received;
use crate::reply::Taken;

/// Bytes read at once.
const STRETCH: usize = 1 << 20;
/// Cells kept for another try, when what they wait for was still to come on the card.
const LATER_MAX: usize = 64;

impl<D: Disk> Field<D> {
    /// Takes in every reply on a card: a card file, a memory card, a file of cells, or a part of one. Nothing on the card is
    /// changed.
    ///
    /// # Errors
    /// The card cannot be read, or the disk failed. What was taken in before stays so.
    pub fn read_card(
        &mut self,
        card: &mut dyn Read,
        now: i64,
        rng: &mut (impl RngCore + CryptoRng),
        progress: OnProgress<'_>,
    ) -> Result<Received, FieldError> {
        let mut reading = Reading {
            veils: self.veils(),
            received: Received::default(),
            later: Vec::new(),
        };
        let (mut windows, mut room, mut done) = (Windows::new(), vec![0; STRETCH], 0);
        loop {
            let got = match card.read(&mut room) {
                Ok(0) => break,
                Ok(got) => got,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(FieldError::disk("reading a card")(error)),
            };
            windows.push(&room[..got], |window| {
                self.try_window(window, &mut reading, now, rng)
            })?;
            done += got as u64;
            progress(done);
        }
        self.try_later(&mut reading, now, rng)?;
        Ok(reading.received)
    }

    fn veils(&self) -> Vec<VeilKeys> {
        let awaited = self.state.awaited.iter();
        awaited.map(|awaited| awaited.keys.secret.veil()).collect()
    }

    fn try_window(
        &mut self,
        window: &[u8; CELL],
        reading: &mut Reading,
        now: i64,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        if !may_be_cell(window) {
            return Ok(());
        }
        let ours = |veil: &VeilKeys| veil.open_header(window).is_ok();
        let Some(at) = reading.veils.iter().position(ours) else {
            return Ok(());
        };
        let cell = Cell::from_slice(window).map_err(FieldError::Kit)?;
        match self.take_reply(at, &cell, &mut reading.received, now, rng)? {
            // The pair is gone, and the others stand in other places.
            Taken::Used => reading.veils = self.veils(),
            Taken::Kept if reading.later.len() < LATER_MAX => reading.later.push(cell),
            Taken::Kept | Taken::NotOurs => {}
        }
        Ok(())
    }

    /// Cells lie on a card in no order: what waited for another is tried again while that helps.
    fn try_later(
        &mut self,
        reading: &mut Reading,
        now: i64,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        loop {
            let before = reading.later.len();
            if before == 0 {
                return Ok(());
            }
            // Why they were refused is said by the last try alone.
            reading.received.refused.retain(|refusal| !refusal.passes());
            (reading.received.damaged, reading.received.newer) = (0, 0);
            for cell in std::mem::take(&mut reading.later) {
                self.try_window(cell.as_bytes(), reading, now, rng)?;
            }
            if reading.later.len() == before {
                return Ok(());
            }
        }
    }
}

struct Reading {
    /// What each awaited pair's cells are veiled with, in the pairs' order.
    veils: Vec<VeilKeys>,
    received: Received,
    later: Vec<Cell>,
}
