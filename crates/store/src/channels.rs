//! Channels elsewhere and their sealed credentials: entered by one person, used after another confirmed them.

use crate::columns::Place;
use crate::engine::{Tx, args, transact};
use crate::error::StoreError;
use crate::open::Store;
use crate::value::At;
use ledger::{Digest, sha256};
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::outbox::{ChannelStage, confirm_channel};
use newsroom::{ChannelId, EditorId, Micros, Private, Refusal};
use zeroize::Zeroizing;

/// A channel without its credentials.
#[derive(Clone, Debug)]
pub struct ChannelRecord {
    /// Which.
    pub id: ChannelId,
    /// What kind of platform.
    pub kind: String,
    /// `ar` or `en`.
    pub language: String,
    /// Whether it is used.
    pub stage: ChannelStage,
    /// SHA-256 of the sealed credentials that wait for a second person: it names them without telling them.
    pub pending: Option<Digest>,
    /// Who entered the latest credentials.
    pub entered_by: EditorId,
    /// What the platform calls the account.
    pub name: Option<Private>,
    /// Why the platform does not let us in.
    pub words: Option<Private>,
    /// What it can do, as the adapter wrote it (JSON) when the server was asked last.
    pub abilities: Option<String>,
}

type Sealed = Option<Vec<u8>>;
type Row = (
    Vec<u8>,
    String,
    String,
    String,
    Option<Vec<u8>>,
    Vec<u8>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<String>,
);

/// The fields of a record, for both queries.
macro_rules! select_channels {
    ($tail:literal) => {
        concat!(
            "SELECT id, kind, language, stage, pending, entered_by, name, words, abilities FROM channels ",
            $tail
        )
    };
}

impl Store {
    /// Enters credentials, with what the platform calls the account: of a new channel, or new ones of a channel that keeps its old ones until another person has
    /// confirmed these.
    ///
    /// # Errors
    /// [`Refusal::UnknownChannel`], or [`Refusal::NotAnEditor`].
    pub async fn enter_channel(
        &self,
        known: Option<ChannelId>,
        (kind, language): (&str, &str),
        (settings, name): (&[u8], &str),
        by: EditorId,
        now: Micros,
    ) -> Result<ChannelId, StoreError> {
        let id = known.unwrap_or_else(|| ChannelId::from_bytes(self.random()));
        transact!(self, "enter channel", Decide, |tx| {
            self.must_be_active(tx, by).await?;
            let pending = self.seal(place("pending", &id), settings)?;
            let name = self.seal(place("name", &id), name.as_bytes())?;
            if known.is_some() {
                let sql = "UPDATE channels SET pending = $1, entered_by = $2, name = $4 WHERE id = $3 AND stage <> 'closed'";
                if tx.exec(sql, args![pending, by, id, name]).await? == 0 {
                    return Err(Refusal::UnknownChannel.into());
                }
            } else {
                let sql = "INSERT INTO channels (id, kind, language, stage, pending, entered_by, created_at, name)
                           VALUES ($1, $2, $3, 'proposed', $4, $5, $6, $7)";
                tx.exec(sql, args![id, kind, language, pending, by, now, name])
                    .await?;
            }
            let entry = Entry::new(Chain::Desk, Actor::Editor(by), Act::ChannelEntered, now);
            self.append(tx, entry.with("channel", id)).await?;
            Ok(id)
        })
    }

