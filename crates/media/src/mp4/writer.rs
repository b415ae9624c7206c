//! Writes the plain MP4: every box is made here, from nothing but sample sizes, times and the codecs' own settings.

use std::io::{Read, Seek, SeekFrom, Write};

use super::{
    boxes::{boxed, full, walk},
    fragments::{self, Carries, Movie, Run, Sample, Track},
};
use crate::{RefusalCode, talk::Facts, worker::Stop};

/// Ticks a second of the whole file.
const MOVIE_SCALE: u64 = 1000;
/// Largest sample: a key frame of the largest picture we take is far below.
const SAMPLE: u32 = 64 << 20;
const MATRIX: [u8; 36] = {
    let mut matrix = [0; 36];
    matrix[1] = 1;
    matrix[17] = 1;
    matrix[32] = 0x40;
    matrix
};

/// Reads fragments from `source` and writes the same samples as a plain MP4 to `out`.
pub(crate) fn rewrite(
    source: &mut (impl Read + Seek),
    length: u64,
    out: &mut impl Write,
) -> Result<Facts, Stop> {
    let movie = fragments::read(source, length)?;
    if movie.tracks.iter().all(|track| track.samples.is_empty()) {
        return Err(Stop::refuse(
            RefusalCode::NothingToShow,
            "no frame and no sound could be read",
        ));
    }
    let ftyp = boxed(
        b"ftyp",
        &[
            b"isom",
            &512_u32.to_be_bytes(),
            b"isom",
            b"iso2",
            b"avc1",
            b"mp41",
        ],
    );
    let data: u64 = movie
        .tracks
        .iter()
        .flat_map(|track| &track.samples)
        .map(|sample| u64::from(sample.size))
        .sum();
    let mdat = mdat_head(data);
    // The index holds absolute places of what follows it; its own size does not depend on them.
    let index = moov(&movie, 0).ok_or_else(too_large)?.len();
    let first = (ftyp.len() + index + mdat.len()) as u64;
    out.write_all(&ftyp)?;
    out.write_all(&moov(&movie, first).ok_or_else(too_large)?)?;
    out.write_all(&mdat)?;
    for run in &movie.runs {
        copy(&movie, run, source, out)?;
    }
    Ok(facts(&movie))
}

fn too_large() -> Stop {
    Stop::refuse(RefusalCode::TooLong, "too long for an index")
}

fn facts(movie: &Movie) -> Facts {
    let video = movie
        .tracks
        .iter()
        .find(|track| track.carries == Carries::Video && !track.samples.is_empty());
    let milliseconds = |track: &Track| track.ticks * MOVIE_SCALE / u64::from(track.timescale);
    let names = movie
        .tracks
        .iter()
        .filter(|track| !track.samples.is_empty());
    Facts {
        width: video.map(|track| track.width),
        height: video.map(|track| track.height),
        duration_ms: movie.tracks.iter().map(milliseconds).max(),
        streams: names
            .map(|track| String::from_utf8_lossy(&track.entry.0).into_owned())
            .collect(),
        steps: vec!["container-written-anew".to_owned()],
        ..Facts::default()
    }
}

fn mdat_head(data: u64) -> Vec<u8> {
    match u32::try_from(data + 8) {
        Ok(size) => [&size.to_be_bytes()[..], b"mdat"].concat(),
        Err(_) => [
            &1_u32.to_be_bytes()[..],
            b"mdat",
            &(data + 16).to_be_bytes(),
        ]
        .concat(),
    }
}

/// Copies a run's samples; of video, only after seeing that they hold nothing but slices and parameter sets.
fn copy(
    movie: &Movie,
    run: &Run,
    source: &mut (impl Read + Seek),
    out: &mut impl Write,
) -> Result<(), Stop> {
    let Some(track) = movie.tracks.get(run.track) else {
        return Ok(());
    };
    let count = usize::try_from(run.count).unwrap_or_default();
    source.seek(SeekFrom::Start(run.at))?;
    let mut bytes = Vec::new();
    for sample in track.samples.iter().skip(run.first).take(count) {
        if sample.size > SAMPLE {
            return Err(Stop::refuse(RefusalCode::ToolOutput, "a frame too large"));
        }
        bytes.resize(usize::try_from(sample.size).unwrap_or_default(), 0);
        source.read_exact(&mut bytes)?;
        if track.carries == Carries::Video && !only_picture(&bytes) {
            return Err(Stop::refuse(
                RefusalCode::UnsafeLeft,
                "the encoder left more than the picture in a frame",
            ));
        }
        out.write_all(&bytes)?;
    }
    Ok(())
}

