//! Derivatives: protected copies of items, and how an item comes to have one or is refused one.

use crate::engine::{Tx, args, transact};
use crate::error::StoreError;
use crate::items::place;
use crate::open::Store;
use crate::value::{At, int};
use ledger::Digest;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::items::{Change, Command, decide};
use newsroom::stories::DerivativeFacts;
use newsroom::{BlobId, DerivativeId, EditorId, ItemId, Micros, Private, Refusal};
use serde::{Deserialize, Serialize};

/// A protected copy, its bytes already in the blob store.
#[derive(Clone, Debug)]
pub struct NewDerivative {
    /// How it was made, as JSON.
    pub recipe: String,
    /// The tools and their versions, as JSON.
    pub tools: String,
    /// The sealed copy.
    pub blob: BlobId,
    /// SHA-256 of the very bytes that may be published.
    pub sha256: Digest,
    /// Their number.
    pub bytes: u64,
    /// Their kind.
    pub kind: String,
    /// Their media type.
    pub mime: String,
    /// A still of the copy (of a video), and its SHA-256: it may be published too.
    pub poster: Option<(BlobId, Digest)>,
    /// What was removed and what was left, as JSON.
    pub report: Private,
    /// The short code that is burnt into it; no two copies have the same.
    pub code: Option<String>,
    /// What was made of it for channels that take less, the largest first.
    pub variants: Vec<VariantRecord>,
}

/// A smaller or blurred file made of a protected copy, its bytes in the blob store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantRecord {
    /// Its class of limits.
    pub rung: String,
    /// The sealed file.
    pub blob: BlobId,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// Their number.
    pub bytes: u64,
    /// Their media type.
    pub mime: String,
    /// Pixels as shown.
    pub dimensions: Option<(u32, u32)>,
    /// Milliseconds that it plays.
    pub lasts: Option<u64>,
    /// How it was made of the copy, in the media station's words.
    pub steps: Vec<String>,
    /// With which tools, and their versions.
    pub tools: Vec<String>,
}

/// The variants as their column holds them.
pub(crate) fn variants_from(column: Option<&str>) -> Result<Vec<VariantRecord>, StoreError> {
    column.map_or(Ok(Vec::new()), |column| {
        At("derivatives", "variants").json(column.as_bytes())
    })
}

/// A protected copy.
#[derive(Clone, Debug)]
pub struct DerivativeRecord {
    /// Which.
    pub id: DerivativeId,
    /// The item it was made from.
    pub item: ItemId,
    /// When.
    pub made_at: Micros,
    /// All about it.
    pub what: NewDerivative,
}

impl DerivativeRecord {
    /// What the rules need to know of it.
    #[must_use]
    pub fn facts(&self) -> DerivativeFacts {
        DerivativeFacts {
            id: self.id,
            item: self.item,
            sha256: self.what.sha256,
            bytes: self.what.bytes,
            mime: self.what.mime.clone(),
            poster: self.what.poster.as_ref().map(|(_, sha256)| *sha256),
        }
    }
}

pub(crate) type DerivativeRow = (
    Vec<u8>,
    Vec<u8>,
    String,
    String,
    Vec<u8>,
    Vec<u8>,
    i64,
    String,
    String,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Vec<u8>,
    i64,
    Option<String>,
    Option<String>,
);

impl Store {
    /// An editor asks for a protected copy; the work is queued.
    ///
    /// # Errors
    /// [`Refusal::NotExamined`], [`Refusal::AlreadyWorking`], [`Refusal::CannotProtect`].
    pub async fn ask_scrub(&self, id: ItemId, by: EditorId, now: Micros) -> Result<(), StoreError> {
        transact!(self, "ask for scrub", Decide, |tx| {
            let state = self.item_state(tx, id).await?;
            for change in decide(&state, Command::AskScrub { by })? {
                self.apply_item(tx, id, &change, now).await?;
            }
            self.append(
                tx,
                Entry::new(Chain::Item(id), Actor::Editor(by), Act::ItemScrubAsked, now),
            )
            .await?;
            Ok(())
        })
    }

    /// The protected copy is made. `None` when nobody is waiting for it any more (the work ran twice).
    ///
    /// # Errors
    /// [`Refusal::UnknownItem`].
    pub async fn item_scrubbed(
        &self,
        id: ItemId,
        what: &NewDerivative,
        now: Micros,
    ) -> Result<Option<DerivativeId>, StoreError> {
        let derivative = DerivativeId::from_bytes(self.random());
        transact!(self, "enter derivative", Decide, |tx| {
            let state = self.item_state(tx, id).await?;
            let changes = decide(&state, Command::Scrubbed { derivative })?;
            for change in &changes {
                if let Change::Derived(derivative) = change {
                    self.insert_derivative(tx, *derivative, id, what, now)
                        .await?;
                }
                self.apply_item(tx, id, change, now).await?;
            }
            if changes.is_empty() {
                return Ok(None);
            }
            let entry = Entry::new(Chain::Item(id), Actor::Desk, Act::ItemScrubbed, now);
            let entry = entry
                .with("derivative", derivative)
                .with("sha256", what.sha256)
                .with("tools", &what.tools);
            let entry = what
                .variants
                .iter()
                .fold(entry, |entry, one| entry.with(&one.rung, one.sha256));
            self.append(tx, entry).await?;
            Ok(Some(derivative))
        })
    }

