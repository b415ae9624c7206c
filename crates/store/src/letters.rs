//! A newsletter: who gets it, and a row for each letter that is written before and after its one attempt.
//!
//! Whoever leaves is never written to again: the address goes, and what stays is its sealed hash, so that a list that is
//! taken in later does not bring them back.

use crate::columns::Place;
use crate::engine::{Tx, args, transact};
use crate::error::StoreError;
use crate::open::Store;
use crate::outbox::Attempt;
use crate::value::At;
use ledger::sha256;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::outbox::Deed;
use newsroom::{ChannelId, DeliveryId, EditorId, Micros, Private};
use std::collections::HashMap;

/// Attempts after which a letter that is put off again and again counts as refused.
const ATTEMPTS: u32 = 8;

/// What became of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterEnd {
    /// Their server took it.
    Taken,
    /// It was refused for good.
    Refused,
    /// It was not taken now.
    Later,
    /// It may have been taken.
    Unknown,
}

impl LetterEnd {
    const fn code(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Refused => "refused",
            Self::Later => "later",
            Self::Unknown => "unknown",
        }
    }
}

/// How far a mailing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LetterCounts {
    /// Who has it.
    pub taken: u32,
    /// Whose server refused it.
    pub refused: u32,
    /// Who is yet to get it.
    pub waiting: u32,
    /// Who may have it.
    pub unknown: u32,
    /// Who left before it was sent.
    pub left: u32,
}

/// What became of a list that was taken in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subscribed {
    /// New ones.
    pub added: u32,
    /// Who was there already.
    pub known: u32,
    /// Who left once, and stays away.
    pub left: u32,
}

/// Whom the next letter goes to.
#[derive(Debug)]
pub struct NextLetter {
    /// The subscriber.
    pub subscriber: [u8; 16],
    /// Their address.
    pub address: Private,
}

type NextRow = (Vec<u8>, Option<Vec<u8>>);

impl Store {
    /// Takes a list of addresses in. Who left before is not brought back.
    ///
    /// # Errors
    /// [`newsroom::Refusal::UnknownChannel`], or [`newsroom::Refusal::NotAnEditor`].
    pub async fn add_subscribers(
        &self,
        channel: ChannelId,
        addresses: &[Private],
        by: EditorId,
        now: Micros,
    ) -> Result<Subscribed, StoreError> {
        transact!(self, "add subscribers", Work, |tx| {
            self.must_be_active(tx, by).await?;
            self.load_channel(tx, channel).await?;
            let mut out = Subscribed::default();
            for address in addresses {
                match self
                    .add_subscriber(tx, channel, address, now)
                    .await?
                    .as_str()
                {
                    "new" => out.added += 1,
                    "on" => out.known += 1,
                    _ => out.left += 1,
                }
            }
            let entry = Entry::new(Chain::Desk, Actor::Editor(by), Act::SubscribersAdded, now);
            let entry = entry.with("channel", channel).with("count", out.added);
            self.append(tx, entry).await?;
            Ok(out)
        })
    }

    /// Adds one, and says what they were before.
    async fn add_subscriber(
        &self,
        tx: &mut Tx,
        channel: ChannelId,
        address: &Private,
        now: Micros,
    ) -> Result<String, StoreError> {
        let (mark, index) = self.mark_of(address)?;
        let sql = "SELECT stage FROM subscribers WHERE channel = $1 AND mark_index = $2";
        let known: Option<(String,)> = tx.one(sql, args![channel, index]).await?;
        if let Some((stage,)) = known {
            return Ok(stage);
        }
        let id: [u8; 16] = self.random();
        let sealed = self.seal(place("address", &id), address.expose().as_bytes())?;
        let mark = self.seal(place("mark", &id), &mark)?;
        let sql =
            "INSERT INTO subscribers (id, channel, stage, address, mark, mark_index, changed_at)
                   VALUES ($1, $2, 'on', $3, $4, $5, $6)";
        tx.exec(sql, args![id, channel, sealed, mark, index, now])
            .await?;
        Ok("new".to_owned())
    }

    /// Takes addresses off the list, for good. Says how many were on it.
    ///
    /// # Errors
    /// [`newsroom::Refusal::NotAnEditor`].
    pub async fn remove_subscribers(
        &self,
        channel: ChannelId,
        addresses: &[Private],
        by: EditorId,
        now: Micros,
    ) -> Result<u32, StoreError> {
        transact!(self, "remove subscribers", Work, |tx| {
            self.must_be_active(tx, by).await?;
            let mut count = 0;
            for address in addresses {
                let (_, index) = self.mark_of(address)?;
                let sql = "UPDATE subscribers SET stage = 'left', address = NULL, changed_at = $1
                           WHERE channel = $2 AND mark_index = $3 AND stage = 'on'";
                count += u32::from(tx.exec(sql, args![now, channel, index]).await? > 0);
            }
            let entry = Entry::new(Chain::Desk, Actor::Editor(by), Act::SubscribersLeft, now);
            let entry = entry.with("channel", channel).with("count", count);
            self.append(tx, entry).await?;
            Ok(count)
        })
    }