/// Whether a frame holds slices (1 to 5), parameter sets (7, 8) and delimiters (9) alone: no SEI (6), nothing private.
fn only_picture(frame: &[u8]) -> bool {
    let mut rest = frame;
    while !rest.is_empty() {
        let Some((length, after)) = rest.split_first_chunk::<4>() else {
            return false;
        };
        let Some(unit) = usize::try_from(u32::from_be_bytes(*length))
            .ok()
            .and_then(|length| after.get(..length))
        else {
            return false;
        };
        if !unit
            .first()
            .is_some_and(|head| matches!(head & 0x1F, 1..=5 | 7..=9))
        {
            return false;
        }
        rest = &after[unit.len()..];
    }
    true
}

fn moov(movie: &Movie, first: u64) -> Option<Vec<u8>> {
    let chunks = chunk_places(movie, first);
    let earliest = movie
        .tracks
        .iter()
        .filter_map(|track| Some(to_movie(track, track.starts?)))
        .min()
        .unwrap_or(0);
    let mut traks = Vec::new();
    let mut longest = 0;
    let mut id = 0_u32;
    for (number, track) in movie
        .tracks
        .iter()
        .enumerate()
        .filter(|(_, track)| !track.samples.is_empty())
    {
        id += 1;
        let delay = to_movie(track, track.starts?).saturating_sub(earliest);
        longest = longest.max(delay + to_movie(track, track.ticks));
        traks.extend(trak(track, id, delay, &chunks[number])?);
    }
    let longest = u32::try_from(longest).ok()?.to_be_bytes();
    let scale = u32::try_from(MOVIE_SCALE).ok()?.to_be_bytes();
    let mvhd = full(
        b"mvhd",
        0,
        0,
        &[
            &[0; 8],
            &scale,
            &longest,
            &[0, 1, 0, 0],
            &[1, 0],
            &[0; 10],
            &MATRIX,
            &[0; 24],
            &(id + 1).to_be_bytes(),
        ],
    );
    Some(boxed(b"moov", &[&mvhd, &traks]))
}

fn to_movie(track: &Track, ticks: u64) -> u64 {
    ticks * MOVIE_SCALE / u64::from(track.timescale)
}

/// For each track: its chunks' places and sample counts. One run becomes one chunk.
fn chunk_places(movie: &Movie, first: u64) -> Vec<Vec<(u64, u32)>> {
    let mut places = vec![Vec::new(); movie.tracks.len()];
    let mut at = first;
    for run in &movie.runs {
        let Some(track) = movie.tracks.get(run.track) else {
            continue;
        };
        let count = usize::try_from(run.count).unwrap_or_default();
        if run.count > 0 {
            places[run.track].push((at, run.count));
        }
        at += track
            .samples
            .iter()
            .skip(run.first)
            .take(count)
            .map(|sample| u64::from(sample.size))
            .sum::<u64>();
    }
    places
}

fn trak(track: &Track, id: u32, delay: u64, chunks: &[(u64, u32)]) -> Option<Vec<u8>> {
    let lasts = to_movie(track, track.ticks);
    let whole = u32::try_from(delay + lasts).ok()?.to_be_bytes();
    let (volume, sides) = match track.carries {
        Carries::Video => (
            [0, 0],
            [
                (track.width << 16).to_be_bytes(),
                (track.height << 16).to_be_bytes(),
            ]
            .concat(),
        ),
        Carries::Sound => ([1, 0], vec![0; 8]),
    };
    // Flags 3: enabled, in the movie.
    let tkhd = full(
        b"tkhd",
        0,
        3,
        &[
            &[0; 8],
            &id.to_be_bytes(),
            &[0; 4],
            &whole,
            &[0; 8],
            &[0; 4],
            &volume,
            &[0; 2],
            &MATRIX,
            &sides,
        ],
    );
    let edts = edits(track, delay, lasts)?;
    Some(boxed(b"trak", &[&tkhd, &edts, &mdia(track, chunks)?]))
}

