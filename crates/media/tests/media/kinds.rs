//! Each kind of file through probe, preview and scrub: sizes, turns, what plays.

use std::{fs::File, path::Path};

use media::{FindingCode, Kind, Output, Probe, Scrubbed, Workshop};

use crate::{
    inputs::{Inputs, exiftool, ffmpeg, run, text},
    workshop,
};

fn open(path: &Path) -> File {
    File::open(path).unwrap()
}

fn probe(workshop: &Workshop, path: &Path) -> Probe {
    let probe = workshop.probe(&mut open(path)).unwrap();
    assert_eq!(probe.trouble, None);
    probe
}

fn scrub(workshop: &Workshop, path: &Path) -> Scrubbed {
    workshop.scrub(&mut open(path)).unwrap()
}

fn bytes(output: &mut Output) -> Vec<u8> {
    output.to_vec(1 << 30).unwrap()
}

fn bytes_of(scrubbed: &mut Scrubbed) -> Vec<u8> {
    bytes(&mut scrubbed.output)
}

fn size_of_jpeg(jpeg: &[u8]) -> (u32, u32) {
    let picture = image::load_from_memory_with_format(jpeg, image::ImageFormat::Jpeg).unwrap();
    (picture.width(), picture.height())
}

#[test]
fn jpeg_is_turned_upright_and_written_anew() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    let path = inputs.picture("a.jpg", "640x480");
    exiftool(
        &[
            "-Orientation#=6",
            "-GPSLatitude=33.5",
            "-GPSLatitudeRef=N",
            "-Make=CameraMaker",
        ],
        &path,
    );
    let probe = probe(&workshop, &path);
    assert_eq!(
        (probe.kind, probe.width, probe.height),
        (Some(Kind::Jpeg), Some(480), Some(640))
    );
    for code in [
        FindingCode::Location,
        FindingCode::Device,
        FindingCode::Orientation,
    ] {
        assert!(
            probe.findings.iter().any(|finding| finding.code == code),
            "{code:?} in {:?}",
            probe.findings
        );
    }
    let mut scrubbed = scrub(&workshop, &path);
    assert_eq!(
        (scrubbed.kind, scrubbed.width, scrubbed.height),
        (Kind::Jpeg, Some(480), Some(640))
    );
    assert_eq!(size_of_jpeg(&bytes(&mut scrubbed.output)), (480, 640));
    assert_eq!(scrubbed.report.left, []);
    assert_eq!(scrubbed.report.removed, probe.findings);
    assert!(scrubbed.report.steps.contains(&"turned-upright".to_owned()));
    let mut preview = workshop.preview(&mut open(&path)).unwrap();
    assert_eq!(size_of_jpeg(&bytes(&mut preview.poster)), (480, 640));
    assert!(preview.proxy.is_none() && preview.pages.is_empty());
}

#[test]
fn equal_input_gives_equal_output() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    for path in [
        inputs.picture("a.jpg", "320x240"),
        inputs.picture("a.png", "320x240"),
        inputs.clip("a.mp4", "320x240", "1"),
        inputs.sound("a.mp3", "1"),
    ] {
        let first = bytes(&mut scrub(&workshop, &path).output);
        assert!(
            first == bytes(&mut scrub(&workshop, &path).output),
            "{path:?}"
        );
    }
}

#[test]
fn png_keeps_its_pixels_and_loses_hidden_ones() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    let mut picture = image::RgbaImage::from_pixel(64, 32, image::Rgba([10, 200, 30, 255]));
    for x in 0..32 {
        picture.put_pixel(x, 0, image::Rgba([77, 66, 55, 0]));
    }
    let path = inputs.path("a.png");
    picture.save(&path).unwrap();
    let mut scrubbed = scrub(&workshop, &path);
    let new =
        image::load_from_memory_with_format(&bytes(&mut scrubbed.output), image::ImageFormat::Png)
            .unwrap()
            .to_rgba8();
    assert_eq!(new.get_pixel(3, 3), picture.get_pixel(3, 3));
    assert_eq!(new.get_pixel(3, 0).0, [0; 4]);
    assert!(
        scrubbed
            .report
            .removed
            .iter()
            .any(|finding| finding.code == FindingCode::HiddenContent)
    );
}

