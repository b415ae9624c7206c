//! Reads the fragments that our encoder hands out: which samples there are, how long they last and where they lie.

use std::io::{self, Read, Seek, SeekFrom};

use super::boxes::{self, Numbers, find, find_path, walk};

/// Most samples of one track: four hours of 120 frames a second.
const SAMPLES: usize = 2_000_000;
/// Largest fragment head.
const HEADER: u64 = 32 << 20;

/// One sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) size: u32,
    pub(super) lasts: u32,
    /// Shown so much after it is decoded.
    pub(super) shown_after: i32,
    /// Playing may start here.
    pub(super) key: bool,
}

/// Samples that lie one after the other in the fragments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) track: usize,
    /// Byte offset in the fragments.
    pub(super) at: u64,
    pub(super) first: usize,
    pub(super) count: u32,
}

/// What a track carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carries {
    Video,
    Sound,
}

/// One track.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) id: u32,
    pub(super) carries: Carries,
    pub(super) timescale: u32,
    /// Body of its one sample entry.
    pub(super) entry: ([u8; 4], Vec<u8>),
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) samples: Vec<Sample>,
    /// When the first sample is decoded, in its timescale.
    pub(super) starts: Option<u64>,
    /// Ticks of all samples so far.
    pub(super) ticks: u64,
    default_lasts: u32,
    default_size: u32,
    default_flags: u32,
}

/// All tracks, and the order their samples lie in.
#[derive(Debug, Default)]
pub(super) struct Movie {
    pub(super) tracks: Vec<Track>,
    pub(super) runs: Vec<Run>,
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("fragments: {what}"))
}

/// Reads all of them.
pub(super) fn read(source: &mut (impl Read + Seek), length: u64) -> io::Result<Movie> {
    let mut movie = Movie::default();
    let mut at = 0;
    while at < length {
        let found = boxes::head(source, at, length)?.ok_or_else(|| bad("not a box"))?;
        match &found.name {
            b"moov" => {
                movie.tracks = tracks(&body(source, at, found)?).ok_or_else(|| bad("moov"))?
            }
            b"moof" => movie
                .fragment(&body(source, at, found)?, at)
                .ok_or_else(|| bad("moof"))?,
            _ => {}
        }
        at += found.size;
    }
    let inside = movie.runs.iter().all(|run| {
        movie
            .bytes(run)
            .and_then(|bytes| run.at.checked_add(bytes))
            .is_some_and(|end| end <= length)
    });
    if inside {
        Ok(movie)
    } else {
        Err(bad("samples lie outside"))
    }
}

