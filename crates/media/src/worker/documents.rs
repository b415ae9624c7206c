//! PDF: examined, previewed and made anew from pictures of its pages.
//!
//! A PDF can hold scripts, attachments, earlier versions, hidden layers and objects that nothing refers to. None of it survives
//! being turned into pixels: the new document is written here, page by page, and holds one JPEG a page and nothing else.

use std::{
    io::{BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use image::{DynamicImage, RgbImage};

use super::{Bench, Stop, exif, still, tool};
use crate::{FindingCode, RefusalCode, talk::Facts};

/// Dots per inch of published pages.
const DENSITY: f64 = 150.0;
/// Longest side of a published page, pixels: an ordinary page at 300 dots per inch.
const PAGE_SIDE: u32 = 3508;
const PREVIEW_DENSITY: f64 = 80.0;
const PREVIEW_PAGES: usize = 30;
/// Longest side of a page, points (PDF's own limit).
const POINTS: f64 = 14_400.0;

/// Width and height of a page as shown, points.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Page {
    width: f64,
    height: f64,
}

/// Opens the document: refuses what is locked, broken or too long.
fn pages(bench: &Bench, path: &Path) -> Result<(Vec<Page>, String), Stop> {
    let most = bench.order.limits.pages;
    let (words, ended) = tool::run(
        "pdfinfo",
        &["-f", "1", "-l", &most.to_string(), &path.to_string_lossy()],
    )?;
    if ended.complaints.contains("Incorrect password")
        || ended.complaints.contains("nsupported security")
    {
        return Err(Stop::refuse(
            RefusalCode::Encrypted,
            "it asks for a password",
        ));
    }
    ended.or_damaged()?;
    let text = String::from_utf8_lossy(&words).into_owned();
    let count: u32 = line(&text, "Pages:")
        .and_then(|count| count.parse().ok())
        .ok_or_else(|| Stop::damaged("pdfinfo counts no pages"))?;
    if count == 0 {
        return Err(Stop::refuse(RefusalCode::NothingToShow, "no pages"));
    }
    if count > most {
        return Err(Stop::refuse(
            RefusalCode::TooManyPages,
            format!("{count} pages, at most {most}"),
        ));
    }
    let pages = page_sizes(&text);
    if pages.len() != usize::try_from(count).unwrap_or_default() {
        return Err(Stop::damaged("a page without a size"));
    }
    Ok((pages, text))
}

fn line<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .map(str::trim)
}

/// Reads lines such as `Page    1 size:  612 x 792 pts (letter)` and `Page    1 rot:   90`.
fn page_sizes(text: &str) -> Vec<Page> {
    let mut pages: Vec<Page> = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("Page ")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["Page", _, "size:", width, "x", height, ..] => {
                let (Ok(width), Ok(height)) = (width.parse::<f64>(), height.parse::<f64>()) else {
                    continue;
                };
                if width >= 1.0 && height >= 1.0 && width <= POINTS && height <= POINTS {
                    pages.push(Page { width, height });
                }
            }
            ["Page", _, "rot:", "90" | "270"] => {
                if let Some(last) = pages.last_mut() {
                    *last = Page {
                        width: last.height,
                        height: last.width,
                    };
                }
            }
            _ => {}
        }
    }
    pages
}

/// What examines a document.
pub(super) fn examine(bench: &Bench) -> Result<Facts, Stop> {
    let path = bench.fetch()?;
    let (pages, info) = pages(bench, &path)?;
    let mut facts = Facts {
        pages: u32::try_from(pages.len()).ok(),
        ..Facts::default()
    };
    facts.tools = vec![
        exif::version(),
        tool::version("pdfinfo", "-v"),
        tool::version("qpdf", "--version"),
    ];
    facts.findings = exif::findings(&path)?;
    facts.streams.push("pdf".to_owned());
    if line(&info, "Encrypted:").is_some_and(|says| says.starts_with("yes")) {
        facts.find(
            FindingCode::OtherMetadata,
            "document",
            "locked against changes, opens without a password",
        );
    }
    attachments(&path, &mut facts)?;
    structure(&path, &mut facts)?;
    Ok(facts)
}

fn attachments(path: &Path, facts: &mut Facts) -> Result<(), Stop> {
    let (words, _) = tool::run("pdfdetach", &["-list", &path.to_string_lossy()])?;
    for attached in String::from_utf8_lossy(&words)
        .lines()
        .filter_map(|line| line.split_once(": "))
    {
        facts.find(FindingCode::EmbeddedFile, "attachment", attached.1);
    }
    Ok(())
}

