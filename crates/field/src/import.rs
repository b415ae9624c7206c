//! Importing a camera's card: everything on it is sealed, in batches that exist whole or not at all; then, if the owner
//! wishes, the originals are overwritten and harmless pictures take their places.
//!
//! What is sealed already is known by tags under a random key, in the same save that makes a batch durable. So an import
//! goes on where it was cut, nothing is overwritten that is not sealed, and nothing is sealed twice. When the import is
//! done, key and tags are erased.

use std::collections::{BTreeSet, VecDeque};
use std::io::{self, Read};

use formats::{DecodeError, DispatchId};
use keys::{ImportFacts, ImportKey, ImportTag};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::OnProgress;
use crate::book::Field;
use crate::camera::{CameraCard, CameraFile, EDGE, is_made_by_the_camera};
use crate::disk::Disk;
use crate::error::FieldError;
use crate::record::{Reader, Writer};
use crate::seal::Source;

/// The most files in one batch, and the bytes after which it is full: what a cut costs to seal again.
const BATCH_FILES: usize = 100;
const BATCH_BYTES: u64 = 256 * 1024 * 1024;

/// What the owner asked for.
#[derive(Debug, Clone, Default)]
pub struct ImportWish {
    /// Words for the newsroom, in every dispatch of this import.
    pub note: String,
    /// Overwrite what is sealed.
    pub erase: bool,
}

/// What came of an import.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The new dispatches.
    pub dispatches: Vec<DispatchId>,
    /// Files sealed now.
    pub files: usize,
    /// Bytes of them.
    pub bytes: u64,
    /// Files that an earlier, interrupted run had sealed.
    pub already: usize,
    /// Files that the camera made for itself, left alone.
    pub skipped: usize,
    /// Files that cannot be read. They are neither sealed nor overwritten.
    pub unreadable: usize,
    /// Originals overwritten.
    pub erased: usize,
    /// Harmless pictures put in their places.
    pub refilled: usize,
}

/// What is remembered while an import lasts.
#[derive(Default)]
pub(crate) struct Import {
    key: Option<ImportKey>,
    /// Files that are sealed.
    sealed: BTreeSet<ImportTag>,
    /// Harmless pictures that took the places of others: not to be sealed.
    planted: BTreeSet<ImportTag>,
    /// How many harmless pictures are used up, and the bytes of them and of what was overwritten.
    used: u32,
    planted_bytes: u64,
    erased_bytes: u64,
}

impl Import {
    pub(crate) fn room(&self) -> usize {
        64 + 16 * (self.sealed.len() + self.planted.len())
    }

    pub(crate) fn encode(&self, w: &mut Writer) {
        let Some(key) = &self.key else {
            w.byte(0);
            return;
        };
        w.byte(1).bytes(key.expose_bytes());
        w.u32(self.used)
            .u64(self.planted_bytes)
            .u64(self.erased_bytes);
        for set in [&self.sealed, &self.planted] {
            w.count(set.len());
            for tag in set {
                w.bytes(&tag.0);
            }
        }
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if r.flags(1)? == 0 {
            return Ok(Self::default());
        }
        Ok(Self {
            key: Some(ImportKey::from_bytes(r.array()?)),
            used: r.u32()?,
            planted_bytes: r.u64()?,
            erased_bytes: r.u64()?,
            sealed: decode_tags(r)?,
            planted: decode_tags(r)?,
        })
    }

    fn key(&self) -> Result<&ImportKey, FieldError> {
        // Made at the import's beginning, erased at its end.
        self.key.as_ref().ok_or(FieldError::Nothing)
    }
}

fn decode_tags(r: &mut Reader<'_>) -> Result<BTreeSet<ImportTag>, DecodeError> {
    let count = r.count(16)?;
    (0..count).map(|_| Ok(ImportTag(r.array()?))).collect()
}

/// A file on the card with its tag.
struct Tagged {
    file: CameraFile,
    tag: ImportTag,
}

/// A harmless picture, the place that it will take, and its tag there.
struct Planted {
    picture: CameraFile,
    place: String,
    tag: ImportTag,
}

impl<D: Disk> Field<D> {
    /// Whether an import was begun and not ended.
    #[must_use]
    pub fn is_importing(&self) -> bool {
        self.state.import.key.is_some()
    }

