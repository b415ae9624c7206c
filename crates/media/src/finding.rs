//! What is found in a file beside its picture and sound, sorted by what it could give away.

use serde::{Deserialize, Serialize};

/// What a found thing could give away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingCode {
    /// Where it was taken.
    Location,
    /// Make, model, lens or serial number of a device.
    Device,
    /// When it was made or changed.
    Time,
    /// A name of a person, owner or author.
    Person,
    /// Programs and systems it went through.
    Software,
    /// A number that ties files to each other or to a device.
    Identifier,
    /// A smaller or further picture inside: thumbnail, preview, depth map, second image.
    EmbeddedPicture,
    /// The camera maker's own block.
    MakerNotes,
    /// Earlier states and edits.
    EditHistory,
    /// Free text: title, caption, comment, keywords.
    Comment,
    /// A whole file attached.
    EmbeddedFile,
    /// Something that runs.
    Script,
    /// Notes, links and form fields on a page.
    Annotation,
    /// Layers, objects or pixels that are there and not shown.
    HiddenContent,
    /// Bytes after the end.
    TrailingData,
    /// A stream beside the first picture and the first sound.
    ExtraStream,
    /// A colour profile.
    ColourProfile,
    /// How the picture is to be turned.
    Orientation,
    /// A trace of the program that encoded it.
    EncoderTrace,
    /// Anything else that is written beside picture and sound.
    OtherMetadata,
    /// The file harmed a tool: this is what happened.
    HarmsTools,
}

impl FindingCode {
    /// Every code, so that a desk's words can be checked for completeness.
    pub const ALL: [Self; 21] = [
        Self::Location,
        Self::Device,
        Self::Time,
        Self::Person,
        Self::Software,
        Self::Identifier,
        Self::EmbeddedPicture,
        Self::MakerNotes,
        Self::EditHistory,
        Self::Comment,
        Self::EmbeddedFile,
        Self::Script,
        Self::Annotation,
        Self::HiddenContent,
        Self::TrailingData,
        Self::ExtraStream,
        Self::ColourProfile,
        Self::Orientation,
        Self::EncoderTrace,
        Self::OtherMetadata,
        Self::HarmsTools,
    ];

    /// The stable name, as serde writes it: `location`, `embedded-picture`, ...
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Location => "location",
            Self::Device => "device",
            Self::Time => "time",
            Self::Person => "person",
            Self::Software => "software",
            Self::Identifier => "identifier",
            Self::EmbeddedPicture => "embedded-picture",
            Self::MakerNotes => "maker-notes",
            Self::EditHistory => "edit-history",
            Self::Comment => "comment",
            Self::EmbeddedFile => "embedded-file",
            Self::Script => "script",
            Self::Annotation => "annotation",
            Self::HiddenContent => "hidden-content",
            Self::TrailingData => "trailing-data",
            Self::ExtraStream => "extra-stream",
            Self::ColourProfile => "colour-profile",
            Self::Orientation => "orientation",
            Self::EncoderTrace => "encoder-trace",
            Self::OtherMetadata => "other-metadata",
            Self::HarmsTools => "harms-tools",
        }
    }

    /// Whether it may still be in a published file: only traces of our own encoder may.
    #[must_use]
    pub fn may_stay(self) -> bool {
        matches!(self, Self::EncoderTrace)
    }
}

/// One thing found: its code, the place (`EXIF:GPSLatitude`, `track 3`) and the value, shortened and printable.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// What it could give away.
    pub code: FindingCode,
    /// Where in the file.
    #[serde(rename = "where")]
    pub place: String,
    /// What it says; hostile text, made printable and at most 160 characters.
    pub value: String,
}

const PLACE_CHARACTERS: usize = 80;
const VALUE_CHARACTERS: usize = 160;

impl Finding {
    /// A finding; place and value are cut and made printable here, because both come from hostile files.
    #[must_use]
    pub fn new(code: FindingCode, place: &str, value: &str) -> Self {
        Self {
            code,
            place: printable(place, PLACE_CHARACTERS),
            value: printable(value, VALUE_CHARACTERS),
        }
    }
}

/// Control characters, bidirectional overrides and the like become spaces; the rest is cut to `most` characters.
fn printable(text: &str, most: usize) -> String {
    let shown = |c: char| {
        let steers = matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}');
        if c.is_control() || steers { ' ' } else { c }
    };
    let mut short: String = text.chars().take(most).map(shown).collect();
    if text.chars().nth(most).is_some() {
        short.push('…');
    }
    short.trim().to_owned()
}

/// Text from a worker, cut and printable.
pub(crate) fn clean(text: &str) -> String {
    printable(text, 300)
}

/// Most findings kept of one file; a file with a million tags must not become a million rows.
const MOST_FINDINGS: usize = 400;

