//! Pictures of every way a camera is held, files that claim too much, and what a preview must not hold.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage};

use super::*;

/// Red on the left, blue on the right, and some grain.
fn scene(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let grain = u8::try_from((x * 7 + y * 13) % 23).unwrap();
        if x < width / 2 {
            Rgb([200, grain, grain])
        } else {
            Rgb([grain, grain, 200])
        }
    })
}

fn jpeg(scene: &RgbImage) -> Vec<u8> {
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, 90)
        .encode(
            scene,
            scene.width(),
            scene.height(),
            ExtendedColorType::Rgb8,
        )
        .unwrap();
    out
}

/// The same with what cameras write beside it: a place, a name, and how they were held.
fn with_metadata(jpeg: &[u8], turned: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([turned, 0, 0, 0, 0, 0, 0, 0]);
    exif.extend(b"canary-of-the-camera");
    let comment = b"canary-comment";
    let mut out = jpeg[..2].to_vec();
    for (marker, body) in [(0xe1, exif.as_slice()), (0xfe, comment)] {
        out.extend([0xff, marker]);
        out.extend(u16::try_from(body.len() + 2).unwrap().to_be_bytes());
        out.extend(body);
    }
    out.extend(&jpeg[2..]);
    out
}

fn shown(preview: &[u8]) -> RgbImage {
    image::load_from_memory(preview).unwrap().into_rgb8()
}

fn is_red(pixel: &Rgb<u8>) -> bool {
    pixel.0[0] > 150 && pixel.0[2] < 90
}

#[test]
fn a_preview_is_small_upright_and_holds_nothing_but_pixels() {
    for (turned, size, red) in [
        (1, (600, 300), (10, 150)),
        (3, (600, 300), (590, 150)),
        (6, (300, 600), (150, 10)),
        (8, (300, 600), (150, 590)),
        (2, (600, 300), (590, 150)),
        (5, (300, 600), (150, 10)),
        (7, (300, 600), (150, 590)),
    ] {
        let mut file = with_metadata(&jpeg(&scene(1_200, 600)), turned);
        let preview = picture_of(&mut file).unwrap();
        assert!(preview.len() <= PREVIEW_MAX, "{}", preview.len());
        assert!(!preview.windows(6).any(|some| some == b"canary"));
        let shown = shown(&preview);
        assert_eq!(shown.dimensions(), size, "{turned}");
        assert!(is_red(shown.get_pixel(red.0, red.1)), "{turned}");
        let other = (size.0 - 1 - red.0, size.1 - 1 - red.1);
        assert!(!is_red(shown.get_pixel(other.0, other.1)), "{turned}");
        assert!(
            !file.windows(6).any(|some| some == b"canary"),
            "what was beside the pixels is wiped"
        );
    }
}

#[test]
fn a_png_is_shown_over_white() {
    let mut file = Vec::new();
    let clear = image::RgbaImage::from_pixel(900, 450, image::Rgba([10, 20, 30, 0]));
    PngEncoder::new(&mut file)
        .write_image(&clear, 900, 450, ExtendedColorType::Rgba8)
        .unwrap();
    let shown = shown(&picture_of(&mut file).unwrap());
    assert_eq!(shown.dimensions(), (450, 225));
    assert!(shown.get_pixel(100, 100).0.iter().all(|one| *one > 250));
}

#[test]
fn noise_is_made_smaller_until_it_fits() {
    let mut seed = 1_u32;
    let noisy = RgbImage::from_fn(640, 640, |_, _| {
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed.to_be_bytes()[0]
        };
        Rgb([next(), next(), next()])
    });
    let preview = picture_of(&mut jpeg(&noisy)).unwrap();
    assert!(preview.len() <= PREVIEW_MAX);
    assert!(shown(&preview).width() < 640);
}

#[test]
fn what_cannot_be_shown_gets_none() {
    let good = jpeg(&scene(64, 64));
    // A file that claims more pixels than there is memory for.
    let mut vast = good.clone();
    let frame = vast.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    vast[frame + 5..frame + 9].fill(0xff);
    let mut blank = good.clone();
    blank[frame + 5..frame + 9].fill(0);
    let cases = [
        vast,
        blank,
        Vec::new(),
        b"\x89PNG".to_vec(),
        vec![0xff; 500],
        good[..frame].to_vec(),
    ];
    for mut file in cases {
        assert!(picture_of(&mut file).is_none());
    }
    for cut in (0..good.len()).step_by(37) {
        let _ = picture_of(&mut good[..cut].to_vec());
    }
}

#[test]
fn a_watch_looks_at_stills_that_are_not_too_long() {
    let file = jpeg(&scene(800, 800));
    let mut watch = Watch::new("image/jpeg");
    file.chunks(999).for_each(|some| watch.push(some));
    assert_eq!(watch.millis(), None);
    assert!(watch.picture().is_some());
    let mut film = Watch::new("video/mp4");
    film.push(&file);
    assert!(film.picture().is_none());
    let mut long = Watch::new("image/png");
    let mut reader = Cursor::new(vec![0; FILE_MAX + 1]);
    let mut room = vec![0; 1 << 20];
    while let Ok(got @ 1..) = std::io::Read::read(&mut reader, &mut room) {
        long.push(&room[..got]);
    }
    assert!(long.still.is_none());
}

#[test]
fn a_name_says_that_it_is_a_preview() {
    assert_eq!(name_of("IMG_1.jpg"), "IMG_1.preview.jpg");
    assert_eq!(name_of("no ending"), "no ending.preview.jpg");
    assert!(name_of(&"ن".repeat(130)).len() <= formats::dispatch::NAME_MAX);
}

#[test]
fn a_still_takes_the_memory_it_needs_and_every_byte_of_it_is_kept() {
    let picture = jpeg(&scene(1_500, 1_000));
    let mut watch = Watch::new("image/jpeg");
    let reserved = |watch: &Watch| watch.still.as_ref().map(|still| still.capacity());
    assert_eq!(reserved(&watch), Some(0), "nothing before anything came");
    for part in picture.chunks(65_536) {
        watch.push(part);
    }
    assert_eq!(reserved(&watch), Some(FILE_FIRST));
    assert_eq!(watch.still.as_ref().unwrap().as_slice(), picture);
    // As large as is looked at: it grows by doubling up to there and is the same; one byte more is not looked at.
    let mut watch = Watch::new("image/png");
    let large: Vec<u8> = (0..=250).cycle().take(FILE_MAX).collect();
    for part in large.chunks(1_000_003) {
        watch.push(part);
        assert!(reserved(&watch).unwrap() <= FILE_MAX);
    }
    assert_eq!(watch.still.as_ref().unwrap().as_slice(), large);
    watch.push(b"x");
    assert!(watch.still.is_none());
}
