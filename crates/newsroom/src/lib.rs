//! The desk's rules, pure.
//!
//! Who may do what to which record, and when, is decided here and nowhere else: every rule is a function
//! `decide(state, command, now)` that answers with changes or with a typed refusal. Nothing in this crate reads a
//! clock, draws a random number, or knows of HTTP, SQL or a language a person reads. `store` loads the state under a
//! lock, calls `decide`, applies the changes and writes the audit trail, all in one transaction.
//!
//! The flows: [`accounts`] (enrolment, sign-in), [`items`] (examine and protect), [`stories`] (edit, approve,
//! publish), [`flash`] (what is called in), [`arrival`] (how far a dispatch has come), [`sources`] (who may see and answer them, and missed contact),
//! [`vaults`] (from which vault of a reporter something came), [`risks`] (what holds a story back for a source's sake),
//! [`drill`] (a captured kit). What an approval binds is in
//! [`clearance`]; who did what, in a chain of hashes, in [`audit`]; how drops behave, in [`conduct`].

pub mod accounts;
pub mod arrival;
pub mod audit;
pub mod clearance;
pub mod conduct;
pub mod draft;
pub mod drill;
pub mod flash;
pub mod held;
pub mod ids;
pub mod items;
pub mod kits;
pub mod outbox;
pub mod private;
pub mod refusal;
pub mod risks;
pub mod sources;
pub mod steady;
pub mod stories;
pub mod telling;
pub mod time;
pub mod vaults;
pub mod work;

pub use ids::{
    BlobId, ChannelId, DeliveryId, DerivativeId, DropId, EditorId, HeldId, ItemId, JobId,
    PublicationId, ReceiptId, StoryId,
};
pub use private::Private;
pub use refusal::Refusal;
pub use time::Micros;
