//! A story as *ninjs 3.0* (IPTC, News in JSON): what partner newsrooms take in without asking. Names of properties are
//! those of the schema of version 3, which writes them otherwise than version 2 did.
//!
//! Beside the words it carries what an editor elsewhere has to know before using it: how sure we are, where and when it
//! happened as far as we say, the rights, whom to ask for the original, and each file with its hash.

use serde_json::{Value, json};

/// One file of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NinjsFile {
    /// Where it lies on the newsroom's own site.
    pub href: String,
    /// Media type.
    pub mime: String,
    /// SHA-256, hex: by it a proof is found.
    pub sha256: String,
    /// How many bytes.
    pub bytes: u64,
    /// Width and height.
    pub dimensions: Option<(u32, u32)>,
    /// What it shows, for those who do not see it.
    pub description: String,
}

/// What one document says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NinjsStory<'a> {
    /// The story's page: its name for good, whatever its version.
    pub uri: &'a str,
    /// When this version was decided, microseconds since 1970 UTC.
    pub versioned_at: i64,
    /// `en` or `ar`.
    pub language: &'a str,
    /// The headline.
    pub title: &'a str,
    /// The paragraphs.
    pub paragraphs: &'a [String],
    /// Editor's notes: how sure we are, that it was corrected, whether it is hard to look at.
    pub notes: Vec<String>,
    /// Where, as coarse as the newsroom says.
    pub place: Option<&'a str>,
    /// When it happened, as the site writes dates.
    pub when: Option<&'a str>,
    /// Terms of use, and whom to ask for the original; the site's own feed leaves them to the agreement with each partner.
    pub rights: Option<&'a str>,
    /// Its files.
    pub files: Vec<NinjsFile>,
}

impl NinjsStory<'_> {
    /// The document.
    #[must_use]
    pub fn document(&self) -> Value {
        let text = self.paragraphs.join("\n\n");
        let mut document = json!({
            "uri": self.uri,
            "standard": standard(),
            "type": if self.files.is_empty() { "text" } else { "composite" },
            "profile": "firsthand/story",
            "versionCreated": moment(self.versioned_at),
            "pubStatus": "usable",
            "language": self.language,
            "headlines": [{ "role": "main", "value": self.title }],
            "bodies": [{ "role": "main", "contentType": "text/plain", "charCount": text.chars().count(), "value": text }],
            "edNote": self.notes.join(" · "),
            "altIds": [{ "role": "page", "value": self.uri }],
        });
        if let Some(rights) = self.rights {
            document["usageTerms"] = json!(rights);
        }
        if let Some(place) = self.place {
            document["places"] = json!([{ "name": place }]);
        }
        // An uncertain date is no `contentCreated`, which must be a moment; readers of the note still get it.
        if let Some(when) = self.when {
            document["subjects"] = json!([{ "rel": "event-date", "name": when }]);
        }
        if !self.files.is_empty() {
            let files = self.files.iter().enumerate();
            document["associations"] = files.map(|(at, file)| association(at, file)).collect();
        }
        document
    }
}

/// That a story is no longer told: partners take it down by its name.
#[must_use]
pub fn canceled(uri: &str, versioned_at: i64) -> Value {
    json!({
        "uri": uri,
        "standard": standard(),
        "type": "text",
        "profile": "firsthand/story",
        "versionCreated": moment(versioned_at),
        "pubStatus": "canceled",
    })
}

/// Several documents in one: an item that is nothing but what is associated with it, each under its own name.
#[must_use]
pub fn package(
    uri: &str,
    versioned_at: i64,
    language: &str,
    title: &str,
    documents: Vec<Value>,
) -> Value {
    let items = documents.into_iter().enumerate().map(|(at, mut document)| {
        document["name"] = json!(format!("story-{}", at + 1));
        document
    });
    json!({
        "uri": uri,
        "standard": standard(),
        "type": "composite",
        "profile": "firsthand/stories",
        "versionCreated": moment(versioned_at),
        "pubStatus": "usable",
        "language": language,
        "title": title,
        "associations": items.collect::<Vec<_>>(),
    })
}

fn standard() -> Value {
    json!({
        "name": "ninjs",
        "version": "3.0",
        "schema": "https://www.iptc.org/std/ninjs/ninjs-schema_3.0.json",
    })
}

fn association(at: usize, file: &NinjsFile) -> Value {
    let kind = match file.mime.split('/').next() {
        Some("image") => "picture",
        Some("video") => "video",
        Some("audio") => "audio",
        _ => "text",
    };
    let mut rendition = json!({
        "name": "clean",
        "href": file.href,
        "contentType": file.mime,
        "sizeInBytes": file.bytes,
    });
    if let Some((width, height)) = file.dimensions {
        rendition["width"] = json!(width);
        rendition["height"] = json!(height);
    }
    json!({
        "name": format!("file-{}", at + 1),
        "uri": format!("urn:sha256:{}", file.sha256),
        "type": kind,
        "pubStatus": "usable",
        "descriptions": [{ "role": "caption", "value": file.description }],
        "renditions": [rendition],
    })
}

fn moment(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros)
        .map(|stamp| stamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_what_a_partner_needs_and_nothing_that_is_not_said() {
        let paragraphs = vec!["One.".to_owned(), "Two.".to_owned()];
        let mut story = NinjsStory {
            uri: "https://news.example/en/stories/x.html",
            versioned_at: 1_800_000_000_000_000,
            language: "en",
            title: "Market closed",
            paragraphs: &paragraphs,
            notes: vec!["Not yet confirmed".to_owned()],
            place: Some("Old Town"),
            when: Some("2026-11~"),
            rights: Some("Free for editorial use. Originals: desk@news.example"),
            files: vec![NinjsFile {
                href: "https://news.example/media/a.jpg".to_owned(),
                mime: "image/jpeg".to_owned(),
                sha256: "ab".repeat(32),
                bytes: 7,
                dimensions: Some((4, 3)),
                description: "A street".to_owned(),
            }],
        };
        let document = story.document();
        assert_eq!(document["versionCreated"], "2027-01-15T08:00:00Z");
        assert_eq!(document["bodies"][0]["value"], "One.\n\nTwo.");
        assert_eq!(document["associations"][0]["renditions"][0]["width"], 4);
        assert_eq!(document["type"], "composite");
        (story.place, story.when) = (None, None);
        story.files.clear();
        let bare = story.document();
        for absent in ["places", "subjects", "associations"] {
            assert!(bare.get(absent).is_none(), "{absent}");
        }
        assert_eq!(canceled(story.uri, 0)["pubStatus"], "canceled");
    }
}