/// A late start becomes an empty edit; samples that are shown later than decoded are cut to the first shown.
fn edits(track: &Track, delay: u64, lasts: u64) -> Option<Vec<u8>> {
    let mut decoded = 0_i64;
    let mut first_shown = i64::MAX;
    for sample in track.samples.iter().take(64) {
        first_shown = first_shown.min(decoded + i64::from(sample.shown_after));
        decoded += i64::from(sample.lasts);
    }
    let first_shown = u32::try_from(first_shown.max(0)).ok()?;
    if delay == 0 && first_shown == 0 {
        return Some(Vec::new());
    }
    let mut entries = Vec::new();
    if delay > 0 {
        entries.extend([u32::try_from(delay).ok()?, u32::MAX, 0x1_0000]);
    }
    entries.extend([u32::try_from(lasts).ok()?, first_shown, 0x1_0000]);
    let count = u32::try_from(entries.len() / 3).ok()?.to_be_bytes();
    let bytes: Vec<u8> = entries
        .iter()
        .flat_map(|entry| entry.to_be_bytes())
        .collect();
    Some(boxed(b"edts", &[&full(b"elst", 0, 0, &[&count, &bytes])]))
}

fn mdia(track: &Track, chunks: &[(u64, u32)]) -> Option<Vec<u8>> {
    let ticks = u32::try_from(track.ticks).ok()?.to_be_bytes();
    // 0x55C4: language "und".
    let mdhd = full(
        b"mdhd",
        0,
        0,
        &[
            &[0; 8],
            &track.timescale.to_be_bytes(),
            &ticks,
            &[0x55, 0xC4],
            &[0; 2],
        ],
    );
    let (handler, media) = match track.carries {
        Carries::Video => (b"vide", full(b"vmhd", 0, 1, &[&[0; 8]])),
        Carries::Sound => (b"soun", full(b"smhd", 0, 0, &[&[0; 4]])),
    };
    let hdlr = full(b"hdlr", 0, 0, &[&[0; 4], handler, &[0; 12], &[0]]);
    let url = full(b"url ", 0, 1, &[]);
    let dinf = boxed(
        b"dinf",
        &[&full(b"dref", 0, 0, &[&1_u32.to_be_bytes(), &url])],
    );
    let minf = boxed(b"minf", &[&media, &dinf, &stbl(track, chunks)?]);
    Some(boxed(b"mdia", &[&mdhd, &hdlr, &minf]))
}

fn stbl(track: &Track, chunks: &[(u64, u32)]) -> Option<Vec<u8>> {
    let stsd = full(b"stsd", 0, 0, &[&1_u32.to_be_bytes(), &entry(track)?]);
    let stts = table(b"stts", 0, &grouped(&track.samples, |sample| sample.lasts))?;
    let shifted = track.samples.iter().any(|sample| sample.shown_after != 0);
    let ctts = if shifted {
        table(
            b"ctts",
            1,
            &grouped(&track.samples, |sample| sample.shown_after.cast_unsigned()),
        )?
    } else {
        Vec::new()
    };
    let stss = if track.samples.iter().all(|sample| sample.key) {
        Vec::new()
    } else {
        key_samples(&track.samples)?
    };
    let sizes: Vec<u8> = track
        .samples
        .iter()
        .flat_map(|sample| sample.size.to_be_bytes())
        .collect();
    let count = u32::try_from(track.samples.len()).ok()?.to_be_bytes();
    let stsz = full(b"stsz", 0, 0, &[&[0; 4], &count, &sizes]);
    let places: Vec<u8> = chunks.iter().flat_map(|(at, _)| at.to_be_bytes()).collect();
    let co64 = full(
        b"co64",
        0,
        0,
        &[&u32::try_from(chunks.len()).ok()?.to_be_bytes(), &places],
    );
    Some(boxed(
        b"stbl",
        &[
            &stsd,
            &stts,
            &ctts,
            &stss,
            &samples_per_chunk(chunks)?,
            &stsz,
            &co64,
        ],
    ))
}

