//! Looks at a scrubbed file as a stranger would, in a sandbox that never saw the original.
//!
//! Looking for what should not be there can miss things, so the main test is the other way round: the new file may hold only
//! the parts that our encoders write, byte by byte to its end. exiftool and a search for known marks come on top.

use std::{
    fs,
    io::{self, Read, Seek, SeekFrom},
};

use super::{Bench, Stop, exif, link::Ranged, recordings};
use crate::{
    FindingCode, Kind,
    mp4::boxes::{self, walk},
    talk::Facts,
};

/// Everything found in a file of this (published) kind.
pub(super) fn check(bench: &Bench, kind: Kind) -> Result<Facts, Stop> {
    let mut facts = Facts {
        tools: vec![exif::version()],
        ..Facts::default()
    };
    match kind {
        Kind::Jpeg | Kind::Png | Kind::Pdf => {
            let path = bench.fetch()?;
            facts.findings = exif::findings(&path)?;
            let bytes = fs::read(path)?;
            let odd = match kind {
                Kind::Jpeg => odd_in_jpeg(&bytes),
                Kind::Png => odd_in_png(&bytes),
                _ => odd_in_pdf(&bytes),
            };
            report(odd, &mut facts);
        }
        Kind::Mp3 => {
            recordings::check_findings(bench, kind, &mut facts)?;
            report(odd_in_mp3(&mut bench.source())?, &mut facts);
        }
        _ => {
            recordings::check_findings(bench, kind, &mut facts)?;
            report(odd_in_mp4(&mut bench.source())?, &mut facts);
        }
    }
    marks(&mut bench.source(), &mut facts)?;
    facts.step("checked-in-a-fresh-sandbox");
    Ok(facts)
}

fn report(odd: Option<String>, facts: &mut Facts) {
    if let Some(odd) = odd {
        facts.find(FindingCode::HiddenContent, "structure", &odd);
    }
}

/// Marks of metadata blocks and encoders. None is shorter than five bytes, so that chance does not make one.
const MARKS: [(&[u8], FindingCode); 11] = [
    (b"Exif\0\0", FindingCode::OtherMetadata),
    (b"http://ns.adobe.com", FindingCode::OtherMetadata),
    (b"<?xpacket", FindingCode::OtherMetadata),
    (b"<x:xmpmeta", FindingCode::OtherMetadata),
    (b"Photoshop 3.0", FindingCode::OtherMetadata),
    (b"ICC_PROFILE", FindingCode::ColourProfile),
    (b"com.apple.", FindingCode::OtherMetadata),
    (b"x264 - core", FindingCode::EncoderTrace),
    (b"Lavc5", FindingCode::EncoderTrace),
    (b"Lavf5", FindingCode::EncoderTrace),
    (b"LAME3.", FindingCode::EncoderTrace),
];

/// Searches the whole file for marks.
fn marks(source: &mut Ranged, facts: &mut Facts) -> io::Result<()> {
    const LONGEST: usize = 32;
    let mut window: Vec<u8> = Vec::new();
    let mut seen = [0_u64; MARKS.len()];
    let mut chunk = vec![0; 256 << 10];
    source.rewind()?;
    loop {
        let read = source.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        let before = window.len();
        window.extend_from_slice(&chunk[..read]);
        for ((mark, _), seen) in MARKS.iter().zip(&mut seen) {
            // What ends within the part already searched was counted then.
            let from = (before + 1).saturating_sub(mark.len());
            let hits = window
                .get(from..)
                .unwrap_or_default()
                .windows(mark.len())
                .filter(|part| part == mark);
            *seen += hits.count() as u64;
        }
        window.drain(..window.len().saturating_sub(LONGEST));
    }
    for ((mark, code), seen) in MARKS.iter().zip(seen) {
        if seen > 0 {
            facts.find(
                *code,
                &String::from_utf8_lossy(mark),
                &format!("{seen} times"),
            );
        }
    }
    Ok(())
}

