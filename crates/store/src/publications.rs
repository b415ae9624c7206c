//! Publications: what goes onto the site, and the statements that prove it.

use crate::columns::Place;
use crate::derivatives::DerivativeRecord;
use crate::engine::{Tx, args, transact};
use crate::error::StoreError;
use crate::open::Store;
use crate::stories::publication_from;
use crate::value::{At, int};
use ledger::Digest;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::clearance::ClearanceRecord;
use newsroom::stories::{Command, Publication, Story, decide};
use newsroom::{DerivativeId, ItemId, Micros, PublicationId, Refusal};
use zeroize::Zeroizing;

/// A publication with everything that goes out with it.
#[derive(Clone, Debug)]
pub struct PublicationRecord {
    /// The decision.
    pub publication: Publication,
    /// The version that was approved.
    pub story: Story,
    /// Its derivatives, in the story's order.
    pub derivatives: Vec<DerivativeRecord>,
    /// Statements that are in the log already.
    pub statements: Vec<StatementRecord>,
}

/// A statement still to be made: salts are fixed when the publication is decided, so that making it twice gives one
/// statement.
#[derive(Debug)]
pub struct StatementDue {
    /// The derivative it is about.
    pub derivative: DerivativeRecord,
    /// The item that was received.
    pub item: ItemId,
    /// SHA-256 of the original: commit to it, never publish it.
    pub original: Digest,
    /// Salts the leaf in the log.
    pub leaf_salt: Zeroizing<[u8; 32]>,
    /// Salts the commitment of the receipt.
    pub receipt_salt: Zeroizing<[u8; 32]>,
    /// Salts the commitment of the redaction plan.
    pub plan_salt: Zeroizing<[u8; 32]>,
}

/// A statement in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementRecord {
    /// The derivative it is about.
    pub derivative: DerivativeId,
    /// Its place in the log.
    pub log_index: u64,
    /// The canonical statement.
    pub statement: String,
    /// The proof file.
    pub proof: String,
}

/// A statement's derivative, index, text and proof.
pub(crate) type StatementRow = (Vec<u8>, i64, String, String);

type SaltRow = (Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>);

const SALTS: [&str; 3] = ["leaf_salt", "receipt_salt", "plan_salt"];

impl Store {
    /// One publication.
    ///
    /// # Errors
    /// [`Refusal::UnknownPublication`].
    pub async fn publication(&self, id: PublicationId) -> Result<PublicationRecord, StoreError> {
        transact!(self, "load publication", Read, |tx| self
            .load_publication(tx, id)
            .await)
    }

