//! From a decided publication to a site that a stranger can check.
//!
//! The decision, its time, its address and its salts are in the record before anything here runs.
//! Every step looks before it acts: leaves that stand in the log keep their place, proofs that were
//! made are kept, the site is built whole beside the present one and swapped in. Killed anywhere and
//! begun again, it comes to the same statements and the same site.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use formats::{ProofFile, Statement, statement};
use ledger::{Digest, DirStorage, Log, LogSigner, sha256};
use newsroom::stories::{Draft, Grade, Publication};
use newsroom::telling::{Note, Telling};
use newsroom::{BlobId, DerivativeId, Micros, PublicationId};
use proof::Pending;
use publish::channels::{Attachment, Variant};
use publish::renditions::Rung;
use publish::{
    BaseUrl, Bilingual, CoarsePoint, Correction, Further, MediaBytes, MediaInput, MediaKind,
    PublicLog, SiteInput, Small, StoryInput,
};
use rand_core::{CryptoRng, OsRng, RngCore};
use store::{
    DerivativeRecord, NewDerivative, PublicationRecord, SiteRecord, StatementDue, StatementRecord,
    VariantRecord,
};

use crate::archive::Archive;
use crate::clock;
use crate::desk::EventKind;
use crate::open_desk::OpenDesk;
use crate::work::JobError;
use crate::work::items::recipe_from;

/// Where the site goes and what it says about itself.
#[derive(Clone)]
pub(crate) struct SiteSettings {
    /// The folder that is swapped.
    pub(crate) dir: PathBuf,
    /// The public address.
    pub(crate) base_url: BaseUrl,
    /// The same site as an onion service.
    pub(crate) onion: Option<BaseUrl>,
    /// The organisation's name.
    pub(crate) organisation: String,
    /// The statement log's folder.
    pub(crate) log: PathBuf,
}

