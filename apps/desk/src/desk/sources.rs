//! Sources at the border: who is out there, what went both ways, and a word back.

use formats::{DispatchId, KitId, Message, MessageId, Reply};
use newsroom::sources::{Contact, Watch};
use newsroom::{Micros, Private, Refusal};
use rand_core::OsRng;
use store::{DispatchRecord, MessageRecord, NewMessage, SourceRecord, StoreError, Thread};
use zeroize::Zeroizing;

use super::reading::{dispatch_line, held_of};
use super::{Desk, DeskError, DispatchLine, EditorId};
use crate::clock;
use crate::desk::EventKind;
use crate::intake::receipts;

/// A source as a line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLine {
    /// The kit, hex as in URLs.
    pub kit: String,
    /// The pseudonym.
    pub pseudonym: String,
    /// When the kit was issued, microseconds since 1970 UTC.
    pub issued_at: i64,
    /// When something of hers last came in.
    pub heard_at: Option<i64>,
    /// How many dispatches came.
    pub dispatches: u32,
    /// How many more replies she can be sent.
    pub fresh_pairs: u32,
    /// How many more replies another vault of her kit can be sent.
    pub other_pairs: u32,
    /// Where contact stands.
    pub contact: Contact,
    /// After how many hours of silence it is an alarm.
    pub hours: Option<i64>,
    /// What to do then.
    pub plan: Option<String>,
    /// How many of the dispatches were sent under force, by their marks or because they came from another vault.
    pub forced: u32,
    /// How many of them came from another vault than the everyday one.
    pub another_vault: u32,
    /// When the kit was cut off as captured.
    pub captured_at: Option<i64>,
}

/// How far a message of the desk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageState {
    /// In the outbox; no drop has taken it yet.
    Queued,
    /// In mailboxes at so many drops, of so many; nobody can know whether it was taken.
    Left {
        /// Drops that have it.
        drops: usize,
        /// Drops that it is for.
        of: usize,
    },
    /// Something sealed by the source came in after it was in a mailbox. She may have read it.
    HeardSince,
}

impl MessageState {
    /// Its stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Left { .. } => "left",
            Self::HeardSince => "heard-since",
        }
    }
}

/// A message that an editor wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageView {
    /// Its id, hex.
    pub id: String,
    /// Who wrote it.
    pub editor: String,
    /// Its words.
    pub text: String,
    /// When, microseconds.
    pub at: i64,
    /// The dispatch that it answers, hex.
    pub answers: Option<String>,
    /// How far it is.
    pub state: MessageState,
}

/// One thing that went from there to here or back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ThreadEntry {
    /// A dispatch came.
    Came(DispatchLine),
    /// The desk wrote.
    Wrote(MessageView),
}

impl ThreadEntry {
    fn at(&self) -> i64 {
        match self {
            Self::Came(line) => line.received_at,
            Self::Wrote(message) => message.at,
        }
    }
}

/// One source, and everything that went both ways, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceView {
    /// The source.
    pub line: SourceLine,
    /// What went both ways.
    pub thread: Vec<ThreadEntry>,
    /// How the kit was handed over, if it was by twelve words.
    pub offer: Option<OfferView>,
}

/// A kit that is asked for with twelve words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferView {
    /// The words to compare aloud, once a device asked.
    pub code: Option<String>,
    /// How many other devices asked with the same words.
    pub rivals: u32,
}

/// A message as a form gives it.
#[derive(Debug)]
pub struct Letter {
    /// Its words.
    pub text: Zeroizing<String>,
    /// The dispatch that it answers.
    pub answers: Option<DispatchId>,
    /// The last reply pair may go.
    pub last_pair_meant: bool,
}

impl Desk {
    /// All sources; for safety editors, and the look is entered in the audit.
    ///
    /// # Errors
    /// Locked, refused, or the store failed.
    pub async fn sources(&self, editor: EditorId) -> Result<Vec<SourceLine>, DeskError> {
        let now = clock::now();
        let records = self.open()?.store.sources(editor, now).await?;
        Ok(records.iter().map(|record| line(record, now)).collect())
    }

    /// Sources whose word is overdue, for the inbox of safety editors.
    ///
    /// # Errors
    /// Locked, or the store failed.
    pub async fn missed_contacts(&self) -> Result<Vec<SourceLine>, DeskError> {
        let now = clock::now();
        let records = self.open()?.store.missed_contacts(now).await?;
        Ok(records.iter().map(|record| line(record, now)).collect())
    }

