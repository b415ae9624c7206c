//! JPEG, PNG and HEIC: examined, previewed and encoded anew from their pixels.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use image::ImageFormat;

use super::{Bench, Stop, exif, plate, still, tool};
use crate::{Code, FindingCode, Kind, Limits, RefusalCode, talk::Facts};

/// What examines a still.
pub(super) fn examine(bench: &Bench, kind: Kind) -> Result<Facts, Stop> {
    let path = bench.fetch()?;
    let mut facts = Facts {
        findings: exif::findings(&path)?,
        tools: vec![exif::version()],
        ..Facts::default()
    };
    let limits = &bench.order.limits;
    let size = match kind {
        Kind::Heic => heif_facts(&path, limits, &mut facts)?,
        // Decoded whole, so that a picture cut short is said to be damaged here and not when someone wants to publish it.
        _ => {
            let picture = still::decode(open(&path)?, format(kind), limits, true)?.picture;
            (picture.width(), picture.height())
        }
    };
    (facts.width, facts.height) = (Some(size.0), Some(size.1));
    facts.streams.push(kind.name().to_owned());
    match kind {
        Kind::Jpeg => after_jpeg(&path, &mut facts)?,
        Kind::Png => after_png(&path, &mut facts)?,
        _ => {}
    }
    Ok(facts)
}

/// A smaller JPEG.
pub(super) fn preview(bench: &Bench, kind: Kind) -> Result<Facts, Stop> {
    let mut facts = Facts::default();
    let still = decode(bench, kind, &mut facts)?;
    let mut out = BufWriter::with_capacity(256 << 10, bench.link.writer(0));
    still::write_preview(&still.picture, &mut out)?;
    out.flush()?;
    Ok(facts)
}

/// A new picture of the same pixels, with the code in its corner.
pub(super) fn scrub(bench: &Bench, kind: Kind, code: Option<&Code>) -> Result<Facts, Stop> {
    let mut facts = Facts::default();
    let mut still = decode(bench, kind, &mut facts)?;
    (facts.width, facts.height) = (Some(still.picture.width()), Some(still.picture.height()));
    let mut out = BufWriter::with_capacity(256 << 10, bench.link.writer(0));
    if kind == Kind::Png {
        if still::hides_colours(&still.picture) {
            facts.find(
                FindingCode::HiddenContent,
                "transparent pixels",
                "colours that no viewer shows",
            );
            facts.step("emptied-transparent-pixels");
        }
        burn(&mut still, code, &mut facts)?;
        still::write_png(&still.picture, &mut out)?;
    } else {
        burn(&mut still, code, &mut facts)?;
        still::write_jpeg(&still.picture, &mut out)?;
    }
    out.flush()?;
    facts.step("re-encoded");
    Ok(facts)
}

fn burn(still: &mut still::Still, code: Option<&Code>, facts: &mut Facts) -> Result<(), Stop> {
    if let Some(code) = code {
        plate::burn(&mut still.picture, code)?;
        facts.step("code-burnt-in");
    }
    Ok(())
}

pub(super) fn decode(bench: &Bench, kind: Kind, facts: &mut Facts) -> Result<still::Still, Stop> {
    let path = bench.fetch()?;
    let limits = &bench.order.limits;
    facts
        .tools
        .push(concat!("firsthand media ", env!("CARGO_PKG_VERSION"), " (image-rs)").to_owned());
    let still = match kind {
        Kind::Heic => {
            heif_facts(&path, limits, &mut Facts::default())?;
            facts.tools.push(heif_version());
            // The container's own turn is done by the decoder; a mark in the EXIF block beside it is not to be obeyed again.
            still::decode(open(&heif_to_png(&path)?)?, ImageFormat::Png, limits, false)?
        }
        _ => still::decode(open(&path)?, format(kind), limits, true)?,
    };
    facts.step("decoded");
    if still.turned {
        facts.step("turned-upright");
    }
    if still.recoloured {
        facts.step("colours-brought-to-srgb");
    }
    Ok(still)
}

fn format(kind: Kind) -> ImageFormat {
    if kind == Kind::Png {
        ImageFormat::Png
    } else {
        ImageFormat::Jpeg
    }
}

fn open(path: &Path) -> Result<BufReader<File>, Stop> {
    Ok(BufReader::with_capacity(256 << 10, File::open(path)?))
}

fn heif_version() -> String {
    // It has no version option; its help names the library.
    let said = tool::run("heif-convert", &["--help"])
        .map(|(words, ended)| [words, ended.complaints.into_bytes()].concat());
    let said = said.unwrap_or_default();
    let text = String::from_utf8_lossy(&said).into_owned();
    let version = text
        .split("libheif version:")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next());
    format!("heif-convert {}", version.unwrap_or("of unknown version"))
}

