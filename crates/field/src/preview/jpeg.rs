//! A JPEG file's pixels, and how the camera was held. What the file says beside them is blanked before it is decoded.

use image::metadata::Orientation;
use zeroize::Zeroizing;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::shrink::Pixels;

/// What the segments before the first scan say.
struct Frame {
    width: u32,
    height: u32,
    /// All of it is kept until the last scan is read.
    progressive: bool,
    turned: u8,
}

/// Decodes, if it takes at most so much memory.
pub(super) fn pixels(file: &mut [u8], most: u64) -> Option<(Pixels, u8)> {
    let frame = survey(file)?;
    let area = u64::from(frame.width) * u64::from(frame.height);
    // Three bytes a pixel; a progressive file's coefficients take two more for each sample.
    let needed = if frame.progressive {
        9 * area
    } else {
        3 * area
    };
    if area == 0 || needed > most {
        return None;
    }
    let options = DecoderOptions::new_safe()
        .set_max_width(frame.width as usize)
        .set_max_height(frame.height as usize)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&*file), options);
    decoder.decode_headers().ok()?;
    let bytes = decoder.output_buffer_size()?;
    if bytes as u64 != 3 * area {
        return None;
    }
    let mut samples = Zeroizing::new(vec![0; bytes]);
    decoder.decode_into(&mut samples).ok()?;
    let pixels = Pixels {
        samples,
        width: frame.width,
        height: frame.height,
        channels: 3,
        deep: false,
    };
    Some((pixels, frame.turned))
}

/// Walks the segments up to the first scan. Application data and comments become zeros: the decoder would keep copies of
/// them. Adobe's own segment stays, for it says what the colours are.
fn survey(file: &mut [u8]) -> Option<Frame> {
    let mut frame = None;
    let mut turned = 1;
    let mut at = 2;
    if file.get(..2)? != [0xff, 0xd8] {
        return None;
    }
    loop {
        let [0xff, marker] = *file.get(at..at + 2)? else {
            return None;
        };
        // A marker may be filled up with any number of these.
        if marker == 0xff {
            at += 1;
            continue;
        }
        let length = file.get(at + 2..at + 4)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let body = file.get_mut(at + 4..at + 2 + length)?;
        match marker {
            0xda => break,
            0xc0..=0xc2 => {
                let [_, h1, h2, w1, w2, ..] = *body else {
                    return None;
                };
                let number = |high, low| u32::from(u16::from_be_bytes([high, low]));
                frame = Some((number(w1, w2), number(h1, h2), marker == 0xc2));
            }
            0xe1..=0xed | 0xef | 0xfe => {
                if let Some(exif) = body.strip_prefix(b"Exif\0\0") {
                    let found = Orientation::from_exif_chunk(exif);
                    turned = found.map_or(turned, Orientation::to_exif);
                }
                body.fill(0);
            }
            _ => {}
        }
        at += 2 + length;
    }
    let (width, height, progressive) = frame?;
    Some(Frame {
        width,
        height,
        progressive,
        turned,
    })
}
