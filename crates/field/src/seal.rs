//! Files to sealed pieces, as a stream: what `add` stores and `pack` codes comes from the same loop.

use std::io::Read;

use formats::dispatch::{ITEMS_MAX, Item, KIND_MAX, Manifest, NAME_MAX};
use formats::{PieceError, PieceNo, PieceSealer, SealedPiece, Sha256Writer};
use keys::IntakeRecipient;
use zeroize::Zeroizing;

use crate::class::Class;
use crate::error::FieldError;
use crate::preview::{self, HELD_FROM, Watch};

/// What the first bytes of a piece are read through.
const WINDOW: usize = 64 * 1024;

/// One file to seal.
pub struct Source<'a> {
    /// Its name, without folders; made fit for the manifest.
    pub name: String,
    /// What it seems to be (a media type); only a hint.
    pub kind: String,
    /// When it was recorded, if that is known.
    pub captured_at: Option<i64>,
    /// Its bytes.
    pub reader: Box<dyn Read + Send + 'a>,
}

impl std::fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Source(..)")
    }
}

/// Where sealed pieces go, in the order of their numbers.
pub(crate) trait PieceSink {
    /// A buffer to seal the next piece into.
    fn memory(&mut self) -> Result<Vec<u8>, FieldError>;
    /// Takes the next piece; `last` marks the manifest.
    fn keep(&mut self, piece: SealedPiece, last: bool) -> Result<(), FieldError>;
    /// Begins a piece in memory of its own.
    fn begin(&mut self, recipient: &IntakeRecipient) -> Result<PieceSealer, FieldError> {
        Ok(PieceSealer::new(recipient, self.memory()?)?)
    }
    /// Ends a piece that is not the manifest, and takes it.
    fn end(&mut self, piece: PieceSealer) -> Result<(), FieldError> {
        self.keep(piece.finish()?, false)
    }
    /// Hears that the next pieces are of an item that seems to be of this kind.
    fn item(&mut self, _kind: &str) {}
    /// Hears that the pieces from this one on are held back.
    fn hold(&mut self, _first: PieceNo) {}
    /// Hears that the next piece is a preview of the item before it.
    fn preview(&mut self) {}
    /// The number that the next piece will have.
    fn next_number(&self) -> Result<PieceNo, FieldError>;
    /// Hears how many bytes more were read.
    fn read(&mut self, bytes: u64);
}

