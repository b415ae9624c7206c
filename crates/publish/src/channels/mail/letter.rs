//! One letter: plain text and simple HTML, in the reader's direction, with nothing that is fetched or counted.
//!
//! Its headers name the newsroom and nothing of the machine: no program, no host, the time in UTC. Leaving takes one click
//! (RFC 8058) or one letter.

use std::time::{Duration, UNIX_EPOCH};

use data_encoding::HEXLOWER;
use ledger::sha256;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use maud::{DOCTYPE, html};
use ureq::http::Uri;

use super::{Part, Recipient};
use crate::renditions::Article;
use crate::words::{Tongue, t};

/// Why nobody could leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected the https:// page where people leave, without a question mark")]
pub struct LeaveError;

/// How people leave: a page, or a letter to the sender.
pub(super) struct Leave {
    page: String,
    sender: String,
}

impl Leave {
    pub(super) fn new(page: &str, from: &Mailbox) -> Result<Self, LeaveError> {
        let uri: Uri = page.parse().map_err(|_| LeaveError)?;
        let fine = uri.scheme_str() == Some("https") && uri.host().is_some();
        if !fine || page.contains(['?', '#', '@', '<', '>', ',']) {
            return Err(LeaveError);
        }
        Ok(Self {
            page: page.to_owned(),
            sender: from.email.to_string(),
        })
    }

    fn page(&self, recipient: &Recipient) -> String {
        format!("{}?leave={}", self.page, HEXLOWER.encode(&recipient.id))
    }

    fn letter(&self, recipient: &Recipient) -> String {
        let word = HEXLOWER.encode(&recipient.id);
        format!("mailto:{}?subject=leave%20{word}", self.sender)
    }
}

/// What goes to one recipient.
pub(super) struct Letter<'a> {
    pub(super) from: &'a Mailbox,
    pub(super) leave: &'a Leave,
    pub(super) recipient: &'a Recipient,
    pub(super) part: &'a Part<'a>,
}

/// A letter's name without its host: the same for every recipient and in every attempt.
pub(super) fn name(part: &Part<'_>) -> String {
    format!("fh-{}", part.handle.key())
}

impl Letter<'_> {
    /// As it is handed in; none when the address is none.
    pub(super) fn bytes(&self, article: &Article) -> Option<Vec<u8>> {
        let host = self.from.email.domain();
        let id = |name: &str| format!("<{name}@{host}>");
        // All letters about a story hang together even where one before was lost.
        let root = id(&format!(
            "fh-story-{}",
            &sha256(self.part.link.as_bytes()).to_string()[..32]
        ));
        let before = self.part.thread.map(|(_, before)| id(&before.id));
        let references = match &before {
            Some(before) => format!("{root} {before}"),
            None => root,
        };
        let micros = u64::try_from(self.part.now).unwrap_or_default();
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, self.recipient.address.parse().ok()?))
            .subject(self.part.post.text.clone())
            .date(UNIX_EPOCH + Duration::from_micros(micros))
            .message_id(Some(id(&name(self.part))));
        if let Some(before) = before {
            message = message.in_reply_to(before);
        }
        let plain = SinglePart::plain(self.plain(article));
        let rich = SinglePart::html(self.rich(article));
        let parts = MultiPart::alternative().boundary(format!("----{}", self.part.handle.key()));
        let mut message = message
            .references(references)
            .multipart(parts.singlepart(plain).singlepart(rich))
            .ok()?;
        let leave = format!(
            "<{}>,\r\n <{}>",
            self.leave.page(self.recipient),
            self.leave.letter(self.recipient)
        );
        for (name, value) in [
            ("List-Unsubscribe", leave),
            (
                "List-Unsubscribe-Post",
                "List-Unsubscribe=One-Click".to_owned(),
            ),
            ("Content-Language", self.part.post.language.clone()),
        ] {
            // The names are fixed above; the values hold ASCII alone, and no line that is not folded.
            if let Ok(name) = HeaderName::new_from_ascii(name.to_owned()) {
                let value = HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value);
                message.headers_mut().insert_raw(value);
            }
        }
        Some(message.formatted())
    }

    fn tongue(&self) -> Tongue {
        Tongue::from_tag(&self.part.post.language).unwrap_or(Tongue::En)
    }

    /// What a letter says besides the story.
    fn closing(&self, article: &Article) -> [Option<String>; 2] {
        let tongue = self.tongue();
        let recall = article.withdrawn.then(|| t!(tongue, "mail-withdrawn"));
        let corrected = article.notice.is_some() && !article.withdrawn;
        [recall, corrected.then(|| t!(tongue, "mail-corrected"))]
    }

    fn plain(&self, article: &Article) -> String {
        let mut lines = vec![article.title.clone()];
        lines.extend(article.notice.clone());
        lines.push(article.grade.clone());
        let about: Vec<&str> = [&article.place, &article.when]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        if !about.is_empty() {
            lines.push(about.join(" · "));
        }
        lines.extend(article.paragraphs.iter().cloned());
        lines.extend(self.closing(article).into_iter().flatten());
        lines.push(format!("{}\r\n{}", article.source, self.part.link));
        let (tongue, page) = (self.tongue(), self.leave.page(self.recipient));
        lines.push(format!("--\r\n{}\r\n{page}", t!(tongue, "mail-leave")));
        lines.join("\r\n\r\n")
    }

    fn rich(&self, article: &Article) -> String {
        let (tongue, post) = (self.tongue(), self.part.post);
        let dir = if post.rightward() { "rtl" } else { "ltr" };
        let page = self.leave.page(self.recipient);
        html! {
            (DOCTYPE)
            html lang=(post.language) dir=(dir) {
                head { meta charset="utf-8"; title { (article.title) } }
                body dir=(dir) {
                    h1 { (article.title) }
                    @if let Some(notice) = &article.notice { p { strong { (notice) } } }
                    p { em { (article.grade) } }
                    @if let Some(place) = &article.place { p { bdi { (place) } } }
                    @if let Some(when) = &article.when { p { bdi { (when) } } }
                    @for paragraph in &article.paragraphs { p { (paragraph) } }
                    @for line in self.closing(article).iter().flatten() { p { (line) } }
                    p { a href=(self.part.link) { (article.source) } }
                    hr;
                    p { a href=(page) { (t!(tongue, "mail-leave")) } }
                }
            }
        }
        .into_string()
    }
}