/// Reads what `heif-info` says: images, thumbnails, depth maps. Returns the primary image's size.
fn heif_facts(path: &Path, limits: &Limits, facts: &mut Facts) -> Result<(u32, u32), Stop> {
    let (words, ended) = tool::run("heif-info", &[path])?;
    ended.or_damaged()?;
    let text = String::from_utf8_lossy(&words).into_owned();
    let mut images = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("image: ") {
            let size = rest
                .split_whitespace()
                .next()
                .and_then(sides)
                .ok_or_else(|| Stop::damaged("heif-info names no size"))?;
            still::within(size.0, size.1, limits)?;
            images.push((size, rest.contains("primary")));
        } else if let Some(rest) = line.strip_prefix("thumbnail: ") {
            facts.find(FindingCode::EmbeddedPicture, "thumbnail", rest);
        } else if line.starts_with("depth channel: yes") || line.starts_with("auxiliary image") {
            facts.find(FindingCode::EmbeddedPicture, "auxiliary image", line);
        }
    }
    for (size, _) in images.iter().filter(|(_, primary)| !primary) {
        facts.find(
            FindingCode::EmbeddedPicture,
            "further image",
            &format!("{}x{}", size.0, size.1),
        );
    }
    let primary = images.iter().position(|(_, primary)| *primary);
    primary
        .and_then(|at| images.get(at))
        .map(|(size, _)| *size)
        .ok_or_else(|| Stop::refuse(RefusalCode::NothingToShow, "no primary image"))
}

fn sides(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.split_once('x')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

/// The primary image as a PNG. With several images in the file, heif-convert numbers them in the order of `heif-info`.
fn heif_to_png(path: &Path) -> Result<PathBuf, Stop> {
    let (_, ended) = tool::run("heif-convert", &[path, Path::new("/tmp/out.png")])?;
    ended.or_damaged()?;
    let single = PathBuf::from("/tmp/out.png");
    if single.exists() {
        return Ok(single);
    }
    let (words, _) = tool::run("heif-info", &[path])?;
    let text = String::from_utf8_lossy(&words).into_owned();
    let images = text
        .lines()
        .filter(|line| line.trim_start().starts_with("image: "));
    let number = images.take_while(|line| !line.contains("primary")).count() + 1;
    let numbered = PathBuf::from(format!("/tmp/out-{number}.png"));
    if numbered.exists() {
        Ok(numbered)
    } else {
        Err(Stop::damaged("heif-convert made no picture"))
    }
}

/// Says what comes after the picture's end; viewers never show it.
fn after_jpeg(path: &Path, facts: &mut Facts) -> Result<(), Stop> {
    let bytes = std::fs::read(path)?;
    if let Some(end) = jpeg_end(&bytes)
        && end < bytes.len()
    {
        facts.find(
            FindingCode::TrailingData,
            "after the picture",
            &format!("{} bytes", bytes.len() - end),
        );
    }
    Ok(())
}

/// Where the first picture ends: segments are skipped by their lengths (thumbnails inside them hold end marks of their own).
fn jpeg_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        while *bytes.get(at)? != 0xFF {
            at += 1;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            0xD9 => return Some(at + 2),
            0xFF => at += 1,
            0x00 | 0x01 | 0xD0..=0xD8 => at += 2,
            _ => {
                at += 2 + usize::from(u16::from_be_bytes([
                    *bytes.get(at + 2)?,
                    *bytes.get(at + 3)?,
                ]))
            }
        }
    }
}

fn after_png(path: &Path, facts: &mut Facts) -> Result<(), Stop> {
    let mut file = File::open(path)?;
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(8))?;
    let mut file = BufReader::new(file);
    let mut at = 8_u64;
    let mut head = [0_u8; 8];
    while file.read_exact(&mut head).is_ok() {
        let [a, b, c, d, name @ ..] = head;
        at += 12 + u64::from(u32::from_be_bytes([a, b, c, d]));
        if &name == b"IEND" {
            if at < length {
                facts.find(
                    FindingCode::TrailingData,
                    "after the picture",
                    &format!("{} bytes", length - at),
                );
            }
            return Ok(());
        }
        if &name == b"fdAT" {
            facts.find(FindingCode::HiddenContent, "animation", "further frames");
        }
        file.seek(SeekFrom::Start(at))?;
    }
    Ok(())
}

/// Where a picture ends, on any bytes.
pub(super) fn fuzz(bytes: &[u8]) {
    if let Some(end) = jpeg_end(bytes) {
        assert!(end <= bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jpeg_ends_at_its_own_end_mark() {
        let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE1, 0, 6, 0xFF, 0xD9, 0xFF, 0xD9];
        bytes.extend([0xFF, 0xDA, 0, 3, 1, 7, 0xFF, 0, 9, 0xFF, 0xD9, 1, 2, 3]);
        assert_eq!(jpeg_end(&bytes), Some(bytes.len() - 3));
        assert_eq!(jpeg_end(&bytes[..14]), None);
    }
}
