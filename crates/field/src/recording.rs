//! Recording: a live stream, sealed piece by piece while it is made. Each piece is on the disk and can be sent before the
//! next is begun, so that a dead battery or a killed program costs a few seconds and nothing else.
//!
//! The dispatch exists from its first piece on, without a manifest. The manifest comes when the stream ends; if it was
//! cut off, when the owner opens the device again. Then nobody knows the name, the note or the hash of the whole any
//! more: none of them is ever kept here in a form that this device could read.

use std::time::Duration;

use formats::dispatch::{Item, Manifest};
use formats::{
    DecodeError, DispatchId, PieceNo, PieceSealer, SealedPiece, Sha256Writer, seal_piece,
};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::OnProgress;
use crate::add::Added;
use crate::book::Field;
use crate::class::Class;
use crate::disk::Disk;
use crate::error::FieldError;
use crate::record::{Reader, Writer};
use crate::seal::{fit_kind, fit_name};
use crate::state::{Dispatch, State};

/// A piece ends this long after its first byte. With a second left for sealing and storing, at most five are at risk.
const FLUSH: Duration = Duration::from_secs(4);
/// How long a stream may be silent before the clock is looked at again, when no byte waits to be sealed.
const PATIENCE: Duration = Duration::from_secs(60);
/// How much is heard at once.
const WINDOW: usize = 64 * 1024;
/// A dispatch's first piece of media.
const FIRST: PieceNo = PieceNo(1);

/// What a live stream gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// So many bytes, more than none.
    Bytes(usize),
    /// None in the time that was allowed.
    Nothing,
    /// It is over.
    End,
}

/// The border to what is being recorded, and the clock it runs by.
pub trait Live {
    /// Time since any moment that does not change.
    fn now(&mut self) -> Duration;
    /// Waits for bytes, at most this long.
    ///
    /// # Errors
    /// The stream broke. What came before counts.
    fn hear(&mut self, room: &mut [u8], wait: Duration) -> std::io::Result<Heard>;
}

/// What is known of a recording beforehand.
#[derive(Debug, Clone)]
pub struct About {
    /// Its file name.
    pub name: String,
    /// What it seems to be (a media type); only a hint.
    pub kind: String,
    /// Words for the newsroom.
    pub note: String,
}

/// What became of a recording.
#[derive(Debug)]
pub struct Recorded {
    /// What was sealed.
    pub added: Added,
    /// Why the stream ended, when it broke. Everything that came before is sealed.
    pub broke: Option<std::io::Error>,
}

/// What the state keeps of a dispatch while its manifest is still to come.
pub(crate) struct Recording {
    /// The media type, to name a recording that was cut off. Nothing else about it is kept.
    pub(crate) kind: String,
    /// Bytes sealed so far.
    pub(crate) bytes: u64,
}

impl Recording {
    pub(crate) fn encode(&self, w: &mut Writer) {
        w.u64(self.bytes)
            .count(self.kind.len())
            .bytes(self.kind.as_bytes());
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = r.u64()?;
        let length = r.count(1)?;
        let kind = std::str::from_utf8(r.take(length)?).ok();
        let kind = kind.filter(|kind| fit_kind(kind) == *kind);
        let kind = kind.ok_or(DecodeError::Reserved {
            what: "field state",
        })?;
        Ok(Self {
            kind: kind.to_owned(),
            bytes,
        })
    }
}

/// One recording under way.
struct Take<'a> {
    about: &'a About,
    /// When it began, by the device's clock.
    now: i64,
    dispatch: Option<DispatchId>,
    sealer: Option<(PieceSealer, Duration)>,
    memory: Vec<u8>,
    /// Bytes in the piece that is being sealed.
    taken: u64,
    whole: Sha256Writer,
    bytes_sealed: u64,
}

impl<D: Disk> Field<D> {
    /// Seals a stream as it comes. Its pieces are kept one by one; the dispatch is described when the stream ends.
    ///
    /// # Errors
    /// Nothing came and there is no note; sealing or the disk failed. What was kept before stays, and is described if
    /// the disk still takes that much, else by [`Field::end_cut_recordings`].
    pub fn add_live(
        &mut self,
        live: &mut impl Live,
        about: &About,
        now: i64,
        rng: &mut (impl RngCore + CryptoRng),
        progress: OnProgress<'_>,
    ) -> Result<Recorded, FieldError> {
        let mut take = Take {
            about,
            now,
            dispatch: None,
            sealer: None,
            memory: Vec::new(),
            taken: 0,
            whole: Sha256Writer::new(),
            bytes_sealed: 0,
        };
        let began = live.now();
        let ended = self.listen(live, &mut take, rng, progress);
        match ended {
            Ok(broke) => {
                let lasted = live.now().saturating_sub(began).as_micros();
                let ended = now.saturating_add(i64::try_from(lasted).unwrap_or(0));
                let added = self.end_take(take, ended, rng)?;
                Ok(Recorded { added, broke })
            }
            Err(error) => {
                // Describing takes far less room than the piece that did not fit. Should even that fail, the next
                // opening describes it.
                if let Some(id) = take.dispatch {
                    let _ = self.describe(id, None, about, now, now, rng);
                }
                let _ = self.sweep();
                Err(error)
            }
        }
    }

