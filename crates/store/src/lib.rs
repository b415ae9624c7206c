//! All SQL and blobs: SQLCipher and PostgreSQL, files.
//!
//! [`Store`] is the newsroom's record. Each of its methods is one named transaction: load with a lock, let
//! [`newsroom`] decide, apply the changes, write the audit trail. It holds no rule of its own, and no SQL is anywhere
//! else. [`BlobStore`] keeps evidence as sealed, immutable files; [`Spool`] keeps cells that came in while nobody could
//! open them. Neither ever writes plaintext.
//!
//! What is never logged: keys, values, names. Transactions are logged by their name alone.

mod accounts;
mod arrival;
mod audit;
mod blobs;
mod bulletins;
mod captures;
mod channels;
mod columns;
mod derivatives;
mod disk;
mod dispatches;
mod drops;
mod engine;
mod epochs;
mod error;
mod flash;
mod held;
mod items;
mod jobs;
mod kits;
mod letters;
mod marks;
mod migrate;
mod noise;
mod offers;
mod open;
mod outbox;
mod outgoing;
mod publications;
mod reach;
mod rekey;
mod replies;
mod risks;
mod schedules;
mod sealed;
mod site;
mod sources;
mod spool;
mod stories;
mod sweep;
mod switch;
#[cfg(feature = "testing")]
pub mod testing;
mod value;

pub use accounts::{EditorRecord, SignIn, WebSession};
pub use arrival::{KeptPiece, OpenPiece, PieceCells, Recorded, SpooledCell, Twins};
pub use audit::AuditRecord;
pub use blobs::{BlobError, BlobReader, BlobStore, BlobWriter, Stored, Written};
pub use bulletins::IntakeUse;
pub use captures::{CapturePlan, StoryAtRisk};
pub use channels::ChannelRecord;
pub use derivatives::{DerivativeRecord, NewDerivative, VariantRecord};
pub use disk::{Disk, DiskFile, RealDisk};
pub use dispatches::{DispatchRecord, PieceRecord};
pub use drops::DropRecord;
pub use epochs::FreshChain;
pub use error::{EngineError, StoreError};
pub use held::{HeldRecord, NewHeld, Untold};
pub use items::{CUSTODY_DOMAIN, Cut, Examined, ItemRecord, NewItem, PreviewRecord};
pub use jobs::{ATTEMPTS as JOB_ATTEMPTS, Job, JobCounts};
pub use kits::{KitRecord, NewKit};
pub use letters::{LetterCounts, LetterEnd, NextLetter, Subscribed};
pub use offers::{NewOffer, OfferRecord, Question};
pub use open::{Entropy, Store, StoreKeys};
pub use outbox::{Astray, Attempt, DeliveryRecord};
pub use outgoing::OutgoingReply;
pub use publications::{PublicationRecord, StatementDue, StatementRecord};
pub use reach::{AskAfter, ReachCount, ToldCount};
pub use rekey::{RekeyFacts, export_sqlite, postgres_mark};
pub use replies::{PairRef, PutDue, ReplyKind, ReplyPairRecord, SealedReply};
pub use schedules::Came;
pub use site::SiteRecord;
pub use sources::{MessagePut, MessageRecord, NewMessage, SourceRecord, Thread};
pub use spool::{SEGMENT_CELLS, Spool, SpoolError, SpoolPosition};
pub use stories::{StoryLine, StoryRecord};
pub use switch::{Switch, SwitchState};