/// The first thing in a JPEG that our encoder does not write.
fn odd_in_jpeg(bytes: &[u8]) -> Option<String> {
    let odd = |what: &str, at: usize| Some(format!("{what} at byte {at}"));
    let Some(mut at) = bytes.starts_with(&[0xFF, 0xD8]).then_some(2) else {
        return odd("no start", 0);
    };
    loop {
        let Some([0xFF, marker, high, low]) = bytes
            .get(at..)
            .and_then(|rest| rest.first_chunk::<4>())
            .copied()
        else {
            return odd("no segment", at);
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let Some(body) = bytes.get(at + 4..at + 2 + length) else {
            return odd("a cut segment", at);
        };
        match marker {
            0xE0 if body.len() == 14 && body.starts_with(b"JFIF\0") => {}
            0xC0 | 0xC4 | 0xDB => {}
            0xDA => return after_scan(bytes, at + 2 + length),
            _ => return odd(&format!("segment {marker:02X}"), at),
        }
        at += 2 + length;
    }
}

/// After the one scan: the end mark, and the end of the file.
fn after_scan(bytes: &[u8], from: usize) -> Option<String> {
    let scan = bytes.get(from..)?;
    let end = scan
        .windows(2)
        .position(|pair| pair[0] == 0xFF && pair[1] != 0);
    match end {
        Some(end) if scan.get(end + 1) == Some(&0xD9) && end + 2 == scan.len() => None,
        Some(end) => Some(format!(
            "something beside one picture at byte {}",
            from + end
        )),
        None => Some("no end".to_owned()),
    }
}

/// The first thing in a PNG that our encoder does not write.
fn odd_in_png(bytes: &[u8]) -> Option<String> {
    let Some(mut rest) = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n") else {
        return Some("no start".to_owned());
    };
    loop {
        let Some([a, b, c, d, name @ ..]) = rest.first_chunk::<8>().copied() else {
            return Some("no chunk".to_owned());
        };
        let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        let Some(after) = length.checked_add(12).and_then(|whole| rest.get(whole..)) else {
            return Some("a cut chunk".to_owned());
        };
        match &name {
            b"IHDR" | b"IDAT" => {}
            b"IEND" if length == 0 && after.is_empty() => return None,
            _ => return Some(format!("chunk {}", String::from_utf8_lossy(&name))),
        }
        rest = after;
    }
}

/// The names that our own document writer uses.
const PDF_NAMES: [&str; 24] = [
    "BitsPerComponent",
    "Catalog",
    "ColorSpace",
    "Contents",
    "Count",
    "DCTDecode",
    "DeviceRGB",
    "Filter",
    "Height",
    "Im",
    "Image",
    "Kids",
    "Length",
    "MediaBox",
    "Page",
    "Pages",
    "Parent",
    "Resources",
    "Root",
    "Size",
    "Subtype",
    "Type",
    "Width",
    "XObject",
];

/// The first thing in a PDF that our own writer does not write; its pictures are held to the rule for JPEG.
fn odd_in_pdf(bytes: &[u8]) -> Option<String> {
    let Some(mut rest) = bytes.strip_prefix(b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n") else {
        return Some("no start".to_owned());
    };
    while let Some(at) = rest.windows(8).position(|window| window == b"\nstream\n") {
        let (words, after) = (&rest[..at], &rest[at + 8..]);
        let text = String::from_utf8_lossy(words);
        if let Some(odd) = odd_in_words(&text) {
            return Some(odd);
        }
        let length = text
            .rsplit("/Length ")
            .next()
            .and_then(|tail| tail.split(' ').next())
            .and_then(|number| number.parse::<usize>().ok());
        let Some((stream, after)) = length.and_then(|length| after.split_at_checked(length)) else {
            return Some("a cut stream".to_owned());
        };
        let odd = if text.contains("/DCTDecode") {
            odd_in_jpeg(stream)
        } else {
            odd_in_drawing(stream)
        };
        if odd.is_some() {
            return odd;
        }
        let Some(after) = after.strip_prefix(b"\nendstream\n") else {
            return Some("a stream without its end".to_owned());
        };
        rest = after;
    }
    let text = String::from_utf8_lossy(rest);
    if !text.ends_with("\n%%EOF\n") || text.matches("%%EOF").count() != 1 {
        return Some("more than one end".to_owned());
    }
    odd_in_words(&text)
}

fn odd_in_words(text: &str) -> Option<String> {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b" \n<>[]/%".contains(&byte));
    if !plain || text.replace("<<", "").contains('<') {
        return Some("text in the document's structure".to_owned());
    }
    let mut names = text.split('/').skip(1).map(|rest| {
        rest.split(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default()
    });
    names
        .find(|name| !PDF_NAMES.contains(name))
        .map(|name| format!("/{name}"))
}

fn odd_in_drawing(stream: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(stream);
    let words: Vec<&str> = text.split(' ').collect();
    let number = |word: &str| word.len() <= 5 && word.bytes().all(|byte| byte.is_ascii_digit());
    let ours = matches!(words.as_slice(), ["q", wide, "0", "0", high, "0", "0", "cm", "/Im", "Do", "Q"] if number(wide) && number(high));
    (!ours).then(|| "a drawing that is not one picture".to_owned())
}

/// The first byte of an MP3 that belongs to no frame.
fn odd_in_mp3(source: &mut Ranged) -> io::Result<Option<String>> {
    let length = source.length();
    let mut at = 0;
    while at < length {
        let mut head = [0_u8; 4];
        source.seek(SeekFrom::Start(at))?;
        let read = source.read(&mut head)?;
        let Some(frame) = crate::kind::frame_length(&head[..read]) else {
            return Ok(Some(format!("no frame at byte {at}")));
        };
        at += frame as u64;
    }
    Ok(None)
}