#[test]
fn video_plays_and_is_rebuilt() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    let path = inputs.clip("a.mp4", "1920x1080", "3");
    let probe = probe(&workshop, &path);
    assert_eq!(
        (probe.kind, probe.width, probe.height),
        (Some(Kind::Mp4), Some(1920), Some(1080))
    );
    assert_eq!(probe.streams, ["h264", "aac"]);
    assert!(
        probe
            .findings
            .iter()
            .any(|finding| finding.value.contains("x264 - core")),
        "{:?}",
        probe.findings
    );

    let mut preview = workshop.preview(&mut open(&path)).unwrap();
    assert_eq!(size_of_jpeg(&bytes(&mut preview.poster)), (1280, 720));
    let mut proxy = preview.proxy.unwrap();
    let proxied = inputs.write("proxy.mp4", &bytes(&mut proxy.output));
    assert_eq!(stream_facts(&proxied), "h264,1280,720 aac");

    let mut scrubbed = scrub(&workshop, &path);
    assert_eq!(
        (scrubbed.kind, scrubbed.width, scrubbed.height),
        (Kind::Mp4, Some(1920), Some(1080))
    );
    let new = inputs.write("new.mp4", &bytes(&mut scrubbed.output));
    assert_eq!(stream_facts(&new), "h264,1920,1080 aac");
    assert!(
        (2950..3150).contains(&scrubbed.duration_ms.unwrap()),
        "{:?}",
        scrubbed.duration_ms
    );
    assert_eq!(scrubbed.report.left, []);
    // Every frame is there, in time, and looks as before.
    assert_eq!(frames(&path), frames(&new));
    assert!(likeness(&path, &new) > 30.0);
    run(
        "ffmpeg",
        &[
            "-v",
            "error",
            "-xerror",
            "-i",
            text(&new),
            "-f",
            "null",
            "-",
        ],
    );
}

#[test]
fn quicktime_is_turned_upright() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    let straight = inputs.clip("straight.mp4", "640x360", "1");
    let path = inputs.path("a.mov");
    ffmpeg(
        &[
            "-i",
            text(&straight),
            "-c",
            "copy",
            "-metadata:s:v",
            "rotate=90",
            "-metadata",
            "location=+33.5138+036.2765/",
        ],
        &path,
    );
    let probe = probe(&workshop, &path);
    assert_eq!(
        (probe.kind, probe.width, probe.height),
        (Some(Kind::Mov), Some(360), Some(640))
    );
    assert!(
        probe
            .findings
            .iter()
            .any(|finding| finding.code == FindingCode::Location),
        "{:?}",
        probe.findings
    );
    let mut scrubbed = scrub(&workshop, &path);
    let new = inputs.write("new.mp4", &bytes(&mut scrubbed.output));
    assert_eq!(stream_facts(&new), "h264,360,640 aac");
    assert!(scrubbed.report.steps.contains(&"turned-upright".to_owned()));
}

#[test]
fn video_without_sound_and_with_odd_sides() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    let path = inputs.path("a.mp4");
    ffmpeg(
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=321x241:rate=25:duration=1",
            "-c:v",
            "libx264",
            "-pix_fmt",
            "yuv444p",
        ],
        &path,
    );
    let mut scrubbed = scrub(&workshop, &path);
    let new = inputs.write("new.mp4", &bytes(&mut scrubbed.output));
    assert_eq!(stream_facts(&new), "h264,320,240");
    assert_eq!(frames(&new), 25);
    assert!(workshop.preview(&mut open(&path)).unwrap().proxy.is_some());
}