/// Counts what qpdf lays open: objects unpacked, streams readable.
fn structure(path: &Path, facts: &mut Facts) -> Result<(), Stop> {
    let open = PathBuf::from("/tmp/open.pdf");
    let original = std::fs::read(path)?;
    let saves = count(&original, b"%%EOF");
    if saves > 1 {
        facts.find(
            FindingCode::EditHistory,
            "document",
            &format!("saved {saves} times; earlier states are inside"),
        );
    }
    let words = ["--qdf", "--object-streams=disable", "--warning-exit-0"].map(Path::new);
    let (_, ended) = tool::run("qpdf", &[&words[..], &[path, &open]].concat())?;
    if !ended.well() {
        return Ok(());
    }
    let bytes = std::fs::read(&open)?;
    let signs: [(&[u8], FindingCode, &str); 12] = [
        (b"/JavaScript", FindingCode::Script, "JavaScript"),
        (b"/JS ", FindingCode::Script, "JavaScript"),
        (b"/OpenAction", FindingCode::Script, "action on opening"),
        (b"/Launch", FindingCode::Script, "starts a program"),
        (b"/EmbeddedFile", FindingCode::EmbeddedFile, "attached file"),
        (
            b"/Annots",
            FindingCode::Annotation,
            "pages with notes, links or fields",
        ),
        (b"/AcroForm", FindingCode::Annotation, "form"),
        (b"/OCProperties", FindingCode::HiddenContent, "layers"),
        (
            b"/PieceInfo",
            FindingCode::EditHistory,
            "private data of a program",
        ),
        (
            b"/Thumb ",
            FindingCode::EmbeddedPicture,
            "thumbnail of a page",
        ),
        (
            b"/Subtype /Image",
            FindingCode::EmbeddedPicture,
            "pictures, with whatever they carry",
        ),
        (b"/ByteRange", FindingCode::Person, "signature"),
    ];
    for (sign, code, words) in signs {
        let seen = count(&bytes, sign);
        if seen > 0 {
            facts.find(code, words, &format!("{seen} times"));
        }
    }
    Ok(())
}

fn count(bytes: &[u8], sign: &[u8]) -> usize {
    bytes
        .windows(sign.len())
        .filter(|window| *window == sign)
        .count()
}

/// Page `number` (from 1) as pixels, notes and form fields left out.
fn raster(path: &Path, number: usize, page: Page, density: f64) -> Result<RgbImage, Stop> {
    let longest = (page.width.max(page.height) * density / 72.0).clamp(16.0, f64::from(PAGE_SIDE));
    let (side, number) = (format!("{longest:.0}"), number.to_string());
    let words = [
        "-q",
        "-f",
        &number,
        "-l",
        &number,
        "-scale-to",
        &side,
        "-hide-annotations",
        &path.to_string_lossy(),
    ];
    let mut running = tool::start("pdftoppm", &words)?;
    let mut bytes = Vec::new();
    let most = u64::from(PAGE_SIDE + 2).pow(2) * 3 + 64;
    (&mut running.output).take(most).read_to_end(&mut bytes)?;
    running.end()?.or_damaged()?;
    portable_pixmap(bytes).ok_or_else(|| Stop::damaged("a page could not be drawn"))
}

/// Reads the binary form of a portable pixmap (P6, 8 bits).
fn portable_pixmap(mut bytes: Vec<u8>) -> Option<RgbImage> {
    let mut numbers = [0_u32; 3];
    let mut at = bytes.starts_with(b"P6").then_some(2)?;
    for number in &mut numbers {
        while bytes.get(at)?.is_ascii_whitespace() {
            at += 1;
        }
        while let Some(digit) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
            *number = number
                .checked_mul(10)?
                .checked_add(u32::from(digit - b'0'))?;
            at += 1;
        }
    }
    let [width, height, 255] = numbers else {
        return None;
    };
    bytes.get(at)?.is_ascii_whitespace().then_some(())?;
    bytes.drain(..=at);
    let exact = (bytes.len() as u64) == u64::from(width) * u64::from(height) * 3;
    (exact && width > 0 && height > 0).then_some(())?;
    RgbImage::from_raw(width, height, bytes)
}

/// The first pages as pictures; the first is the poster too.
pub(super) fn preview(bench: &Bench) -> Result<Facts, Stop> {
    let path = bench.fetch()?;
    let (pages, _) = pages(bench, &path)?;
    for (number, page) in pages.iter().enumerate().take(PREVIEW_PAGES) {
        let picture = DynamicImage::ImageRgb8(raster(&path, number + 1, *page, PREVIEW_DENSITY)?);
        let poster = (number == 0).then_some(0);
        let outputs = poster.into_iter().chain(u8::try_from(number + 2));
        for output in outputs {
            let mut out = BufWriter::with_capacity(256 << 10, bench.link.writer(output));
            still::write_preview(&picture, &mut out)?;
            out.flush()?;
        }
    }
    Ok(Facts {
        pages: u32::try_from(pages.len()).ok(),
        ..Facts::default()
    })
}