    /// Takes off whoever left, by the words of their letters. Twice is once.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn subscribers_left(
        &self,
        words: &[[u8; 16]],
        now: Micros,
    ) -> Result<u32, StoreError> {
        transact!(self, "subscribers left", Work, |tx| {
            let mut count = 0;
            for id in words {
                let sql = "UPDATE subscribers SET stage = 'left', address = NULL, changed_at = $1
                           WHERE id = $2 AND stage = 'on'";
                count += u32::from(tx.exec(sql, args![now, *id]).await? > 0);
            }
            if count > 0 {
                let entry = Entry::new(Chain::Desk, Actor::Desk, Act::SubscribersLeft, now);
                self.append(tx, entry.with("count", count)).await?;
            }
            Ok(count)
        })
    }

    /// How many get a newsletter, and how many left it.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn subscriber_counts(&self, channel: ChannelId) -> Result<(u32, u32), StoreError> {
        transact!(self, "count subscribers", Read, |tx| {
            let sql = "SELECT stage, COUNT(*) FROM subscribers WHERE channel = $1 GROUP BY stage";
            let rows: Vec<(String, i64)> = tx.all(sql, args![channel]).await?;
            let mut counts = (0, 0);
            for (stage, count) in rows {
                let count = At("subscribers", "stage").number(count)?;
                match stage.as_str() {
                    "on" => counts.0 = count,
                    _ => counts.1 = count,
                }
            }
            Ok(counts)
        })
    }

    /// Begins an attempt at a mailing. At the first it is fixed who gets it: a story everybody, a correction and a withdrawal
    /// whoever was to get what they are about. A letter that was on its way when an attempt broke off is in doubt.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when another attempt is under way.
    pub async fn begin_letters(&self, attempt: &Attempt) -> Result<(), StoreError> {
        transact!(self, "begin letters", Work, |tx| {
            let sql = "SELECT COUNT(*) FROM deliveries WHERE id = $1 AND attempts = $2 AND stage = 'sending'";
            let mine: Option<(i64,)> = tx.one(sql, args![attempt.id, attempt.number]).await?;
            under_way(mine.is_some_and(|(count,)| count == 1), attempt)?;
            let sql =
                "UPDATE letters SET stage = 'unknown' WHERE delivery = $1 AND stage = 'sending'";
            tx.exec(sql, args![attempt.id]).await?;
            let sql = "SELECT COUNT(*) FROM letters WHERE delivery = $1";
            let fixed: Option<(i64,)> = tx.one(sql, args![attempt.id]).await?;
            if fixed.is_some_and(|(count,)| count > 0) {
                return Ok(());
            }
            let sql = match attempt.deed {
                Deed::Post => {
                    "INSERT INTO letters (delivery, subscriber, stage, attempt)
                     SELECT $1, id, 'ready', 0 FROM subscribers WHERE channel = $2 AND stage = 'on'"
                }
                // Who was yet to get the story gets the new version of it.
                Deed::Correct => {
                    "INSERT INTO letters (delivery, subscriber, stage, attempt)
                     SELECT $1, id, 'ready', 0 FROM subscribers WHERE channel = $2 AND stage = 'on' AND id IN (
                         SELECT letters.subscriber FROM letters JOIN deliveries ON deliveries.id = letters.delivery
                         WHERE deliveries.story = (SELECT story FROM deliveries WHERE id = $1) AND letters.stage <> 'refused')"
                }
                // Who never had it need not hear that it is gone.
                Deed::Withdraw => {
                    "INSERT INTO letters (delivery, subscriber, stage, attempt)
                     SELECT $1, id, 'ready', 0 FROM subscribers WHERE channel = $2 AND stage = 'on' AND id IN (
                         SELECT letters.subscriber FROM letters JOIN deliveries ON deliveries.id = letters.delivery
                         WHERE deliveries.story = (SELECT story FROM deliveries WHERE id = $1)
                             AND letters.stage IN ('taken', 'sending', 'unknown'))"
                }
            };
            tx.exec(sql, args![attempt.id, attempt.channel]).await?;
            Ok(())
        })
    }

    /// The next whom this attempt has not tried, noted as being written to.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when another attempt is under way.
    pub async fn next_letter(&self, attempt: &Attempt) -> Result<Option<NextLetter>, StoreError> {
        transact!(self, "next letter", Work, |tx| {
            loop {
                let sql = "SELECT letters.subscriber, subscribers.address FROM letters
                           JOIN subscribers ON subscribers.id = letters.subscriber
                           WHERE letters.delivery = $1 AND letters.stage IN ('ready', 'later') AND letters.attempt < $2
                           ORDER BY letters.subscriber LIMIT 1";
                let row: Option<NextRow> = tx.one(sql, args![attempt.id, attempt.number]).await?;
                let Some((id, address)) = row else {
                    return Ok(None);
                };
                let subscriber: [u8; 16] = At("letters", "subscriber").bytes(&id)?;
                // Whoever left in the meantime is not written to.
                let stage = if address.is_some() { "sending" } else { "left" };
                let sql = "UPDATE letters SET stage = $1, attempt = $2 WHERE delivery = $3 AND subscriber = $4
                           AND EXISTS (SELECT 1 FROM deliveries WHERE id = $3 AND attempts = $2 AND stage = 'sending')";
                let done = tx
                    .exec(sql, args![stage, attempt.number, attempt.id, subscriber])
                    .await?;
                under_way(done == 1, attempt)?;
                if let Some(sealed) = address {
                    let address = self.open_text(place("address", &subscriber), &sealed)?;
                    return Ok(Some(NextLetter {
                        subscriber,
                        address,
                    }));
                }
            }
        })
    }

    /// Notes what became of a letter.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it is not this attempt's.
    pub async fn settle_letter(
        &self,
        attempt: &Attempt,
        subscriber: &[u8; 16],
        end: LetterEnd,
    ) -> Result<(), StoreError> {
        let end = match end {
            LetterEnd::Later if attempt.number >= ATTEMPTS => LetterEnd::Refused,
            other => other,
        };
        transact!(self, "settle letter", Work, |tx| {
            let sql = "UPDATE letters SET stage = $1 WHERE delivery = $2 AND subscriber = $3 AND attempt = $4
                       AND stage = 'sending'";
            let values = args![end.code(), attempt.id, *subscriber, attempt.number];
            under_way(tx.exec(sql, values).await? == 1, attempt)
        })
    }

    /// How far each mailing is.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn letter_counts(
        &self,
        of: Option<DeliveryId>,
    ) -> Result<HashMap<DeliveryId, LetterCounts>, StoreError> {
        transact!(self, "count letters", Read, |tx| {
            let rows: Vec<(Vec<u8>, String, i64)> = match of {
                Some(id) => {
                    let sql = "SELECT delivery, stage, COUNT(*) FROM letters WHERE delivery = $1 GROUP BY delivery, stage";
                    tx.all(sql, args![id]).await?
                }
                None => {
                    let sql =
                        "SELECT delivery, stage, COUNT(*) FROM letters GROUP BY delivery, stage";
                    tx.all(sql, &[]).await?
                }
            };
            let mut out: HashMap<DeliveryId, LetterCounts> = HashMap::new();
            for (delivery, stage, count) in rows {
                let at = At("letters", "stage");
                let counts = out
                    .entry(DeliveryId::from_bytes(at.bytes(&delivery)?))
                    .or_default();
                let count: u32 = at.number(count)?;
                match stage.as_str() {
                    "taken" => counts.taken += count,
                    "refused" => counts.refused += count,
                    "unknown" => counts.unknown += count,
                    "left" => counts.left += count,
                    _ => counts.waiting += count,
                }
            }
            Ok(out)
        })
    }

    /// A person wants it sent again to whoever may have it.
    pub(crate) async fn letters_again(
        &self,
        tx: &mut Tx,
        delivery: DeliveryId,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE letters SET stage = 'ready' WHERE delivery = $1 AND stage = 'unknown'";
        tx.exec(sql, args![delivery]).await?;
        Ok(())
    }

    /// The hash of an address and the index that finds it.
    fn mark_of(&self, address: &Private) -> Result<([u8; 32], [u8; 32]), StoreError> {
        let lower = address.expose().trim().to_lowercase();
        let mark = *sha256(lower.as_bytes()).as_bytes();
        let index = self.columns().index("subscribers", "mark", &mark)?;
        Ok((mark, index))
    }
}

fn under_way(mine: bool, attempt: &Attempt) -> Result<(), StoreError> {
    if mine {
        return Ok(());
    }
    Err(StoreError::Missing {
        what: "attempt",
        id: attempt.id.to_string(),
    })
}

fn place<'a>(column: &'static str, id: &'a [u8; 16]) -> Place<'a> {
    Place {
        table: "subscribers",
        column,
        row: id,
    }
}
