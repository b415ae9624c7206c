//! A large recording without its frames, small enough for a tool that wants a file.
//!
//! exiftool cannot seek over a pipe, and a video must not lie in memory. Everything it reads of an MP4 lies outside
//! the frames, so the frames' box is left out; of an MP3 it reads the tags at both ends.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom, Write},
    path::PathBuf,
};

use super::{Bench, Stop};
use crate::{FindingCode, RefusalCode, mp4::boxes, talk::Facts};

/// Everything but the frames of an MP4 or MOV. Says what lies about in boxes that players skip.
pub(super) fn of_iso(bench: &Bench, facts: &mut Facts) -> Result<PathBuf, Stop> {
    let mut source = bench.source();
    let path = PathBuf::from("/tmp/skeleton");
    let mut file = File::create(&path)?;
    let (length, mut at, mut kept) = (source.length(), 0, 0_u64);
    while at < length {
        let Some(found) = boxes::head(&mut source, at, length)? else {
            facts.find(
                FindingCode::TrailingData,
                "after the last box",
                &format!("{} bytes", length - at),
            );
            break;
        };
        if &found.name == b"mdat" {
            file.write_all(&[0, 0, 0, 8])?;
            file.write_all(b"mdat")?;
        } else {
            kept += found.size;
            if kept > bench.order.limits.header_bytes {
                return Err(Stop::refuse(
                    RefusalCode::TooLarge,
                    "its header is too large",
                ));
            }
            source.seek(SeekFrom::Start(at))?;
            let mut bytes = Vec::new();
            (&mut source).take(found.size).read_to_end(&mut bytes)?;
            judge(&found.name, bytes.get(8..).unwrap_or_default(), facts);
            file.write_all(&bytes)?;
        }
        at += found.size;
    }
    Ok(path)
}

fn judge(name: &[u8; 4], body: &[u8], facts: &mut Facts) {
    if matches!(name, b"free" | b"skip" | b"wide") && body.iter().any(|byte| *byte != 0) {
        facts.find(
            FindingCode::HiddenContent,
            "free space",
            &format!("{} bytes that are not empty", body.len()),
        );
    }
    if name == b"uuid" {
        facts.find(
            FindingCode::OtherMetadata,
            "uuid box",
            &format!("{} bytes", body.len()),
        );
    }
}

/// Both ends of an MP3.
pub(super) fn of_mp3(bench: &Bench) -> Result<PathBuf, Stop> {
    const END: u64 = 256 << 10;
    let mut source = bench.source();
    let length = source.length();
    let mut head = [0_u8; 10];
    source.read_exact(&mut head)?;
    let tag = if head.starts_with(b"ID3") {
        10 + syncsafe(&head)
    } else {
        0
    };
    let first = (tag + END).min(length);
    if first > bench.order.limits.header_bytes {
        return Err(Stop::refuse(
            RefusalCode::TooLarge,
            "its tags are too large",
        ));
    }
    let path = PathBuf::from("/tmp/skeleton");
    let mut file = File::create(&path)?;
    source.rewind()?;
    std::io::copy(&mut (&mut source).take(first), &mut file)?;
    source.seek(SeekFrom::Start(length.saturating_sub(END).max(first)))?;
    std::io::copy(&mut source, &mut file)?;
    Ok(path)
}

fn syncsafe(head: &[u8; 10]) -> u64 {
    head[6..]
        .iter()
        .fold(0, |size, byte| size << 7 | u64::from(byte & 0x7F))
}