    /// Describes recordings that were cut off, so that the newsroom knows that no more will come. Returns which.
    ///
    /// # Errors
    /// The disk failed. They can be sent all the same.
    pub fn end_cut_recordings(
        &mut self,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Vec<DispatchId>, FieldError> {
        let cut: Vec<(DispatchId, i64, About)> = self
            .state
            .dispatches
            .iter()
            .filter_map(|dispatch| {
                let recording = dispatch.recording.as_ref()?;
                let about = About {
                    name: name_for(&recording.kind),
                    kind: recording.kind.clone(),
                    note: String::new(),
                };
                Some((dispatch.id, dispatch.sealed_at, about))
            })
            .collect();
        for (id, began, about) in &cut {
            self.describe(*id, None, about, *began, *began, rng)?;
        }
        Ok(cut.into_iter().map(|(id, ..)| id).collect())
    }

    /// Hears a stream to its end. `Ok(Some(_))` when it broke.
    fn listen(
        &mut self,
        live: &mut impl Live,
        take: &mut Take<'_>,
        rng: &mut (impl RngCore + CryptoRng),
        progress: OnProgress<'_>,
    ) -> Result<Option<std::io::Error>, FieldError> {
        let mut window = Zeroizing::new(vec![0; WINDOW]);
        loop {
            let wait = match &take.sealer {
                Some((_, due)) => due.saturating_sub(live.now()),
                None => PATIENCE,
            };
            let broke = match live.hear(&mut window, wait) {
                Ok(Heard::Bytes(got)) => {
                    let heard = window.get(..got).unwrap_or_default();
                    self.take_in(heard, live.now(), take, rng)?;
                    progress(take.whole.bytes());
                    None
                }
                Ok(Heard::Nothing) => None,
                Ok(Heard::End) => {
                    self.flush(take, rng)?;
                    return Ok(None);
                }
                Err(error) => Some(error),
            };
            let due = take
                .sealer
                .as_ref()
                .is_some_and(|(_, due)| *due <= live.now());
            if due || broke.is_some() {
                self.flush(take, rng)?;
            }
            if broke.is_some() {
                return Ok(broke);
            }
        }
    }

    /// Seals what was heard, in as many pieces as it fills.
    fn take_in(
        &mut self,
        mut heard: &[u8],
        at: Duration,
        take: &mut Take<'_>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        take.whole.update(heard);
        while !heard.is_empty() {
            let (mut sealer, due) = match take.sealer.take() {
                Some(open) => open,
                None => {
                    let memory = std::mem::take(&mut take.memory);
                    let sealer = PieceSealer::new(&self.state.kit.intake, memory)?;
                    (sealer, at.saturating_add(FLUSH))
                }
            };
            let (now, later) = heard.split_at(heard.len().min(sealer.room()));
            sealer.write(now)?;
            take.taken += now.len() as u64;
            heard = later;
            let full = sealer.room() == 0;
            take.sealer = Some((sealer, due));
            if full {
                self.flush(take, rng)?;
            }
        }
        Ok(())
    }

    /// Ends the piece that is being sealed, if any, and keeps it: durable when this returns.
    fn flush(
        &mut self,
        take: &mut Take<'_>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        let Some((sealer, _)) = take.sealer.take() else {
            return Ok(());
        };
        let piece = sealer.finish()?;
        let plain = std::mem::take(&mut take.taken);
        take.bytes_sealed += piece.ciphertext().len() as u64;
        take.memory = match take.dispatch {
            Some(id) => self.keep_next(id, piece, plain, rng)?,
            None => {
                let (id, memory) = self.begin_recording(piece, plain, take, rng)?;
                take.dispatch = Some(id);
                memory
            }
        };
        Ok(())
    }

