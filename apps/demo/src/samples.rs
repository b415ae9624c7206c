//! Input with camera-like metadata, for a demo without files of one's own: every format the desk takes.
//!
//! The pictures are computed, so no real person or place is in them; the metadata is what phones write.

use crate::outcome::waiting;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Seconds of the longer video.
const LONG: u32 = 75;
/// H.264 and AAC, with the metadata boxes that phones use.
const PHONE_VIDEO: &str =
    "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac -movflags use_metadata_tags";

/// Makes the samples in `dir` and returns their paths.
pub(crate) fn make(dir: &Path) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(dir)?;
    let bar = waiting("making sample media");
    let made = vec![
        photo(dir)?,
        screenshot(dir)?,
        heic(dir)?,
        video(dir)?,
        movie(dir)?,
        voice(dir)?,
        document(dir)?,
    ];
    bar.finish_and_clear();
    Ok(made)
}

fn photo(dir: &Path) -> Result<PathBuf> {
    let path = dir.join("IMG_20261104_071233.jpg");
    computed(
        &["mandelbrot=size=3264x2448:start_scale=0.02"],
        "-frames:v 1 -q:v 3",
        &[],
        &path,
    )?;
    let thumbnail = dir.join("thumbnail");
    computed(
        &["testsrc2=size=160x120"],
        "-frames:v 1 -f mjpeg",
        &[],
        &thumbnail,
    )?;
    exiftool(
        &path,
        &[
            "-Make=Samsung",
            "-Model=SM-A135F",
            "-SerialNumber=R58T30ABCDE",
            "-DateTimeOriginal=2026:11:04 07:12:33",
            "-GPSLatitude=35.9506",
            "-GPSLatitudeRef=N",
            "-GPSLongitude=39.0094",
            "-GPSLongitudeRef=E",
            "-XMP-dc:Creator=Sample Owner",
            "-IPTC:By-line=Sample Owner",
            &format!("-ThumbnailImage<={}", thumbnail.display()),
        ],
    )?;
    std::fs::remove_file(thumbnail)?;
    Ok(path)
}

fn screenshot(dir: &Path) -> Result<PathBuf> {
    let path = dir.join("Screenshot_20261104.png");
    computed(
        &["gradients=size=1080x1920:seed=7:n=4"],
        "-frames:v 1",
        &[],
        &path,
    )?;
    exiftool(
        &path,
        &[
            "-PNG:Author=Sample Owner",
            "-PNG:Software=Sample Phone 12",
            "-XMP-dc:Title=Private",
        ],
    )?;
    Ok(path)
}

fn heic(dir: &Path) -> Result<PathBuf> {
    let source = dir.join("source.png");
    computed(
        &["mandelbrot=size=2016x1512:start_scale=0.005"],
        "-frames:v 1",
        &[],
        &source,
    )?;
    let path = dir.join("IMG_0042.HEIC");
    finish(
        Command::new("heif-enc")
            .args(["-q", "60", "-o"])
            .arg(&path)
            .arg(&source),
    )?;
    exiftool(
        &path,
        &[
            "-Make=Apple",
            "-Model=iPhone 12",
            "-GPSLatitude=35.95",
            "-GPSLatitudeRef=N",
        ],
    )?;
    std::fs::remove_file(source)?;
    Ok(path)
}

fn video(dir: &Path) -> Result<PathBuf> {
    let path = dir.join("VID_20261104_071501.mp4");
    let picture = format!("testsrc2=size=1280x720:rate=25:duration={LONG}");
    let sound = format!("sine=frequency=440:beep_factor=4:duration={LONG}");
    let metadata = [
        "location=+35.9506+039.0094/",
        "creation_time=2026-11-04T07:15:01Z",
        "com.android.version=13",
    ];
    computed(&[&picture, &sound], PHONE_VIDEO, &metadata, &path)?;
    Ok(path)
}

fn movie(dir: &Path) -> Result<PathBuf> {
    let path = dir.join("IMG_0043.MOV");
    let sources = [
        "testsrc=size=640x360:rate=30:duration=6",
        "sine=frequency=330:duration=6",
    ];
    let metadata = [
        "com.apple.quicktime.make=Apple",
        "com.apple.quicktime.model=iPhone 12",
    ];
    computed(&sources, PHONE_VIDEO, &metadata, &path)?;
    Ok(path)
}

fn voice(dir: &Path) -> Result<PathBuf> {
    let path = dir.join("Recording_7.mp3");
    let sources = ["sine=frequency=220:beep_factor=3:duration=12"];
    let metadata = ["title=Call with Sample Owner", "artist=Sample Owner"];
    computed(&sources, "-b:a 96k", &metadata, &path)?;
    Ok(path)
}

/// A one-page document with an author, an earlier revision and an attachment-free body.
fn document(dir: &Path) -> Result<PathBuf> {
    let path = dir.join("decree.pdf");
    let page = "BT /F1 24 Tf 72 720 Td (Decree 17, sample) Tj 0 -40 Td /F1 14 Tf (No photographs in the streets.) Tj ET";
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
        "<< /Author (Sample Owner) /Producer (Sample Scanner 3) /CreationDate (D:20261104071233) >>".to_owned(),
    ];
    std::fs::write(&path, pdf(&objects))?;
    Ok(path)
}

/// Objects, cross-reference table and trailer (ISO 32000-1, 7.5).
fn pdf(objects: &[String]) -> String {
    let mut text = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        offsets.push(text.len());
        text.push_str(&format!("{} 0 obj\n{object}\nendobj\n", number + 1));
    }
    let table = text.len();
    text.push_str(&format!(
        "xref\n0 {}\n0000000000 65535 f \n",
        objects.len() + 1
    ));
    for offset in offsets {
        text.push_str(&format!("{offset:010} 00000 n \n"));
    }
    let size = objects.len() + 1;
    text.push_str(&format!(
        "trailer\n<< /Size {size} /Root 1 0 R /Info {} 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len()
    ));
    text
}

/// Encodes what ffmpeg's own sources compute, with metadata as a device would write it.
pub(crate) fn computed(
    sources: &[&str],
    options: &str,
    metadata: &[&str],
    out: &Path,
) -> Result<()> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-y"]);
    for source in sources {
        command.args(["-f", "lavfi", "-i", source]);
    }
    command.args(options.split_whitespace());
    for entry in metadata {
        command.args(["-metadata", entry]);
    }
    finish(command.arg(out))
}

fn exiftool(path: &Path, args: &[&str]) -> Result<()> {
    finish(
        Command::new("exiftool")
            .args(["-q", "-m", "-overwrite_original"])
            .args(args)
            .arg(path),
    )
}

fn finish(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let out = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .with_context(|| format!("starting {name}; `cargo xtask demo` installs it"))?;
    if !out.status.success() {
        bail!(
            "{name} could not make a sample: {}",
            String::from_utf8_lossy(&out.stderr).trim()
        );
    }
    Ok(())
}
