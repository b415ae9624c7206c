//! Variants: a file that was scrubbed before, in less bytes and pixels, or blurred beyond recognition.

use std::io::{BufWriter, Write};

use image::{DynamicImage, imageops, imageops::FilterType as Resampling};

use super::{Bench, Stop, pictures, plate, recordings, still};
use crate::{Kind, RefusalCode, Shape, talk::Facts};

/// Pixels of the longer side that are left of a picture before it is blurred: a face in it is less than one of them.
const LEFT: u32 = 24;
/// Over how many of them each is spread.
const SPREAD: f32 = 1.2;
/// Qualities that are tried before a picture is made smaller.
const QUALITIES: [u8; 5] = [88, 80, 72, 64, 56];
/// A picture is made smaller so often at most.
const SHRINKS: u32 = 12;

/// A film with fewer bits a second than this shows nothing.
const LEAST_RATE: u64 = 40_000;
/// Seconds of the allowance that the encoder may take at once.
const WINDOW: u64 = 2;

/// A variant of a still or a film. Of a film these are fragments, as [`recordings::scrub`] makes them.
pub(super) fn vary(bench: &Bench, kind: Kind, shape: &Shape) -> Result<Facts, Stop> {
    match kind {
        Kind::Jpeg | Kind::Png => picture(bench, kind, shape),
        Kind::Mp4 if !shape.blurred => film(bench, shape),
        _ => Err(Stop::refuse(
            RefusalCode::NothingToShow,
            "no variants of this kind",
        )),
    }
}

fn picture(bench: &Bench, kind: Kind, shape: &Shape) -> Result<Facts, Stop> {
    let mut facts = Facts::default();
    let whole = DynamicImage::ImageRgb8(still::over_white(
        &pictures::decode(bench, kind, &mut facts)?.picture,
    ));
    let mut made = if shape.blurred {
        facts.step("blurred");
        blurred(&whole, shape.side)
    } else {
        within(whole, shape.side)
    };
    if let Some(code) = &shape.code {
        plate::burn(&mut made, code)?;
        facts.step("code-burnt-in");
    }
    let bytes = squeezed(&mut made, shape.bytes)?;
    (facts.width, facts.height) = (Some(made.width()), Some(made.height()));
    facts.step("made-smaller");
    let mut out = BufWriter::with_capacity(256 << 10, bench.link.writer(0));
    out.write_all(&bytes)?;
    out.flush()?;
    Ok(facts)
}

/// No side longer than this.
fn within(picture: DynamicImage, side: u32) -> DynamicImage {
    if picture.width().max(picture.height()) <= side {
        return picture;
    }
    // Averaging first, then a smooth step: nearly as good as Lanczos at a fraction of its time.
    let near = if picture.width().max(picture.height()) > side.saturating_mul(2) {
        picture.thumbnail(side * 2, side * 2)
    } else {
        picture
    };
    near.resize(side, side, Resampling::Triangle)
}

/// A few hundred pixels are all that is kept of it; those are blurred and enlarged. What is lost is not hidden, it is gone.
fn blurred(picture: &DynamicImage, side: u32) -> DynamicImage {
    let longer = picture.width().max(picture.height()).max(1);
    let scaled = |of: u32| {
        let pixels = u64::from(of) * u64::from(side.min(longer)) / u64::from(longer);
        u32::try_from(pixels).unwrap_or(side).max(1)
    };
    let (width, height) = (scaled(picture.width()), scaled(picture.height()));
    let few = picture.thumbnail(LEFT, LEFT).into_rgb8();
    let few = imageops::blur(&few, SPREAD);
    let wide = imageops::resize(&few, width, height, Resampling::CatmullRom);
    DynamicImage::ImageRgb8(wide)
}