/// Reads what `exiftool -json -G0:1 -a` says of one file. Hostile input went into that text, so it is parsed as such.
///
/// # Errors
/// When it is not the JSON that exiftool writes.
pub(crate) fn findings_from_exiftool(json: &[u8]) -> Result<Vec<Finding>, serde_json::Error> {
    let files: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_slice(json)?;
    let mut findings: Vec<Finding> = files
        .iter()
        .flatten()
        .filter_map(|(tag, value)| {
            let code = classify(tag)?;
            let text = match value {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            // A date of zeros is how a container says that there is none.
            let empty = tag.ends_with(":Free") && text.starts_with("(Binary data 0 bytes");
            if empty || text.starts_with("0000:00:00 00:00:00") {
                return None;
            }
            Some(Finding::new(code, tag, &text))
        })
        .collect();
    findings.sort();
    findings.dedup();
    if findings.len() > MOST_FINDINGS {
        let more = findings.len() - MOST_FINDINGS;
        findings.truncate(MOST_FINDINGS);
        findings.push(Finding::new(
            FindingCode::OtherMetadata,
            "metadata",
            &format!("and {more} more"),
        ));
    }
    Ok(findings)
}

/// What a tag such as `EXIF:IFD0:Make` could give away; `None` for facts of the picture itself.
fn classify(tag: &str) -> Option<FindingCode> {
    let mut parts = tag.split(':');
    let family = parts.next()?;
    let name = tag.rsplit(':').next()?;
    if matches!(family, "SourceFile" | "ExifTool" | "File" | "Composite") {
        return matches!(name, "Comment" | "Warning2").then_some(FindingCode::Comment);
    }
    if is_technical(family, name) {
        return None;
    }
    if family == "ICC_Profile" {
        return Some(FindingCode::ColourProfile);
    }
    Some(by_name(name).unwrap_or_else(|| by_family(family, tag)))
}

fn by_name(name: &str) -> Option<FindingCode> {
    use FindingCode as F;
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let code = if has(&[
        "GPS",
        "Latitude",
        "Longitude",
        "Location",
        "City",
        "Country",
        "Altitude",
        "State",
        "Geo",
    ]) {
        F::Location
    } else if has(&[
        "Thumbnail",
        "PreviewImage",
        "JpgFromRaw",
        "OtherImage",
        "MPImage",
        "Picture",
        "DepthMap",
        "PreviewPDF",
        "PageImage",
    ]) {
        F::EmbeddedPicture
    } else if has(&[
        "History",
        "DerivedFrom",
        "Ingredients",
        "Pantry",
        "RevisionCount",
    ]) {
        F::EditHistory
    } else if has(&[
        "Serial",
        "UniqueID",
        "DocumentID",
        "InstanceID",
        "ContentIdentifier",
        "UUID",
        "Identifier",
        "FileID",
        "Digest",
        "MediaGroup",
    ]) {
        F::Identifier
    } else if has(&[
        "Artist",
        "Author",
        "Owner",
        "Creator",
        "Copyright",
        "By-line",
        "Byline",
        "Person",
        "Performer",
        "Composer",
        "Credit",
        "Contact",
        "Rights",
    ]) && !has(&["CreatorTool"])
    {
        F::Person
    } else if has(&[
        "Software",
        "CreatorTool",
        "Producer",
        "Encoder",
        "EncodedBy",
        "HostComputer",
        "Handler",
        "Vendor",
        "Toolkit",
        "Application",
        "CompressorName",
        "Tagger",
    ]) {
        F::Software
    } else if has(&["Date", "Time"])
        && !has(&[
            "TimeScale",
            "Timescale",
            "PreviewTime",
            "PosterTime",
            "SelectionTime",
            "CurrentTime",
            "ExposureTime",
        ])
    {
        F::Time
    } else if has(&[
        "Make",
        "Model",
        "Lens",
        "Camera",
        "Device",
        "Firmware",
        "AndroidVersion",
    ]) && !has(&["ColorModel"])
    {
        F::Device
    } else if has(&[
        "Comment",
        "Description",
        "Title",
        "Subject",
        "Keyword",
        "Caption",
        "Headline",
        "Lyrics",
        "Album",
        "Text",
        "Label",
        "Name",
    ]) {
        F::Comment
    } else if name == "Orientation" {
        F::Orientation
    } else if has(&["JavaScript", "Javascript"]) {
        F::Script
    } else {
        return None;
    };
    Some(code)
}

fn by_family(family: &str, tag: &str) -> FindingCode {
    match family {
        "MakerNotes" => FindingCode::MakerNotes,
        _ if tag.contains("GPS") => FindingCode::Location,
        "MPF" => FindingCode::EmbeddedPicture,
        _ => FindingCode::OtherMetadata,
    }
}

/// Facts that any file of the kind has and that follow from picture and sound alone.
fn is_technical(family: &str, name: &str) -> bool {
    match family {
        "JFIF" => matches!(
            name,
            "JFIFVersion" | "ResolutionUnit" | "XResolution" | "YResolution"
        ),
        "PNG" => matches!(
            name,
            "ImageWidth"
                | "ImageHeight"
                | "BitDepth"
                | "ColorType"
                | "Compression"
                | "Filter"
                | "Interlace"
                | "Palette"
                | "Transparency"
                | "PixelsPerUnitX"
                | "PixelsPerUnitY"
                | "PixelUnits"
        ),
        // The first frame's header; a search of all frames follows elsewhere.
        "MPEG" => true,
        "PDF" => matches!(name, "PDFVersion" | "Linearized" | "PageCount" | "HasXFA"),
        "QuickTime" => is_technical_of_video(name),
        _ => false,
    }
}

/// Numbers of the container: how samples lie and play, how tiles make a picture.
const PLAIN: &[&str] = &[
    "MajorBrand",
    "MinorVersion",
    "CompatibleBrands",
    "MediaDataSize",
    "MediaDataOffset",
    "MovieHeaderVersion",
    "TimeScale",
    "Duration",
    "PreferredRate",
    "PreferredVolume",
    "PreviewTime",
    "PreviewDuration",
    "PosterTime",
    "SelectionTime",
    "SelectionDuration",
    "CurrentTime",
    "NextTrackID",
    "TrackHeaderVersion",
    "TrackID",
    "TrackDuration",
    "TrackLayer",
    "TrackVolume",
    "ImageWidth",
    "ImageHeight",
    "MediaData",
    "MediaHeaderVersion",
    "MediaTimeScale",
    "MediaDuration",
    "MediaLanguageCode",
    "HandlerType",
    "GraphicsMode",
    "OpColor",
    "CompressorID",
    "SourceImageWidth",
    "SourceImageHeight",
    "XResolution",
    "YResolution",
    "BitDepth",
    "VideoFrameRate",
    "Balance",
    "AudioFormat",
    "AudioChannels",
    "AudioBitsPerSample",
    "AudioSampleRate",
    "MatrixStructure",
    "PixelAspectRatio",
    "ColorProfiles",
    "ColorPrimaries",
    "TransferCharacteristics",
    "MatrixCoefficients",
    "VideoFullRangeFlag",
    "BufferSize",
    "MaxBitrate",
    "AverageBitrate",
    "HandlerClass",
    "ChromaFormat",
    "BitDepthLuma",
    "BitDepthChroma",
    "Unknown_edts",
    "Unknown_esds",
    "Unknown_btrt",
    "AVCConfiguration",
    "HEVCConfiguration",
    "SyncSampleTable",
    "CompositionTimeToSample",
    "SampleToChunk",
    "SampleSizes",
    "ChunkOffset",
    "ChunkOffset64",
    "TimeToSampleTable",
    "SampleGroupDescription",
    "SampleToGroup",
    "PrimaryItemReference",
    "ImageSpatialExtent",
    "ImagePixelDepth",
    "MetaImageSize",
    "HEVCConfigurationVersion",
    "GeneralProfileSpace",
    "GeneralTierFlag",
    "GeneralProfileIDC",
    "GenProfileCompatibilityFlags",
    "ConstraintIndicatorFlags",
    "GeneralLevelIDC",
    "MinSpatialSegmentationIdc",
    "ParallelismType",
    "ConstantFrameRate",
    "NumTemporalLayers",
    "TemporalIDNested",
    "AverageFrameRate",
    "ItemLocation",
    "ItemPropertyAssociation",
    "ItemInformation",
    "ItemReference",
    "ItemProperties",
];

fn is_technical_of_video(name: &str) -> bool {
    PLAIN.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sorts_tags_by_what_they_give_away() {
        let cases = [
            ("EXIF:GPS:GPSLatitude", Some(FindingCode::Location)),
            ("EXIF:IFD0:Make", Some(FindingCode::Device)),
            ("EXIF:ExifIFD:DateTimeOriginal", Some(FindingCode::Time)),
            (
                "EXIF:IFD1:ThumbnailImage",
                Some(FindingCode::EmbeddedPicture),
            ),
            ("MakerNotes:Canon:Foo", Some(FindingCode::MakerNotes)),
            (
                "XMP:XMP-xmpMM:HistoryAction",
                Some(FindingCode::EditHistory),
            ),
            ("QuickTime:Keys:Unknown", Some(FindingCode::OtherMetadata)),
            ("QuickTime:Track1:HandlerType", None),
            ("File:System:FileName", None),
            ("File:Comment", Some(FindingCode::Comment)),
            ("PDF:Author", Some(FindingCode::Person)),
            ("EXIF:IFD0:Orientation", Some(FindingCode::Orientation)),
        ];
        for (tag, code) in cases {
            assert_eq!(classify(tag), code, "{tag}");
        }
    }

    #[test]
    fn values_are_cut_and_printable() {
        let finding = Finding::new(FindingCode::Comment, "a\nb", &"\u{202E}x".repeat(200));
        assert_eq!(finding.place, "a b");
        assert!(finding.value.chars().count() <= VALUE_CHARACTERS + 1);
        assert!(!finding.value.contains('\u{202E}'));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = findings_from_exiftool(&bytes);
        }
    }
}
