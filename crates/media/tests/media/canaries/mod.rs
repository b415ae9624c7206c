//! Planted canaries: twenty or more marks in every place a kind of file has for them, and none left after a scrub.
//!
//! The search that finds nothing in the published file is first run on the original, where it must find every one: a search that
//! cannot find what is there proves nothing.

mod documents;
mod jpeg;
mod png;
mod recordings;
mod sounds;

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

use flate2::read::DeflateDecoder;
use media::{Kind, Scrubbed};

use crate::{
    inputs::{Inputs, text},
    workshop,
};

/// Marks planted in one file.
pub(crate) struct Canaries {
    kind: &'static str,
    marks: Vec<(String, &'static str)>,
}

impl Canaries {
    pub(crate) fn new(kind: &'static str) -> Self {
        Self {
            kind,
            marks: Vec::new(),
        }
    }

    /// A new mark for this place.
    pub(crate) fn mark(&mut self, place: &'static str) -> String {
        let number = self.marks.len();
        // Short, because some places (ID3v1, names of tracks) are.
        let mark = format!("Qz{}{number:02}{:05x}", self.kind, number * 7919 + 104_729);
        self.marks.push((mark.clone(), place));
        mark
    }

    /// Places whose mark is found.
    fn found(&self, inputs: &Inputs, path: &Path) -> Vec<&'static str> {
        let views = views(inputs, path);
        let has = |mark: &str| {
            let wide: Vec<u8> = mark.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let broad: Vec<u8> = mark.encode_utf16().flat_map(u16::to_be_bytes).collect();
            let hex: String = mark.bytes().map(|byte| format!("{byte:02x}")).collect();
            let forms = [mark.as_bytes(), &wide, &broad, hex.as_bytes()];
            views
                .iter()
                .any(|view| forms.iter().any(|form| contains(view, form)))
        };
        self.marks
            .iter()
            .filter(|(mark, _)| has(mark))
            .map(|(_, place)| *place)
            .collect()
    }

    /// All are found in the original, none in what the scrub makes of it.
    pub(crate) fn check(&self, inputs: &Inputs, original: &Path, kind: Kind) -> Scrubbed {
        assert!(self.marks.len() >= 20, "{} planted", self.marks.len());
        let planted: Vec<&str> = self.marks.iter().map(|(_, place)| *place).collect();
        assert_eq!(
            self.found(inputs, original),
            planted,
            "not all were planted, or the search is blind"
        );
        let workshop = workshop();
        let probe = workshop.probe(&mut File::open(original).unwrap()).unwrap();
        assert_eq!((probe.kind, probe.trouble), (Some(kind), None));
        let mut scrubbed = workshop.scrub(&mut File::open(original).unwrap()).unwrap();
        let published = inputs.write("published", &scrubbed.output.to_vec(1 << 30).unwrap());
        assert_eq!(self.found(inputs, &published), Vec::<&str>::new());
        // What an editor is shown is as clean as what is published.
        let mut preview = workshop
            .preview(&mut File::open(original).unwrap())
            .unwrap();
        let proxy = preview.proxy.as_mut().map(|proxy| &mut proxy.output);
        for output in [&mut preview.poster]
            .into_iter()
            .chain(proxy)
            .chain(&mut preview.pages)
        {
            let shown = inputs.write("shown", &output.to_vec(1 << 30).unwrap());
            assert_eq!(self.found(inputs, &shown), Vec::<&str>::new());
        }
        assert_eq!(scrubbed.kind, kind.published_as());
        scrubbed
    }
}

fn contains(view: &[u8], form: &[u8]) -> bool {
    view.windows(form.len())
        .any(|window| window.eq_ignore_ascii_case(form))
}

/// The bytes as they are, everything in them that inflates, and what qpdf, exiftool and ffmpeg lay open.
fn views(inputs: &Inputs, path: &Path) -> Vec<Vec<u8>> {
    let bytes = fs::read(path).unwrap();
    let mut views = inflated(&bytes);
    let nested: Vec<Vec<u8>> = views.iter().flat_map(|view| inflated(view)).collect();
    views.extend(nested);
    views.extend(hex_runs(&bytes).iter().flat_map(|run| inflated(run)));
    if bytes.starts_with(b"%PDF") {
        let open = inputs.path("open.pdf");
        let _ = std::process::Command::new("qpdf")
            .args(["--qdf", "--object-streams=disable", text(path), text(&open)])
            .output()
            .unwrap();
        views.push(fs::read(open).unwrap());
    }
    let said = std::process::Command::new("exiftool")
        .args(["-a", "-u", "-ee", "-b", "-json", "-G0:1", text(path)])
        .output()
        .unwrap();
    views.push(said.stdout);
    views.push(without_emulation(&bytes));
    views.push(bytes);
    views
}

/// Everything that inflates from any place that looks like the start of a zlib stream.
fn inflated(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut views = Vec::new();
    for (at, pair) in bytes.windows(2).enumerate() {
        if pair[0] != 0x78 || !matches!(pair[1], 0x01 | 0x5E | 0x9C | 0xDA) {
            continue;
        }
        // Without the checksum at the end, so that a damaged stream still shows what it holds.
        let mut out = Vec::new();
        let _ = DeflateDecoder::new(&bytes[at + 2..])
            .take(64 << 20)
            .read_to_end(&mut out);
        if !out.is_empty() {
            views.push(out);
        }
    }
    views
}

/// Long runs of hexadecimal digits, as bytes.
fn hex_runs(bytes: &[u8]) -> Vec<Vec<u8>> {
    let runs = bytes
        .split(|byte| !byte.is_ascii_hexdigit())
        .filter(|run| run.len() >= 20 && run.len() % 2 == 0);
    runs.map(|run| hex::decode(run).unwrap()).collect()
}

/// Video units escape 00 00 0x; undone, so that a mark with zeros beside it (UTF-16) is seen.
fn without_emulation(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if *byte == 3 && out.ends_with(&[0, 0]) {
            continue;
        }
        out.push(*byte);
    }
    out
}
