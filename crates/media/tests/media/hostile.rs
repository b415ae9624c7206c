//! Files made to harm: bombs, lies, locks, crashes. Each becomes a readable refusal, none a panic or a wait without end.

use std::{
    fs::{self, File},
    io::{Cursor, Read, Seek, SeekFrom},
    path::Path,
    time::Duration,
};

use media::{FindingCode, Kind, MediaError, RefusalCode, Workshop};

use crate::{
    inputs::{Inputs, ffmpeg, run, text},
    workshop, workshop_with,
};

fn refused(workshop: &Workshop, path: &Path) -> RefusalCode {
    match workshop.scrub(&mut File::open(path).unwrap()) {
        Err(MediaError::Refused(refusal)) => {
            let probe = workshop.probe(&mut File::open(path).unwrap()).unwrap();
            assert_eq!(
                probe.trouble.map(|trouble| trouble.code),
                Some(refusal.code)
            );
            refusal.code
        }
        other => panic!("{path:?}: {other:?}"),
    }
}

#[test]
fn what_is_unknown_is_refused() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    let unknown: [(&str, &[u8]); 4] = [
        ("a.jpg", b"MZ\x90\0 a program"),
        ("a.mp4", b"#EXTM3U\nfile:///etc/passwd\n"),
        ("a.svg", b"<svg/>"),
        ("a.gif", b"GIF89a\x01"),
    ];
    for (name, bytes) in unknown {
        assert_eq!(
            refused(&workshop, &inputs.write(name, bytes)),
            RefusalCode::UnknownKind,
            "{name}"
        );
    }
    assert_eq!(
        refused(&workshop, &inputs.write("empty", b"")),
        RefusalCode::Empty
    );
}

#[test]
fn what_is_cut_short_or_scrambled_is_refused() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    let files = [
        inputs.picture("a.png", "160x120"),
        inputs.heic("a.heic", "160x120"),
        inputs.clip("a.mp4", "160x120", "1"),
        inputs.document("a.pdf"),
    ];
    for path in files {
        let bytes = fs::read(&path).unwrap();
        let cut = inputs.write("cut", &bytes[..200.min(bytes.len() / 2)]);
        let code = refused(&workshop, &cut);
        assert!(
            matches!(code, RefusalCode::Damaged | RefusalCode::NothingToShow),
            "{path:?} {code:?}"
        );
    }
    assert_eq!(
        refused(
            &workshop,
            &inputs.write("head.jpg", b"\xFF\xD8\xFF\xE0\0\x10JFIF\0")
        ),
        RefusalCode::Damaged
    );
}

#[test]
fn a_locked_document_is_refused() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    let (plain, locked) = (inputs.document("a.pdf"), inputs.path("locked.pdf"));
    run(
        "qpdf",
        &[
            "--encrypt",
            "secret",
            "owner",
            "256",
            "--",
            text(&plain),
            text(&locked),
        ],
    );
    assert_eq!(refused(&workshop, &locked), RefusalCode::Encrypted);
    // Locked against changes only: it opens for everyone, and what is published is not locked.
    run(
        "qpdf",
        &[
            "--encrypt",
            "",
            "owner",
            "256",
            "--",
            text(&plain),
            text(&locked),
        ],
    );
    assert_eq!(
        workshop
            .scrub(&mut File::open(&locked).unwrap())
            .unwrap()
            .kind,
        Kind::Pdf
    );
}

/// A PNG that says it has 50,000 by 50,000 pixels.
fn bomb() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend([0, 0, 0xC3, 0x50, 0, 0, 0xC3, 0x50, 8, 2, 0, 0, 0]);
    let mut crc = flate2::Crc::new();
    crc.update(&bytes[12..]);
    bytes.extend(crc.sum().to_be_bytes());
    bytes.extend(b"\0\0\0\0IEND\xAE\x42\x60\x82");
    bytes
}

#[test]
fn too_many_pixels_are_refused() {
    let (inputs, workshop) = (Inputs::new(), workshop());
    assert_eq!(
        refused(&workshop, &inputs.write("bomb.png", &bomb())),
        RefusalCode::TooManyPixels
    );
    let small = workshop_with(|config| {
        config.limits.still_pixels = 10_000;
        config.limits.video_pixels = 10_000;
    });
    for path in [
        inputs.picture("a.jpg", "320x240"),
        inputs.heic("a.heic", "320x240"),
        inputs.clip("a.mp4", "320x240", "1"),
    ] {
        assert_eq!(
            refused(&small, &path),
            RefusalCode::TooManyPixels,
            "{path:?}"
        );
    }
}

#[test]
fn too_long_too_many_too_large_are_refused() {
    let inputs = Inputs::new();
    let small = workshop_with(|config| {
        config.limits.media_seconds = 1;
        config.limits.pages = 1;
        config.limits.still_bytes = 1000;
    });
    assert_eq!(
        refused(&small, &inputs.clip("a.mp4", "160x120", "3")),
        RefusalCode::TooLong
    );
    assert_eq!(
        refused(&small, &inputs.sound("a.mp3", "3")),
        RefusalCode::TooLong
    );
    assert_eq!(
        refused(&small, &inputs.picture("a.jpg", "320x240")),
        RefusalCode::TooLarge
    );
    let pages = workshop_with(|config| config.limits.pages = 1);
    assert_eq!(
        refused(&pages, &inputs.document("a.pdf")),
        RefusalCode::TooManyPages
    );
}

