//! PNG.

use std::io::Write;

use flate2::{Compression, Crc, write::ZlibEncoder};
use media::{FindingCode, Kind};

use super::Canaries;
use crate::inputs::{Inputs, exiftool};

fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(name);
    crc.update(body);
    [
        &u32::try_from(body.len()).unwrap().to_be_bytes()[..],
        name,
        body,
        &crc.sum().to_be_bytes(),
    ]
    .concat()
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// 64 by 32 pixels with transparency; the first row is fully transparent and spells the mark in its colours.
fn pixels(mark: &str) -> Vec<u8> {
    let mut letters = mark.bytes();
    let mut rows = Vec::new();
    for y in 0..32_u8 {
        rows.push(0);
        for x in 0..64_u8 {
            let mut colour = || letters.next().unwrap_or(x ^ y);
            rows.extend([colour(), colour(), colour(), if y == 0 { 0 } else { 255 }]);
        }
    }
    rows
}

#[test]
fn png() {
    let (inputs, mut canaries) = (Inputs::new(), Canaries::new("p"));
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend(chunk(b"IHDR", &[0, 0, 0, 64, 0, 0, 0, 32, 8, 6, 0, 0, 0]));
    for keyword in [
        "Author",
        "Title",
        "Copyright",
        "Software",
        "Source",
        "Comment",
    ] {
        bytes.extend(chunk(
            b"tEXt",
            format!("{keyword}\0{}", canaries.mark(keyword)).as_bytes(),
        ));
    }
    bytes.extend(chunk(
        b"zTXt",
        &[
            b"Description\0\0",
            &deflated(canaries.mark("zTXt").as_bytes())[..],
        ]
        .concat(),
    ));
    bytes.extend(chunk(
        b"iTXt",
        format!("Warning\0\0\0ar\0\0{}", canaries.mark("iTXt")).as_bytes(),
    ));
    bytes.extend(chunk(
        b"iTXt",
        &[
            b"Disclaimer\0\x01\0\0\0",
            &deflated(canaries.mark("iTXt compressed").as_bytes())[..],
        ]
        .concat(),
    ));
    let profile = [&[0; 128][..], canaries.mark("colour profile").as_bytes()].concat();
    bytes.extend(chunk(
        b"iCCP",
        &[
            canaries.mark("name of the colour profile").as_bytes(),
            b"\0\0",
            &deflated(&profile),
        ]
        .concat(),
    ));
    bytes.extend(chunk(
        b"sPLT",
        format!("{}\0\x08", canaries.mark("suggested palette")).as_bytes(),
    ));
    bytes.extend(chunk(b"prVt", canaries.mark("private chunk").as_bytes()));
    bytes.extend(chunk(b"caBX", canaries.mark("provenance chunk").as_bytes()));
    bytes.extend(chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]));
    bytes.extend(chunk(
        b"fcTL",
        &[
            &[0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0, 32],
            &[0; 8][..],
            &[0, 1, 0, 10, 0, 0],
        ]
        .concat(),
    ));
    // After the last row the inflated data go on, and after the inflated data the chunk goes on.
    let rows = [
        &pixels("hidden")[..],
        canaries.mark("beyond the last row").as_bytes(),
    ]
    .concat();
    bytes.extend(chunk(
        b"IDAT",
        &[
            &deflated(&rows)[..],
            canaries.mark("after the compressed pixels").as_bytes(),
        ]
        .concat(),
    ));
    bytes.extend(chunk(
        b"fcTL",
        &[
            &[0, 0, 0, 1, 0, 0, 0, 64, 0, 0, 0, 32],
            &[0; 8][..],
            &[0, 1, 0, 10, 0, 0],
        ]
        .concat(),
    ));
    let frame = [
        &pixels("other")[..],
        canaries.mark("second frame").as_bytes(),
    ]
    .concat();
    bytes.extend(chunk(
        b"fdAT",
        &[&[0, 0, 0, 2], &deflated(&frame)[..]].concat(),
    ));
    bytes.extend(chunk(b"tIME", &[7, 0xEA, 11, 22, 9, 30, 0]));
    bytes.extend(chunk(
        b"tEXt",
        format!("Late\0{}", canaries.mark("text after the pixels")).as_bytes(),
    ));
    bytes.extend(chunk(b"IEND", b""));
    let path = inputs.write("a.png", &bytes);
    let tags = [
        "EXIF:Artist",
        "EXIF:GPSProcessingMethod",
        "EXIF:SerialNumber",
        "XMP-dc:Creator",
        "XMP-xmpMM:HistorySoftwareAgent",
    ];
    let words: Vec<String> = tags
        .into_iter()
        .map(|tag| format!("-{tag}={}", canaries.mark(tag)))
        .collect();
    exiftool(&words.iter().map(String::as_str).collect::<Vec<_>>(), &path);
    // An older way to carry EXIF, which exiftool would have merged with its own.
    let hex: String = format!("Exif\0\0MM\0*{}", canaries.mark("raw profile"))
        .bytes()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let profile = chunk(
        b"zTXt",
        &[
            b"Raw profile type exif\0\0",
            &deflated(format!("\nexif\n      30\n{hex}\n").as_bytes())[..],
        ]
        .concat(),
    );
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.splice(33..33, profile);
    let bytes = [bytes, canaries.mark("after everything").into_bytes()].concat();
    let path = inputs.write("planted.png", &bytes);

    let scrubbed = canaries.check(&inputs, &path, Kind::Png);
    assert_eq!(scrubbed.report.left, []);
    for code in [
        FindingCode::Location,
        FindingCode::TrailingData,
        FindingCode::HiddenContent,
        FindingCode::EditHistory,
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
