//! MP3.

use std::io::Write;

use flate2::{Compression, write::ZlibEncoder};
use media::{FindingCode, Kind};

use super::{Canaries, jpeg::small};
use crate::inputs::Inputs;

fn frame(name: &[u8; 4], flags: [u8; 2], body: &[u8]) -> Vec<u8> {
    [
        &name[..],
        &u32::try_from(body.len()).unwrap().to_be_bytes(),
        &flags,
        body,
    ]
    .concat()
}

fn compressed(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    let packed = encoder.finish().unwrap();
    frame(
        name,
        [0, 0x80],
        &[
            &u32::try_from(body.len()).unwrap().to_be_bytes()[..],
            &packed,
        ]
        .concat(),
    )
}

fn wide(text: &str) -> Vec<u8> {
    [
        vec![1, 0xFF, 0xFE],
        text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
    ]
    .concat()
}

/// An ID3v2.3 tag with a mark in each frame, and in its padding.
fn tag(inputs: &Inputs, canaries: &mut Canaries) -> Vec<u8> {
    let mut frames = Vec::new();
    let names = [
        (b"TIT2", "title"),
        (b"TPE1", "artist"),
        (b"TALB", "album"),
        (b"TCOM", "composer"),
        (b"TENC", "encoded by"),
        (b"TSSE", "settings"),
        (b"TOWN", "owner"),
        (b"TCOP", "copyright"),
        (b"TRDA", "recording dates"),
    ];
    for (name, place) in names {
        frames.extend(frame(
            name,
            [0, 0],
            format!("\0{}", canaries.mark(place)).as_bytes(),
        ));
    }
    frames.extend(frame(b"TPE2", [0, 0], &wide(&canaries.mark("UTF-16 text"))));
    frames.extend(frame(
        b"COMM",
        [0, 0],
        format!("\0engx\0{}", canaries.mark("comment")).as_bytes(),
    ));
    frames.extend(frame(
        b"USLT",
        [0, 0],
        format!("\0eng\0{}", canaries.mark("lyrics")).as_bytes(),
    ));
    frames.extend(frame(
        b"TXXX",
        [0, 0],
        format!("\0place\0{}", canaries.mark("own text")).as_bytes(),
    ));
    frames.extend(frame(
        b"WXXX",
        [0, 0],
        format!("\0x\0https://example.invalid/{}", canaries.mark("link")).as_bytes(),
    ));
    frames.extend(frame(
        b"PRIV",
        [0, 0],
        format!("maker\0{}", canaries.mark("private")).as_bytes(),
    ));
    frames.extend(frame(
        b"UFID",
        [0, 0],
        format!("maker\0{}", canaries.mark("identifier")).as_bytes(),
    ));
    frames.extend(frame(
        b"GEOB",
        [0, 0],
        format!("\0text/plain\0a.txt\0x\0{}", canaries.mark("attached file")).as_bytes(),
    ));
    let picture = small(inputs, &canaries.mark("cover picture"));
    frames.extend(frame(
        b"APIC",
        [0, 0],
        &[b"\0image/jpeg\0\x03\0", &picture[..]].concat(),
    ));
    frames.extend(compressed(
        b"TIT3",
        format!("\0{}", canaries.mark("compressed frame")).as_bytes(),
    ));
    frames.extend([0; 16]);
    frames.extend(canaries.mark("padding").bytes());
    let size = u32::try_from(frames.len()).unwrap();
    let safe = [
        (size >> 21) & 0x7F,
        (size >> 14) & 0x7F,
        (size >> 7) & 0x7F,
        size & 0x7F,
    ]
    .map(|part| u8::try_from(part).unwrap());
    [b"ID3\x03\0\0", &safe[..], &frames].concat()
}

fn ape(mark: &str) -> Vec<u8> {
    let item = [
        &u32::try_from(mark.len()).unwrap().to_le_bytes()[..],
        &[0; 4],
        b"Artist\0",
        mark.as_bytes(),
    ]
    .concat();
    let size = u32::try_from(item.len() + 32).unwrap().to_le_bytes();
    let head = |flags: u32| {
        [
            b"APETAGEX",
            &2000_u32.to_le_bytes()[..],
            &size,
            &1_u32.to_le_bytes(),
            &flags.to_le_bytes(),
            &[0; 8],
        ]
        .concat()
    };
    [head(0xA000_0000), item, head(0x8000_0000)].concat()
}

#[test]
fn mp3() {
    let (inputs, mut canaries) = (Inputs::new(), Canaries::new("3"));
    let sound = std::fs::read(inputs.sound("a.mp3", "2")).unwrap();
    // Without the tag that ffmpeg wrote.
    let first = sound
        .windows(2)
        .position(|pair| pair == [0xFF, 0xFB])
        .unwrap();
    let sound = &sound[first..];
    let half = sound.len() / 2
        + sound[sound.len() / 2..]
            .windows(2)
            .position(|pair| pair == [0xFF, 0xFB])
            .unwrap();
    let mut bytes = tag(&inputs, &mut canaries);
    bytes.extend(&sound[..half]);
    bytes.extend(canaries.mark("between frames").bytes());
    bytes.extend(&sound[half..]);
    bytes.extend(ape(&canaries.mark("APE tag")));
    bytes.extend(format!("LYRICSBEGIN{}000050LYRICSEND", canaries.mark("Lyrics3")).bytes());
    let mut old = [0_u8; 128];
    old[..3].copy_from_slice(b"TAG");
    for (at, place) in [
        (3, "ID3v1 title"),
        (33, "ID3v1 artist"),
        (97, "ID3v1 comment"),
    ] {
        let mark = canaries.mark(place);
        old[at..at + mark.len()].copy_from_slice(mark.as_bytes());
    }
    bytes.extend(old);
    let path = inputs.write("planted.mp3", &bytes);

    let scrubbed = canaries.check(&inputs, &path, Kind::Mp3);
    assert!(
        scrubbed
            .report
            .left
            .iter()
            .all(|finding| finding.code.may_stay()),
        "{:?}",
        scrubbed.report.left
    );
    for code in [
        FindingCode::Person,
        FindingCode::EmbeddedPicture,
        FindingCode::Comment,
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
