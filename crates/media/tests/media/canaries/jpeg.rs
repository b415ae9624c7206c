//! JPEG and HEIC.

use std::fs;

use media::{FindingCode, Kind};

use super::Canaries;
use crate::inputs::{Inputs, exiftool, run, text};

/// A small JPEG that says `mark` in a comment.
pub(super) fn small(inputs: &Inputs, mark: &str) -> Vec<u8> {
    let path = inputs.picture("small.jpg", "64x48");
    exiftool(&[&format!("-Comment={mark}")], &path);
    fs::read(path).unwrap()
}

/// Marks in everything exiftool can write into a still picture.
fn tags(canaries: &mut Canaries) -> Vec<String> {
    let tags = [
        "EXIF:GPSProcessingMethod",
        "EXIF:GPSAreaInformation",
        "EXIF:Make",
        "EXIF:Model",
        "EXIF:Artist",
        "EXIF:Copyright",
        "EXIF:ImageDescription",
        "EXIF:UserComment",
        "EXIF:XPAuthor",
        "EXIF:Software",
        "EXIF:HostComputer",
        "EXIF:SerialNumber",
        "EXIF:LensSerialNumber",
        "EXIF:OwnerName",
        "EXIF:ImageUniqueID",
        "XMP-dc:Creator",
        "XMP-dc:Title",
        "XMP-xmpMM:DocumentID",
        "XMP-xmpMM:HistorySoftwareAgent",
        "XMP-iptcExt:LocationCreatedCity",
        "XMP-exif:GPSMapDatum",
    ];
    let mut words: Vec<String> = tags
        .into_iter()
        .map(|tag| format!("-{tag}={}", canaries.mark(tag)))
        .collect();
    words.extend(
        [
            "-GPSLatitude=33.5138",
            "-GPSLatitudeRef=N",
            "-GPSLongitude=36.2765",
            "-GPSLongitudeRef=E",
        ]
        .map(str::to_owned),
    );
    words
}

fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&[0xFF, marker], &length[..], body].concat()
}

/// A colour profile whose description is a mark.
fn profile(mark: &str) -> Vec<u8> {
    // Header of 128 bytes, one tag `desc` of type `desc`.
    let text = [
        b"desc\0\0\0\0",
        &u32::try_from(mark.len() + 1).unwrap().to_be_bytes()[..],
        mark.as_bytes(),
        &[0; 79],
    ]
    .concat();
    let mut bytes = vec![0_u8; 128];
    bytes[12..24].copy_from_slice(b"mntrRGB XYZ ");
    bytes[36..40].copy_from_slice(b"acsp");
    bytes.extend(1_u32.to_be_bytes());
    bytes.extend(b"desc");
    bytes.extend(144_u32.to_be_bytes());
    bytes.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
    bytes.extend(text);
    let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    bytes[..4].copy_from_slice(&length);
    bytes
}