/// A new document of pictures of the pages.
pub(super) fn scrub(bench: &Bench) -> Result<Facts, Stop> {
    let path = bench.fetch()?;
    let (pages, _) = pages(bench, &path)?;
    let mut facts = Facts {
        pages: u32::try_from(pages.len()).ok(),
        tools: vec![tool::version("pdftoppm", "-v")],
        ..Facts::default()
    };
    let mut document = Document::start(BufWriter::with_capacity(256 << 10, bench.link.writer(0)))?;
    for (number, page) in pages.iter().enumerate() {
        let picture = raster(&path, number + 1, *page, DENSITY)?;
        let sides = (picture.width(), picture.height());
        let mut jpeg = Vec::new();
        still::write_jpeg(&DynamicImage::ImageRgb8(picture), &mut jpeg)?;
        document.page(*page, sides, &jpeg)?;
    }
    document.finish()?;
    facts.step("pages-drawn-without-notes");
    facts.step("document-written-anew");
    Ok(facts)
}

/// Writes a document of pictures as it goes; object 1 is the catalog, 2 the page tree, then three objects a page.
struct Document<W: Write> {
    out: W,
    at: u64,
    places: Vec<u64>,
    pages: Vec<usize>,
}

impl<W: Write> Document<W> {
    fn start(out: W) -> Result<Self, Stop> {
        let mut document = Self {
            out,
            at: 0,
            places: vec![0, 0],
            pages: Vec::new(),
        };
        document.put(b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n")?;
        Ok(document)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.out.write_all(bytes)?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// Starts the next object and returns its number.
    fn object(&mut self) -> Result<usize, Stop> {
        self.places.push(self.at);
        let number = self.places.len();
        self.put(format!("{number} 0 obj\n").as_bytes())?;
        Ok(number)
    }

    fn stream(&mut self, dictionary: &str, bytes: &[u8]) -> Result<usize, Stop> {
        let number = self.object()?;
        self.put(format!("<< {dictionary}/Length {} >>\nstream\n", bytes.len()).as_bytes())?;
        self.put(bytes)?;
        self.put(b"\nendstream\nendobj\n")?;
        Ok(number)
    }

    fn page(&mut self, page: Page, (width, height): (u32, u32), jpeg: &[u8]) -> Result<(), Stop> {
        let image = format!(
            "/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode "
        );
        let image = self.stream(&image, jpeg)?;
        let (wide, high) = (page.width.round(), page.height.round());
        let drawing = self.stream(
            "",
            format!("q {wide:.0} 0 0 {high:.0} 0 0 cm /Im Do Q").as_bytes(),
        )?;
        let number = self.object()?;
        let words = format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {wide:.0} {high:.0}] /Resources << /XObject << /Im {image} 0 R >> >> /Contents {drawing} 0 R >>\nendobj\n"
        );
        self.put(words.as_bytes())?;
        self.pages.push(number);
        Ok(())
    }

    fn finish(mut self) -> Result<(), Stop> {
        self.places[0] = self.at;
        self.put(b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n")?;
        self.places[1] = self.at;
        let kids: Vec<String> = self
            .pages
            .iter()
            .map(|number| format!("{number} 0 R"))
            .collect();
        let tree = format!(
            "2 0 obj\n<< /Type /Pages /Kids [{}] /Count {} >>\nendobj\n",
            kids.join(" "),
            kids.len()
        );
        self.put(tree.as_bytes())?;
        let index = self.at;
        let size = self.places.len() + 1;
        let mut words = format!("xref\n0 {size}\n0000000000 65535 f \n");
        for place in &self.places {
            words.push_str(&format!("{place:010} 00000 n \n"));
        }
        words.push_str(&format!(
            "trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{index}\n%%EOF\n"
        ));
        self.put(words.as_bytes())?;
        Ok(self.out.flush()?)
    }
}

/// What tools say of a document, on any bytes.
pub(super) fn fuzz(bytes: &[u8]) {
    let _ = page_sizes(&String::from_utf8_lossy(bytes));
    if let Some(picture) = portable_pixmap(bytes.to_vec()) {
        assert!(picture.width() > 0 && picture.height() > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_page_sizes_and_turns() {
        let text = "Pages: 2\nPage    1 size:  612 x 792 pts (letter)\nPage    1 rot:   90\nPage    2 size:  99999999 x 1 pts\nPage size: 1 x 1\n";
        assert_eq!(
            page_sizes(text),
            [Page {
                width: 792.0,
                height: 612.0
            }]
        );
        assert_eq!(line(text, "Pages:"), Some("2"));
    }

    #[test]
    fn reads_a_pixmap_strictly() {
        let picture = portable_pixmap(b"P6\n1 2\n255\nabcdef".to_vec()).unwrap();
        assert_eq!(picture.into_raw(), b"abcdef");
        for bad in [
            &b"P5\n1 2\n255\nabcdef"[..],
            b"P6\n1 2\n255\nabcde",
            b"P6\n1 2\n65535\nabcdef",
            b"P6\n99999999999 1\n255\n",
            b"P6",
        ] {
            assert!(portable_pixmap(bad.to_vec()).is_none());
        }
    }
}
