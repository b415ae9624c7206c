//! Sources as safety editors see them: contact, messages in both directions, the missed-contact timer. Every read of a
//! source is entered in the desk's audit chain, in the transaction of the read.

use crate::columns::Place;
use crate::dispatches::DispatchRecord;
use crate::engine::{Tx, args, transact};
use crate::error::StoreError;
use crate::marks::{Mark, Vault};
use crate::open::Store;
use crate::replies::{PairRef, ReplyKind, ReplyPairRecord, SealedReply};
use crate::value::At;
use formats::{DispatchId, KitId, MessageId};
use newsroom::arrival::DispatchKey;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::sources::{self, Letter, Watch};
use newsroom::{DropId, EditorId, Micros, Private, ReceiptId, Refusal};
use std::collections::BTreeMap;

/// A source: a kit and what is known of whoever holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRecord {
    /// The kit.
    pub kit: KitId,
    /// The pseudonym; nothing else is ever known.
    pub pseudonym: Private,
    /// When the kit was issued.
    pub issued_at: Micros,
    /// When its latest cell came in.
    pub heard_at: Option<Micros>,
    /// How many dispatches came.
    pub dispatches: u32,
    /// Reply pairs of the everyday vault that no reply has used and that are not too old.
    pub fresh_pairs: u32,
    /// The same, of another vault.
    pub other_pairs: u32,
    /// The missed-contact timer.
    pub watch: Option<Watch>,
    /// How many of the dispatches carry the duress mark or came from another vault.
    pub forced: u32,
    /// How many of them came from another vault than the everyday one.
    pub another_vault: u32,
    /// When the kit was cut off as captured.
    pub captured_at: Option<Micros>,
}

impl SourceRecord {
    /// Where contact stands.
    #[must_use]
    pub fn contact(&self, now: Micros) -> sources::Contact {
        let heard = self.heard_at.unwrap_or(self.issued_at);
        sources::contact(heard, self.watch.as_ref(), now)
    }
}

/// One mailbox that a message is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePut {
    /// The drop.
    pub drop: DropId,
    /// When the drop took it.
    pub put_at: Option<Micros>,
}

/// A message that an editor wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRecord {
    /// Which.
    pub id: MessageId,
    /// The dispatch that it answers.
    pub answers: Option<DispatchId>,
    /// Who wrote it.
    pub editor_name: String,
    /// Its words.
    pub text: Private,
    /// When.
    pub written_at: Micros,
    /// The mailboxes it is for.
    pub puts: Vec<MessagePut>,
}

/// Everything between the desk and one source.
#[derive(Clone, Debug)]
pub struct Thread {
    /// The source.
    pub source: SourceRecord,
    /// What came from there, newest first.
    pub dispatches: Vec<DispatchRecord>,
    /// What the desk wrote, oldest first.
    pub messages: Vec<MessageRecord>,
}

/// A message to be queued.
pub struct NewMessage<'a> {
    /// Its id, made by the caller, because it is sealed into the cells.
    pub id: MessageId,
    /// To whom.
    pub kit: KitId,
    /// The dispatch that it answers.
    pub answers: Option<DispatchId>,
    /// Who writes.
    pub by: EditorId,
    /// The words.
    pub text: &'a Private,
    /// The last reply pair may go.
    pub last_pair_meant: bool,
}

type SourceRow = (Vec<u8>, Vec<u8>, i64, Option<Vec<u8>>, Option<i64>, i64);
type MessageRow = (Vec<u8>, Option<Vec<u8>>, Vec<u8>, Vec<u8>, i64, Vec<u8>);

/// What a source's row needs, with the rest of the query.
macro_rules! select_source {
    ($rest:literal) => {
        concat!(
            "SELECT kits.id, kits.pseudonym, kits.issued_at, kits.watch, MAX(dispatches.last_seen), COUNT(dispatches.dispatch)
             FROM kits LEFT JOIN dispatches ON dispatches.kit = kits.id ",
            $rest
        )
    };
}