/// A JPEG of at most so many bytes: by quality first, then by pixels.
fn squeezed(picture: &mut DynamicImage, most: u64) -> Result<Vec<u8>, Stop> {
    for _ in 0..SHRINKS {
        for quality in QUALITIES {
            let mut bytes = Vec::new();
            still::encode_jpeg(picture, &mut bytes, quality)?;
            if bytes.len() as u64 <= most {
                return Ok(bytes);
            }
        }
        let smaller = |side: u32| (side / 5 * 4).max(1);
        *picture = picture.resize(
            smaller(picture.width()),
            smaller(picture.height()),
            Resampling::Triangle,
        );
    }
    Err(Stop::refuse(
        RefusalCode::TooLarge,
        format!("not to be made of at most {most} bytes"),
    ))
}

fn film(bench: &Bench, shape: &Shape) -> Result<Facts, Stop> {
    let mut facts = recordings::facts(bench, Kind::Mp4)?;
    let Some(lasts) = facts.duration_ms.filter(|lasts| *lasts > 0) else {
        return Err(Stop::damaged("a film that says not how long it lasts"));
    };
    let (rate, sound) = rates(shape, lasts)?;
    let side = shape.side.min(sensible(rate));
    recordings::smaller(bench, side, rate, sound)?;
    facts.step("decoded");
    facts.step("made-smaller");
    facts.step("re-encoded");
    Ok(facts)
}

/// Bits a second of picture and of sound, so that all of it fits.
fn rates(shape: &Shape, lasts: u64) -> Result<(u64, u64), Stop> {
    let seconds = lasts.div_ceil(1000) + WINDOW;
    // A few in a hundred go into the container.
    let all = shape.bytes.saturating_mul(8) / 100 * 95 / seconds;
    let sound = if shape.rate.min(all) > 500_000 {
        96_000
    } else {
        32_000
    };
    let rate = all.saturating_sub(sound).min(shape.rate);
    if rate < LEAST_RATE {
        return Err(Stop::refuse(
            RefusalCode::TooLong,
            format!("too long for {} bytes", shape.bytes),
        ));
    }
    Ok((rate, sound))
}

/// The longer side above which so many bits a second show less, not more.
const fn sensible(rate: u64) -> u32 {
    match rate {
        0..=249_999 => 426,
        250_000..=699_999 => 640,
        700_000..=1_499_999 => 960,
        1_500_000..=3_999_999 => 1_280,
        _ => 1_920,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_film_may_take_follows_from_its_length() {
        let shape = Shape {
            bytes: 38_000_000,
            side: 1_280,
            rate: 2_500_000,
            blurred: false,
            code: None,
        };
        assert_eq!(rates(&shape, 60_000).unwrap(), (2_500_000, 96_000));
        let (rate, sound) = rates(&shape, 3_600_000).unwrap();
        assert!(rate < 60_000 && (rate + sound) / 8 * 3_602 < 38_000_000);
        assert!(rates(&shape, 3 * 3_600_000).is_err());
    }

    #[test]
    fn of_a_blurred_picture_a_few_hundred_values_are_left() {
        // A fine pattern that any trace of the original would show.
        let fine = |dark: u8| {
            image::RgbImage::from_fn(960, 640, |x, y| {
                let on = (x / 8 + y / 8) % 2 == 0;
                image::Rgb(if on { [240, 240, 240] } else { [dark, 40, 40] })
            })
        };
        let picture = blurred(&DynamicImage::ImageRgb8(fine(0)), 640).into_rgb8();
        assert_eq!((picture.width(), picture.height()), (640, 426));
        let steps = picture.enumerate_pixels().skip(1).map(|(x, y, pixel)| {
            let before = picture.get_pixel(x.saturating_sub(1), y);
            pixel.0[0].abs_diff(before.0[0])
        });
        assert!(steps.max().unwrap() <= 3, "an edge is left");
        // Two pictures that differ only in what is too fine are the same afterwards, but for the rounding.
        let mut other = fine(0);
        for pixel in other.enumerate_pixels_mut() {
            let (x, y, pixel) = pixel;
            if x % 40 == y % 40 && x % 8 == 0 {
                pixel.0 = [128, 128, 128];
            }
        }
        let other = blurred(&DynamicImage::ImageRgb8(other), 640).into_rgb8();
        let most = picture
            .iter()
            .zip(other.iter())
            .map(|(a, b)| a.abs_diff(*b));
        assert!(most.max().unwrap() <= 8);
    }
}
