//! Variants: the same file in less bytes and pixels. Every platform has limits of its own, but a file is made once per
//! class of limits, not once per platform: there are four rungs, and a channel gets the largest that fits it.

use serde::{Deserialize, Serialize};

use crate::channels::{Abilities, Attachment, Covering, Limits, Variant};

/// A class of limits; the largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// For platforms that take what a telephone makes.
    Large,
    /// For platforms that take little.
    Middle,
    /// For lines on which every second costs, and for editions without a net.
    Small,
    /// A still in which nobody and nothing can be made out: for what is graphic where it cannot be covered.
    Blurred,
}

/// What a variant may measure at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceiling {
    /// Bytes of the whole file.
    pub bytes: u64,
    /// Pixels of its longer side.
    pub side: u32,
    /// Bits a second of a film's pictures; 0 of a picture.
    pub rate: u64,
}

impl Rung {
    /// All, the largest first.
    pub const ALL: [Self; 4] = [Self::Large, Self::Middle, Self::Small, Self::Blurred];

    /// As it stands in the record and in addresses.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Large => "large",
            Self::Middle => "middle",
            Self::Small => "small",
            Self::Blurred => "blurred",
        }
    }

    /// The rung of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rung| rung.code() == code)
    }

    /// What a picture may measure. Just below what platforms say: the middle one below the million bytes of Bluesky, the
    /// large one below the five of X.
    #[must_use]
    pub const fn of_picture(self) -> Ceiling {
        let (bytes, side) = match self {
            Self::Large => (4_500_000, 4_096),
            Self::Middle => (950_000, 2_048),
            Self::Small => (190_000, 1_024),
            Self::Blurred => (90_000, 640),
        };
        Ceiling {
            bytes,
            side,
            rate: 0,
        }
    }

    /// What a film may measure; a blurred one is a still. The middle one is below the forty million bytes of a Mastodon
    /// server as it is installed, and of Telegram's fifty.
    #[must_use]
    pub const fn of_film(self) -> Option<Ceiling> {
        let (bytes, side, rate) = match self {
            Self::Large => (95_000_000, 1_920, 6_000_000),
            Self::Middle => (38_000_000, 1_280, 2_500_000),
            Self::Small => (9_500_000, 426, 200_000),
            Self::Blurred => return None,
        };
        Some(Ceiling { bytes, side, rate })
    }
}

/// A variant as a post names it: the hash is what is approved, the rest is what people are shown of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Its class.
    pub rung: Rung,
    /// SHA-256 of the bytes that go out, in hexadecimal digits.
    pub sha256: String,
    /// How many.
    pub bytes: u64,
    /// Their media type.
    pub mime: String,
    /// Width and height.
    pub dimensions: Option<(u32, u32)>,
}

impl Sent {
    fn new(variant: &Variant) -> Self {
        let file = &variant.file;
        Self {
            rung: variant.rung,
            sha256: file.sha256.to_string(),
            bytes: file.size,
            mime: file.kind.mime().to_owned(),
            dimensions: file.dimensions,
        }
    }
}

/// Whether a file fits a channel as it is.
#[must_use]
pub fn fits(limits: &Limits, file: &Attachment) -> bool {
    let bounds = &limits.bounds;
    let pixels = file
        .dimensions
        .map(|(width, height)| u64::from(width) * u64::from(height));
    // What is not known is taken for too much.
    let within = |most: Option<u64>, is: Option<u64>| {
        most.is_none_or(|most| is.is_some_and(|is| is <= most))
    };
    if file.kind.is_picture() {
        return file.size <= limits.picture_bytes && within(bounds.picture_pixels, pixels);
    }
    file.size <= limits.video_bytes
        && within(bounds.video_pixels, pixels)
        && within(
            bounds.video_seconds,
            file.lasts.map(|lasts| lasts.div_ceil(1000)),
        )
}

/// What a channel gets of a file.
#[derive(Debug, Clone)]
pub(super) struct Pick<'f> {
    /// The file itself or one of its variants.
    pub(super) file: &'f Attachment,
    /// Which variant, if it is one.
    pub(super) sent: Option<Sent>,
}

impl Pick<'_> {
    /// Whether nothing can be made out in it.
    pub(super) fn blurred(&self) -> bool {
        let sent = self.sent.as_ref();
        sent.is_some_and(|sent| sent.rung == Rung::Blurred)
    }
}

/// The file if it fits, else its largest variant that does; of what is graphic and cannot be covered there the blurred still
/// or nothing.
pub(super) fn pick<'f>(can: &Abilities, file: &'f Attachment, graphic: bool) -> Option<Pick<'f>> {
    let bare = can.covering == Covering::None
        || (can.limits.bounds.bare_videos && !file.kind.is_picture());
    let blurred = graphic && bare;
    if !blurred && fits(&can.limits, file) {
        return Some(Pick { file, sent: None });
    }
    let mut variants: Vec<&Variant> = file
        .variants
        .iter()
        .filter(|variant| (variant.rung == Rung::Blurred) == blurred)
        .filter(|variant| fits(&can.limits, &variant.file))
        .collect();
    variants.sort_by_key(|variant| variant.rung);
    variants.first().map(|variant| Pick {
        file: &variant.file,
        sent: Some(Sent::new(variant)),
    })
}
