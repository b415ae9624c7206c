//! A photograph with something in it that must not come out.

use std::io::Cursor;

/// Planted in a comment segment of the JPEG.
pub(crate) const CANARY: &str = "canary-7f3a-old-harbour";

/// A JPEG of a gradient with the canary in it.
pub(crate) fn jpeg(seed: u8) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(320, 240, |x, y| {
        let mix = |a: u32, b: u32| u8::try_from((a * x + b * y + u32::from(seed)) % 256).unwrap();
        image::Rgb([mix(1, 0), mix(0, 1), mix(1, 1)])
    });
    let mut plain = Cursor::new(Vec::new());
    picture
        .write_to(&mut plain, image::ImageFormat::Jpeg)
        .unwrap();
    let plain = plain.into_inner();
    let length = u16::try_from(CANARY.len() + 2).unwrap().to_be_bytes();
    let mut out = plain[..2].to_vec();
    out.extend_from_slice(&[0xFF, 0xFE]);
    out.extend_from_slice(&length);
    out.extend_from_slice(CANARY.as_bytes());
    out.extend_from_slice(&plain[2..]);
    out
}