    /// One source with its thread; for safety editors, and the look is entered in the audit.
    ///
    /// # Errors
    /// Locked, refused, no such kit, or the store failed.
    pub async fn source(&self, editor: EditorId, kit: KitId) -> Result<SourceView, DeskError> {
        let (open, now) = (self.open()?, clock::now());
        let thread = open.store.thread(kit, editor, now).await?;
        let mut entries = Vec::new();
        for record in &thread.dispatches {
            let items = open.store.items_of(&record.key).await?;
            let held = held_of(&open.store, record).await?;
            entries.push(ThreadEntry::Came(dispatch_line(record, &items, &held)));
        }
        for message in &thread.messages {
            entries.push(ThreadEntry::Wrote(message_view(message, &thread)));
        }
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.at()));
        let offer = self.open()?.store.offer_of(kit).await?;
        Ok(SourceView {
            line: line(&thread.source, now),
            thread: entries,
            offer: offer.map(|offer| OfferView {
                code: offer.code.map(|code| code.expose().to_owned()),
                rivals: offer.rivals,
            }),
        })
    }

    /// Writes to a source: sealed for one reply pair, and on its way to the mailbox of every drop.
    ///
    /// # Errors
    /// Locked, refused (not a safety editor, no words, no pair, the last pair unasked), or the store failed.
    pub async fn write_to_source(
        &self,
        editor: EditorId,
        kit: KitId,
        letter: Letter,
    ) -> Result<(), DeskError> {
        let (open, now) = (self.open()?, clock::now());
        let text = Private::new(letter.text.as_str());
        let new = NewMessage {
            id: MessageId::random(&mut OsRng),
            kit,
            answers: letter.answers,
            by: editor,
            text: &text,
            last_pair_meant: letter.last_pair_meant,
        };
        let pair = open
            .store
            .message_pair(kit, new.answers, editor, now)
            .await?;
        let drops = open.store.drops().await?;
        if drops.is_empty() {
            // A pair must not be spent on a message that nobody carries.
            return Err(StoreError::Refused(Refusal::NoDrop).into());
        }
        let pair = pair.ok_or(StoreError::Refused(Refusal::NoReplyPair))?;
        let reply = Reply::from(Message {
            id: new.id,
            dispatch: new.answers,
            sent_at: now.0,
            text: letter.text,
        });
        let cells = receipts::seal_for(&drops, &reply, &pair.keys);
        open.store
            .queue_message(&new, &pair.pair, &cells, now)
            .await?;
        open.receipt_added.notify_one();
        if let Some(dispatch) = new.answers {
            open.tell(EventKind::Dispatch, dispatch);
        }
        Ok(())
    }

    /// Sets a source's missed-contact timer, or takes it off.
    ///
    /// # Errors
    /// Locked, refused, no such kit, or the store failed.
    pub async fn watch_source(
        &self,
        editor: EditorId,
        kit: KitId,
        watch: Option<Watch>,
    ) -> Result<(), DeskError> {
        let store = self.store()?;
        store
            .watch_source(kit, editor, watch.as_ref(), clock::now())
            .await?;
        Ok(())
    }
}

pub(super) fn line(record: &SourceRecord, now: Micros) -> SourceLine {
    let watch = record.watch.as_ref();
    SourceLine {
        kit: record.kit.to_string(),
        pseudonym: record.pseudonym.expose().to_owned(),
        issued_at: record.issued_at.0,
        heard_at: record.heard_at.map(|at| at.0),
        dispatches: record.dispatches,
        fresh_pairs: record.fresh_pairs,
        other_pairs: record.other_pairs,
        contact: record.contact(now),
        hours: watch.map(|watch| watch.interval / newsroom::time::HOUR),
        plan: watch.map(|watch| watch.plan.clone()),
        forced: record.forced,
        another_vault: record.another_vault,
        captured_at: record.captured_at.map(|at| at.0),
    }
}

fn message_view(message: &MessageRecord, thread: &Thread) -> MessageView {
    MessageView {
        id: message.id.to_string(),
        editor: message.editor_name.clone(),
        text: message.text.expose().to_owned(),
        at: message.written_at.0,
        answers: message.answers.map(|dispatch| dispatch.to_string()),
        state: state(message, &thread.dispatches),
    }
}

fn state(message: &MessageRecord, dispatches: &[DispatchRecord]) -> MessageState {
    let Some(first_put) = message.puts.iter().filter_map(|put| put.put_at).min() else {
        return MessageState::Queued;
    };
    if dispatches.iter().any(|one| one.first_seen > first_put) {
        return MessageState::HeardSince;
    }
    MessageState::Left {
        drops: message
            .puts
            .iter()
            .filter(|put| put.put_at.is_some())
            .count(),
        of: message.puts.len(),
    }
}