/// The sample entry with what a player needs and no more: fixed fields rewritten, the name of the compressor emptied, and of the
/// boxes inside only the codec's settings, the colour numbers and the shape of a pixel.
fn entry(track: &Track) -> Option<Vec<u8>> {
    let (name, body) = (&track.entry.0, &track.entry.1);
    let (fixed, kept): (Vec<u8>, &[&[u8; 4]]) = match (name, track.carries) {
        (b"avc1", Carries::Video) => {
            let mut fixed = vec![0; 78];
            fixed[7] = 1;
            fixed[24..28].copy_from_slice(body.get(24..28)?);
            // 72 dpi twice, one frame a sample, 24 bits deep.
            fixed[28..36].copy_from_slice(&[0, 72, 0, 0, 0, 72, 0, 0]);
            fixed[41] = 1;
            fixed[75] = 24;
            fixed[76..78].copy_from_slice(&[0xFF, 0xFF]);
            (fixed, &[b"avcC", b"colr", b"pasp"])
        }
        (b"mp4a", Carries::Sound) => {
            let mut fixed = vec![0; 28];
            fixed[7] = 1;
            fixed[16..20].copy_from_slice(body.get(16..20)?);
            fixed[24..28].copy_from_slice(body.get(24..28)?);
            (fixed, &[b"esds"])
        }
        _ => return None,
    };
    let inside: Vec<u8> = walk(body.get(fixed.len()..)?)
        .filter(|(name, _)| kept.contains(&name))
        .flat_map(|(name, body)| boxed(&name, &[body]))
        .collect();
    Some(boxed(name, &[&fixed, &inside]))
}

/// Runs of equal values as (count, value).
fn grouped(samples: &[Sample], value: impl Fn(&Sample) -> u32) -> Vec<(u32, u32)> {
    let mut groups: Vec<(u32, u32)> = Vec::new();
    for sample in samples {
        let value = value(sample);
        match groups.last_mut() {
            Some((count, last)) if *last == value => *count += 1,
            _ => groups.push((1, value)),
        }
    }
    groups
}

fn table(name: &[u8; 4], version: u8, groups: &[(u32, u32)]) -> Option<Vec<u8>> {
    let bytes: Vec<u8> = groups
        .iter()
        .flat_map(|(count, value)| [count.to_be_bytes(), value.to_be_bytes()].concat())
        .collect();
    Some(full(
        name,
        version,
        0,
        &[&u32::try_from(groups.len()).ok()?.to_be_bytes(), &bytes],
    ))
}

fn key_samples(samples: &[Sample]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for (number, _) in samples.iter().enumerate().filter(|(_, sample)| sample.key) {
        bytes.extend(u32::try_from(number + 1).ok()?.to_be_bytes());
    }
    let count = u32::try_from(bytes.len() / 4).ok()?.to_be_bytes();
    Some(full(b"stss", 0, 0, &[&count, &bytes]))
}

fn samples_per_chunk(chunks: &[(u64, u32)]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut last = 0;
    for (number, (_, count)) in chunks.iter().enumerate() {
        if *count != last {
            bytes.extend(
                [
                    u32::try_from(number + 1).ok()?.to_be_bytes(),
                    count.to_be_bytes(),
                    1_u32.to_be_bytes(),
                ]
                .concat(),
            );
            last = *count;
        }
    }
    let count = u32::try_from(bytes.len() / 12).ok()?.to_be_bytes();
    Some(full(b"stsc", 0, 0, &[&count, &bytes]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slices_and_parameter_sets_pass() {
        let unit = |kind: u8| [&5_u32.to_be_bytes()[..], &[0x60 | kind, 1, 2, 3, 4]].concat();
        assert!(only_picture(&[unit(7), unit(8), unit(5)].concat()));
        assert!(!only_picture(&[unit(6), unit(5)].concat()));
        assert!(!only_picture(&unit(1)[..7]));
        assert!(!only_picture(&unit(31)));
    }

    #[test]
    fn equal_values_are_grouped() {
        let sample = |lasts| Sample {
            size: 1,
            lasts,
            shown_after: 0,
            key: true,
        };
        assert_eq!(
            grouped(&[sample(2), sample(2), sample(3)], |sample| sample.lasts),
            [(2, 2), (1, 3)]
        );
    }
}