impl Store {
    /// All sources, for a safety editor; the look is entered in the audit.
    ///
    /// # Errors
    /// [`Refusal::SourcesNotYours`], or the engine's failure.
    pub async fn sources(
        &self,
        by: EditorId,
        now: Micros,
    ) -> Result<Vec<SourceRecord>, StoreError> {
        transact!(self, "list sources", Decide, |tx| {
            sources::may_see(&self.editor_facts(tx, by).await?)?;
            self.note_source(tx, by, Act::SourceViewed, None, now)
                .await?;
            self.source_records(tx, now).await
        })
    }

    /// Sources whose word is overdue: what the inbox of a safety editor shows. No look at a source, hence no entry.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn missed_contacts(&self, now: Micros) -> Result<Vec<SourceRecord>, StoreError> {
        transact!(self, "list missed contacts", Read, |tx| {
            let mut missed = self.source_records(tx, now).await?;
            missed.retain(|source| matches!(source.contact(now), sources::Contact::Missed { .. }));
            Ok(missed)
        })
    }

    /// One source with everything that went both ways; the look is entered in the audit.
    ///
    /// # Errors
    /// [`Refusal::SourcesNotYours`], [`Refusal::UnknownKit`], or the engine's failure.
    pub async fn thread(
        &self,
        kit: KitId,
        by: EditorId,
        now: Micros,
    ) -> Result<Thread, StoreError> {
        transact!(self, "load thread", Decide, |tx| {
            sources::may_see(&self.editor_facts(tx, by).await?)?;
            let source = self.source_record(tx, kit, now).await?;
            self.note_source(tx, by, Act::SourceViewed, Some(kit), now)
                .await?;
            Ok(Thread {
                source,
                dispatches: self.dispatches_of_kit(tx, kit).await?,
                messages: self.messages_of(tx, kit).await?,
            })
        })
    }

    /// The reply pair that a message should use: one that no receipt will need, the newest first. A message that answers a
    /// dispatch goes to the vault that the dispatch came from, any other to the everyday one: to a vault that she was
    /// forced to open nothing is ever sent unless an editor has chosen it.
    ///
    /// # Errors
    /// [`Refusal::SourcesNotYours`], [`Refusal::UnknownKit`], or the engine's failure.
    pub async fn message_pair(
        &self,
        kit: KitId,
        answers: Option<DispatchId>,
        by: EditorId,
        now: Micros,
    ) -> Result<Option<ReplyPairRecord>, StoreError> {
        transact!(self, "find message pair", Read, |tx| {
            sources::may_see(&self.editor_facts(tx, by).await?)?;
            self.source_record(tx, kit, now).await?;
            let vault = match answers {
                Some(dispatch) => self.vault_of(tx, kit, dispatch).await?,
                None => Vault::Everyday,
            };
            self.spare_pair(tx, kit, vault, now).await
        })
    }

    async fn vault_of(
        &self,
        tx: &mut Tx,
        kit: KitId,
        dispatch: DispatchId,
    ) -> Result<Vault, StoreError> {
        let key = DispatchKey { kit, dispatch };
        let sql = "SELECT cells FROM dispatches WHERE kit = $1 AND dispatch = $2";
        let known: Option<(i64,)> = tx.one(sql, args![kit, dispatch]).await?;
        known.ok_or_else(|| crate::dispatches::missing_dispatch(&key))?;
        Ok(self.load_mark(tx, &key).await?.vault())
    }

    /// Spends a pair on a message and queues it for the mailboxes, in one transaction.
    ///
    /// # Errors
    /// What [`sources::write`] refuses; [`Refusal::ReplyPairSpent`].
    pub async fn queue_message(
        &self,
        message: &NewMessage<'_>,
        pair: &PairRef,
        cells: &[SealedReply],
        now: Micros,
    ) -> Result<(), StoreError> {
        let reply = ReceiptId::from_bytes(self.random());
        transact!(self, "queue message", Decide, |tx| {
            let editor = self.editor_facts(tx, message.by).await?;
            let source = self.source_record(tx, message.kit, now).await?;
            let meant = match message.answers {
                Some(dispatch) => self.vault_of(tx, message.kit, dispatch).await?,
                None => Vault::Everyday,
            };
            if self.load_mark(tx, &pair.source).await?.vault() != meant {
                return Err(Refusal::NoReplyPair.into());
            }
            let letter = Letter {
                text: message.text.expose(),
                fresh_pairs: match meant {
                    Vault::Everyday => source.fresh_pairs,
                    Vault::Another(_) => source.other_pairs,
                },
                last_pair_meant: message.last_pair_meant,
            };
            sources::write(&editor, letter)?;
            // Entered in the chain of the dispatch that it answers, else of the one that brought the pair.
            let about = DispatchKey {
                kit: message.kit,
                dispatch: message.answers.unwrap_or(pair.source.dispatch),
            };
            self.insert_reply(tx, reply, &about, ReplyKind::Message, pair, cells, now)
                .await?;
            let text = message.text.expose().as_bytes();
            let sealed = self.seal(text_place(&message.id), text)?;
            tx.exec(
                "INSERT INTO messages (id, kit, answers, editor, text, written_at, reply) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                args![message.id, message.kit, message.answers, message.by, sealed, now, reply],
            )
            .await?;
            let (by, kit) = (message.by, message.kit);
            self.note_source(tx, by, Act::SourceWritten, Some(kit), now)
                .await
        })
    }

    /// Sets a source's missed-contact timer, or takes it off.
    ///
    /// # Errors
    /// [`Refusal::SourcesNotYours`], [`Refusal::UnknownKit`], [`Refusal::WatchInvalid`].
    pub async fn watch_source(
        &self,
        kit: KitId,
        by: EditorId,
        watch: Option<&Watch>,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "watch source", Decide, |tx| {
            sources::may_see(&self.editor_facts(tx, by).await?)?;
            let sealed = match watch {
                Some(watch) => {
                    watch.check()?;
                    let json =
                        serde_json::to_vec(watch).map_err(|_| At("kits", "watch").damaged())?;
                    Some(self.seal(watch_place(&kit), &zeroize::Zeroizing::new(json))?)
                }
                None => None,
            };
            let sql = "UPDATE kits SET watch = $1 WHERE id = $2";
            if tx.exec(sql, args![sealed, kit]).await? == 0 {
                return Err(Refusal::UnknownKit.into());
            }
            self.note_source(tx, by, Act::SourceWatched, Some(kit), now)
                .await
        })
    }

    pub(crate) async fn note_source(
        &self,
        tx: &mut Tx,
        by: EditorId,
        act: Act,
        kit: Option<KitId>,
        now: Micros,
    ) -> Result<(), StoreError> {
        let entry = Entry::new(Chain::Desk, Actor::Editor(by), act, now);
        let entry = match kit {
            Some(kit) => entry.with("kit", kit),
            None => entry,
        };
        self.append(tx, entry).await?;
        Ok(())
    }

    async fn source_records(
        &self,
        tx: &mut Tx,
        now: Micros,
    ) -> Result<Vec<SourceRecord>, StoreError> {
        let sql = select_source!("GROUP BY kits.id ORDER BY kits.issued_at, kits.id");
        let rows: Vec<SourceRow> = tx.all(sql, &[]).await?;
        let mut sources = Vec::with_capacity(rows.len());
        for row in rows {
            sources.push(self.source_from(tx, row, now).await?);
        }
        Ok(sources)
    }

    pub(crate) async fn source_record(
        &self,
        tx: &mut Tx,
        kit: KitId,
        now: Micros,
    ) -> Result<SourceRecord, StoreError> {
        let sql = select_source!("WHERE kits.id = $1 GROUP BY kits.id");
        let row: Option<SourceRow> = tx.one(sql, args![kit]).await?;
        self.source_from(tx, row.ok_or(Refusal::UnknownKit)?, now)
            .await
    }

    async fn source_from(
        &self,
        tx: &mut Tx,
        row: SourceRow,
        now: Micros,
    ) -> Result<SourceRecord, StoreError> {
        let (kit, pseudonym, issued_at, watch, heard_at, dispatches) = row;
        let kit = KitId(At("kits", "id").bytes(&kit)?);
        let marks = self.marks_of(tx, kit).await?;
        let (fresh_pairs, other_pairs) = self.count_pairs(tx, kit, &marks, now).await?;
        let count = |which: fn(&Mark) -> bool| {
            let marked = marks.values().filter(|mark| which(mark));
            u32::try_from(marked.count()).unwrap_or(u32::MAX)
        };
        let sql = "SELECT captured_at FROM kits WHERE id = $1";
        let captured: Option<(Option<i64>,)> = tx.one(sql, args![kit]).await?;
        let watch = match watch {
            Some(sealed) => {
                let json = self.open(watch_place(&kit), &sealed)?;
                Some(At("kits", "watch").json(&json)?)
            }
            None => None,
        };
        Ok(SourceRecord {
            pseudonym: self.open_text(crate::kits::place("pseudonym", &kit), &pseudonym)?,
            issued_at: Micros(issued_at),
            heard_at: heard_at.map(Micros),
            dispatches: At("dispatches", "dispatch").number(dispatches)?,
            fresh_pairs,
            other_pairs,
            watch,
            forced: count(|mark| mark.counts()),
            another_vault: count(|mark| mark.elsewhere),
            captured_at: captured.and_then(|(at,)| at).map(Micros),
            kit,
        })
    }

    /// Reply pairs that can still be used, of the everyday vault and of others.
    pub(crate) async fn count_pairs(
        &self,
        tx: &mut Tx,
        kit: KitId,
        marks: &BTreeMap<DispatchId, Mark>,
        now: Micros,
    ) -> Result<(u32, u32), StoreError> {
        let sql = "SELECT dispatch, COUNT(*) FROM reply_pairs WHERE kit = $1 AND used_at IS NULL AND until > $2
                   GROUP BY dispatch";
        let rows: Vec<(Vec<u8>, i64)> = tx.all(sql, args![kit, now]).await?;
        let at = At("reply_pairs", "dispatch");
        let (mut everyday, mut other) = (0, 0);
        for (dispatch, count) in rows {
            let mark = marks.get(&DispatchId(at.bytes(&dispatch)?));
            let count: u32 = at.number(count)?;
            match mark.is_some_and(|mark| mark.elsewhere) {
                false => everyday += count,
                true => other += count,
            }
        }
        Ok((everyday, other))
    }

    async fn messages_of(&self, tx: &mut Tx, kit: KitId) -> Result<Vec<MessageRecord>, StoreError> {
        let rows: Vec<MessageRow> = tx
            .all(
                "SELECT id, answers, editor, text, written_at, reply FROM messages WHERE kit = $1 ORDER BY written_at, id",
                args![kit],
            )
            .await?;
        let mut messages = Vec::with_capacity(rows.len());
        for (id, answers, editor, text, written_at, reply) in rows {
            let at = At("messages", "id");
            let id = MessageId(at.bytes(&id)?);
            let answers = answers.map(|dispatch| at.bytes(&dispatch)).transpose()?;
            let editor = EditorId::from_bytes(at.bytes(&editor)?);
            let reply = ReceiptId::from_bytes(at.bytes(&reply)?);
            messages.push(MessageRecord {
                answers: answers.map(DispatchId),
                editor_name: self.editor_name(tx, editor).await?,
                text: self.open_text(text_place(&id), &text)?,
                written_at: Micros(written_at),
                puts: puts_of(tx, reply).await?,
                id,
            });
        }
        Ok(messages)
    }
}

async fn puts_of(tx: &mut Tx, reply: ReceiptId) -> Result<Vec<MessagePut>, StoreError> {
    let sql = "SELECT drop_id, put_at FROM receipt_puts WHERE receipt = $1 ORDER BY drop_id";
    let rows: Vec<(Vec<u8>, Option<i64>)> = tx.all(sql, args![reply]).await?;
    rows.into_iter()
        .map(|(drop, put_at)| {
            Ok(MessagePut {
                drop: DropId::from_bytes(At("receipt_puts", "drop_id").bytes(&drop)?),
                put_at: put_at.map(Micros),
            })
        })
        .collect()
}

fn watch_place(kit: &KitId) -> Place<'_> {
    crate::kits::place("watch", kit)
}

fn text_place(id: &MessageId) -> Place<'_> {
    Place {
        table: "messages",
        column: "text",
        row: &id.0,
    }
}