const MOOV: [&[u8; 4]; 21] = [
    b"mvhd", b"trak", b"tkhd", b"edts", b"elst", b"mdia", b"mdhd", b"hdlr", b"minf", b"vmhd",
    b"smhd", b"dinf", b"dref", b"stbl", b"stsd", b"stts", b"ctts", b"stss", b"stsc", b"stsz",
    b"co64",
];
const HOLD_BOXES: [&[u8; 4]; 6] = [b"trak", b"edts", b"mdia", b"minf", b"dinf", b"stbl"];

/// The first box of an MP4 that our own writer does not write, or a date in one.
fn odd_in_mp4(source: &mut Ranged) -> io::Result<Option<String>> {
    let length = source.length();
    let (mut at, mut order) = (0, Vec::new());
    while at < length {
        let Some(found) = boxes::head(source, at, length)? else {
            return Ok(Some(format!("no box at byte {at}")));
        };
        if &found.name == b"moov" {
            source.seek(SeekFrom::Start(at + found.head))?;
            let mut bytes = Vec::new();
            source
                .take(found.size - found.head)
                .read_to_end(&mut bytes)?;
            if let Some(odd) = odd_in_boxes(&bytes) {
                return Ok(Some(odd));
            }
        }
        order.push(found.name);
        at += found.size;
    }
    let right = order == [*b"ftyp", *b"moov", *b"mdat"];
    Ok((!right).then(|| "other boxes than ftyp, moov, mdat".to_owned()))
}

fn odd_in_boxes(bytes: &[u8]) -> Option<String> {
    let mut used = 0;
    for (name, body) in walk(bytes) {
        used += body.len() + 8;
        if !MOOV.contains(&&name) {
            return Some(format!("box {}", String::from_utf8_lossy(&name)));
        }
        if HOLD_BOXES.contains(&&name)
            && let Some(odd) = odd_in_boxes(body)
        {
            return Some(odd);
        }
        let dated = matches!(&name, b"mvhd" | b"tkhd" | b"mdhd")
            && body
                .get(..12)
                .is_none_or(|head| head[0] != 0 || head[4..].iter().any(|byte| *byte != 0));
        let named = &name == b"hdlr"
            && body
                .get(12..)
                .is_none_or(|rest| rest.iter().any(|byte| *byte != 0));
        if dated || named {
            return Some(format!(
                "a date or a name in {}",
                String::from_utf8_lossy(&name)
            ));
        }
    }
    (used != bytes.len()).then(|| "bytes beside the boxes".to_owned())
}

/// The rules for files in memory, on any bytes.
pub(super) fn fuzz(bytes: &[u8]) {
    let _ = (odd_in_jpeg(bytes), odd_in_png(bytes));
    let _ = (odd_in_pdf(bytes), odd_in_boxes(bytes));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jpeg_may_hold_one_plain_picture() {
        let mut picture = Vec::new();
        let pixels = image::RgbImage::from_pixel(9, 9, image::Rgb([9, 80, 200]));
        super::super::still::write_jpeg(&image::DynamicImage::ImageRgb8(pixels), &mut picture)
            .unwrap();
        assert_eq!(odd_in_jpeg(&picture), None);
        assert!(odd_in_jpeg(&[&picture[..], b"x"].concat()).is_some());
        assert!(
            odd_in_jpeg(&[&picture[..2], b"\xFF\xFE\0\x04hi", &picture[2..]].concat()).is_some()
        );
        assert!(odd_in_jpeg(&picture[..picture.len() - 2]).is_some());
    }

    #[test]
    fn a_png_may_hold_one_plain_picture() {
        let mut picture = Vec::new();
        let pixels = image::RgbImage::from_pixel(9, 9, image::Rgb([9, 80, 200]));
        super::super::still::write_png(&image::DynamicImage::ImageRgb8(pixels), &mut picture)
            .unwrap();
        assert_eq!(odd_in_png(&picture), None);
        assert!(odd_in_png(&[&picture[..], b"x"].concat()).is_some());
        assert!(
            odd_in_png(&[&picture[..33], b"\0\0\0\x02tEXthi\0\0\0\0", &picture[33..]].concat())
                .is_some()
        );
    }

    #[test]
    fn structure_of_a_document_holds_no_text() {
        assert_eq!(odd_in_words("<< /Type /Page /MediaBox [0 0 9 9] >>"), None);
        for bad in [
            "<< /Author >>",
            "<< /Type (name) >>",
            "<< /Type <6162> >>",
            "<< /Type /OpenAction >>",
        ] {
            assert!(odd_in_words(bad).is_some(), "{bad}");
        }
        assert_eq!(odd_in_drawing(b"q 612 0 0 792 0 0 cm /Im Do Q"), None);
        assert!(odd_in_drawing(b"q 612 0 0 792 0 0 cm /Im Do Q (x) Tj").is_some());
    }
}