/// Seals all sources and then the manifest; with `previews`, what is large is held back, and a preview follows it where one
/// can be made. Returns the bytes read from the sources.
pub(crate) fn seal_all(
    recipient: &IntakeRecipient,
    sources: &mut [Source<'_>],
    note: &str,
    now: i64,
    previews: bool,
    sink: &mut impl PieceSink,
) -> Result<u64, FieldError> {
    let mut items = Vec::with_capacity(sources.len());
    let mut bytes = 0;
    let count = sources.len();
    for (position, source) in sources.iter_mut().enumerate() {
        sink.item(&source.kind);
        let mut watch = previews.then(|| Watch::new(&source.kind));
        let mut item = seal_source(recipient, position, source, watch.as_mut(), sink)?;
        bytes += item.bytes;
        let room = items.len() + (count - position) < ITEMS_MAX;
        let preview = match watch {
            Some(watch) => hold_back(recipient, (items.len(), &mut item), watch, room, sink)?,
            None => None,
        };
        items.push(item);
        items.extend(preview);
    }
    let mut manifest = Manifest::new(items, note.to_owned(), now);
    let plain = manifest.encode().map(Zeroizing::new);
    manifest.wipe();
    let plain = plain.map_err(FieldError::Manifest)?;
    seal_whole(recipient, &plain, true, sink)?;
    Ok(bytes)
}

/// Holds an item back if it is large, and seals a preview of it if there is `room` for one.
fn hold_back(
    recipient: &IntakeRecipient,
    (original, item): (usize, &mut Item),
    watch: Watch,
    room: bool,
    sink: &mut impl PieceSink,
) -> Result<Option<Item>, FieldError> {
    if item.bytes < HELD_FROM || Class::of_kind(&item.kind) == Class::Words {
        return Ok(None);
    }
    item.held = true;
    item.millis = watch.millis();
    sink.hold(item.pieces.0);
    let Some(picture) = room.then(|| watch.picture()).flatten() else {
        return Ok(None);
    };
    sink.preview();
    let number = sink.next_number()?;
    seal_whole(recipient, &picture, false, sink)?;
    Ok(Some(Item {
        bytes: picture.len() as u64,
        captured_at: item.captured_at,
        held: false,
        kind: preview::KIND.to_owned(),
        millis: None,
        name: preview::name_of(&item.name),
        pieces: (number, number),
        preview_of: u32::try_from(original).ok(),
        sha256: Some(formats::sha256(&picture)),
    }))
}

/// Seals a plaintext that is at hand as one piece.
pub(crate) fn seal_whole(
    recipient: &IntakeRecipient,
    plaintext: &[u8],
    last: bool,
    sink: &mut impl PieceSink,
) -> Result<(), FieldError> {
    let mut sealer = PieceSealer::new(recipient, sink.memory()?)?;
    sealer.write(plaintext)?;
    sink.keep(sealer.finish()?, last)
}

fn read_some(reader: &mut impl Read, room: &mut [u8]) -> std::io::Result<usize> {
    loop {
        match reader.read(room) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

fn seal_source(
    recipient: &IntakeRecipient,
    position: usize,
    source: &mut Source<'_>,
    mut watch: Option<&mut Watch>,
    sink: &mut impl PieceSink,
) -> Result<Item, FieldError> {
    let first = sink.next_number()?;
    let mut hash = Sha256Writer::new();
    let mut window = Zeroizing::new(vec![0; WINDOW]);
    let mut sealer: Option<PieceSealer> = None;
    loop {
        let mut failed = None;
        let mut read = |room: &mut [u8]| match read_some(&mut source.reader, room) {
            Ok(got) => {
                hash.update(&room[..got]);
                if let Some(watch) = &mut watch {
                    watch.push(&room[..got]);
                }
                Ok(got)
            }
            Err(error) => {
                failed = Some(error);
                Err(std::io::ErrorKind::Other.into())
            }
        };
        // A piece begins with its first byte and not before, so that a file never ends with an empty piece.
        let outcome = match &mut sealer {
            Some(open) => open.fill(read),
            None => read(&mut window).map_err(PieceError::from),
        };
        if let Some(error) = failed {
            return Err(FieldError::Source(position, error));
        }
        let got = outcome?;
        if got == 0 {
            break;
        }
        let open = match sealer.take() {
            Some(open) => open,
            None => {
                let mut open = sink.begin(recipient)?;
                open.write(&window[..got])?;
                open
            }
        };
        if open.room() == 0 {
            sink.end(open)?;
        } else {
            sealer = Some(open);
        }
        sink.read(got as u64);
    }
    match sealer {
        Some(open) => sink.end(open)?,
        // An empty file is one empty piece; a file that ended with a full piece is done.
        None if hash.bytes() == 0 => seal_whole(recipient, &[], false, sink)?,
        None => {}
    }
    let last = PieceNo(sink.next_number()?.0.saturating_sub(1));
    Ok(Item {
        bytes: hash.bytes(),
        captured_at: source.captured_at,
        held: false,
        kind: fit_kind(&source.kind),
        millis: None,
        name: fit_name(&source.name),
        pieces: (first, last),
        preview_of: None,
        sha256: Some(hash.finish()),
    })
}

/// Makes a file name fit for the manifest: one line, no folders, within the limit.
pub(crate) fn fit_name(name: &str) -> String {
    let clean: String = name
        .chars()
        .map(|c| {
            if c.is_control() || c == '/' || c == '\\' {
                '_'
            } else {
                c
            }
        })
        .collect();
    match &clean[..clean.floor_char_boundary(NAME_MAX)] {
        "" => "_".to_owned(),
        fits => fits.to_owned(),
    }
}

pub(crate) fn fit_kind(kind: &str) -> String {
    let graphic = kind.len() <= KIND_MAX && kind.chars().all(|c| c.is_ascii_graphic());
    if graphic {
        kind.to_owned()
    } else {
        String::new()
    }
}