    /// Begins a dispatch with its contact piece and the recording's first.
    fn begin_recording(
        &mut self,
        piece: SealedPiece,
        plain: u64,
        take: &Take<'_>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(DispatchId, Vec<u8>), FieldError> {
        let (replies, contact) = self.make_contact(rng)?;
        let contact = seal_piece(&self.state.kit.intake, &contact)?;
        let (contact, _) = self.store_piece(contact, Class::Words, rng)?;
        let class = Class::of_kind(&take.about.kind);
        let (piece, memory) = self.store_piece(piece, class, rng)?;
        let id = DispatchId::random(rng);
        self.state.dispatches.push(Dispatch {
            id,
            sealed_at: take.now,
            complete: false,
            epoch: self.state.epochs.epoch,
            intake: self.state.kit.intake_epoch,
            pieces: vec![contact, piece],
            recording: Some(Recording {
                kind: fit_kind(&take.about.kind),
                bytes: plain,
            }),
        });
        let awaited = self.state.awaited.len();
        for keys in replies {
            self.state.await_reply(keys, take.now);
        }
        if let Err(error) = self.commit(rng) {
            self.state.dispatches.pop();
            self.state.awaited.truncate(awaited);
            return Err(error);
        }
        Ok((id, memory))
    }

    fn keep_next(
        &mut self,
        id: DispatchId,
        piece: SealedPiece,
        plain: u64,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Vec<u8>, FieldError> {
        let before = self.state.dispatch_mut(&id);
        let before = before.and_then(|dispatch| dispatch.pieces.last());
        let class = before.map_or(Class::Film, |piece| piece.class);
        let (piece, memory) = self.store_piece(piece, class, rng)?;
        grow(&mut self.state, &id, |dispatch, recording| {
            dispatch.push(piece);
            recording.bytes += plain;
        });
        if let Err(error) = self.commit(rng) {
            // What memory says must be what the disk says, or the manifest would name a piece that is not there.
            grow(&mut self.state, &id, |dispatch, recording| {
                dispatch.pop();
                recording.bytes -= plain;
            });
            return Err(error);
        }
        Ok(memory)
    }

    fn end_take(
        &mut self,
        take: Take<'_>,
        ended: i64,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Added, FieldError> {
        let bytes_in = take.whole.bytes();
        let Some(id) = take.dispatch else {
            return self.add(&mut [], &take.about.note, take.now, rng, &mut |_| {});
        };
        let whole = Some(take.whole);
        let pieces = self.describe(id, whole, take.about, take.now, ended, rng)?;
        Ok(Added {
            dispatch: id,
            items: 1,
            pieces,
            bytes_in,
            bytes_sealed: take.bytes_sealed,
        })
    }

    /// Adds the manifest to a recording. Returns how many pieces the dispatch has now.
    fn describe(
        &mut self,
        id: DispatchId,
        whole: Option<Sha256Writer>,
        about: &About,
        began: i64,
        ended: i64,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<usize, FieldError> {
        let Some(dispatch) = self.state.dispatch_mut(&id) else {
            return Ok(0);
        };
        let Some(recording) = &dispatch.recording else {
            return Ok(dispatch.pieces.len());
        };
        let last =
            u32::try_from(dispatch.pieces.len() - 1).map_err(|_| FieldError::TooManyPieces)?;
        let item = Item {
            bytes: recording.bytes,
            captured_at: Some(began),
            held: false,
            kind: recording.kind.clone(),
            millis: None,
            name: fit_name(&about.name),
            pieces: (FIRST, PieceNo(last)),
            preview_of: None,
            sha256: whole.map(Sha256Writer::finish),
        };
        let mut manifest = Manifest::new(vec![item], about.note.clone(), ended);
        let plain = manifest.encode().map(Zeroizing::new);
        manifest.wipe();
        let plain = plain.map_err(FieldError::Manifest)?;
        let sealed = seal_piece(&self.state.kit.intake, &plain)?;
        let (piece, _) = self.store_piece(sealed, Class::Words, rng)?;
        let Some(dispatch) = self.state.dispatch_mut(&id) else {
            return Ok(0);
        };
        dispatch.pieces.push(piece);
        let recording = dispatch.recording.take();
        let count = dispatch.pieces.len();
        if let Err(error) = self.commit(rng) {
            if let Some(dispatch) = self.state.dispatch_mut(&id) {
                dispatch.pieces.pop();
                dispatch.recording = recording;
            }
            return Err(error);
        }
        Ok(count)
    }
}

fn grow(
    state: &mut State,
    id: &DispatchId,
    change: impl FnOnce(&mut Vec<crate::state::PieceState>, &mut Recording),
) {
    if let Some(dispatch) = state.dispatch_mut(id)
        && let Some(recording) = &mut dispatch.recording
    {
        change(&mut dispatch.pieces, recording);
    }
}

/// The name of a recording whose own was lost with the program that knew it.
fn name_for(kind: &str) -> String {
    let ending = match kind {
        "video/mp4" => ".mp4",
        "video/quicktime" => ".mov",
        "video/webm" => ".webm",
        "video/x-matroska" => ".mkv",
        "video/mp2t" => ".ts",
        "audio/mpeg" => ".mp3",
        "audio/ogg" => ".ogg",
        "audio/wav" => ".wav",
        _ => "",
    };
    format!("recording{ending}")
}
