//! Smaller ones, blurred ones, and the code in the corner: read back from what strangers make of a picture.

use std::{
    fs::{self, File},
    io::{Read, Seek, copy},
    path::{Path, PathBuf},
};

use image::{GrayImage, imageops};
use media::{Code, Kind, MediaError, RefusalCode, Scrubbed, Shape};

use crate::{
    inputs::{Inputs, ffmpeg, run, text},
    workshop,
};

const LETTERS: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ-";
const STRIP: &[u8] = include_bytes!("../../assets/letters.png");
const CODE: &str = "7K2M-9QXZ";

fn shape(bytes: u64, side: u32, rate: u64) -> Shape {
    Shape {
        bytes,
        side,
        rate,
        blurred: false,
        code: None,
    }
}

fn keep(inputs: &Inputs, name: &str, made: &mut Scrubbed) -> PathBuf {
    made.output.rewind().unwrap();
    let path = inputs.path(name);
    copy(&mut made.output, &mut File::create(&path).unwrap()).unwrap();
    path
}

/// What an eye makes of the plate in a picture of this size: of each letter the one in the strip that is most like it.
fn read_code(picture: &GrayImage) -> String {
    let (width, height) = (picture.width(), picture.height());
    let letter = (width.max(height) / 56).max(8);
    let (tall, pad) = (letter * 74 / 48, letter / 2);
    let even = |side: u32| side.next_multiple_of(2);
    let plate = (even(letter * 9 + 2 * pad), even(tall + pad));
    let left = (width - plate.0 - pad) / 2 * 2 + pad;
    let top = (height - plate.1 - pad) / 2 * 2 + pad / 2;
    let strip = image::load_from_memory(STRIP).unwrap().into_luma8();
    let masks: Vec<GrayImage> = (0..33)
        .map(|at| {
            let one = imageops::crop_imm(&strip, at * 48, 0, 48, 74).to_image();
            imageops::resize(&one, letter, tall, imageops::FilterType::CatmullRom)
        })
        .collect();
    let likeness = |cell: &GrayImage, mask: &GrayImage| {
        let mean = |of: &GrayImage| {
            of.iter().map(|v| f64::from(*v)).sum::<f64>() / f64::from(letter * tall)
        };
        let (a, b) = (mean(cell), mean(mask));
        let pairs = cell.iter().zip(mask.iter());
        let pairs = pairs.map(|(x, y)| (f64::from(*x) - a, f64::from(*y) - b));
        let (mut both, mut one, mut two) = (0.0, 1e-9, 1e-9);
        for (x, y) in pairs {
            (both, one, two) = (both + x * y, one + x * x, two + y * y);
        }
        both / (one * two).sqrt()
    };
    (0..9)
        .map(|place| {
            let cell = imageops::crop_imm(picture, left + place * letter, top, letter, tall);
            let cell = cell.to_image();
            let best = LETTERS
                .chars()
                .zip(&masks)
                .max_by(|(_, a), (_, b)| likeness(&cell, a).total_cmp(&likeness(&cell, b)));
            best.unwrap().0
        })
        .collect()
}

/// Shrinks to 480 pixels as a messenger does, squeezes hard, and blows it up again.
fn mistreated(inputs: &Inputs, path: &Path, size: (u32, u32)) -> GrayImage {
    let (small, large) = (inputs.path("small.jpg"), inputs.path("large.png"));
    let shrink = "scale=480:480:force_original_aspect_ratio=decrease";
    ffmpeg(
        &[
            "-i",
            text(path),
            "-vf",
            shrink,
            "-frames:v",
            "1",
            "-q:v",
            "12",
        ],
        &small,
    );
    let back = format!("scale={}:{}:flags=bicubic", size.0, size.1);
    ffmpeg(
        &["-i", text(&small), "-vf", &back, "-frames:v", "1"],
        &large,
    );
    image::open(large).unwrap().into_luma8()
}

#[test]
fn the_code_is_read_from_a_picture_that_was_shrunk_and_squeezed() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    for (name, size) in [
        ("a.jpg", "2400x1600"),
        ("b.png", "1080x1920"),
        ("c.jpg", "640x480"),
    ] {
        let source = inputs.picture(name, size);
        for code in [CODE, "0BD8-5S6G", "VYT1-JHNW"] {
            let code = Code::new(code).unwrap();
            let mut file = File::open(&source).unwrap();
            let mut made = workshop.scrub_with(&mut file, Some(&code)).unwrap();
            assert!(made.report.steps.iter().any(|step| step == "code-burnt-in"));
            let size = (made.width.unwrap(), made.height.unwrap());
            let path = keep(&inputs, "burnt", &mut made);
            let seen = mistreated(&inputs, &path, size);
            assert_eq!(read_code(&seen), code.as_str(), "{name}");
        }
    }
    // Without one the corner is as it was.
    let mut file = File::open(inputs.picture("a.jpg", "640x480")).unwrap();
    let mut plain = workshop.scrub(&mut file).unwrap();
    let path = keep(&inputs, "plain", &mut plain);
    assert_ne!(read_code(&mistreated(&inputs, &path, (640, 480))), CODE);
}