    /// Seals everything on a camera's card, and overwrites it if that is wished.
    ///
    /// # Errors
    /// The card or the disk failed. What was sealed stays sealed, and the same import goes on from there.
    pub fn import<C: CameraCard>(
        &mut self,
        card: &mut C,
        wish: &ImportWish,
        now: i64,
        rng: &mut (impl RngCore + CryptoRng),
        progress: OnProgress<'_>,
    ) -> Result<Imported, FieldError> {
        if self.state.import.key.is_none() {
            self.state.import.key = Some(ImportKey::generate(rng));
            self.commit(rng)?;
        }
        let mut imported = Imported::default();
        let (mut waiting, sealed) = self.survey(card, &mut imported, rng)?;
        if wish.erase {
            self.erase(card, &sealed, &mut imported, rng)?;
        }
        while !waiting.is_empty() {
            let batch = next_batch(&mut waiting);
            let sealed = self.seal_batch(card, batch, wish, now, &mut imported, rng, progress)?;
            if wish.erase {
                self.erase(card, &sealed, &mut imported, rng)?;
            }
        }
        self.state.import = Import::default();
        self.commit(rng)?;
        Ok(imported)
    }

    /// Looks at everything on the card: what waits to be sealed, in the order of capture, and what is sealed already.
    /// A file that was being overwritten, or put in place, when the last run ended is done away with.
    fn survey<C: CameraCard>(
        &mut self,
        card: &mut C,
        imported: &mut Imported,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(VecDeque<Tagged>, Vec<Tagged>), FieldError> {
        let mut files = card
            .files()
            .map_err(FieldError::camera("reading the card"))?;
        files.sort_by(|a, b| (a.modified, &a.place).cmp(&(b.modified, &b.place)));
        let key = self.state.import.key()?;
        let known = self.state.import.sealed.iter();
        let known = known.chain(&self.state.import.planted);
        let leftovers: BTreeSet<String> = known.map(|tag| key.erasing_name(tag)).collect();
        let (mut waiting, mut done) = (VecDeque::new(), Vec::new());
        for file in files {
            if leftovers.contains(file.name()) {
                destroy(card, &file, rng)?;
                imported.erased += 1;
                continue;
            }
            if is_made_by_the_camera(&file) {
                imported.skipped += 1;
                continue;
            }
            let Ok(tag) = tag_of(key, card, &file) else {
                imported.unreadable += 1;
                continue;
            };
            if self.state.import.planted.contains(&tag) {
                continue;
            }
            if self.state.import.sealed.contains(&tag) {
                imported.already += 1;
                done.push(Tagged { file, tag });
            } else {
                waiting.push_back(Tagged { file, tag });
            }
        }
        Ok((waiting, done))
    }

    /// Seals a batch as one dispatch, its tags remembered by the same save. Files that cannot be read are left out.
    #[expect(
        clippy::too_many_arguments,
        reason = "the card, the wish and the running count are independent of each other"
    )]
    fn seal_batch<C: CameraCard>(
        &mut self,
        card: &mut C,
        mut batch: Vec<Tagged>,
        wish: &ImportWish,
        now: i64,
        imported: &mut Imported,
        rng: &mut (impl RngCore + CryptoRng),
        progress: OnProgress<'_>,
    ) -> Result<Vec<Tagged>, FieldError> {
        while !batch.is_empty() {
            let mut sources = Vec::with_capacity(batch.len());
            let mut bad = None;
            for (at, tagged) in batch.iter().enumerate() {
                match source_of(card, &tagged.file) {
                    Ok(source) => sources.push(source),
                    Err(_) => bad = Some(at),
                }
            }
            if let Some(at) = bad {
                batch.remove(at);
                imported.unreadable += 1;
                continue;
            }
            self.state.import.sealed.extend(batch.iter().map(|t| t.tag));
            let before = imported.bytes;
            let mut step = |done| progress(before + done);
            match self.add(&mut sources, &wish.note, now, rng, &mut step) {
                Ok(added) => {
                    imported.dispatches.push(added.dispatch);
                    imported.files += batch.len();
                    imported.bytes += added.bytes_in;
                    return Ok(batch);
                }
                Err(error) => {
                    for tagged in &batch {
                        self.state.import.sealed.remove(&tagged.tag);
                    }
                    let FieldError::Source(at, _) = error else {
                        return Err(error);
                    };
                    batch.remove(at);
                    imported.unreadable += 1;
                }
            }
        }
        Ok(batch)
    }

    /// Overwrites originals that are sealed, and puts harmless pictures in their places while they are as many bytes less.
    fn erase<C: CameraCard>(
        &mut self,
        card: &mut C,
        files: &[Tagged],
        imported: &mut Imported,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        let plan = self.plan_refill(card, files, rng)?;
        for (tagged, planted) in files.iter().zip(plan) {
            let key = self.state.import.key()?;
            // Looked at once more: what is overwritten must be what was sealed.
            let same = tag_of(key, card, &tagged.file).is_ok_and(|tag| tag == tagged.tag);
            if !same || !self.state.import.sealed.contains(&tagged.tag) {
                continue;
            }
            let name = key.erasing_name(&tagged.tag);
            let renamed = card
                .rename(&tagged.file, &name)
                .map_err(FieldError::camera("overwriting an original"))?;
            destroy(card, &renamed, rng)?;
            imported.erased += 1;
            if let Some(planted) = planted {
                let part = self.state.import.key()?.erasing_name(&planted.tag);
                card.put(
                    &planted.picture,
                    &part,
                    &planted.place,
                    tagged.file.modified,
                )
                .map_err(FieldError::camera("putting a picture in its place"))?;
                imported.refilled += 1;
            }
        }
        Ok(())
    }

    /// Which harmless picture takes whose place. Saved before anything is overwritten, so that none of them is ever
    /// sealed as if it were the reporter's.
    fn plan_refill<C: CameraCard>(
        &mut self,
        card: &mut C,
        files: &[Tagged],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Vec<Option<Planted>>, FieldError> {
        let mut pictures = card
            .harmless()
            .map_err(FieldError::camera("reading the pictures"))?;
        pictures.sort_by(|a, b| a.place.cmp(&b.place));
        let used = self.state.import.used as usize;
        let mut pictures = pictures.into_iter().skip(used);
        let mut plan = Vec::with_capacity(files.len());
        for tagged in files {
            self.state.import.erased_bytes += tagged.file.bytes;
            let lacking = self.state.import.planted_bytes < self.state.import.erased_bytes;
            let Some(picture) = lacking.then(|| pictures.next()).flatten() else {
                plan.push(None);
                continue;
            };
            self.state.import.used += 1;
            let place = tagged.file.place_for(&picture);
            // A picture that nobody can read is passed over; a place that is taken stays as it is.
            let edges = card.edges(&picture).ok();
            let free = place == tagged.file.place || !card.has(&place);
            let Some((head, tail)) = edges.filter(|_| free) else {
                plan.push(None);
                continue;
            };
            let facts = ImportFacts {
                place: &place,
                bytes: picture.bytes,
                modified: tagged.file.modified,
                head: &head,
                tail: &tail,
            };
            let tag = self.state.import.key()?.tag(&facts);
            self.state.import.planted.insert(tag);
            self.state.import.planted_bytes += picture.bytes;
            plan.push(Some(Planted {
                picture,
                place,
                tag,
            }));
        }
        self.commit(rng)?;
        Ok(plan)
    }
}