fn body(source: &mut (impl Read + Seek), at: u64, found: boxes::Head) -> io::Result<Vec<u8>> {
    if found.size > HEADER {
        return Err(bad("a header too large"));
    }
    source.seek(SeekFrom::Start(at + found.head))?;
    let mut bytes = vec![0; usize::try_from(found.size - found.head).unwrap_or_default()];
    source.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn tracks(moov: &[u8]) -> Option<Vec<Track>> {
    let mut tracks = Vec::new();
    for (name, trak) in walk(moov) {
        if &name == b"trak" {
            tracks.push(track(trak)?);
        }
    }
    for (name, trex) in walk(find(moov, b"mvex")?) {
        if &name == b"trex" {
            let mut numbers = Numbers(trex.get(4..)?);
            let id = numbers.u32()?;
            let track = tracks.iter_mut().find(|track| track.id == id)?;
            numbers.skip(4)?;
            (track.default_lasts, track.default_size, track.default_flags) =
                (numbers.u32()?, numbers.u32()?, numbers.u32()?);
        }
    }
    Some(tracks)
}

fn track(trak: &[u8]) -> Option<Track> {
    let tkhd = find(trak, b"tkhd")?;
    let long = *tkhd.first()? == 1;
    let id = Numbers(tkhd.get(if long { 20 } else { 12 }..)?).u32()?;
    let mut sides = Numbers(tkhd.get(if long { 88 } else { 76 }..)?);
    let (width, height) = (sides.u32()? >> 16, sides.u32()? >> 16);
    let mdhd = find_path(trak, &[b"mdia", b"mdhd"])?;
    let timescale = Numbers(mdhd.get(if *mdhd.first()? == 1 { 20 } else { 12 }..)?)
        .u32()
        .filter(|scale| *scale > 0)?;
    let carries = match find_path(trak, &[b"mdia", b"hdlr"])?.get(8..12)? {
        b"vide" => Carries::Video,
        b"soun" => Carries::Sound,
        _ => return None,
    };
    let stsd = find_path(trak, &[b"mdia", b"minf", b"stbl", b"stsd"])?;
    let (name, entry) = walk(stsd.get(8..)?).next()?;
    Some(Track {
        id,
        carries,
        timescale,
        entry: (name, entry.to_vec()),
        width,
        height,
        samples: Vec::new(),
        starts: None,
        ticks: 0,
        default_lasts: 0,
        default_size: 0,
        default_flags: 0,
    })
}

impl Movie {
    fn bytes(&self, run: &Run) -> Option<u64> {
        let samples = &self.tracks.get(run.track)?.samples;
        let count = usize::try_from(run.count).ok()?;
        Some(
            samples
                .get(run.first..run.first + count)?
                .iter()
                .map(|sample| u64::from(sample.size))
                .sum(),
        )
    }

    fn fragment(&mut self, moof: &[u8], at: u64) -> Option<()> {
        for (name, traf) in walk(moof) {
            if &name == b"traf" {
                self.track_fragment(traf, at)?;
            }
        }
        Some(())
    }

    fn track_fragment(&mut self, traf: &[u8], moof_at: u64) -> Option<()> {
        let tfhd = find(traf, b"tfhd")?;
        let mut numbers = Numbers(tfhd);
        let flags = numbers.u32()? & 0x00FF_FFFF;
        let id = numbers.u32()?;
        let number = self.tracks.iter().position(|track| track.id == id)?;
        let track = self.tracks.get_mut(number)?;
        let base = if flags & 1 != 0 {
            numbers.u64()?
        } else {
            moof_at
        };
        if flags & 2 != 0 {
            numbers.skip(4)?;
        }
        let mut given = |bit: u32, otherwise: u32| {
            if flags & bit != 0 {
                numbers.u32()
            } else {
                Some(otherwise)
            }
        };
        let defaults = Defaults {
            lasts: given(8, track.default_lasts)?,
            size: given(16, track.default_size)?,
            flags: given(32, track.default_flags)?,
        };
        let tfdt = find(traf, b"tfdt")?;
        let mut time = Numbers(tfdt.get(4..)?);
        let starts = if *tfdt.first()? == 1 {
            time.u64()?
        } else {
            u64::from(time.u32()?)
        };
        // Far beyond any recording; keeps sums of times far from their types' ends.
        if starts > 1 << 48 {
            return None;
        }
        track.continue_at(starts);
        for (name, trun) in walk(traf) {
            if &name == b"trun" {
                let run = track.run(trun, number, base, &defaults)?;
                self.runs.push(run);
            }
        }
        Some(())
    }
}

struct Defaults {
    lasts: u32,
    size: u32,
    flags: u32,
}

impl Track {
    /// A fragment that starts later than the samples so far end: the last one is shown longer.
    fn continue_at(&mut self, starts: u64) {
        let Some(first) = self.starts else {
            self.starts = Some(starts);
            return;
        };
        let gap = starts.saturating_sub(first).saturating_sub(self.ticks);
        if let (Some(last), Ok(gap)) = (self.samples.last_mut(), u32::try_from(gap)) {
            let longer = last.lasts.saturating_add(gap);
            self.ticks += u64::from(longer - last.lasts);
            last.lasts = longer;
        }
    }

    fn run(&mut self, trun: &[u8], number: usize, base: u64, defaults: &Defaults) -> Option<Run> {
        let mut numbers = Numbers(trun);
        let flags = numbers.u32()? & 0x00FF_FFFF;
        let count = numbers.u32()?;
        let offset = if flags & 1 != 0 { numbers.i32()? } else { 0 };
        let first_flags = if flags & 4 != 0 {
            Some(numbers.u32()?)
        } else {
            None
        };
        let first = self.samples.len();
        if usize::try_from(count).ok()? > SAMPLES.saturating_sub(first) {
            return None;
        }
        for index in 0..count {
            let lasts = if flags & 0x100 != 0 {
                numbers.u32()?
            } else {
                defaults.lasts
            };
            let size = if flags & 0x200 != 0 {
                numbers.u32()?
            } else {
                defaults.size
            };
            let own = if flags & 0x400 != 0 {
                numbers.u32()?
            } else {
                defaults.flags
            };
            let own = first_flags.filter(|_| index == 0).unwrap_or(own);
            let shown_after = if flags & 0x800 != 0 {
                numbers.i32()?
            } else {
                0
            };
            self.ticks += u64::from(lasts);
            // Bit 16: "is not a sync sample".
            self.samples.push(Sample {
                size,
                lasts,
                shown_after,
                key: own & 0x1_0000 == 0,
            });
        }
        Some(Run {
            track: number,
            at: base.checked_add_signed(i64::from(offset))?,
            first,
            count,
        })
    }
}