#[test]
fn a_clip_cut_short_is_still_a_clip_and_says_so() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    let path = inputs.path("a.mp4");
    let clip = inputs.clip("clip.mp4", "320x240", "3");
    ffmpeg(
        &["-i", text(&clip), "-c", "copy", "-movflags", "+faststart"],
        &path,
    );
    let bytes = std::fs::read(&path).unwrap();
    let cut = inputs.write("cut.mp4", &bytes[..bytes.len() * 2 / 3]);
    let mut scrubbed = scrub(&workshop, &cut);
    assert!(
        scrubbed
            .report
            .steps
            .contains(&"parts-could-not-be-read".to_owned())
    );
    let new = inputs.write("new.mp4", &bytes_of(&mut scrubbed));
    assert!((40..90).contains(&frames(&new)));
    let whole = scrub(&workshop, &path);
    assert!(
        !whole
            .report
            .steps
            .contains(&"parts-could-not-be-read".to_owned())
    );
}

#[test]
fn sound_alone_in_a_container() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    let path = inputs.path("a.m4a");
    ffmpeg(
        &["-f", "lavfi", "-i", "sine=duration=2", "-c:a", "aac"],
        &path,
    );
    let probe = probe(&workshop, &path);
    assert_eq!((probe.kind, probe.width), (Some(Kind::Mp4), None));
    let mut scrubbed = scrub(&workshop, &path);
    let new = inputs.write("new.mp4", &bytes_of(&mut scrubbed));
    assert_eq!(stream_facts(&new), "aac");
    let mut preview = workshop.preview(&mut open(&path)).unwrap();
    assert_eq!(size_of_jpeg(&bytes(&mut preview.poster)), (1280, 320));
}

#[test]
fn ten_bit_hevc_of_a_phone_becomes_plain_h264() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    let path = inputs.path("a.mov");
    let arguments = "-f lavfi -i testsrc2=size=320x240:rate=30:duration=1 -c:v libx265 -x265-params log-level=none -pix_fmt yuv420p10le \
        -color_primaries bt2020 -color_trc arib-std-b67 -colorspace bt2020nc -tag:v hvc1";
    ffmpeg(&arguments.split_whitespace().collect::<Vec<_>>(), &path);
    assert_eq!(probe(&workshop, &path).streams, ["hevc"]);
    let mut scrubbed = scrub(&workshop, &path);
    let new = inputs.write("new.mp4", &bytes_of(&mut scrubbed));
    assert_eq!(stream_facts(&new), "h264,320,240");
    assert_eq!(frames(&new), 30);
}

#[test]
fn a_picture_in_wide_colours_is_brought_to_srgb() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    let path = inputs.picture("a.jpg", "64x48");
    let profile = inputs.write(
        "p3.icc",
        &moxcms::ColorProfile::new_display_p3().encode().unwrap(),
    );
    exiftool(&[&format!("-ICC_Profile<={}", text(&profile))], &path);
    let scrubbed = scrub(&workshop, &path);
    assert!(
        scrubbed
            .report
            .steps
            .contains(&"colours-brought-to-srgb".to_owned()),
        "{:?}",
        scrubbed.report
    );
}

#[test]
fn heic_of_several_tiles_becomes_one_jpeg() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    let path = inputs.heic("a.heic", "1600x1200");
    let probe = probe(&workshop, &path);
    assert_eq!(
        (probe.kind, probe.width, probe.height),
        (Some(Kind::Heic), Some(1600), Some(1200))
    );
    let mut scrubbed = scrub(&workshop, &path);
    assert_eq!((scrubbed.kind, scrubbed.mime), (Kind::Jpeg, "image/jpeg"));
    assert_eq!(size_of_jpeg(&bytes(&mut scrubbed.output)), (1600, 1200));
    let mut preview = workshop.preview(&mut open(&path)).unwrap();
    assert_eq!(size_of_jpeg(&bytes(&mut preview.poster)), (1280, 960));
}

