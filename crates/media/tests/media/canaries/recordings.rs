//! MP4 and QuickTime.

use std::{fs, path::PathBuf};

use media::{FindingCode, Kind};

use super::{Canaries, jpeg::small};
use crate::inputs::{Inputs, exiftool, ffmpeg, text};

fn boxed(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [
        &u32::try_from(body.len() + 8).unwrap().to_be_bytes()[..],
        name,
        body,
    ]
    .concat()
}

/// A clip with marks in streams, tags, tracks, messages between frames and boxes of its own.
fn planted(inputs: &Inputs, canaries: &mut Canaries, ending: &str) -> PathBuf {
    let clip = inputs.clip("clip.mp4", "320x240", "2");
    let subtitles = format!(
        "1\n00:00:00,000 --> 00:00:02,000\n{}\n",
        canaries.mark("subtitle")
    );
    let subtitles = inputs.write("a.srt", subtitles.as_bytes());
    // QuickTime has no cover pictures.
    let mp4 = ending == "mp4";
    let cover =
        mp4.then(|| inputs.write("cover.jpg", &small(inputs, &canaries.mark("cover picture"))));
    let chapters = format!(
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1500\ntitle={}\n",
        canaries.mark("chapter")
    );
    let chapters = inputs.write("chapters.txt", chapters.as_bytes());
    let message = format!(
        "h264_metadata=sei_user_data=086f3693-b7b3-4f2c-9653-21492feee5b8+{}",
        canaries.mark("message between frames")
    );
    let mut words: Vec<String> = [
        "-i",
        text(&clip),
        "-i",
        text(&subtitles),
        "-i",
        text(&chapters),
    ]
    .map(str::to_owned)
    .to_vec();
    if let Some(cover) = &cover {
        words.extend(
            [
                "-i",
                text(cover),
                "-map",
                "0:v",
                "-map",
                "3",
                "-disposition:v:1",
                "attached_pic",
            ]
            .map(str::to_owned),
        );
    } else {
        words.extend(["-map", "0:v"].map(str::to_owned));
    }
    words.extend(
        [
            "-map",
            "0:a",
            "-map",
            "0:a",
            "-map",
            "1",
            "-map_chapters",
            "2",
            "-c",
            "copy",
            "-c:s",
            "mov_text",
        ]
        .map(str::to_owned),
    );
    words.extend(["-bsf:v:0", &message, "-timecode", "01:02:03:04"].map(str::to_owned));
    for tag in ["title", "artist", "comment", "date", "copyright"] {
        words.extend([
            "-metadata".to_owned(),
            format!("{tag}={}", canaries.mark(tag)),
        ]);
    }
    let names = [
        ("v:0", "name of the picture track"),
        ("a:0", "name of the sound track"),
        ("a:1", "name of a second sound track"),
    ];
    for (stream, place) in names {
        words.extend([
            format!("-metadata:s:{stream}"),
            format!("handler_name={}", canaries.mark(place)),
        ]);
    }
    let path = inputs.path(&format!("a.{ending}"));
    ffmpeg(&words.iter().map(String::as_str).collect::<Vec<_>>(), &path);
    let tags = [
        "XMP-dc:Creator",
        "XMP-xmpMM:DocumentID",
        "Keys:Make",
        "Keys:Model",
        "Keys:Software",
    ];
    let words: Vec<String> = tags
        .into_iter()
        .map(|tag| format!("-{tag}={}", canaries.mark(tag)))
        .collect();
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.extend([
        "-Keys:GPSCoordinates=33.5138, 36.2765, 700",
        "-QuickTime:CreateDate=2026:11:22 09:30:00",
        "-UserData:GPSCoordinates=33.5138, 36.2765, 700",
    ]);
    exiftool(&words, &path);

    let mut bytes = fs::read(&path).unwrap();
    name_of_compressor(&mut bytes, &canaries.mark("name of the compressor"));
    bytes.extend(boxed(b"free", canaries.mark("free box").as_bytes()));
    bytes.extend(boxed(
        b"uuid",
        format!("0123456789abcdef{}", canaries.mark("uuid box")).as_bytes(),
    ));
    bytes.extend(boxed(
        b"mdat",
        canaries.mark("data that no track refers to").as_bytes(),
    ));
    bytes.extend(boxed(
        b"gps0",
        canaries.mark("a camera maker's box").as_bytes(),
    ));
    bytes.extend(boxed(
        b"meta",
        format!("\0\0\0\0{}", canaries.mark("meta box")).as_bytes(),
    ));
    bytes.extend([0xFF; 8]);
    bytes.extend(canaries.mark("after the last box").bytes());
    inputs.write(&format!("planted.{ending}"), &bytes)
}

/// The sample entry has a field of 32 bytes for it, 42 bytes after its own name.
fn name_of_compressor(bytes: &mut [u8], mark: &str) {
    let entry = bytes
        .windows(4)
        .position(|window| window == b"avc1")
        .unwrap();
    // The first is in the list of brands when there is one there; the entry's is followed by six zero bytes.
    let entry = (entry..bytes.len())
        .find(|at| bytes[*at..].starts_with(b"avc1\0\0\0\0\0\0"))
        .unwrap();
    let field = &mut bytes[entry + 46..entry + 78];
    field.fill(0);
    field[0] = u8::try_from(mark.len()).unwrap();
    field[1..=mark.len()].copy_from_slice(mark.as_bytes());
}

fn check(kind: Kind, ending: &str, short: &'static str) {
    let (inputs, mut canaries) = (Inputs::new(), Canaries::new(short));
    let path = planted(&inputs, &mut canaries, ending);
    let scrubbed = canaries.check(&inputs, &path, kind);
    assert_eq!(scrubbed.report.left, []);
    for code in [
        FindingCode::Location,
        FindingCode::Time,
        FindingCode::ExtraStream,
        FindingCode::HiddenContent,
        FindingCode::TrailingData,
    ] {
        assert!(
            scrubbed
                .report
                .removed
                .iter()
                .any(|finding| finding.code == code),
            "{code:?} in {:?}",
            scrubbed.report.removed
        );
    }
}

#[test]
fn mp4() {
    check(Kind::Mp4, "mp4", "4");
}

#[test]
fn mov() {
    check(Kind::Mov, "mov", "m");
}
