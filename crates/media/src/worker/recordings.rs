//! MP4, MOV and MP3: examined, previewed and encoded anew by ffmpeg, which reads the source over the sandbox's loopback.

use std::{
    io::{self, BufWriter, Cursor, Read, Write},
    path::Path,
};

use image::ImageFormat;
use serde::Deserialize;

use super::{Bench, Stop, exif, plate, skeleton, still, tool};
use crate::{Code, FindingCode, Kind, RefusalCode, talk::Facts};

/// Longest side of a video proxy.
const PROXY_SIDE: u32 = 1280;
/// Largest uncompressed frame that is read for a poster.
const FRAME: u64 = 512 << 20;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Probed {
    streams: Vec<Stream>,
    format: Format,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Format {
    duration: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stream {
    codec_type: Option<String>,
    codec_name: Option<String>,
    codec_tag_string: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    disposition: Disposition,
    side_data_list: Vec<SideData>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Disposition {
    attached_pic: u8,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SideData {
    rotation: Option<f64>,
}

impl Stream {
    fn is(&self, kind: &str) -> bool {
        self.codec_type.as_deref() == Some(kind) && self.disposition.attached_pic == 0
    }

    fn name(&self) -> &str {
        self.codec_name
            .as_deref()
            .or(self.codec_tag_string.as_deref())
            .unwrap_or("unknown")
    }
}

/// How the source is opened: one protocol, one container, nothing that a file could lead elsewhere.
fn input(bench: &Bench, kind: Kind) -> Vec<String> {
    let container = if kind == Kind::Mp3 { "mp3" } else { "mov" };
    let words = [
        "-protocol_whitelist",
        "http,tcp",
        "-f",
        container,
        "-i",
        &bench.url,
    ];
    words.into_iter().map(str::to_owned).collect()
}

fn arguments(bench: &Bench, kind: Kind, after: &[&str]) -> Vec<String> {
    // A frame may be larger than the header says; the decoder is held to the limit too.
    let pixels = bench.order.limits.video_pixels.to_string();
    let mut all: Vec<String> = [
        "-nostdin",
        "-hide_banner",
        "-v",
        "error",
        "-max_pixels",
        &pixels,
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    all.extend(input(bench, kind));
    all.extend(after.iter().map(|word| (*word).to_owned()));
    all
}

fn probe(bench: &Bench, kind: Kind) -> Result<Probed, Stop> {
    let mut all: Vec<String> = [
        "-v",
        "error",
        "-of",
        "json",
        "-show_streams",
        "-show_format",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    all.extend(input(bench, kind));
    let (json, ended) = tool::run("ffprobe", &all)?;
    ended.or_damaged()?;
    serde_json::from_slice(&json).map_err(|_| Stop::damaged("ffprobe says nothing of it"))
}

/// Size, length and streams, held against the limits.
fn facts_of(bench: &Bench, probed: &Probed, facts: &mut Facts) -> Result<(), Stop> {
    let limits = &bench.order.limits;
    let video = probed.streams.iter().find(|stream| stream.is("video"));
    let sound = probed.streams.iter().find(|stream| stream.is("audio"));
    if video.is_none() && sound.is_none() {
        return Err(Stop::refuse(
            RefusalCode::NothingToShow,
            "neither picture nor sound",
        ));
    }
    if let Some(video) = video {
        let (Some(width), Some(height)) = (
            video.width.filter(|side| *side > 0),
            video.height.filter(|side| *side > 0),
        ) else {
            return Err(Stop::damaged("a video without a size"));
        };
        if u64::from(width) * u64::from(height) > limits.video_pixels
            || width.max(height) > limits.side
        {
            return Err(Stop::refuse(
                RefusalCode::TooManyPixels,
                format!("{width} by {height}"),
            ));
        }
        let turn = video
            .side_data_list
            .iter()
            .find_map(|data| data.rotation)
            .unwrap_or(0.0);
        let lies = (turn.abs() % 180.0 - 90.0).abs() < 1.0;
        (facts.width, facts.height) = if lies {
            (Some(height), Some(width))
        } else {
            (Some(width), Some(height))
        };
        if turn.abs() > 0.5 {
            facts.find(
                FindingCode::Orientation,
                "video",
                &format!("{turn} degrees"),
            );
        }
    }
    let seconds = probed
        .format
        .duration
        .as_deref()
        .and_then(|text| text.parse::<f64>().ok())
        .filter(|seconds| seconds.is_finite());
    facts.duration_ms = seconds
        .and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok())
        .and_then(|lasts| u64::try_from(lasts.as_millis()).ok());
    if facts
        .duration_ms
        .is_some_and(|lasts| lasts > limits.media_seconds * 1000)
    {
        return Err(Stop::refuse(
            RefusalCode::TooLong,
            format!("more than {} seconds", limits.media_seconds),
        ));
    }
    facts.streams = [video, sound]
        .into_iter()
        .flatten()
        .map(|stream| stream.name().to_owned())
        .collect();
    for (number, stream) in probed.streams.iter().enumerate() {
        let kept = [video, sound]
            .into_iter()
            .flatten()
            .any(|kept| std::ptr::eq(kept, stream));
        if !kept {
            let code = if stream.disposition.attached_pic == 1 {
                FindingCode::EmbeddedPicture
            } else {
                FindingCode::ExtraStream
            };
            let what = format!(
                "{} {}",
                stream.codec_type.as_deref().unwrap_or("data"),
                stream.name()
            );
            facts.find(code, &format!("stream {number}"), &what);
        }
    }
    Ok(())
}

/// What examines a recording.
pub(super) fn examine(bench: &Bench, kind: Kind) -> Result<Facts, Stop> {
    let mut facts = Facts {
        tools: vec![exif::version(), version()],
        ..Facts::default()
    };
    let probed = probe(bench, kind)?;
    let path = if kind == Kind::Mp3 {
        skeleton::of_mp3(bench)?
    } else {
        skeleton::of_iso(bench, &mut facts)?
    };
    let mut findings = exif::findings(&path)?;
    facts.findings.append(&mut findings);
    facts_of(bench, &probed, &mut facts)?;
    if let Some(video) = probed.streams.iter().find(|stream| stream.is("video")) {
        enhancement(bench, kind, video.name(), &mut facts)?;
    }
    Ok(facts)
}

/// Text in the supplemental messages (SEI) of the first frames: encoder settings, serial numbers, anything.
fn enhancement(bench: &Bench, kind: Kind, codec: &str, facts: &mut Facts) -> Result<(), Stop> {
    let (filter, raw) = match codec {
        "h264" => ("filter_units=pass_types=6", "h264"),
        "hevc" => ("filter_units=pass_types=39-40", "hevc"),
        _ => return Ok(()),
    };
    let after = [
        "-map",
        "0:V:0",
        "-c",
        "copy",
        "-bsf:v",
        filter,
        "-frames:v",
        "48",
        "-f",
        raw,
        "pipe:1",
    ];
    let (bytes, _) = tool::run("ffmpeg", &arguments(bench, kind, &after))?;
    let mut seen = Vec::new();
    for text in bytes
        .split(|byte| !(0x20..0x7F).contains(byte))
        .filter(|text| text.len() >= 10)
    {
        let text = String::from_utf8_lossy(text).into_owned();
        if !seen.contains(&text) && seen.len() < 8 {
            facts.find(
                FindingCode::HiddenContent,
                "messages between frames (SEI)",
                &text,
            );
            seen.push(text);
        }
    }
    Ok(())
}

fn version() -> String {
    tool::version("ffmpeg", "-version")
}

/// How much of a recording could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coverage {
    Whole,
    Parts,
}

/// Runs ffmpeg and passes on what it makes.
fn stream(bench: &Bench, arguments: &[String], number: u8) -> Result<Coverage, Stop> {
    let mut running = tool::start("ffmpeg", arguments)?;
    let mut out = BufWriter::with_capacity(256 << 10, bench.link.writer(number));
    let bytes = io::copy(&mut running.output, &mut out)?;
    out.flush()?;
    let ended = running.end()?.or_damaged()?;
    if bytes == 0 {
        return Err(Stop::refuse(
            RefusalCode::NothingToShow,
            "ffmpeg made nothing of it",
        ));
    }
    // ffmpeg goes on past what it cannot decode, and so may we: a clip cut short is still a clip. But it is said.
    Ok(match ended.complaints.trim() {
        "" => Coverage::Whole,
        _ => Coverage::Parts,
    })
}

/// One picture that ffmpeg makes, as pixels.
fn picture(bench: &Bench, kind: Kind, after: &[&str]) -> Result<Option<image::DynamicImage>, Stop> {
    let mut all = arguments(bench, kind, after);
    all.extend(
        [
            "-frames:v",
            "1",
            "-c:v",
            "png",
            "-f",
            "image2pipe",
            "pipe:1",
        ]
        .map(str::to_owned),
    );
    let mut running = tool::start("ffmpeg", &all)?;
    let mut bytes = Vec::new();
    (&mut running.output).take(FRAME).read_to_end(&mut bytes)?;
    running.end()?.unless_killed()?;
    if bytes.is_empty() {
        return Ok(None);
    }
    Ok(Some(
        still::decode(
            Cursor::new(bytes),
            ImageFormat::Png,
            &bench.order.limits,
            false,
        )?
        .picture,
    ))
}

fn write_poster(bench: &Bench, picture: &image::DynamicImage) -> Result<(), Stop> {
    let mut out = BufWriter::with_capacity(256 << 10, bench.link.writer(0));
    still::write_preview(picture, &mut out)?;
    Ok(out.flush()?)
}

const DROP: [&str; 8] = [
    "-sn",
    "-dn",
    "-map_metadata",
    "-1",
    "-map_chapters",
    "-1",
    "-fflags",
    "+bitexact",
];
/// Fragments need no seeking; our own writer makes a plain file of them.
const FRAGMENTS: [&str; 5] = [
    "-movflags",
    "+frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets",
    "-f",
    "mp4",
    "pipe:1",
];
const PLAIN_H264: [&str; 10] = [
    "-c:v",
    "libx264",
    "-preset",
    "veryfast",
    "-pix_fmt",
    "yuv420p",
    "-flags:v",
    "+bitexact",
    "-bsf:v",
    "filter_units=remove_types=6",
];
const PLAIN_AAC: [&str; 6] = ["-c:a", "aac", "-flags:a", "+bitexact", "-ar", "48000"];

/// How good a video is to be.
struct Quality<'q> {
    /// Of the picture: x264's constant rate factor.
    picture: &'q str,
    /// Most bits a second; grain that no reader's line could carry is smoothed away above it.
    most: &'q str,
    /// Over what is averaged.
    window: &'q str,
    /// Bits a second of the sound.
    sound: &'q str,
    /// Channels of the sound.
    channels: &'q str,
}

const SHOWN: Quality<'_> = Quality {
    picture: "27",
    most: "3M",
    window: "6M",
    sound: "96k",
    channels: "2",
};
const PUBLISHED: Quality<'_> = Quality {
    picture: "21",
    most: "20M",
    window: "40M",
    sound: "128k",
    channels: "2",
};

fn video(
    bench: &Bench,
    kind: Kind,
    filter: &str,
    quality: &Quality<'_>,
    number: u8,
) -> Result<Coverage, Stop> {
    let threads = bench.order.threads.to_string();
    let mut after = vec!["-map", "0:V:0?", "-map", "0:a:0?"];
    after.extend(DROP);
    after.extend(["-vf", filter, "-fps_mode", "vfr", "-g", "60"]);
    after.extend(["-crf", quality.picture, "-b:a", quality.sound]);
    after.extend(["-maxrate", quality.most, "-bufsize", quality.window]);
    after.extend(["-threads", &threads, "-ac", quality.channels]);
    after.extend(PLAIN_H264.iter().chain(&PLAIN_AAC).chain(&FRAGMENTS));
    stream(bench, &arguments(bench, kind, &after), number)
}

fn sound(bench: &Bench, rate: &str, number: u8) -> Result<Coverage, Stop> {
    let mut after = vec!["-map", "0:a:0"];
    after.extend(DROP);
    after.extend([
        "-c:a",
        "libmp3lame",
        "-b:a",
        rate,
        "-flags:a",
        "+bitexact",
        "-write_xing",
        "0",
        "-id3v2_version",
        "0",
    ]);
    after.extend(["-write_id3v1", "0", "-f", "mp3", "pipe:1"]);
    stream(bench, &arguments(bench, Kind::Mp3, &after), number)
}

/// A poster and something that plays.
pub(super) fn preview(bench: &Bench, kind: Kind) -> Result<Facts, Stop> {
    let mut facts = Facts::default();
    facts_of(bench, &probe(bench, kind)?, &mut facts)?;
    if kind == Kind::Mp3 {
        sound(bench, "96k", 1)?;
    } else {
        video(bench, kind, &scaled(PROXY_SIDE), &SHOWN, 1)?;
    }
    let poster = if facts.width.is_some() {
        frame(bench, kind, facts.duration_ms.unwrap_or_default())?
    } else {
        picture(
            bench,
            kind,
            &[
                "-filter_complex",
                "[0:a:0]aformat=channel_layouts=mono,showwavespic=s=1280x320:colors=white",
            ],
        )?
    };
    let poster =
        poster.ok_or_else(|| Stop::refuse(RefusalCode::NothingToShow, "no frame could be read"))?;
    write_poster(bench, &poster)?;
    Ok(facts)
}

/// The filter that leaves no side longer than this.
fn scaled(side: u32) -> String {
    format!(
        "scale=w='min({side},iw)':h='min({side},ih)':force_original_aspect_ratio=decrease:force_divisible_by=2,setsar=1"
    )
}

/// What is known of a recording without looking for what else is in it.
pub(super) fn facts(bench: &Bench, kind: Kind) -> Result<Facts, Stop> {
    let mut facts = Facts {
        tools: vec![version()],
        ..Facts::default()
    };
    facts_of(bench, &probe(bench, kind)?, &mut facts)?;
    facts.findings.clear();
    Ok(facts)
}

/// The same film (our own) with a longer side of at most `side` pixels and at most so many bits a second.
pub(super) fn smaller(bench: &Bench, side: u32, rate: u64, sound: u64) -> Result<(), Stop> {
    let quality = Quality {
        picture: if rate > 300_000 { "24" } else { "28" },
        most: &rate.to_string(),
        window: &(rate * 2).to_string(),
        sound: &sound.to_string(),
        channels: if sound > 64_000 { "2" } else { "1" },
    };
    video(bench, Kind::Mp4, &scaled(side), &quality, 0)?;
    Ok(())
}

/// The filter that cuts the sides to even numbers and lays the plate with the code over each frame.
fn marked(facts: &mut Facts, code: Option<&Code>) -> Result<String, Stop> {
    const EVEN: &str = "crop=trunc(iw/2)*2:trunc(ih/2)*2";
    let (Some(code), Some(width), Some(height)) = (code, facts.width, facts.height) else {
        return Ok(EVEN.to_owned());
    };
    let plate = plate::plate(code, width, height)?;
    let path = "/tmp/code.png";
    let saved = plate.pixels.save_with_format(path, ImageFormat::Png);
    saved.map_err(|error| Stop::damaged(error.to_string()))?;
    facts.step("code-burnt-in");
    let (left, top) = (plate.left, plate.top);
    Ok(format!(
        "{EVEN}[film];movie=filename={path}[code];[film][code]overlay=x={left}:y={top}"
    ))
}

/// A frame from a tenth into the video (at most ten seconds), or the first one.
fn frame(bench: &Bench, kind: Kind, lasts: u64) -> Result<Option<image::DynamicImage>, Stop> {
    let at = (lasts / 10).min(10_000);
    let at = format!("{}.{:03}", at / 1000, at % 1000);
    // After the input: decoded up to there, so that it works in files whose index is wrong.
    let late = picture(bench, kind, &["-map", "0:V:0", "-ss", &at])?;
    if late.is_some() {
        Ok(late)
    } else {
        picture(bench, kind, &["-map", "0:V:0"])
    }
}

/// The same picture and sound, encoded anew. Of video these are fragments, to be rewritten by [`crate::mp4::rewrite`].
pub(super) fn scrub(bench: &Bench, kind: Kind, code: Option<&Code>) -> Result<Facts, Stop> {
    let mut facts = Facts {
        tools: vec![version()],
        ..Facts::default()
    };
    let probed = probe(bench, kind)?;
    facts_of(bench, &probed, &mut facts)?;
    facts.findings.clear();
    facts.step("decoded");
    let coverage = if kind == Kind::Mp3 {
        sound(bench, "128k", 0)?
    } else {
        let filter = marked(&mut facts, code)?;
        video(bench, kind, &filter, &PUBLISHED, 0)?
    };
    if coverage == Coverage::Parts {
        facts.step("parts-could-not-be-read");
    }
    if probed.streams.iter().any(|stream| {
        stream
            .side_data_list
            .iter()
            .any(|data| data.rotation.is_some_and(|turn| turn.abs() > 0.5))
    }) {
        facts.step("turned-upright");
    }
    facts.step("re-encoded");
    Ok(facts)
}

/// Name and place of a file that a check reads; kept here because only recordings need a skeleton.
pub(super) fn check_findings(bench: &Bench, kind: Kind, facts: &mut Facts) -> Result<(), Stop> {
    let path = if kind == Kind::Mp3 {
        skeleton::of_mp3(bench)?
    } else {
        skeleton::of_iso(bench, facts)?
    };
    let mut findings = exif::findings(Path::new(&path))?;
    facts.findings.append(&mut findings);
    Ok(())
}