#[test]
fn the_code_is_in_every_frame_of_a_film_and_in_its_variants() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    let source = inputs.clip("clip.mp4", "1280x720", "4");
    let code = Code::new(CODE).unwrap();
    let mut file = File::open(source).unwrap();
    let mut made = workshop.scrub_with(&mut file, Some(&code)).unwrap();
    let lasts = made.duration_ms.unwrap();
    assert!((3_900..4_200).contains(&lasts), "{lasts}");
    let mut small = workshop
        .vary(&mut made.output, &shape(200_000, 426, 200_000))
        .unwrap();
    assert!(small.output.length() <= 200_000);
    assert_eq!((small.width, small.height), (Some(426), Some(240)));
    for (name, film) in [("whole.mp4", &mut made), ("small.mp4", &mut small)] {
        let path = keep(&inputs, name, film);
        for at in ["0", "2", "3.8"] {
            let frame = inputs.path("frame.png");
            ffmpeg(
                &[
                    "-ss",
                    at,
                    "-i",
                    text(&path),
                    "-frames:v",
                    "1",
                    "-vf",
                    "scale=1280:720:flags=bicubic",
                ],
                &frame,
            );
            let frame = image::open(frame).unwrap().into_luma8();
            assert_eq!(read_code(&frame), CODE, "{name} at {at}");
        }
        let said = run("exiftool", &["-G1", "-a", "-s", text(&path)]);
        let said = String::from_utf8(said).unwrap();
        for word in ["GPS", "Lavc", "Lavf", "Comment", "Encoder  "] {
            assert!(!said.contains(word), "{name}: {said}");
        }
        let mut head = [0; 40];
        File::open(&path).unwrap().read_exact(&mut head).unwrap();
        assert_eq!(&head[36..40], b"moov", "the index comes first");
    }
}

#[test]
fn a_picture_comes_in_less_bytes_and_pixels_upright_and_the_same_each_time() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    let source = inputs.picture("wide.jpg", "3000x2000");
    run(
        "exiftool",
        &[
            "-q",
            "-overwrite_original",
            "-n",
            "-Orientation=6",
            "-Make=Acme",
            text(&source),
        ],
    );
    let mut scrubbed = workshop.scrub(&mut File::open(source).unwrap()).unwrap();
    assert_eq!(
        (scrubbed.width, scrubbed.height),
        (Some(2_000), Some(3_000))
    );
    let shape = shape(150_000, 1_024, 0);
    let mut one = workshop.vary(&mut scrubbed.output, &shape).unwrap();
    let mut two = workshop.vary(&mut scrubbed.output, &shape).unwrap();
    assert!(one.output.length() <= 150_000);
    assert_eq!(one.kind, Kind::Jpeg);
    let (width, height) = (one.width.unwrap(), one.height.unwrap());
    assert!(height <= 1_024 && height > width, "{width} by {height}");
    let (one, two) = (
        keep(&inputs, "one.jpg", &mut one),
        keep(&inputs, "two.jpg", &mut two),
    );
    assert_eq!(fs::read(&one).unwrap(), fs::read(two).unwrap());
    let said = String::from_utf8(run("exiftool", &["-a", "-s", text(&one)])).unwrap();
    assert!(
        !said.contains("Acme") && !said.contains("Orientation"),
        "{said}"
    );
}

#[test]
fn nothing_can_be_made_out_in_a_blurred_still_but_its_code() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    let source = inputs.picture("seen.jpg", "1600x1200");
    let mut scrubbed = workshop.scrub(&mut File::open(source).unwrap()).unwrap();
    let mut asked = shape(90_000, 640, 0);
    (asked.blurred, asked.code) = (true, Code::new(CODE));
    let mut made = workshop.vary(&mut scrubbed.output, &asked).unwrap();
    assert_eq!((made.width, made.height), (Some(640), Some(480)));
    let path = keep(&inputs, "blurred.jpg", &mut made);
    let seen = image::open(&path).unwrap().into_luma8();
    assert_eq!(read_code(&seen), CODE);
    // Away from the plate no two neighbours differ by more than a soft slope.
    let steps = (1..640).flat_map(|x| (0..400).map(move |y| (x, y)));
    let most = steps.map(|(x, y)| {
        let (a, b) = (seen.get_pixel(x - 1, y).0[0], seen.get_pixel(x, y).0[0]);
        a.abs_diff(b)
    });
    assert!(most.max().unwrap() <= 16);
    // A film is not blurred: its still is.
    let clip = inputs.clip("clip.mp4", "320x240", "1");
    let mut film = workshop.scrub(&mut File::open(clip).unwrap()).unwrap();
    let refused = workshop.vary(&mut film.output, &asked);
    assert!(matches!(refused, Err(MediaError::Refused(_))));
}

#[test]
fn a_film_fits_its_bytes_or_is_refused_in_plain_words() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    // Noise: no encoder can foresee what it takes.
    let source = inputs.path("noise.mp4");
    let noise = "nullsrc=s=640x360:r=25:d=6,geq=random(1)*255:128:128";
    ffmpeg(
        &[
            "-f",
            "lavfi",
            "-i",
            noise,
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-pix_fmt",
            "yuv420p",
        ],
        &source,
    );
    let mut scrubbed = workshop.scrub(&mut File::open(source).unwrap()).unwrap();
    for bytes in [600_000, 200_000] {
        let made = workshop
            .vary(&mut scrubbed.output, &shape(bytes, 1_280, 2_500_000))
            .unwrap();
        assert!(
            made.output.length() <= bytes,
            "{} of {bytes}",
            made.output.length()
        );
    }
    let refused = workshop.vary(&mut scrubbed.output, &shape(9_000, 426, 200_000));
    let Err(MediaError::Refused(refusal)) = refused else {
        panic!("a film of nine thousand bytes");
    };
    assert_eq!(refusal.code, RefusalCode::TooLong);
}