#[test]
fn a_heic_is_turned_by_its_container_alone() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    let path = inputs.heic("a.heic", "640x480");
    exiftool(&["-Orientation#=6"], &path);
    // The property that says how many bits a pixel has becomes one that says: turn by 270 degrees.
    let mut file = std::fs::read(&path).unwrap();
    let bits = file.windows(4).position(|name| name == b"pixi").unwrap();
    file[bits..bits + 5].copy_from_slice(b"irot\x03");
    let path = inputs.write("turned.heic", &file);
    let probe = probe(&workshop, &path);
    assert_eq!((probe.width, probe.height), (Some(480), Some(640)));
    let mut scrubbed = scrub(&workshop, &path);
    // Turned once: obeying the mark in the EXIF block as well would lay it down again.
    assert_eq!(size_of_jpeg(&bytes_of(&mut scrubbed)), (480, 640));
}

#[test]
fn sound_is_encoded_anew_with_a_waveform() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    let path = inputs.sound("a.mp3", "4");
    let probe = probe(&workshop, &path);
    assert_eq!(probe.kind, Some(Kind::Mp3));
    assert!(
        (3900..4200).contains(&probe.duration_ms.unwrap()),
        "{probe:?}"
    );
    let mut preview = workshop.preview(&mut open(&path)).unwrap();
    assert_eq!(size_of_jpeg(&bytes(&mut preview.poster)), (1280, 320));
    assert_eq!(preview.proxy.unwrap().mime, "audio/mpeg");
    let mut scrubbed = scrub(&workshop, &path);
    let new = inputs.write("new.mp3", &bytes(&mut scrubbed.output));
    assert_eq!(stream_facts(&new), "mp3");
    assert!(
        scrubbed
            .report
            .left
            .iter()
            .all(|finding| finding.code == FindingCode::EncoderTrace)
    );
}

#[test]
fn a_document_becomes_pictures_of_its_pages() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    let path = inputs.document("a.pdf");
    let probe = probe(&workshop, &path);
    assert_eq!((probe.kind, probe.pages), (Some(Kind::Pdf), Some(2)));
    let mut preview = workshop.preview(&mut open(&path)).unwrap();
    assert_eq!(preview.pages.len(), 2);
    assert_eq!(size_of_jpeg(&bytes(&mut preview.poster)), (680, 880));
    let mut scrubbed = scrub(&workshop, &path);
    let new = inputs.write("new.pdf", &bytes(&mut scrubbed.output));
    let info = String::from_utf8(run("pdfinfo", &[text(&new)])).unwrap();
    assert!(
        info.contains("Pages:           2") && info.contains("612 x 792"),
        "{info}"
    );
    run("qpdf", &["--check", text(&new)]);
    // The page looks as before.
    for file in [&path, &new] {
        let stem = file.with_extension("");
        run(
            "pdftoppm",
            &["-r", "50", "-png", "-singlefile", text(file), text(&stem)],
        );
    }
    assert!(likeness(&inputs.path("a.png"), &inputs.path("new.png")) > 25.0);
}

fn stream_facts(path: &Path) -> String {
    let words = run(
        "ffprobe",
        &[
            "-v",
            "error",
            "-of",
            "csv=p=0",
            "-show_entries",
            "stream=codec_name,width,height",
            text(path),
        ],
    );
    String::from_utf8(words)
        .unwrap()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn frames(path: &Path) -> u32 {
    let words = run(
        "ffprobe",
        &[
            "-v",
            "error",
            "-count_frames",
            "-select_streams",
            "v",
            "-of",
            "csv=p=0",
            "-show_entries",
            "stream=nb_read_frames",
            text(path),
        ],
    );
    String::from_utf8(words).unwrap().trim().parse().unwrap()
}

/// Peak signal to noise, decibels.
fn likeness(one: &Path, other: &Path) -> f64 {
    let arguments = [
        "-nostdin",
        "-hide_banner",
        "-i",
        text(one),
        "-i",
        text(other),
        "-lavfi",
        "[0:v][1:v]psnr",
        "-f",
        "null",
        "-",
    ];
    let output = std::process::Command::new("ffmpeg")
        .args(arguments)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let average = words
        .rsplit("average:")
        .next()
        .and_then(|rest| rest.split_whitespace().next())
        .unwrap();
    if average == "inf" {
        100.0
    } else {
        average.parse().unwrap_or_else(|_| panic!("{words}"))
    }
}
