//! The plate with the short code in the corner of what is published: light letters on a dark ground, as wide as a sixth of
//! the picture's longer side, so that they can still be read when somebody has shrunk it to 480 pixels and squeezed it.
//!
//! The letters are DejaVu Sans Mono Bold, drawn once as a strip of masks (`assets/letters.png`, made with Pillow from the
//! font's outlines at 80 pixels), so that no font is needed where a picture is made and the same code gives the same pixels.

use image::{DynamicImage, GenericImage, GrayImage, Rgba, imageops};

use super::Stop;
use crate::code::{Code, LETTERS};

const STRIP: &[u8] = include_bytes!("../../assets/letters.png");
/// Columns that one letter takes in the strip.
const LETTER: u32 = 48;
/// Letters that would stand side by side along the longer side.
const ALONG: u32 = 56;
/// The least columns of a letter in which it can be told from others.
const LEAST: u32 = 8;
const GROUND: u8 = 12;
const INK: u8 = 244;

/// A plate and the place of its upper left corner.
pub(super) struct Plate {
    pub(super) pixels: GrayImage,
    pub(super) left: u32,
    pub(super) top: u32,
}

/// The plate for a picture of this size, in its lower right corner. Even places and sizes, as films want them.
pub(super) fn plate(code: &Code, width: u32, height: u32) -> Result<Plate, Stop> {
    let count = u32::try_from(code.as_str().len()).unwrap_or(u32::MAX);
    // Half a letter of ground on each side, and as much between the plate and the picture's edge.
    let halves = 2 * count + 4;
    let wide = (width.max(height) / ALONG).max(LEAST);
    let letter = wide.min(2 * width / halves).min(height / 3).max(1);
    let pad = (letter / 2).max(1);
    let masks = masks(code, letter)?;
    let mut pixels = GrayImage::from_pixel(
        (masks.width() + 2 * pad).next_multiple_of(2),
        (masks.height() + pad).next_multiple_of(2),
        image::Luma([GROUND]),
    );
    for (x, y, mask) in masks.enumerate_pixels() {
        let lift = u32::from(INK - GROUND) * u32::from(mask.0[0]) / 255;
        let shade = u32::from(GROUND) + lift;
        let shade = u8::try_from(shade).unwrap_or(INK);
        pixels.put_pixel(x + pad, y + pad / 2, image::Luma([shade]));
    }
    let place = |whole: u32, part: u32| whole.saturating_sub(part + pad) / 2 * 2;
    Ok(Plate {
        left: place(width, pixels.width()),
        top: place(height, pixels.height()),
        pixels,
    })
}

/// The code's letters, each so many columns wide.
fn masks(code: &Code, letter: u32) -> Result<GrayImage, Stop> {
    let strip = image::load_from_memory_with_format(STRIP, image::ImageFormat::Png);
    let strip = strip
        .map_err(|error| Stop::damaged(error.to_string()))?
        .into_luma8();
    let tall = (letter * strip.height() / LETTER).max(1);
    let count = u32::try_from(code.as_str().len()).unwrap_or(u32::MAX);
    let mut masks = GrayImage::new(letter * count, tall);
    for (place, symbol) in (0_i64..).zip(code.as_str().chars()) {
        let at = LETTERS.find(symbol).and_then(|at| u32::try_from(at).ok());
        let at = at.unwrap_or_default() * LETTER;
        let one = imageops::crop_imm(&strip, at, 0, LETTER, strip.height()).to_image();
        let one = imageops::resize(&one, letter, tall, imageops::FilterType::CatmullRom);
        imageops::replace(&mut masks, &one, place * i64::from(letter), 0);
    }
    Ok(masks)
}

/// Burns the code into a picture.
pub(super) fn burn(picture: &mut DynamicImage, code: &Code) -> Result<(), Stop> {
    let plate = plate(code, picture.width(), picture.height())?;
    let whole = std::mem::take(picture);
    *picture = if whole.color().has_alpha() {
        DynamicImage::ImageRgba8(whole.into_rgba8())
    } else if whole.color().has_color() {
        DynamicImage::ImageRgb8(whole.into_rgb8())
    } else {
        DynamicImage::ImageLuma8(whole.into_luma8())
    };
    for (x, y, shade) in plate.pixels.enumerate_pixels() {
        let (x, y) = (x + plate.left, y + plate.top);
        if x < picture.width() && y < picture.height() {
            let [shade] = shade.0;
            picture.put_pixel(x, y, Rgba([shade, shade, shade, u8::MAX]));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plate_lies_within_its_picture_whatever_the_size() {
        let code = Code::new("7K2M-9QXZ").unwrap();
        for (width, height) in [
            (4000, 3000),
            (1080, 1920),
            (480, 270),
            (96, 96),
            (9000, 60),
            (31, 2000),
            (1, 1),
        ] {
            let plate = plate(&code, width, height).unwrap();
            assert_eq!((plate.left % 2, plate.top % 2), (0, 0));
            if width.min(height) > 30 {
                assert!(
                    plate.left + plate.pixels.width() <= width,
                    "{width} by {height}"
                );
                assert!(
                    plate.top + plate.pixels.height() <= height,
                    "{width} by {height}"
                );
            }
            let mut picture = DynamicImage::new_rgb8(width, height);
            burn(&mut picture, &code).unwrap();
            assert_eq!((picture.width(), picture.height()), (width, height));
        }
    }
}