    /// A second person confirms what they were shown: from now on these credentials are used.
    ///
    /// # Errors
    /// [`Refusal::ChannelChanged`] when others wait now, [`Refusal::SameEditorTwice`], [`Refusal::ChannelSettled`], [`Refusal::UnknownChannel`].
    pub async fn confirm_channel(
        &self,
        id: ChannelId,
        shown: Digest,
        by: EditorId,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "confirm channel", Decide, |tx| {
            self.must_be_active(tx, by).await?;
            let record = self.load_channel(tx, id).await?;
            // New credentials of a channel in use wait as those of a new one do.
            let waiting = if record.pending.is_some() {
                ChannelStage::Proposed
            } else {
                ChannelStage::Open
            };
            confirm_channel(waiting, record.entered_by, by)?;
            if record.pending != Some(shown) {
                return Err(Refusal::ChannelChanged.into());
            }
            let row: Option<(Option<Vec<u8>>,)> = tx
                .one("SELECT pending FROM channels WHERE id = $1", args![id])
                .await?;
            let sealed = row
                .and_then(|(sealed,)| sealed)
                .ok_or_else(|| At("channels", "pending").damaged())?;
            let settings = self.open(place("pending", &id), &sealed)?;
            let sealed = self.seal(place("settings", &id), &settings)?;
            let sql = "UPDATE channels SET settings = $1, pending = NULL, stage = 'open', words = NULL, rest_until = NULL, confirmed_by = $2
                       WHERE id = $3";
            tx.exec(sql, args![sealed, by, id]).await?;
            let entry = Entry::new(Chain::Desk, Actor::Editor(by), Act::ChannelConfirmed, now);
            self.append(tx, entry.with("channel", id)).await?;
            Ok(())
        })
    }

    /// Revokes a channel: its credentials are erased here. What stands there stays.
    ///
    /// # Errors
    /// [`Refusal::UnknownChannel`].
    pub async fn close_channel(
        &self,
        id: ChannelId,
        by: EditorId,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "close channel", Decide, |tx| {
            self.must_be_active(tx, by).await?;
            let sql = "UPDATE channels SET stage = 'closed', settings = NULL, pending = NULL WHERE id = $1";
            if tx.exec(sql, args![id]).await? == 0 {
                return Err(Refusal::UnknownChannel.into());
            }
            let entry = Entry::new(Chain::Desk, Actor::Editor(by), Act::ChannelClosed, now);
            self.append(tx, entry.with("channel", id)).await?;
            Ok(())
        })
    }

    /// The platform does not let us in: nothing goes there until somebody has looked.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn stop_channel(
        &self,
        id: ChannelId,
        words: &str,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "stop channel", Decide, |tx| {
            let words = self.seal(place("words", &id), words.as_bytes())?;
            let sql = "UPDATE channels SET stage = 'stopped', words = $1 WHERE id = $2 AND stage = 'open'";
            if tx.exec(sql, args![words, id]).await? == 1 {
                let entry = Entry::new(Chain::Desk, Actor::Desk, Act::ChannelStopped, now);
                self.append(tx, entry.with("channel", id)).await?;
            }
            Ok(())
        })
    }

    /// Somebody has looked: a stopped channel is tried again with the credentials that it has, at once, whatever pause its
    /// platform asked for before.
    ///
    /// # Errors
    /// [`Refusal::ChannelSettled`] when it is not stopped.
    pub async fn retry_channel(&self, id: ChannelId, by: EditorId) -> Result<(), StoreError> {
        transact!(self, "retry channel", Decide, |tx| {
            self.must_be_active(tx, by).await?;
            let sql = "UPDATE channels SET stage = 'open', words = NULL, rest_until = NULL WHERE id = $1 AND stage = 'stopped'";
            match tx.exec(sql, args![id]).await? {
                0 => Err(Refusal::ChannelSettled.into()),
                _ => Ok(()),
            }
        })
    }

    /// What the platform calls the account.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn name_channel(&self, id: ChannelId, name: &str) -> Result<(), StoreError> {
        transact!(self, "name channel", Work, |tx| {
            let name = self.seal(place("name", &id), name.as_bytes())?;
            tx.exec(
                "UPDATE channels SET name = $1 WHERE id = $2",
                args![name, id],
            )
            .await?;
            Ok(())
        })
    }

    /// What the channel can do, as its server said now.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn keep_abilities(&self, id: ChannelId, json: &str) -> Result<(), StoreError> {
        transact!(self, "keep abilities", Work, |tx| {
            let sql = "UPDATE channels SET abilities = $1 WHERE id = $2";
            tx.exec(sql, args![json, id]).await?;
            Ok(())
        })
    }

    /// All channels, oldest first.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn channels(&self) -> Result<Vec<ChannelRecord>, StoreError> {
        transact!(self, "list channels", Read, |tx| {
            let sql = select_channels!("ORDER BY created_at, id");
            let rows: Vec<Row> = tx.all(sql, &[]).await?;
            rows.into_iter().map(|row| self.channel_from(row)).collect()
        })
    }

    /// All channels, oldest first, each with the credentials that wait for a second person: read from the same row as the
    /// digest that names them, so that what is shown is what is confirmed.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn channels_with_waiting(
        &self,
    ) -> Result<Vec<(ChannelRecord, Option<Zeroizing<Vec<u8>>>)>, StoreError> {
        transact!(self, "list channels and what waits", Read, |tx| {
            let rows: Vec<Row> = tx
                .all(select_channels!("ORDER BY created_at, id"), &[])
                .await?;
            let with_waiting = |row: Row| {
                let pending = row.4.clone();
                let record = self.channel_from(row)?;
                let opened = pending.map(|sealed| self.open(place("pending", &record.id), &sealed));
                Ok((record, opened.transpose()?))
            };
            rows.into_iter().map(with_waiting).collect()
        })
    }

    /// The channels in use, each with the SHA-256 of its sealed credentials: whoever holds an adapter made from others must
    /// drop it.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn open_channels(&self) -> Result<Vec<(ChannelId, Digest)>, StoreError> {
        transact!(self, "list open channels", Read, |tx| {
            let sql =
                "SELECT id, settings FROM channels WHERE stage = 'open' AND settings IS NOT NULL";
            let rows: Vec<(Vec<u8>, Vec<u8>)> = tx.all(sql, &[]).await?;
            let at = At("channels", "id");
            rows.iter()
                .map(|(id, settings)| Ok((ChannelId::from_bytes(at.bytes(id)?), sha256(settings))))
                .collect()
        })
    }

    /// The credentials in use, or those that wait.
    ///
    /// # Errors
    /// [`Refusal::UnknownChannel`] when there are none.
    pub async fn channel_settings(
        &self,
        id: ChannelId,
        pending: bool,
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        transact!(self, "load channel", Read, |tx| {
            let row: Option<(Sealed, Sealed)> = tx
                .one(
                    "SELECT settings, pending FROM channels WHERE id = $1",
                    args![id],
                )
                .await?;
            let (settings, waiting) = row.ok_or(Refusal::UnknownChannel)?;
            let (column, sealed) = if pending {
                ("pending", waiting)
            } else {
                ("settings", settings)
            };
            self.open(place(column, &id), &sealed.ok_or(Refusal::UnknownChannel)?)
        })
    }

    pub(crate) async fn load_channel(
        &self,
        tx: &mut Tx,
        id: ChannelId,
    ) -> Result<ChannelRecord, StoreError> {
        let row: Option<Row> = tx.one(select_channels!("WHERE id = $1"), args![id]).await?;
        self.channel_from(row.ok_or(Refusal::UnknownChannel)?)
    }

    fn channel_from(&self, row: Row) -> Result<ChannelRecord, StoreError> {
        let (id, kind, language, stage, pending, entered_by, name, words, abilities) = row;
        let at = At("channels", "stage");
        let id = ChannelId::from_bytes(At("channels", "id").bytes(&id)?);
        let text = |column, sealed: Option<Vec<u8>>| {
            sealed
                .map(|sealed| self.open_text(place(column, &id), &sealed))
                .transpose()
        };
        Ok(ChannelRecord {
            name: text("name", name)?,
            words: text("words", words)?,
            stage: at.word(ChannelStage::from_code(&stage))?,
            entered_by: EditorId::from_bytes(at.bytes(&entered_by)?),
            pending: pending.as_deref().map(sha256),
            abilities,
            id,
            kind,
            language,
        })
    }
}

fn place<'a>(column: &'static str, id: &'a ChannelId) -> Place<'a> {
    Place {
        table: "channels",
        column,
        row: id.as_bytes(),
    }
}
