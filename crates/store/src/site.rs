//! What stands on the site, read whole: few queries, however many stories there are.

use std::collections::{BTreeMap, HashMap};

use newsroom::stories::{Publication, Story};
use newsroom::{DerivativeId, PublicationId, StoryId};

use crate::derivatives::{DerivativeRecord, DerivativeRow};
use crate::engine::{Tx, args, transact};
use crate::error::StoreError;
use crate::open::Store;
use crate::publications::{
    PublicationRecord, StatementRecord, StatementRow, publication_record, statement_from,
};
use crate::stories::{PublicationRow, VersionRow, publication_from};
use crate::value::At;

/// A story as the site tells it.
#[derive(Clone, Debug)]
pub struct SiteRecord {
    /// What is shown.
    pub shown: PublicationRecord,
    /// What was published of the story before, oldest first.
    pub earlier: Vec<PublicationRecord>,
}

impl SiteRecord {
    /// All published versions up to the one that is shown, oldest first.
    pub fn versions(&self) -> impl Iterator<Item = &PublicationRecord> {
        self.earlier.iter().chain([&self.shown])
    }
}

impl Store {
    /// What stands on the site: of every story its newest publication that is live, or the one that is going out now.
    /// Newest first.
    ///
    /// # Errors
    /// The engine's failure; [`StoreError::Damaged`] when one of them is not what was decided.
    pub async fn site_records(
        &self,
        going_out: Option<PublicationId>,
    ) -> Result<Vec<SiteRecord>, StoreError> {
        transact!(self, "list site", Read, |tx| {
            let publications = all_publications(tx).await?;
            let mut versions = self.published_versions(tx).await?;
            let derivatives = self.published_derivatives(tx).await?;
            let mut statements = all_statements(tx).await?;
            let mut site = Vec::new();
            for (_, mut of_story) in by_story(publications) {
                let stands = |one: &Publication| one.live_at.is_some() || Some(one.id) == going_out;
                let Some(shown) = of_story.iter().rposition(stands) else {
                    continue;
                };
                of_story.truncate(shown + 1);
                let records = of_story.into_iter().map(|publication| {
                    let story = versions.remove(&(publication.story, publication.version));
                    let story = story.ok_or_else(|| At("story_versions", "draft").damaged())?;
                    let media = media_of(&story, &derivatives)?;
                    let proofs = statements.remove(&publication.id).unwrap_or_default();
                    publication_record(publication, story, media, proofs)
                });
                let mut records = records.collect::<Result<Vec<_>, _>>()?;
                if let Some(shown) = records.pop() {
                    site.push(SiteRecord {
                        shown,
                        earlier: records,
                    });
                }
            }
            site.sort_by_key(|one| {
                let publication = &one.shown.publication;
                (std::cmp::Reverse(publication.decided_at), publication.id)
            });
            Ok(site)
        })
    }

    async fn published_versions(
        &self,
        tx: &mut Tx,
    ) -> Result<HashMap<(StoryId, u32), Story>, StoreError> {
        let rows: Vec<VersionRow> = tx
            .all(
                "SELECT this.story, this.version, draft, author, saved_at FROM story_versions AS this
                 JOIN publications ON publications.story = this.story AND publications.version = this.version",
                args![],
            )
            .await?;
        let versions = rows.into_iter().map(|row| {
            let story = self.version_from(row)?;
            Ok(((story.id, story.version), story))
        });
        versions.collect()
    }

    async fn published_derivatives(
        &self,
        tx: &mut Tx,
    ) -> Result<HashMap<DerivativeId, DerivativeRecord>, StoreError> {
        let rows: Vec<DerivativeRow> = tx
            .all(
                "SELECT id, item, recipe, tools, blob, sha256, bytes, kind, mime, poster, poster_sha256, report, made_at, code, variants
                 FROM derivatives WHERE id IN (
                     SELECT derivative FROM story_media JOIN publications
                     ON publications.story = story_media.story AND publications.version = story_media.version)",
                args![],
            )
            .await?;
        let records = rows.into_iter().map(|row| {
            let record = self.derivative_from(row)?;
            Ok((record.id, record))
        });
        records.collect()
    }
}

/// A statement's publication, then the statement.
type LoggedRow = (Vec<u8>, Vec<u8>, i64, String, String);

fn by_story(publications: Vec<Publication>) -> BTreeMap<StoryId, Vec<Publication>> {
    let mut stories: BTreeMap<StoryId, Vec<Publication>> = BTreeMap::new();
    for one in publications {
        stories.entry(one.story).or_default().push(one);
    }
    stories
}

fn media_of(
    story: &Story,
    derivatives: &HashMap<DerivativeId, DerivativeRecord>,
) -> Result<Vec<DerivativeRecord>, StoreError> {
    let media = story.draft.media.iter().map(|placed| {
        let known = derivatives.get(&placed.derivative).cloned();
        known.ok_or_else(|| At("story_media", "derivative").damaged())
    });
    media.collect()
}

async fn all_publications(tx: &mut Tx) -> Result<Vec<Publication>, StoreError> {
    let rows: Vec<PublicationRow> = tx
        .all(
            "SELECT id, story, version, clearance, decided_by, decided_at, supersedes, live_at FROM publications
             ORDER BY version",
            args![],
        )
        .await?;
    rows.into_iter().map(publication_from).collect()
}

async fn all_statements(
    tx: &mut Tx,
) -> Result<HashMap<PublicationId, Vec<StatementRecord>>, StoreError> {
    let rows: Vec<LoggedRow> = tx
        .all(
            "SELECT publication, derivative, log_index, statement, proof FROM statements
             WHERE log_index IS NOT NULL ORDER BY log_index",
            args![],
        )
        .await?;
    let mut statements: HashMap<PublicationId, Vec<StatementRecord>> = HashMap::new();
    for (publication, derivative, index, statement, proof) in rows {
        let id = PublicationId::from_bytes(At("statements", "publication").bytes(&publication)?);
        let row: StatementRow = (derivative, index, statement, proof);
        statements.entry(id).or_default().push(statement_from(row)?);
    }
    Ok(statements)
}
