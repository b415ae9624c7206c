//! The press wire: partner newsrooms get each story as ninjs over a signed web hook. Class A: a message has a name of ours, and
//! a receiver that got it twice knows it by that.

use ledger::webhook::WebhookSecret;
use serde_json::Value;
use ureq::http::Method;

use super::http::Line;
use super::long::article;
use super::{
    Abilities, Bounds, Channel, Class, Covering, Fault, Limits, Measure, Part, Remote, Standing,
};
use crate::ninjs::{NinjsFile, NinjsStory, canceled};

/// Longest terms of use.
const RIGHTS_MAX: usize = 2_000;

/// A partner's receiver.
pub struct WireAccount {
    /// Terms of use, and whom to ask for the original: goes out with every story.
    pub rights: String,
    /// The secret that both ends hold.
    pub secret: WebhookSecret,
}

/// A press wire to one partner.
pub struct Wire {
    line: Line,
    account: WireAccount,
}

impl Wire {
    /// A wire to the address at the line's end.
    #[must_use]
    pub fn new(line: Line, account: WireAccount) -> Self {
        Self { line, account }
    }

    /// One message, signed as *Standard Webhooks* says; the answer's body means nothing.
    fn tell(&self, id: &str, now: i64, document: &Value) -> Result<(), Fault> {
        let body = document.to_string().into_bytes();
        let seconds = now.div_euclid(1_000_000);
        let (moment, signature) = (
            seconds.to_string(),
            self.account.secret.sign(id, seconds, &body),
        );
        let headers = [
            ("content-type", "application/json"),
            ("webhook-id", id),
            ("webhook-timestamp", moment.as_str()),
            ("webhook-signature", signature.as_str()),
        ];
        let answer = self.line.bytes(Method::POST, "", &headers, body)?;
        // 410 is how a receiver says that it wants nothing more.
        if answer.status.as_u16() == 410 {
            return Err(Fault::account(&answer.words()));
        }
        answer.success().map(|_| ())
    }

    /// One version of a story under the name that the partner knows it by.
    fn version(&self, uri: &str, part: &Part<'_>) -> Result<(), Fault> {
        let (key, withdrawn) = (part.handle.key(), article(part)?.withdrawn);
        // A correction and the withdrawal after it are of one approval: the second is another message all the same.
        let id = if withdrawn {
            format!("fh-{key}-withdrawn")
        } else {
            format!("fh-{key}")
        };
        self.tell(&id, part.now, &self.document(uri, part)?)
    }

    fn document(&self, uri: &str, part: &Part<'_>) -> Result<Value, Fault> {
        let article = article(part)?;
        if article.withdrawn {
            return Ok(canceled(uri, part.handle.at()));
        }
        let files = part.post.media.iter().map(|shown| {
            let file = part.file(shown)?;
            Ok(NinjsFile {
                href: home(part.link) + crate::media_path(&file.sha256, file.kind).as_str(),
                mime: file.kind.mime().to_owned(),
                sha256: file.sha256.to_string(),
                bytes: file.size,
                dimensions: file.dimensions,
                description: shown.alt.clone(),
            })
        });
        let covered = part.post.warning.clone().filter(|_| part.post.covered);
        let notes = [Some(article.grade.clone()), article.notice.clone(), covered];
        let story = NinjsStory {
            uri,
            versioned_at: part.handle.at(),
            language: &part.post.language,
            title: &article.title,
            paragraphs: &article.paragraphs,
            notes: notes.into_iter().flatten().collect(),
            place: article.place.as_deref(),
            when: article.when.as_deref(),
            rights: Some(&self.account.rights),
            files: files.collect::<Result<_, Fault>>()?,
        };
        Ok(story.document())
    }
}

/// The site's address, from that of a story's page: `https://news.example/en/stories/x.html`.
fn home(link: &str) -> String {
    let before = link
        .rsplit_once("/stories/")
        .map_or("", |(before, _)| before);
    let base = before.rsplit_once('/').map_or("", |(base, _)| base);
    format!("{base}/")
}

impl Channel for Wire {
    fn abilities(&self) -> Abilities {
        Abilities {
            class: Class::Free,
            limits: Limits {
                measure: Measure::Graphemes,
                text: 100_000,
                caption: None,
                bytes: 1_000_000,
                link: None,
                posts: 1,
                pictures: 50,
                // Files stay on our own site; the document says where.
                picture_bytes: u64::MAX,
                video_bytes: u64::MAX,
                alt: 1_000,
                bounds: Bounds::NONE,
            },
            covering: Covering::Words,
            long: true,
            edits: true,
            // A withdrawal is a message too, with the story's name in it.
            deletes: false,
            cards: false,
        }
    }

    /// There is nobody to sign in to. The terms must be there: nothing goes to a partner without them.
    fn check(&mut self) -> Result<Standing, Fault> {
        let rights = self.account.rights.trim();
        if rights.is_empty() || rights.chars().count() > RIGHTS_MAX {
            return Err(Fault::account("the terms of use are missing or too long"));
        }
        Ok(Standing {
            name: self.line.base().to_owned(),
            abilities: self.abilities(),
        })
    }

    fn send(&mut self, part: &Part<'_>) -> Result<Remote, Fault> {
        self.version(part.link, part)?;
        Ok(Remote {
            id: part.link.to_owned(),
            url: String::new(),
        })
    }

    /// The same message again is known by its name.
    fn find(&mut self, _: &Part<'_>) -> Result<Option<Remote>, Fault> {
        Ok(None)
    }

    fn edit(&mut self, remote: &Remote, part: &Part<'_>) -> Result<Remote, Fault> {
        self.version(&remote.id, part)?;
        Ok(remote.clone())
    }

    fn delete(&mut self, _: &Remote) -> Result<(), Fault> {
        Err(Fault::refused(
            "a story is taken back by a message, and not without one",
        ))
    }
}