#[test]
fn jpeg() {
    let (inputs, mut canaries) = (Inputs::new(), Canaries::new("j"));
    let path = inputs.picture("a.jpg", "320x240");
    let words = tags(&mut canaries);
    let thumbnail = inputs.write(
        "thumbnail.jpg",
        &small(&inputs, &canaries.mark("thumbnail")),
    );
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    let more = [
        format!("-ThumbnailImage<={}", text(&thumbnail)),
        format!("-IPTC:By-line={}", canaries.mark("IPTC")),
        format!("-Photoshop:URL={}", canaries.mark("Photoshop resource")),
        format!("-Comment={}", canaries.mark("comment segment")),
    ];
    words.extend(more.iter().map(String::as_str));
    exiftool(&words, &path);

    let mut bytes = fs::read(&path).unwrap();
    let icc = [
        b"ICC_PROFILE\0\x01\x01",
        &profile(&canaries.mark("colour profile"))[..],
    ]
    .concat();
    let jfxx = [
        b"JFXX\0\x10",
        &small(&inputs, &canaries.mark("JFXX thumbnail"))[..],
    ]
    .concat();
    let planted = [
        segment(0xE2, &icc),
        segment(0xE0, &jfxx),
        segment(0xE1, &maker_note(canaries.mark("maker note").as_bytes())),
        segment(
            0xE9,
            format!("private {}", canaries.mark("unknown segment")).as_bytes(),
        ),
        segment(
            0xEB,
            format!("JP\0\x01{}", canaries.mark("JUMBF segment")).as_bytes(),
        ),
    ]
    .concat();
    bytes.splice(2..2, planted);
    bytes.extend(small(
        &inputs,
        &canaries.mark("second picture after the end"),
    ));
    bytes.extend(canaries.mark("after everything").bytes());
    let path = inputs.write("planted.jpg", &bytes);

    let scrubbed = canaries.check(&inputs, &path, Kind::Jpeg);
    assert_eq!(scrubbed.report.left, []);
    for code in [
        FindingCode::Location,
        FindingCode::EmbeddedPicture,
        FindingCode::TrailingData,
        FindingCode::EditHistory,
        FindingCode::ColourProfile,
    ] {
        assert!(
            scrubbed
                .report
                .removed
                .iter()
                .any(|finding| finding.code == code),
            "{code:?}"
        );
    }
}

/// An EXIF block with nothing but a maker note.
fn maker_note(note: &[u8]) -> Vec<u8> {
    let mut bytes = b"Exif\0\0MM\0\x2A\0\0\0\x08".to_vec();
    // IFD0: one entry, the EXIF IFD at 26; there one entry, MakerNote at 44.
    bytes.extend([0, 1, 0x87, 0x69, 0, 4, 0, 0, 0, 1, 0, 0, 0, 26, 0, 0, 0, 0]);
    bytes.extend([0, 1, 0x92, 0x7C, 0, 7]);
    bytes.extend(u32::try_from(note.len()).unwrap().to_be_bytes());
    bytes.extend([0, 0, 0, 44, 0, 0, 0, 0]);
    bytes.extend(note);
    bytes
}

#[test]
fn heic() {
    let (inputs, mut canaries) = (Inputs::new(), Canaries::new("h"));
    // Two pictures and thumbnails of both: the second and the small ones are auxiliary to the primary.
    let (one, two) = (
        inputs.picture("one.png", "800x600"),
        inputs.picture("two.png", "320x240"),
    );
    let path = inputs.path("a.heic");
    run(
        "heif-enc",
        &[
            "-q",
            "50",
            "-t",
            "160",
            "-o",
            text(&path),
            text(&one),
            text(&two),
        ],
    );
    let words = tags(&mut canaries);
    exiftool(&words.iter().map(String::as_str).collect::<Vec<_>>(), &path);
    let mut bytes = fs::read(&path).unwrap();
    for name in [b"free", b"skip", b"uuid", b"mdat"] {
        let place = match name {
            b"free" => "free box",
            b"skip" => "skip box",
            b"uuid" => "uuid box",
            _ => "data that no item refers to",
        };
        let body = canaries.mark(place);
        bytes.extend(u32::try_from(body.len() + 8).unwrap().to_be_bytes());
        bytes.extend(name);
        bytes.extend(body.bytes());
    }
    bytes.extend(small(&inputs, &canaries.mark("picture after the end")));
    let path = inputs.write("planted.heic", &bytes);

    let mut scrubbed = canaries.check(&inputs, &path, Kind::Heic);
    assert_eq!(scrubbed.report.left, []);
    let auxiliary = scrubbed
        .report
        .removed
        .iter()
        .filter(|finding| finding.code == FindingCode::EmbeddedPicture)
        .count();
    assert!(auxiliary >= 2, "{:?}", scrubbed.report.removed);
    let picture = image::load_from_memory(&scrubbed.output.to_vec(1 << 30).unwrap()).unwrap();
    assert_eq!((picture.width(), picture.height()), (800, 600));
}