#[test]
fn g07_a_file_that_starves_a_tool_becomes_a_finding() {
    let inputs = Inputs::new();
    // Little enough memory that an ordinary file is a bomb.
    let starved = workshop_with(|config| config.limits.memory = 160 << 20);
    let path = inputs.clip("a.mp4", "1920x1080", "1");
    let error = starved.scrub(&mut File::open(&path).unwrap()).unwrap_err();
    let MediaError::Refused(refusal) = error else {
        panic!("{error:?}")
    };
    assert!(
        matches!(
            refusal.code,
            RefusalCode::ToolMemory | RefusalCode::ToolCrashed | RefusalCode::Damaged
        ),
        "{refusal}"
    );

    let hurried = workshop_with(|config| {
        config.limits.cpu_seconds = 1;
        config.limits.cpu_per_media_second = 0;
    });
    let path = inputs.clip("b.mp4", "1920x1080", "8");
    let MediaError::Refused(refusal) = hurried.scrub(&mut File::open(&path).unwrap()).unwrap_err()
    else {
        panic!()
    };
    assert_eq!(refusal.code, RefusalCode::ToolStalled);

    let narrow = workshop_with(|config| config.limits.output = 10_000);
    let MediaError::Refused(refusal) = narrow.scrub(&mut File::open(&path).unwrap()).unwrap_err()
    else {
        panic!()
    };
    assert_eq!(refusal.code, RefusalCode::ToolOutput);
}

#[test]
fn g07_a_file_that_kills_its_examiner_is_said_to() {
    let inputs = Inputs::new();
    let starved = workshop_with(|config| config.limits.memory = 48 << 20);
    let probe = starved
        .probe(&mut File::open(inputs.clip("a.mp4", "640x480", "1")).unwrap())
        .unwrap();
    assert!(probe.trouble.is_some(), "{probe:?}");
    assert!(
        probe
            .findings
            .iter()
            .any(|finding| finding.code == FindingCode::HarmsTools),
        "{probe:?}"
    );
}

#[test]
fn a_movie_that_points_elsewhere_reads_nothing_elsewhere() {
    // A data reference to another file, as QuickTime allows.
    let inputs = Inputs::new();
    let clip = inputs.clip("a.mp4", "160x120", "1");
    let bytes = fs::read(&clip).unwrap();
    let url = bytes
        .windows(8)
        .position(|window| window == b"url \0\0\0\x01")
        .unwrap();
    let mut pointing = bytes.clone();
    pointing[url + 7] = 0;
    let outcome = workshop().scrub(&mut Cursor::new(pointing));
    assert!(
        matches!(outcome, Ok(_) | Err(MediaError::Refused(_))),
        "{outcome:?}"
    );
}

#[test]
fn g07_flipped_bytes_never_harm_the_workshop() {
    use rand_chacha::{
        ChaCha20Rng,
        rand_core::{RngCore, SeedableRng},
    };
    let (inputs, mut rng) = (Inputs::new(), ChaCha20Rng::seed_from_u64(22));
    let workshop = workshop_with(|config| config.limits.stall = Duration::from_secs(20));
    let files = [
        inputs.picture("a.jpg", "96x64"),
        inputs.picture("a.png", "96x64"),
        inputs.heic("a.heic", "96x64"),
        inputs.clip("a.mp4", "96x64", "0.3"),
        inputs.sound("a.mp3", "0.3"),
        inputs.document("a.pdf"),
    ];
    for path in files {
        let bytes = fs::read(&path).unwrap();
        for _ in 0..3 {
            let mut flipped = bytes.clone();
            for _ in 0..8 {
                let at = usize::try_from(rng.next_u64() % bytes.len() as u64).unwrap();
                flipped[at] ^= u8::try_from(rng.next_u32() & 0xFF).unwrap();
            }
            match workshop.scrub(&mut Cursor::new(flipped)) {
                Ok(_) | Err(MediaError::Refused(_)) => {}
                Err(error) => panic!("{path:?}: {error:?}"),
            }
        }
    }
}

/// A source that counts what is read, and of which far more exists than may be held.
struct Counted {
    file: File,
    read: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.read += read as u64;
        Ok(read)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.file.seek(to)
    }
}

#[test]
fn a_large_video_is_read_in_ranges() {
    // 400 MiB that no track refers to, before the index: a tool that seeks never reads them, and nothing holds them.
    let inputs = Inputs::new();
    let (clip, path) = (inputs.path("a.mp4"), inputs.path("large.mp4"));
    ffmpeg(
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=160x120:rate=10:duration=1",
            "-movflags",
            "+faststart",
            "-pix_fmt",
            "yuv420p",
        ],
        &clip,
    );
    let bytes = fs::read(&clip).unwrap();
    let file = File::options()
        .create(true)
        .truncate(true)
        .read(true)
        .write(true)
        .open(&path)
        .unwrap();
    let hole = 400_u64 << 20;
    std::os::unix::fs::FileExt::write_all_at(&file, &bytes, 0).unwrap();
    let head = [&u32::try_from(hole).unwrap().to_be_bytes()[..], b"mdat"].concat();
    std::os::unix::fs::FileExt::write_all_at(&file, &head, bytes.len() as u64).unwrap();
    file.set_len(bytes.len() as u64 + hole).unwrap();
    let workshop = workshop_with(|config| config.limits.scratch = 8 << 20);
    let mut source = Counted { file, read: 0 };
    let scrubbed = workshop.scrub(&mut source).unwrap();
    assert_eq!(scrubbed.kind, Kind::Mp4);
    assert!(source.read < 100 << 20, "{} bytes read", source.read);
}