/// Why a publication is not on the site yet.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishingError {
    #[error("the statement log cannot be used: {0}")]
    Log(#[from] ledger::LogError),
    #[error("the statement log's folder cannot be used: {0}")]
    LogFolder(#[source] io::Error),
    #[error("no proof could be made: {0}")]
    Proof(#[from] proof::MakeError),
    #[error("a recorded proof cannot be encoded: {0}")]
    Format(#[from] formats::DecodeError),
    #[error("the site cannot be built: {0}")]
    Site(#[from] publish::PublishError),
    #[error("a derivative has the media type {0}, which no page can show")]
    Kind(String),
    #[error("the record of a published story lacks a proof")]
    NoProof,
}

/// Carries a decided publication out; doing it twice changes nothing.
pub(crate) async fn carry_out(open: &Arc<OpenDesk>, id: PublicationId) -> Result<(), JobError> {
    // One publication at a time touches the log and the site.
    let _alone = open.publishing.lock().await;
    let record = open.store.publication(id).await?;
    log_due(open, &record).await?;
    let told = open.store.site_records(Some(id)).await?;
    let stories = told.into_iter().map(SiteStory::new);
    let (desk, stories) = (open.clone(), stories.collect::<Result<_, _>>()?);
    let building = move || build_site(&desk.site, &desk.signer, &desk.archive, stories);
    tokio::task::spawn_blocking(building).await??;
    open.store.publication_live(id, clock::now()).await?;
    open.tell(EventKind::Story, record.publication.story);
    tracing::info!(files = record.derivatives.len(), "a story is on the site");
    Ok(())
}

/// Logs the statements of a publication that are not in the record yet, and records their proofs.
async fn log_due(open: &Arc<OpenDesk>, record: &PublicationRecord) -> Result<(), JobError> {
    let id = record.publication.id;
    let due = open.store.statements_due(id).await?;
    if due.is_empty() {
        return Ok(());
    }
    let earlier = match record.publication.supersedes {
        Some(earlier) => open.store.publication(earlier).await?.statements,
        None => Vec::new(),
    };
    let mut pending = Vec::with_capacity(due.len());
    for one in &due {
        let received_at = open.store.item(one.item).await?.entered_at;
        pending.push(statement_of(record, one, received_at, &earlier));
    }
    let desk = open.clone();
    let logging =
        move || log_statements(&desk.site, &desk.signer, &pending, &mut OsRng, clock::now());
    let proofs = tokio::task::spawn_blocking(logging).await??;
    for (one, proof) in due.iter().zip(proofs) {
        let logged = StatementRecord {
            derivative: one.derivative.id,
            log_index: proof.log.index,
            statement: text(proof.statement.encode().map_err(PublishingError::from)?)?,
            proof: text(proof.encode().map_err(PublishingError::from)?)?,
        };
        open.store.statement_logged(id, &logged).await?;
    }
    Ok(())
}

/// Canonical JSON is text.
fn text(bytes: Vec<u8>) -> Result<String, PublishingError> {
    String::from_utf8(bytes).map_err(|_| PublishingError::NoProof)
}

/// The statement of one derivative, the same each time it is made.
fn statement_of(
    record: &PublicationRecord,
    due: &StatementDue,
    received_at: Micros,
    earlier: &[StatementRecord],
) -> Pending {
    let publication = &record.publication;
    let facts = due.derivative.facts();
    let replaced = earlier
        .iter()
        .find(|one| one.derivative == due.derivative.id);
    let report = sha256(due.derivative.what.report.expose().as_bytes());
    Pending {
        statement: Statement {
            derivative: facts.sha256,
            grade: stated_grade(record.story.draft.settings.grade),
            plan: proof::plan_commitment(&due.plan_salt, &report),
            published_at: publication.decided_at.0,
            receipt: proof::receipt_commitment(&due.receipt_salt, &receipt(due, received_at)),
            story: publication.story.to_string(),
            supersedes: replaced.map(|one| sha256(one.statement.as_bytes())),
            version: statement::VERSION,
        },
        salt: *due.leaf_salt,
    }
}

/// What came in, and when: the original's hash and the moment it was entered. Never published bare.
fn receipt(due: &StatementDue, received_at: Micros) -> Digest {
    let mut bytes = due.original.as_bytes().to_vec();
    bytes.extend_from_slice(&received_at.0.to_be_bytes());
    sha256(&bytes)
}

/// What each published version corrected in the one before, oldest first, up to the one that is shown.
fn corrections(record: &SiteRecord) -> Vec<Correction> {
    let corrected = record.versions().skip(1).filter_map(|version| {
        let note = version.story.draft.settings.telling.correction.clone()?;
        Some(Correction {
            at: version.publication.decided_at.0,
            note: bilingual(note),
        })
    });
    corrected.collect()
}

/// Logs the statements of a publication, those that stand there already excepted, and proves them.
fn log_statements(
    settings: &SiteSettings,
    signer: &LogSigner,
    pending: &[Pending],
    rng: &mut (impl RngCore + CryptoRng),
    now: Micros,
) -> Result<Vec<ProofFile>, PublishingError> {
    let mut log = open_log(settings, signer)?;
    Ok(proof::log_statements(
        &mut log, signer, pending, rng, now.0,
    )?)
}

fn open_log(
    settings: &SiteSettings,
    signer: &LogSigner,
) -> Result<Log<DirStorage>, PublishingError> {
    let storage = DirStorage::open(&settings.log).map_err(PublishingError::LogFolder)?;
    Ok(Log::open(storage, &signer.verifier())?)
}

/// One story as the site shows it.
struct SiteStory {
    publication: Publication,
    first_published: Micros,
    corrections: Vec<Correction>,
    draft: Draft,
    media: Vec<SiteMedium>,
}

/// One published file as the site shows it.
struct SiteMedium {
    derivative: DerivativeRecord,
    proof: Vec<u8>,
}

impl SiteStory {
    fn new(told: SiteRecord) -> Result<Self, PublishingError> {
        let corrections = corrections(&told);
        let SiteRecord {
            shown: record,
            earlier,
        } = told;
        let first = earlier.first().unwrap_or(&record);
        let first_published = first.publication.decided_at;
        let proof_of = |id: DerivativeId| {
            let found = record.statements.iter().find(|one| one.derivative == id);
            found
                .map(|one| one.proof.clone().into_bytes())
                .ok_or(PublishingError::NoProof)
        };
        let media = record.derivatives.iter().map(|derivative| {
            Ok(SiteMedium {
                derivative: derivative.clone(),
                proof: proof_of(derivative.id)?,
            })
        });
        Ok(Self {
            media: media.collect::<Result<_, PublishingError>>()?,
            publication: record.publication.clone(),
            first_published,
            corrections,
            draft: record.story.draft.clone(),
        })
    }
}

/// Builds the whole site from the record.
fn build_site(
    settings: &SiteSettings,
    signer: &LogSigner,
    archive: &Arc<Archive>,
    stories: Vec<SiteStory>,
) -> Result<(), PublishingError> {
    let log = open_log(settings, signer)?;
    let decided = stories.iter().map(|story| story.publication.decided_at);
    let newest = decided.max().unwrap_or(Micros(0));
    let input = SiteInput {
        organisation: settings.organisation.clone(),
        base_url: settings.base_url.clone(),
        onion: settings.onion.clone(),
        // The same record gives the same bytes, so the newest decision is the time, not the clock.
        built_at: newest.0,
        about: None,
        log: PublicLog {
            key: signer.verifier().to_string(),
            files: log.public_files()?,
        },
        stories: stories
            .into_iter()
            .map(|story| story.into_input(archive))
            .collect::<Result<_, _>>()?,
    };
    publish::build(&input, signer, &settings.dir)?;
    Ok(())
}

impl SiteStory {
    fn into_input(self, archive: &Arc<Archive>) -> Result<StoryInput, PublishingError> {
        let Draft {
            en,
            ar,
            media: placed,
            settings,
            renditions: _,
        } = self.draft;
        let text = |text: newsroom::stories::Text| publish::Text {
            title: text.title,
            body: text.body,
        };
        let media = self.media.into_iter().zip(placed).map(|(medium, placed)| {
            let alt = Bilingual {
                en: placed.alt_en,
                ar: placed.alt_ar,
            };
            medium.into_input(alt, archive)
        });
        let Telling {
            topics,
            place,
            when,
            correction: _,
            withdrawn,
        } = *settings.telling;
        Ok(StoryInput {
            id: self.publication.story.to_string(),
            slug: settings.slug,
            published_at: self.first_published.0,
            updated_at: self.publication.decided_at.0,
            grade: shown_grade(settings.grade),
            graphic: settings.graphic,
            en: text(en),
            ar: text(ar),
            media: media.collect::<Result<_, _>>()?,
            topics: topics.into_iter().map(label).collect(),
            place: place.map(|place| publish::PublicPlace {
                label: label(place.label),
                point: place.point.map(|(latitude, longitude)| CoarsePoint {
                    latitude,
                    longitude,
                }),
            }),
            // Checked when it was entered; one that the site cannot read is left unsaid.
            when: when.parse().ok(),
            corrections: if withdrawn.is_some() {
                Vec::new()
            } else {
                self.corrections
            },
            withdrawn: withdrawn.map(bilingual),
        })
    }
}

impl SiteMedium {
    fn into_input(
        self,
        alt: Bilingual,
        archive: &Arc<Archive>,
    ) -> Result<MediaInput, PublishingError> {
        let sealed = |blob| -> Arc<dyn MediaBytes> {
            Arc::new(SealedMedium {
                archive: archive.clone(),
                blob,
            })
        };
        let what = &self.derivative.what;
        let recipe = recipe_from(what);
        Ok(MediaInput {
            bytes: sealed(what.blob),
            sha256: what.sha256,
            kind: media_kind(&what.mime)?,
            alt,
            poster: what.poster.map(|(blob, sha256)| publish::Poster {
                bytes: sealed(blob),
                sha256,
            }),
            dimensions: recipe.and_then(|recipe| recipe.width.zip(recipe.height)),
            proof: self.proof,
            further: further(what, sealed),
        })
    }
}

fn label(label: newsroom::telling::Label) -> publish::Label {
    publish::Label {
        slug: label.slug,
        name: bilingual(label.name),
    }
}

fn bilingual(note: Note) -> Bilingual {
    Bilingual {
        en: note.en,
        ar: note.ar,
    }
}

/// A story's files for channels, in its order: the very bytes that are cleared.
pub(crate) fn attachments(
    open: &OpenDesk,
    derivatives: &[DerivativeRecord],
) -> Result<Vec<Attachment>, PublishingError> {
    let attachment = |derivative: &DerivativeRecord| {
        let what = &derivative.what;
        let recipe = recipe_from(what);
        Ok(Attachment {
            bytes: Arc::new(SealedMedium {
                archive: open.archive.clone(),
                blob: what.blob,
            }),
            size: derivative.facts().bytes,
            kind: media_kind(&what.mime)?,
            sha256: what.sha256,
            dimensions: recipe.and_then(|recipe| recipe.width.zip(recipe.height)),
            lasts: recipe_from(what).and_then(|recipe| recipe.lasts),
            variants: variants(open, what)?,
        })
    };
    derivatives.iter().map(attachment).collect()
}

/// What was made of a derivative for channels that take less. One of a class that this program does not know goes nowhere.
fn variants(open: &OpenDesk, what: &NewDerivative) -> Result<Vec<Variant>, PublishingError> {
    let known = what.variants.iter().filter_map(|one| {
        let rung = Rung::from_code(&one.rung)?;
        Some((rung, one))
    });
    let variant = |(rung, one): (Rung, &VariantRecord)| {
        let file = Attachment {
            bytes: Arc::new(SealedMedium {
                archive: open.archive.clone(),
                blob: one.blob,
            }),
            size: one.bytes,
            kind: media_kind(&one.mime)?,
            sha256: one.sha256,
            dimensions: one.dimensions,
            lasts: one.lasts,
            variants: Vec::new(),
        };
        Ok(Variant { rung, file })
    };
    known.map(variant).collect()
}

/// What of a published file is not on its page. The smallest film is the copy itself where there is none smaller.
fn further(what: &NewDerivative, sealed: impl Fn(BlobId) -> Arc<dyn MediaBytes>) -> Further {
    let small = what
        .variants
        .iter()
        .find(|one| one.rung == Rung::Small.code());
    let film = what.mime == MediaKind::Mp4.mime();
    let (blob, sha256) = small.map_or((what.blob, what.sha256), |one| (one.blob, one.sha256));
    Further {
        code: what.code.clone(),
        variants: what.variants.iter().map(|one| one.sha256).collect(),
        small: film.then(|| Small {
            bytes: sealed(blob),
            sha256,
        }),
    }
}

/// What a derivative is published as.
fn media_kind(mime: &str) -> Result<MediaKind, PublishingError> {
    MediaKind::from_mime(mime).ok_or_else(|| PublishingError::Kind(mime.to_owned()))
}

/// A derivative in the archive, opened only while it is copied into the site.
struct SealedMedium {
    archive: Arc<Archive>,
    blob: BlobId,
}

impl MediaBytes for SealedMedium {
    fn open(&self) -> io::Result<Box<dyn Read>> {
        let reader = self.archive.open(self.blob).map_err(io::Error::other)?;
        Ok(Box::new(reader.reader))
    }
}

const fn stated_grade(grade: Grade) -> statement::Grade {
    match grade {
        Grade::Unconfirmed => statement::Grade::Unconfirmed,
        Grade::Probable => statement::Grade::Probable,
        Grade::Confirmed => statement::Grade::Confirmed,
        Grade::Contested => statement::Grade::Contested,
    }
}

pub(crate) const fn shown_grade(grade: Grade) -> publish::Grade {
    match grade {
        Grade::Unconfirmed => publish::Grade::Unconfirmed,
        Grade::Probable => publish::Grade::Probable,
        Grade::Confirmed => publish::Grade::Confirmed,
        Grade::Contested => publish::Grade::Contested,
    }
}

/// Where a derivative's file and proof are on the site, relative to its root.
pub(crate) fn paths(
    slug: &str,
    derivative: &DerivativeRecord,
) -> Result<(String, String), PublishingError> {
    let (kind, sha256) = (media_kind(&derivative.what.mime)?, &derivative.what.sha256);
    let file = publish::media_path(sha256, kind);
    let proof = publish::proof_path(slug, sha256, kind);
    Ok((file.as_str().to_owned(), proof.as_str().to_owned()))
}

/// Where a story's English page is on the site; the Arabic one is linked from it.
pub(crate) fn story_path(slug: &str) -> String {
    format!("en/stories/{slug}.html")
}
