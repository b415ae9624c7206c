//! Files to sealed pieces, as a stream: what `add` stores and `pack` codes comes from the same loop.

use std::io::Read;

use formats::dispatch::{Item, KIND_MAX, Manifest, NAME_MAX};
use formats::{PieceError, PieceNo, PieceSealer, SealedPiece, Sha256Writer};
use keys::IntakeRecipient;
use zeroize::Zeroizing;

use crate::error::FieldError;

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
    /// The number that the next piece will have.
    fn next_number(&self) -> Result<PieceNo, FieldError>;
    /// Hears how many bytes more were read.
    fn read(&mut self, bytes: u64);
}

/// Seals all sources and then the manifest. Returns the bytes read.
pub(crate) fn seal_all(
    recipient: &IntakeRecipient,
    sources: &mut [Source<'_>],
    note: &str,
    now: i64,
    sink: &mut impl PieceSink,
) -> Result<u64, FieldError> {
    let mut items = Vec::with_capacity(sources.len());
    for (position, source) in sources.iter_mut().enumerate() {
        sink.item(&source.kind);
        items.push(seal_source(recipient, position, source, sink)?);
    }
    let bytes = items.iter().map(|item| item.bytes).sum();
    let mut manifest = Manifest::new(items, note.to_owned(), now);
    let plain = manifest.encode().map(Zeroizing::new);
    manifest.wipe();
    let plain = plain.map_err(FieldError::Manifest)?;
    seal_whole(recipient, &plain, true, sink)?;
    Ok(bytes)
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
    let mut end = clean.len().min(NAME_MAX);
    while !clean.is_char_boundary(end) {
        end -= 1;
    }
    match &clean[..end] {
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