    /// Statements of a publication that are not in the log yet, in the story's order.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn statements_due(&self, id: PublicationId) -> Result<Vec<StatementDue>, StoreError> {
        transact!(self, "list due statements", Read, |tx| {
            let rows: Vec<SaltRow> = tx
                .all(
                    "SELECT statements.derivative, leaf_salt, receipt_salt, plan_salt FROM statements
                     JOIN publications ON publications.id = statements.publication
                     JOIN story_media ON story_media.story = publications.story
                         AND story_media.version = publications.version
                         AND story_media.derivative = statements.derivative
                     WHERE publication = $1 AND log_index IS NULL ORDER BY place",
                    args![id],
                )
                .await?;
            let mut out = Vec::with_capacity(rows.len());
            for row in rows {
                out.push(self.statement_due(tx, id, row).await?);
            }
            Ok(out)
        })
    }

    async fn statement_due(
        &self,
        tx: &mut Tx,
        id: PublicationId,
        row: SaltRow,
    ) -> Result<StatementDue, StoreError> {
        let (derivative, leaf, receipt, plan) = row;
        let at = At("statements", "leaf_salt");
        let derivative = DerivativeId::from_bytes(at.bytes(&derivative)?);
        let key = salt_row(id, derivative);
        let open = |column, sealed: &[u8]| -> Result<Zeroizing<[u8; 32]>, StoreError> {
            let opened = self.open(
                Place {
                    table: "statements",
                    column,
                    row: &key,
                },
                sealed,
            )?;
            Ok(Zeroizing::new(at.bytes(&opened)?))
        };
        let (leaf_salt, receipt_salt, plan_salt) = (
            open(SALTS[0], &leaf)?,
            open(SALTS[1], &receipt)?,
            open(SALTS[2], &plan)?,
        );
        let derivative = self.load_derivative(tx, derivative).await?;
        let item = self.load_item(tx, derivative.item).await?;
        Ok(StatementDue {
            item: item.id,
            original: item.sha256,
            derivative,
            leaf_salt,
            receipt_salt,
            plan_salt,
        })
    }

    /// A statement is in the log.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when that publication has no such statement.
    pub async fn statement_logged(
        &self,
        id: PublicationId,
        record: &StatementRecord,
    ) -> Result<(), StoreError> {
        transact!(self, "enter statement", Decide, |tx| {
            let sql = "UPDATE statements SET log_index = $1, statement = $2, proof = $3 WHERE publication = $4 AND derivative = $5";
            let values = args![
                int(record.log_index),
                record.statement,
                record.proof,
                id,
                record.derivative
            ];
            match tx.exec(sql, values).await? {
                0 => Err(StoreError::Missing {
                    what: "statement",
                    id: record.derivative.to_string(),
                }),
                _ => Ok(()),
            }
        })
    }

    /// The site with this publication is in place. Doing it twice changes nothing.
    ///
    /// # Errors
    /// [`Refusal::UnknownPublication`].
    pub async fn publication_live(&self, id: PublicationId, now: Micros) -> Result<(), StoreError> {
        transact!(self, "mark publication live", Decide, |tx| {
            let story = self.find_publication(tx, id).await?.story;
            let state = self.story_state(tx, story, None, None).await?;
            for change in decide(&state, Command::WentLive { id }, now)? {
                self.apply_story(tx, story, Actor::Desk, &change, now)
                    .await?;
            }
            Ok(())
        })
    }

    pub(crate) async fn insert_publication(
        &self,
        tx: &mut Tx,
        publication: &Publication,
    ) -> Result<(), StoreError> {
        let Publication {
            id,
            story,
            version,
            clearance,
            by,
            decided_at,
            supersedes,
            live_at,
        } = publication;
        tx.exec(
            "INSERT INTO publications (id, story, version, clearance, decided_by, decided_at, supersedes, live_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            args![*id, *story, *version, *clearance, *by, *decided_at, *supersedes, *live_at],
        )
        .await?;
        for derivative in shown(tx, publication).await? {
            let row = salt_row(*id, derivative);
            let salt = |column| {
                let fresh = Zeroizing::new(self.random::<32>());
                self.seal(
                    Place {
                        table: "statements",
                        column,
                        row: &row,
                    },
                    &fresh[..],
                )
            };
            let (leaf, receipt, plan) = (salt(SALTS[0])?, salt(SALTS[1])?, salt(SALTS[2])?);
            tx.exec(
                "INSERT INTO statements (publication, derivative, leaf_salt, receipt_salt, plan_salt)
                 VALUES ($1, $2, $3, $4, $5)",
                args![*id, derivative, leaf, receipt, plan],
            )
            .await?;
        }
        Ok(())
    }

    /// That an item's likeness went out belongs to its custody.
    pub(crate) async fn note_items_published(
        &self,
        tx: &mut Tx,
        id: PublicationId,
        now: Micros,
    ) -> Result<(), StoreError> {
        let publication = self.find_publication(tx, id).await?;
        for derivative in shown(tx, &publication).await? {
            let item = self.load_derivative(tx, derivative).await?.item;
            let entry = Entry::new(Chain::Item(item), Actor::Desk, Act::ItemPublished, now);
            let entry = entry
                .with("publication", id)
                .with("derivative", derivative)
                .with("story", publication.story);
            self.append(tx, entry).await?;
        }
        Ok(())
    }

    async fn find_publication(
        &self,
        tx: &mut Tx,
        id: PublicationId,
    ) -> Result<Publication, StoreError> {
        let row = tx
            .one(
                "SELECT id, story, version, clearance, decided_by, decided_at, supersedes, live_at FROM publications
                 WHERE id = $1",
                args![id],
            )
            .await?;
        publication_from(row.ok_or(Refusal::UnknownPublication)?)
    }

    async fn load_publication(
        &self,
        tx: &mut Tx,
        id: PublicationId,
    ) -> Result<PublicationRecord, StoreError> {
        let publication = self.find_publication(tx, id).await?;
        let story = self
            .load_version(tx, publication.story, publication.version)
            .await?;
        let mut derivatives = Vec::with_capacity(story.draft.media.len());
        for placed in &story.draft.media {
            derivatives.push(self.load_derivative(tx, placed.derivative).await?);
        }
        let rows: Vec<StatementRow> = tx
            .all(
                "SELECT derivative, log_index, statement, proof FROM statements
                 WHERE publication = $1 AND log_index IS NOT NULL ORDER BY log_index",
                args![id],
            )
            .await?;
        let statements = rows.into_iter().map(statement_from);
        let statements = statements.collect::<Result<_, StoreError>>()?;
        publication_record(publication, story, derivatives, statements)
    }
}

/// A publication with what belongs to it, once it is seen to be what was decided.
pub(crate) fn publication_record(
    publication: Publication,
    story: Story,
    derivatives: Vec<DerivativeRecord>,
    statements: Vec<StatementRecord>,
) -> Result<PublicationRecord, StoreError> {
    // What was approved and decided is what is signed and shown, or nothing is: the record may have been altered
    // by somebody who holds its keys.
    let facts: Vec<_> = derivatives.iter().map(DerivativeRecord::facts).collect();
    if !ClearanceRecord::was_decided(&story, &facts, &publication.clearance)? {
        return Err(At("publications", "clearance").damaged());
    }
    Ok(PublicationRecord {
        publication,
        story,
        derivatives,
        statements,
    })
}

pub(crate) fn statement_from(row: StatementRow) -> Result<StatementRecord, StoreError> {
    let (derivative, log_index, statement, proof) = row;
    let at = At("statements", "log_index");
    Ok(StatementRecord {
        derivative: DerivativeId::from_bytes(at.bytes(&derivative)?),
        log_index: at.number(log_index)?,
        statement,
        proof,
    })
}

/// The derivatives a publication shows, in order.
async fn shown(tx: &mut Tx, publication: &Publication) -> Result<Vec<DerivativeId>, StoreError> {
    let rows: Vec<(Vec<u8>,)> = tx
        .all(
            "SELECT derivative FROM story_media WHERE story = $1 AND version = $2 ORDER BY place",
            args![publication.story, publication.version],
        )
        .await?;
    rows.iter()
        .map(|(id,)| {
            Ok(DerivativeId::from_bytes(
                At("story_media", "derivative").bytes(id)?,
            ))
        })
        .collect()
}

fn salt_row(publication: PublicationId, derivative: DerivativeId) -> Vec<u8> {
    [publication.as_bytes().as_slice(), derivative.as_bytes()].concat()
}
