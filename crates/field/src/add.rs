//! Adding a dispatch: files go in as a stream and touch the disk only as pieces that nothing here can open.

use formats::{Contact, DispatchId, PieceNo, SealedPiece, contact};
use keys::{ChainKey, ReplyKeys};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::OnProgress;
use crate::book::Field;
use crate::class::Class;
use crate::disk::Disk;
use crate::error::FieldError;
use crate::hold::Hold;
use crate::seal::{PieceSink, Source, seal_all, seal_whole};
use crate::state::{Dispatch, PieceState, SentShards};
use crate::vault::Vault;

/// What was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// The new dispatch.
    pub dispatch: DispatchId,
    /// Files in it.
    pub items: usize,
    /// Pieces, contact and manifest among them.
    pub pieces: usize,
    /// Bytes read.
    pub bytes_in: u64,
    /// Bytes of ciphertext stored.
    pub bytes_sealed: u64,
}

/// Puts pieces into the vault. They are strays, and noise to the next opening, until the state that names them is saved.
struct Storing<'a, D, R> {
    vault: &'a mut Vault<D>,
    rng: &'a mut R,
    progress: OnProgress<'a>,
    read: u64,
    pieces: Vec<PieceState>,
    /// Of the pieces being sealed.
    class: Class,
    memory: Vec<u8>,
}

impl<D: Disk, R: RngCore + CryptoRng> PieceSink for Storing<'_, D, R> {
    fn memory(&mut self) -> Result<Vec<u8>, FieldError> {
        Ok(std::mem::take(&mut self.memory))
    }

    fn keep(&mut self, piece: SealedPiece, last: bool) -> Result<(), FieldError> {
        let stored = self.vault.store(piece.ciphertext(), self.rng)?;
        self.pieces.push(PieceState {
            stored,
            digest: piece.digest(),
            length: u32::try_from(piece.ciphertext().len()).unwrap_or(u32::MAX),
            forgotten: false,
            class: if last { Class::Words } else { self.class },
            hold: Hold::None,
            sent: SentShards::none(),
        });
        self.memory = piece.into_memory();
        Ok(())
    }

    fn item(&mut self, kind: &str) {
        self.class = Class::of_kind(kind);
    }

    fn hold(&mut self, first: PieceNo) {
        let held = self.pieces.iter_mut().skip(first.0 as usize);
        held.for_each(|piece| piece.hold = Hold::Held);
    }

    fn preview(&mut self) {
        self.class = Class::Preview;
    }

    fn next_number(&self) -> Result<PieceNo, FieldError> {
        let count = u32::try_from(self.pieces.len());
        count.map(PieceNo).map_err(|_| FieldError::TooManyPieces)
    }

    fn read(&mut self, bytes: u64) {
        self.read += bytes;
        (self.progress)(self.read);
    }
}

impl<D: Disk> Field<D> {
    /// Seals files and a note as one dispatch. It exists whole or, after a crash, not at all. Whether large things are held
    /// back is the owner's setting.
    ///
    /// # Errors
    /// Nothing to seal, a file that cannot be read, limits of the manifest, or the disk failed.
    pub fn add(
        &mut self,
        sources: &mut [Source<'_>],
        note: &str,
        now: i64,
        rng: &mut (impl RngCore + CryptoRng),
        progress: OnProgress<'_>,
    ) -> Result<Added, FieldError> {
        let previews = self.state.settings.previews;
        self.add_as(previews, sources, note, now, rng, progress)
    }

    /// As [`Self::add`], with previews of what is large, which is itself held back until the newsroom asks for it.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn add_previewed(
        &mut self,
        sources: &mut [Source<'_>],
        note: &str,
        now: i64,
        rng: &mut (impl RngCore + CryptoRng),
        progress: OnProgress<'_>,
    ) -> Result<Added, FieldError> {
        self.add_as(true, sources, note, now, rng, progress)
    }

    fn add_as(
        &mut self,
        previews: bool,
        sources: &mut [Source<'_>],
        note: &str,
        now: i64,
        rng: &mut (impl RngCore + CryptoRng),
        progress: OnProgress<'_>,
    ) -> Result<Added, FieldError> {
        if sources.is_empty() && note.is_empty() {
            return Err(FieldError::Nothing);
        }
        self.turn_epoch(now, rng)?;
        let outcome = self.seal_dispatch(previews, sources, note, now, rng, progress);
        if outcome.is_err() {
            // What was written is a stray either way; its slots are free again at once, not only at the next opening.
            let _ = self.sweep();
        }
        outcome
    }

    fn seal_dispatch(
        &mut self,
        previews: bool,
        sources: &mut [Source<'_>],
        note: &str,
        now: i64,
        rng: &mut (impl RngCore + CryptoRng),
        progress: OnProgress<'_>,
    ) -> Result<Added, FieldError> {
        let (replies, contact) = self.make_contact(rng)?;
        let recipient = &self.state.kit.intake;
        let mut sink = Storing {
            vault: &mut self.vault,
            rng: &mut *rng,
            progress,
            read: 0,
            pieces: Vec::new(),
            class: Class::Words,
            memory: Vec::new(),
        };
        seal_whole(recipient, &contact, false, &mut sink)?;
        let bytes_in = seal_all(recipient, sources, note, now, previews, &mut sink)?;
        let pieces = sink.pieces;
        let added = Added {
            dispatch: DispatchId::random(rng),
            items: sources.len(),
            pieces: pieces.len(),
            bytes_in,
            bytes_sealed: pieces.iter().map(|piece| u64::from(piece.length)).sum(),
        };
        self.state.dispatches.push(Dispatch {
            id: added.dispatch,
            sealed_at: now,
            complete: false,
            epoch: self.state.epochs.epoch,
            intake: self.state.kit.intake_epoch,
            pieces,
            recording: None,
        });
        let before = self.state.awaited.len();
        for keys in replies {
            self.state.await_reply(keys, now);
        }
        if let Err(error) = self.commit(rng) {
            // What memory says must be what the disk says.
            self.state.dispatches.pop();
            self.state.awaited.truncate(before);
            return Err(error);
        }
        Ok(added)
    }

    /// A contact piece's plaintext, and the keys of the replies that it asks for.
    pub(crate) fn make_contact(
        &mut self,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Vec<ReplyKeys>, Zeroizing<Vec<u8>>), FieldError> {
        let generate = |_| ReplyKeys::generate(rng);
        let replies: Vec<ReplyKeys> = (0..contact::PAIRS).map(generate).collect();
        self.state.begin_fresh_chain(rng);
        let next = self.state.epochs.next.as_ref();
        let contact = Contact {
            replies: replies.iter().map(ReplyKeys::pair).collect(),
            checkpoints: self.state.seen.to_bring(),
            next_chain: next.map(|key| ChainKey::from_bytes(*key.expose_bytes())),
            standing: self.state.standing(),
        };
        let contact = contact.encode().map_err(FieldError::Manifest)?;
        Ok((replies, contact))
    }

    /// Stores one piece; it is a stray, not yet durable, until a state that names it is saved. Gives its memory back.
    pub(crate) fn store_piece(
        &mut self,
        piece: SealedPiece,
        class: Class,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(PieceState, Vec<u8>), FieldError> {
        let mut sink = Storing {
            vault: &mut self.vault,
            rng,
            progress: &mut |_| {},
            read: 0,
            pieces: Vec::new(),
            class,
            memory: Vec::new(),
        };
        sink.keep(piece, false)?;
        let stored = sink.pieces.pop().ok_or(FieldError::TooManyPieces)?;
        Ok((stored, sink.memory))
    }
}
