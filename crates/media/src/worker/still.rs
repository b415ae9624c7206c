//! Pictures as pixels: decoding with limits, turning upright, encoding anew.

use std::io::{BufRead, Seek, Write};

use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, ImageError, ImageFormat,
    ImageReader, Limits as PixelLimits,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
    },
    error::LimitErrorKind,
    imageops::FilterType as Resampling,
    metadata::Orientation,
};

use super::{Stop, colour};
use crate::{Limits, RefusalCode};

/// Longest side of a preview.
const PREVIEW_SIDE: u32 = 1280;
const PUBLISHED_QUALITY: u8 = 90;
const PREVIEW_QUALITY: u8 = 80;

/// A decoded picture, upright.
pub(super) struct Still {
    pub(super) picture: DynamicImage,
    /// Whether it had to be turned.
    pub(super) turned: bool,
    /// Whether its colours were brought to sRGB.
    pub(super) recoloured: bool,
}

/// Decodes and, when `obey_orientation`, turns it upright as its own mark says.
pub(super) fn decode(
    reader: impl BufRead + Seek,
    format: ImageFormat,
    limits: &Limits,
    obey_orientation: bool,
) -> Result<Still, Stop> {
    let mut decoder = decoder(reader, format, limits)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(refusal)?;
    let recoloured = profile.and_then(|profile| colour::to_srgb(&picture, &profile));
    let was_recoloured = recoloured.is_some();
    if let Some(recoloured) = recoloured {
        picture = recoloured;
    }
    let turned = obey_orientation && orientation != Orientation::NoTransforms;
    if turned {
        picture.apply_orientation(orientation);
    }
    Ok(Still {
        picture,
        turned,
        recoloured: was_recoloured,
    })
}

fn decoder<'a>(
    reader: impl BufRead + Seek + 'a,
    format: ImageFormat,
    limits: &Limits,
) -> Result<impl ImageDecoder + 'a, Stop> {
    let mut reader = ImageReader::with_format(reader, format);
    let mut bounds = PixelLimits::default();
    bounds.max_image_width = Some(limits.side);
    bounds.max_image_height = Some(limits.side);
    bounds.max_alloc = Some(limits.memory / 2);
    reader.limits(bounds);
    let decoder = reader.into_decoder().map_err(refusal)?;
    let (width, height) = decoder.dimensions();
    within(width, height, limits)?;
    Ok(decoder)
}

/// Refuses what has too many pixels.
pub(super) fn within(width: u32, height: u32, limits: &Limits) -> Result<(), Stop> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(Stop::refuse(
            RefusalCode::NothingToShow,
            "a picture without pixels",
        ));
    }
    if pixels > limits.still_pixels || width > limits.side || height > limits.side {
        return Err(Stop::refuse(
            RefusalCode::TooManyPixels,
            format!("{width} by {height}"),
        ));
    }
    Ok(())
}

fn refusal(error: ImageError) -> Stop {
    match error {
        ImageError::Limits(limit) => match limit.kind() {
            LimitErrorKind::InsufficientMemory => {
                Stop::refuse(RefusalCode::ToolMemory, "the picture wants too much memory")
            }
            _ => Stop::refuse(
                RefusalCode::TooManyPixels,
                "the picture is over the size limits",
            ),
        },
        ImageError::IoError(error) => error.into(),
        other => Stop::damaged(other.to_string()),
    }
}

/// A new JPEG from pixels: baseline, with a JFIF header and nothing else.
pub(super) fn write_jpeg(picture: &DynamicImage, out: impl Write) -> Result<(), Stop> {
    encode_jpeg(picture, out, PUBLISHED_QUALITY)
}

pub(super) fn encode_jpeg(
    picture: &DynamicImage,
    out: impl Write,
    quality: u8,
) -> Result<(), Stop> {
    let mut encoder = JpegEncoder::new_with_quality(out, quality);
    let done = match picture {
        DynamicImage::ImageLuma8(_) => encoder.encode_image(picture),
        _ => encoder.encode_image(&over_white(picture)),
    };
    done.map_err(refusal)
}

/// JPEG has no transparency. What was see-through becomes white: the colours beneath are not shown by any viewer.
pub(super) fn over_white(picture: &DynamicImage) -> image::RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let flat = picture.to_rgba8();
    image::RgbImage::from_fn(flat.width(), flat.height(), |x, y| {
        let [red, green, blue, alpha] = flat.get_pixel(x, y).0;
        let mix = |colour: u8| {
            let sum = u32::from(colour) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
            u8::try_from(sum / 255).unwrap_or(u8::MAX)
        };
        image::Rgb([mix(red), mix(green), mix(blue)])
    })
}

/// Whether fully transparent pixels hide colours beneath.
pub(super) fn hides_colours(picture: &DynamicImage) -> bool {
    picture.color().has_alpha()
        && picture
            .to_rgba8()
            .pixels()
            .any(|pixel| pixel.0[3] == 0 && pixel.0 != [0; 4])
}

/// A new PNG from pixels: 8 bits, one image, no chunk beside the picture; what is fully transparent is emptied of colour.
pub(super) fn write_png(picture: &DynamicImage, out: impl Write) -> Result<(), Stop> {
    let encoder = PngEncoder::new_with_quality(out, CompressionType::Default, FilterType::Adaptive);
    let (width, height) = (picture.width(), picture.height());
    let done = if picture.color().has_alpha() {
        let mut pixels = picture.to_rgba8();
        for pixel in pixels.pixels_mut().filter(|pixel| pixel.0[3] == 0) {
            pixel.0 = [0; 4];
        }
        encoder.write_image(&pixels, width, height, ExtendedColorType::Rgba8)
    } else if picture.color().has_color() {
        encoder.write_image(&picture.to_rgb8(), width, height, ExtendedColorType::Rgb8)
    } else {
        encoder.write_image(&picture.to_luma8(), width, height, ExtendedColorType::L8)
    };
    done.map_err(refusal)
}

/// A preview JPEG, at most [`PREVIEW_SIDE`] a side.
pub(super) fn write_preview(picture: &DynamicImage, out: impl Write) -> Result<(), Stop> {
    if picture.width().max(picture.height()) <= PREVIEW_SIDE {
        return encode_jpeg(picture, out, PREVIEW_QUALITY);
    }
    let flat = DynamicImage::ImageRgb8(over_white(picture));
    // Averaging first, then a smooth step: nearly as good as Lanczos at a fraction of its time.
    let small = flat.thumbnail(PREVIEW_SIDE * 2, PREVIEW_SIDE * 2).resize(
        PREVIEW_SIDE,
        PREVIEW_SIDE,
        Resampling::Triangle,
    );
    encode_jpeg(&small, out, PREVIEW_QUALITY)
}
