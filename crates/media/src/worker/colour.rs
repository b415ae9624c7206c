//! Colour profiles, applied and then dropped.
//!
//! A profile can name a device, so none is published; but phones take pictures in wider colours than the web assumes, and a picture whose
//! profile is simply dropped looks dull. So colours are brought to sRGB, which needs no profile.

use image::DynamicImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// Brings a picture from the colours of `profile` to sRGB; `None` when the profile is no use (not RGB, broken): the picture is then
/// taken as sRGB, as a viewer without colour management would.
pub(super) fn to_srgb(picture: &DynamicImage, profile: &[u8]) -> Option<DynamicImage> {
    let source = ColorProfile::new_from_slice(profile).ok()?;
    if source.color_space != DataColorSpace::Rgb || !picture.color().has_color() {
        return None;
    }
    let target = ColorProfile::new_srgb();
    if picture.color().has_alpha() {
        let mut pixels = picture.to_rgba8();
        apply(&source, &target, Layout::Rgba, 4, &mut pixels)?;
        Some(DynamicImage::ImageRgba8(pixels))
    } else {
        let mut pixels = picture.to_rgb8();
        apply(&source, &target, Layout::Rgb, 3, &mut pixels)?;
        Some(DynamicImage::ImageRgb8(pixels))
    }
}

fn apply(
    source: &ColorProfile,
    target: &ColorProfile,
    layout: Layout,
    samples: usize,
    pixels: &mut [u8],
) -> Option<()> {
    let transform = source
        .create_transform_8bit(layout, target, layout, TransformOptions::default())
        .ok()?;
    // In strips, so that no second picture is held.
    let mut before = Vec::new();
    for strip in pixels.chunks_mut(samples * 65_536) {
        before.clear();
        before.extend_from_slice(strip);
        transform.transform(&before, strip).ok()?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_colours_are_brought_to_srgb() {
        let wide = ColorProfile::new_display_p3().encode().unwrap();
        let picture = DynamicImage::ImageRgb8(image::RgbImage::from_pixel(
            3,
            2,
            image::Rgb([200, 100, 50]),
        ));
        let new = to_srgb(&picture, &wide).unwrap().to_rgb8();
        // The same colour needs more red and less blue in the narrower space.
        let [red, green, blue] = new.get_pixel(1, 1).0;
        assert!(
            red > 205 && green < 100 && blue < 50,
            "{red} {green} {blue}"
        );
        assert!(to_srgb(&picture, b"no profile").is_none());
        let same = to_srgb(&picture, &ColorProfile::new_srgb().encode().unwrap())
            .unwrap()
            .to_rgb8();
        assert!(
            same.get_pixel(0, 0)
                .0
                .iter()
                .zip([200_u8, 100, 50])
                .all(|(new, old)| new.abs_diff(old) <= 1)
        );
    }
}