    /// The item cannot be made safe: a code for the rules, a reason for people.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn item_scrub_refused(
        &self,
        id: ItemId,
        code: &str,
        reason: &str,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "enter scrub refusal", Decide, |tx| {
            self.refuse_scrub(tx, id, code, reason, now).await
        })
    }

    pub(crate) async fn refuse_scrub(
        &self,
        tx: &mut Tx,
        id: ItemId,
        code: &str,
        reason: &str,
        now: Micros,
    ) -> Result<(), StoreError> {
        let state = match self.item_state(tx, id).await {
            Ok(state) => state,
            // Work may name an item that was never entered; there is nothing to note then.
            Err(StoreError::Refused(Refusal::UnknownItem)) => return Ok(()),
            Err(error) => return Err(error),
        };
        let command = Command::ScrubRefused {
            code: code.to_owned(),
        };
        let changes = decide(&state, command)?;
        for change in &changes {
            self.apply_item(tx, id, change, now).await?;
        }
        if changes.is_empty() {
            return Ok(());
        }
        let json =
            serde_json::to_vec(&(code, reason)).map_err(|_| At("items", "refusal").damaged())?;
        let sealed = self.seal(place("items", "refusal", id.as_bytes()), &json)?;
        tx.exec(
            "UPDATE items SET refusal = $1 WHERE id = $2",
            args![sealed, id],
        )
        .await?;
        let entry = Entry::new(Chain::Item(id), Actor::Desk, Act::ItemScrubRefused, now);
        self.append(tx, entry.with("code", code)).await?;
        Ok(())
    }

    /// The protected copies of an item, oldest first.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn derivatives_of(&self, item: ItemId) -> Result<Vec<DerivativeRecord>, StoreError> {
        transact!(self, "list derivatives", Read, |tx| {
            let rows: Vec<(Vec<u8>,)> = tx
                .all(
                    "SELECT id FROM derivatives WHERE item = $1 ORDER BY made_at, id",
                    args![item],
                )
                .await?;
            self.load_derivatives(tx, rows).await
        })
    }

    /// All protected copies, newest first: what a story can show.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn derivatives(&self, limit: u32) -> Result<Vec<DerivativeRecord>, StoreError> {
        transact!(self, "list all derivatives", Read, |tx| {
            let rows: Vec<(Vec<u8>,)> = tx
                .all(
                    "SELECT id FROM derivatives ORDER BY made_at DESC, id LIMIT $1",
                    args![limit],
                )
                .await?;
            self.load_derivatives(tx, rows).await
        })
    }

    /// One protected copy.
    ///
    /// # Errors
    /// [`Refusal::UnknownDerivative`].
    pub async fn derivative(&self, id: DerivativeId) -> Result<DerivativeRecord, StoreError> {
        transact!(self, "load derivative", Read, |tx| self
            .load_derivative(tx, id)
            .await)
    }

    async fn load_derivatives(
        &self,
        tx: &mut Tx,
        ids: Vec<(Vec<u8>,)>,
    ) -> Result<Vec<DerivativeRecord>, StoreError> {
        let mut out = Vec::with_capacity(ids.len());
        for (id,) in ids {
            let id = DerivativeId::from_bytes(At("derivatives", "id").bytes(&id)?);
            out.push(self.load_derivative(tx, id).await?);
        }
        Ok(out)
    }

    pub(crate) async fn load_derivative(
        &self,
        tx: &mut Tx,
        id: DerivativeId,
    ) -> Result<DerivativeRecord, StoreError> {
        let row: Option<DerivativeRow> = tx
            .one(
                "SELECT id, item, recipe, tools, blob, sha256, bytes, kind, mime, poster, poster_sha256, report, made_at, code, variants
                 FROM derivatives WHERE id = $1",
                args![id],
            )
            .await?;
        self.derivative_from(row.ok_or(Refusal::UnknownDerivative)?)
    }

    pub(crate) fn derivative_from(
        &self,
        row: DerivativeRow,
    ) -> Result<DerivativeRecord, StoreError> {
        let (
            id,
            item,
            recipe,
            tools,
            blob,
            sha256,
            bytes,
            kind,
            mime,
            poster,
            poster_sha256,
            report,
            made_at,
            code,
            variants,
        ) = row;
        let at = At("derivatives", "blob");
        let id = DerivativeId::from_bytes(at.bytes(&id)?);
        let poster = match (poster, poster_sha256) {
            (Some(blob), Some(sha256)) => Some((
                BlobId::from_bytes(at.bytes(&blob)?),
                Digest(at.bytes(&sha256)?),
            )),
            _ => None,
        };
        let what = NewDerivative {
            recipe,
            tools,
            blob: BlobId::from_bytes(at.bytes(&blob)?),
            sha256: Digest(at.bytes(&sha256)?),
            bytes: at.number(bytes)?,
            kind,
            mime,
            poster,
            report: self.open_text(place("derivatives", "report", id.as_bytes()), &report)?,
            code,
            variants: variants_from(variants.as_deref())?,
        };
        Ok(DerivativeRecord {
            id,
            item: ItemId::from_bytes(at.bytes(&item)?),
            made_at: Micros(made_at),
            what,
        })
    }

    async fn insert_derivative(
        &self,
        tx: &mut Tx,
        id: DerivativeId,
        item: ItemId,
        what: &NewDerivative,
        now: Micros,
    ) -> Result<(), StoreError> {
        let report = self.seal(
            place("derivatives", "report", id.as_bytes()),
            what.report.expose().as_bytes(),
        )?;
        let (poster, poster_sha256) = what.poster.unzip();
        let variants = serde_json::to_string(&what.variants);
        let variants = variants.map_err(|_| At("derivatives", "variants").damaged())?;
        tx.exec(
            "INSERT INTO derivatives (id, item, recipe, tools, blob, sha256, bytes, kind, mime, poster, poster_sha256,
                                      report, made_at, code, variants)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            args![
                id, item, what.recipe, what.tools, what.blob, what.sha256, int(what.bytes), what.kind, what.mime, poster,
                poster_sha256, report, now, what.code, variants
            ],
        )
        .await?;
        Ok(())
    }
}
