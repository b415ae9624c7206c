//! PDF.

use std::{fs, io::Write};

use flate2::{Compression, write::ZlibEncoder};
use media::{FindingCode, Kind};

use super::{Canaries, jpeg::small};
use crate::inputs::Inputs;

fn packed(bytes: &[u8]) -> String {
    // Kept as hex inside the PDF (`ASCIIHexDecode` before `FlateDecode`), so that the whole file can be written as text.
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder
        .finish()
        .unwrap()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn stream(dictionary: &str, content: &str) -> String {
    format!(
        "<< {dictionary} /Length {} >>\nstream\n{content}\nendstream",
        content.len()
    )
}

fn packed_stream(dictionary: &str, content: &[u8]) -> String {
    stream(
        &format!("{dictionary} /Filter [/ASCIIHexDecode /FlateDecode]"),
        &format!("{}>", packed(content)),
    )
}

/// Objects with a mark in every place a PDF has for one.
fn objects(inputs: &Inputs, canaries: &mut Canaries) -> Vec<String> {
    let mut mark = |place: &'static str| canaries.mark(place);
    let hidden = format!(
        "/OC /L BDC BT /F1 12 Tf 72 200 Td ({}) Tj ET EMC",
        mark("hidden layer")
    );
    let invisible = format!(
        "BT 3 Tr /F1 12 Tf 72 300 Td ({}) Tj ET",
        mark("invisible text")
    );
    let outside = format!(
        "BT 0 Tr /F1 12 Tf 5000 5000 Td ({}) Tj ET",
        mark("text outside the page")
    );
    let content = format!(
        "BT /F1 36 Tf 72 600 Td (A visible order) Tj ET\n{hidden}\n{invisible}\n{outside}\nq 100 0 0 75 72 400 cm /Im Do Q"
    );
    let jpeg: String = small(inputs, &mark("comment in a picture"))
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let form = format!("/Fields [13 0 R] /DA ({})", mark("form defaults"));
    let layers = format!(
        "/OCGs [8 0 R] /D << /OFF [8 0 R] /Name ({}) >>",
        mark("name of the layers")
    );
    let names = "/EmbeddedFiles << /Names [(a) 11 0 R] >> /JavaScript << /Names [(b) 14 0 R] >>";
    vec![
        format!("<< /Type /Catalog /Pages 2 0 R /Metadata 9 0 R /OpenAction 14 0 R /AcroForm << {form} >> /OCProperties << {layers} >> /Names << {names} >> /Lang ({}) >>", mark("language")),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Annots [12 0 R 13 0 R 15 0 R] /PieceInfo << /Maker << /Private ({}) >> >> \
             /Resources << /Font << /F1 5 0 R >> /XObject << /Im 6 0 R >> /Properties << /L 8 0 R >> >> /Thumb 16 0 R >>",
            mark("private data of a program")
        ),
        packed_stream("", content.as_bytes()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
        stream("/Type /XObject /Subtype /Image /Width 64 /Height 48 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter [/ASCIIHexDecode /DCTDecode]", &format!("{jpeg}>")),
        format!(
            "<< /Title ({}) /Author ({}) /Creator ({}) /Producer ({}) /Company ({}) /CreationDate (D:20261122093000Z) >>",
            mark("title"), mark("author"), mark("creator"), mark("producer"), mark("own property")
        ),
        format!("<< /Type /OCG /Name ({}) >>", mark("name of a layer")),
        packed_stream("/Type /Metadata /Subtype /XML", format!("<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:creator>{}</dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>", mark("XMP")).as_bytes()),
        packed_stream("/Type /EmbeddedFile", mark("attached file").as_bytes()),
        format!("<< /Type /Filespec /F ({}) /EF << /F 10 0 R >> >>", mark("name of the attached file")),
        format!("<< /Type /Annot /Subtype /FreeText /Rect [100 100 300 140] /DA (/F1 12 Tf) /T ({}) /Contents ({}) >>", mark("author of a note"), mark("note")),
        format!("<< /Type /Annot /Subtype /Widget /FT /Tx /Rect [100 500 300 520] /T (name) /V ({}) /DA (/F1 12 Tf) >>", mark("form field")),
        format!("<< /S /JavaScript /JS (app.alert\\('{}'\\)) >>", mark("script")),
        format!("<< /Type /Annot /Subtype /Link /Rect [72 590 300 640] /A << /S /URI /URI (https://example.invalid/{}) >> >>", mark("link")),
        packed_stream("/Width 4 /Height 4 /ColorSpace /DeviceGray /BitsPerComponent 8", mark("thumbnail of a page").as_bytes()),
        format!("<< /Lonely ({}) >>", mark("object that nothing refers to")),
        {
            let inner = format!("99 0 << /Inside ({}) >>", mark("object stream"));
            packed_stream("/Type /ObjStm /N 1 /First 5", inner.as_bytes())
        },
    ]
}

#[test]
fn pdf() {
    let (inputs, mut canaries) = (Inputs::new(), Canaries::new("d"));
    let objects = objects(&inputs, &mut canaries);
    let path = inputs.pdf(
        "a.pdf",
        &objects,
        &format!(
            "/Info 7 0 R /ID [<41414141414141414141414141414141> ({})]",
            canaries.mark("identifier")
        ),
    );
    let mut bytes = fs::read(&path).unwrap();
    // An update that replaces the information: the earlier one stays in the file.
    let index = bytes
        .windows(9)
        .rposition(|window| window == b"startxref")
        .unwrap();
    let earlier: usize = String::from_utf8_lossy(&bytes[index + 10..])
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let place = bytes.len();
    bytes.extend(
        format!(
            "7 0 obj\n<< /Author (another name) /Keywords ({}) >>\nendobj\n% {}\n",
            canaries.mark("later keywords"),
            canaries.mark("remark")
        )
        .bytes(),
    );
    let index = bytes.len();
    bytes.extend(
        format!("xref\n7 1\n{place:010} 00000 n \ntrailer\n<< /Size {} /Root 1 0 R /Info 7 0 R /Prev {earlier} >>\nstartxref\n{index}\n%%EOF\n", objects.len() + 1).bytes(),
    );
    bytes.extend(canaries.mark("after the end").bytes());
    let path = inputs.write("planted.pdf", &bytes);

    let scrubbed = canaries.check(&inputs, &path, Kind::Pdf);
    assert_eq!(scrubbed.report.left, []);
    let codes = [
        FindingCode::Person,
        FindingCode::EmbeddedFile,
        FindingCode::Script,
        FindingCode::Annotation,
        FindingCode::HiddenContent,
        FindingCode::EditHistory,
    ];
    for code in codes {
        assert!(
            scrubbed
                .report
                .removed
                .iter()
                .any(|finding| finding.code == code),
            "{code:?} in {:?}",
            scrubbed.report.removed
        );
    }
}
