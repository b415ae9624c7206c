//! What a file is, told by its content and never by its name.

use serde::{Deserialize, Serialize};

/// How many leading bytes [`sniff`] wants to see (fewer are allowed and tell less).
pub const SNIFF_BYTES: usize = 4096;

/// The kinds of media that can be examined and made safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// JPEG picture.
    Jpeg,
    /// PNG picture.
    Png,
    /// MP4 video (or sound in an MP4 container).
    Mp4,
    /// QuickTime video.
    Mov,
    /// HEIC (HEIF) picture.
    Heic,
    /// MP3 sound.
    Mp3,
    /// PDF document.
    Pdf,
}

impl Kind {
    /// Every kind, for tables and tests.
    pub const ALL: [Self; 7] = [
        Self::Jpeg,
        Self::Png,
        Self::Mp4,
        Self::Mov,
        Self::Heic,
        Self::Mp3,
        Self::Pdf,
    ];

    /// The short name, also used by serde.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
            Self::Heic => "heic",
            Self::Mp3 => "mp3",
            Self::Pdf => "pdf",
        }
    }

    /// The media type as it is served.
    #[must_use]
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Mp4 => "video/mp4",
            Self::Mov => "video/quicktime",
            Self::Heic => "image/heic",
            Self::Mp3 => "audio/mpeg",
            Self::Pdf => "application/pdf",
        }
    }

    /// The usual ending of a file of this kind, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            other => other.name(),
        }
    }

    /// What a scrub makes of it: stills stay stills, HEIC becomes JPEG, QuickTime becomes MP4.
    #[must_use]
    pub fn published_as(self) -> Self {
        match self {
            Self::Jpeg | Self::Heic => Self::Jpeg,
            Self::Mp4 | Self::Mov => Self::Mp4,
            other => other,
        }
    }

    /// Whether it is a single picture.
    #[must_use]
    pub fn is_still(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Heic)
    }

    /// Whether it is moving pictures.
    #[must_use]
    pub fn is_video(self) -> bool {
        matches!(self, Self::Mp4 | Self::Mov)
    }
}

/// Tells the kind from the first bytes of a file ([`SNIFF_BYTES`] are enough), or `None` when it is none we know.
///
/// Strict on purpose: a PDF must start at byte 0 (readers that search for it let one file be two things), and an ISO
/// media file must start with its `ftyp` (old QuickTime files without one start with `moov`, `mdat`, `wide`, `free` or `skip`).
#[must_use]
pub fn sniff(head: &[u8]) -> Option<Kind> {
    if head.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return Some(Kind::Jpeg);
    }
    if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(Kind::Png);
    }
    if head.starts_with(b"%PDF-") {
        return Some(Kind::Pdf);
    }
    sniff_iso(head).or_else(|| sniff_mp3(head))
}

fn sniff_iso(head: &[u8]) -> Option<Kind> {
    let size = u32::from_be_bytes(head.get(..4)?.try_into().ok()?);
    let name: [u8; 4] = head.get(4..8)?.try_into().ok()?;
    match &name {
        b"ftyp" => sniff_brands(head, usize::try_from(size).ok()?),
        b"moov" | b"mdat" | b"wide" | b"free" | b"skip" | b"pnot" if size >= 8 || size == 1 => {
            Some(Kind::Mov)
        }
        _ => None,
    }
}

fn sniff_brands(head: &[u8], size: usize) -> Option<Kind> {
    if size < 16 {
        return None;
    }
    let box_bytes = head.get(8..size.min(head.len()))?;
    let major: [u8; 4] = box_bytes.get(..4)?.try_into().ok()?;
    let compatible: Vec<[u8; 4]> = box_bytes
        .get(8..)?
        .chunks_exact(4)
        .filter_map(|brand| brand.try_into().ok())
        .collect();
    let heic_brands: [&[u8; 4]; 6] = [b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"];
    if &major == b"qt  " {
        return Some(Kind::Mov);
    }
    if heic_brands.contains(&&major) {
        // `mif1` alone also covers AVIF, which we do not take.
        let heic = heic_brands[..4].contains(&&major)
            || compatible
                .iter()
                .any(|brand| heic_brands[..4].contains(&brand));
        return heic.then_some(Kind::Heic);
    }
    let mp4 = [
        b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ",
        b"M4A ", b"M4VH", b"M4VP", b"MSNV", b"3gp4", b"3gp5", b"3gp6", b"3g2a", b"dash", b"f4v ",
        b"XAVC",
    ];
    let known = |brand: &[u8; 4]| mp4.contains(&brand);
    if known(&major) || compatible.iter().any(known) {
        return Some(Kind::Mp4);
    }
    compatible.contains(b"qt  ").then_some(Kind::Mov)
}

fn sniff_mp3(head: &[u8]) -> Option<Kind> {
    if head.starts_with(b"ID3") {
        let version = *head.get(3)?;
        let sync_safe = head.get(6..10)?.iter().all(|byte| *byte < 0x80);
        return ((2..=4).contains(&version) && sync_safe).then_some(Kind::Mp3);
    }
    let first = frame_length(head)?;
    match head.get(first..) {
        // A second frame header where the first says it is; a lone pair of sync bytes is too weak a sign.
        Some(next) if next.len() >= 4 => frame_length(next).map(|_| Kind::Mp3),
        _ => None,
    }
}

/// Length in bytes of the MPEG audio layer III frame that starts here.
pub(crate) fn frame_length(head: &[u8]) -> Option<usize> {
    const V1: [usize; 15] = [
        0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
    ];
    const V2: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    let [sync, b1, b2] = *head.first_chunk::<3>()?;
    let version = (b1 >> 3) & 3;
    if sync != 0xFF || b1 & 0xE0 != 0xE0 || (b1 >> 1) & 3 != 1 || version == 1 {
        return None;
    }
    let base = *[44_100_usize, 48_000, 32_000].get(usize::from((b2 >> 2) & 3))?;
    let (table, rate, slots) = match version {
        3 => (V1, base, 144),
        2 => (V2, base / 2, 72),
        _ => (V2, base / 4, 72),
    };
    let kbit = *table.get(usize::from(b2 >> 4))?;
    (kbit > 0).then(|| slots * kbit * 1000 / rate + usize::from((b2 >> 1) & 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tells_by_content() {
        let cases: [(&[u8], Option<Kind>); 12] = [
            (b"\xFF\xD8\xFF\xE0\0\x10JFIF", Some(Kind::Jpeg)),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Some(Kind::Png)),
            (b"%PDF-1.7\n", Some(Kind::Pdf)),
            (b" %PDF-1.7\n", None),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Some(Kind::Heic)),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", Some(Kind::Heic)),
            (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", None),
            (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", Some(Kind::Mov)),
            (b"\0\0\0\x14ftypisom\0\0\0\0mp42", Some(Kind::Mp4)),
            (b"\0\0\0\x08wide\0\0\0\0mdat", Some(Kind::Mov)),
            (b"ID3\x04\0\0\0\0\0\0\0", Some(Kind::Mp3)),
            (b"MZ\x90\0", None),
        ];
        for (head, kind) in cases {
            assert_eq!(sniff(head), kind, "{head:?}");
        }
    }

    #[test]
    fn two_frames_make_an_mp3() {
        let mut bytes = vec![0_u8; 900];
        for at in [0, 417] {
            bytes[at..at + 4].copy_from_slice(&[0xFF, 0xFB, 0x90, 0x00]);
        }
        assert_eq!(sniff(&bytes), Some(Kind::Mp3));
        bytes[417] = 0;
        assert_eq!(sniff(&bytes), None);
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = sniff(&bytes);
        }
    }
}
