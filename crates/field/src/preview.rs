//! Previews: a small picture of a still, and how long a film plays, found while the file passes by to be sealed.
//!
//! The picture is made on the reporter's own device, of her own file; all the same nothing in the file is believed, and what
//! would take more memory than there is gets none. It is decoded, averaged down, turned as the camera was held, and encoded
//! anew: nothing of the file but these pixels is in it. File and pixels lie in memory that is wiped, as does the
//! picture; of what the decoder holds for itself meanwhile that cannot be said.

mod jpeg;
mod shrink;

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use formats::film::Duration;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngDecoder;
use image::{ColorType, ExtendedColorType, ImageDecoder, Limits};
use zeroize::Zeroizing;

use shrink::{Pixels, Small};

/// An item of fewer bytes is sent at once: asking for it would take longer.
pub(crate) const HELD_FROM: u64 = 256 * 1024;
/// The media type of a preview.
pub(crate) const KIND: &str = "image/jpeg";
/// The longest still that is looked at, as a file.
const FILE_MAX: usize = 12 << 20;
/// Memory for a still at first; most phones' photographs take a few doublings.
const FILE_FIRST: usize = 1 << 20;
/// The most memory for pixels and for what the decoder keeps of them. With a file and a piece beside it the whole stays
/// within the field's bound.
const PIXELS_MAX: u64 = 48 << 20;
/// A preview and what seals it fill one shard, and leave room.
const PREVIEW_MAX: usize = 40 * 1024;
/// The longest side and the qualities, tried in this order until it is small enough.
const TRIES: [(u32, &[u8]); 4] = [
    (640, &[75, 60]),
    (480, &[60, 45]),
    (320, &[45]),
    (160, &[40]),
];

/// Looks at an item while it is sealed.
pub(crate) struct Watch {
    film: Duration,
    still: Option<Zeroizing<Vec<u8>>>,
}

impl Watch {
    /// At the beginning of an item that seems to be of this kind.
    pub(crate) fn new(kind: &str) -> Self {
        let still = matches!(kind, "image/jpeg" | "image/png");
        Self {
            film: Duration::new(),
            still: still.then(|| Zeroizing::new(Vec::new())),
        }
    }

    /// Takes the item's next bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        match &mut self.still {
            Some(still) if still.len() + bytes.len() <= FILE_MAX => keep(still, bytes),
            still => *still = None,
        }
        self.film.push(bytes);
    }

    /// How long it plays, in milliseconds.
    pub(crate) fn millis(&self) -> Option<u64> {
        self.film.millis()
    }

    /// The preview, if the item is a still that can be shown.
    pub(crate) fn picture(self) -> Option<Zeroizing<Vec<u8>>> {
        let mut file = self.still?;
        // A decoder that fails on a strange file must not cost the reporter her dispatch.
        catch_unwind(AssertUnwindSafe(|| picture_of(&mut file)))
            .ok()
            .flatten()
    }
}

/// Adds bytes to a file in memory. It grows by doubling, and never by itself: what it lay in before is wiped, not handed back as it is.
fn keep(still: &mut Zeroizing<Vec<u8>>, bytes: &[u8]) {
    let needed = still.len() + bytes.len();
    if needed > still.capacity() {
        let room = needed.next_power_of_two().clamp(FILE_FIRST, FILE_MAX);
        let mut larger = Zeroizing::new(Vec::with_capacity(room));
        larger.extend_from_slice(still);
        *still = larger;
    }
    still.extend_from_slice(bytes);
}

/// What a preview is called: like the original, and so that nobody takes it for it.
pub(crate) fn name_of(original: &str) -> String {
    let stem = original.rsplit_once('.').map_or(original, |(stem, _)| stem);
    format!("{}.preview.jpg", &stem[..stem.floor_char_boundary(200)])
}

/// A preview of a JPEG or PNG file. The file is of no use afterwards.
pub(crate) fn picture_of(file: &mut [u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (pixels, turned) = if file.starts_with(b"\x89PNG") {
        png(file)?
    } else {
        jpeg::pixels(file, PIXELS_MAX)?
    };
    TRIES.iter().find_map(|(side, qualities)| {
        let small = pixels.shrink(*side)?.turn(turned);
        let mut tried = qualities.iter().map(|quality| encode(&small, *quality));
        tried.find_map(|encoded| encoded)
    })
}

fn png(file: &[u8]) -> Option<(Pixels, u8)> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(PIXELS_MAX);
    let mut decoder = PngDecoder::with_limits(Cursor::new(file), limits).ok()?;
    let (width, height) = decoder.dimensions();
    let (channels, deep) = match decoder.color_type() {
        ColorType::L8 => (1, false),
        ColorType::La8 => (2, false),
        ColorType::Rgb8 => (3, false),
        ColorType::Rgba8 => (4, false),
        ColorType::L16 => (1, true),
        ColorType::La16 => (2, true),
        ColorType::Rgb16 => (3, true),
        ColorType::Rgba16 => (4, true),
        _ => return None,
    };
    let bytes = decoder.total_bytes();
    if bytes > PIXELS_MAX {
        return None;
    }
    let turned = decoder
        .orientation()
        .map_or(1, image::metadata::Orientation::to_exif);
    let mut samples = Zeroizing::new(vec![0; usize::try_from(bytes).ok()?]);
    decoder.read_image(&mut samples).ok()?;
    let pixels = Pixels {
        samples,
        width,
        height,
        channels,
        deep,
    };
    Some((pixels, turned))
}

/// Encodes into memory that cannot grow: what does not fit is not small enough.
fn encode(small: &Small, quality: u8) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(vec![0; PREVIEW_MAX]);
    let mut cursor = Cursor::new(out.as_mut_slice());
    let mut encoder = JpegEncoder::new_with_quality(&mut cursor, quality);
    let (width, height) = (small.width, small.height);
    encoder
        .encode(&small.rgb, width, height, ExtendedColorType::Rgb8)
        .ok()?;
    let length = usize::try_from(cursor.position()).ok()?;
    out.truncate(length);
    Some(out)
}

#[cfg(test)]
mod tests;