fn next_batch(waiting: &mut VecDeque<Tagged>) -> Vec<Tagged> {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while batch.len() < BATCH_FILES && bytes < BATCH_BYTES {
        let Some(tagged) = waiting.pop_front() else {
            break;
        };
        bytes += tagged.file.bytes;
        batch.push(tagged);
    }
    batch
}

fn tag_of<C: CameraCard>(
    key: &ImportKey,
    card: &mut C,
    file: &CameraFile,
) -> io::Result<ImportTag> {
    let (head, tail) = card.edges(file)?;
    Ok(key.tag(&ImportFacts {
        place: &file.place,
        bytes: file.bytes,
        modified: file.modified,
        head: &head,
        tail: &tail,
    }))
}

fn source_of<C: CameraCard>(card: &mut C, file: &CameraFile) -> io::Result<Source<'static>> {
    Ok(Source {
        name: file.name().to_owned(),
        kind: file.kind().to_owned(),
        captured_at: Some(file.modified),
        reader: card.open(file)?,
    })
}

/// Overwrites and removes one file.
fn destroy<C: CameraCard>(
    card: &mut C,
    file: &CameraFile,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), FieldError> {
    let failed = FieldError::camera("overwriting an original");
    let mut noise = |room: &mut [u8]| rng.fill_bytes(room);
    card.overwrite(file, &mut noise)
        .and_then(|()| card.remove(file))
        .map_err(failed)
}

/// The first and the last bytes of what is read, for a card's implementation.
pub(crate) type Edges = (Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>);

/// Reads at most `EDGE` bytes.
pub(crate) fn read_edge(reader: &mut impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut edge = Zeroizing::new(Vec::with_capacity(EDGE));
    reader.take(EDGE as u64).read_to_end(&mut edge)?;
    Ok(edge)
}
