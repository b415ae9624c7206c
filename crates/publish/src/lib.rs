//! The newsroom's own site: static pages in Arabic and English, feeds, proofs and the public log.
//!
//! Given what was cleared ([`SiteInput`]), [`build`] writes the whole site beside the present one and
//! swaps it in at once, taking over what did not change. Pages need no script, no cookie and nothing from elsewhere. The crate decides
//! nothing about what may be published, and the same input always gives the same bytes.

mod address;
mod browse;
pub mod channels;
mod check;
mod code;
pub mod deploy;
mod event;
mod facts;
mod feeds;
mod fill;
mod fingerprint;
mod fold;
mod front;
mod input;
mod listing;
mod map;
mod media;
pub mod ninjs;
mod offline;
mod ours;
mod page;
mod pages;
mod postings;
pub mod reach;
pub mod renditions;
mod search;
mod sheet;
mod site;
mod sitemap;
mod state;
mod story;
mod texts;
mod twin;
mod whole;
mod words;
mod writer;

pub use ::words::Tongue;
pub use address::{AddressError, BaseUrl, SitePath};
pub use check::InputError;
pub use code::of_bits as code_of_bits;
pub use event::{EventDate, EventDateError};
pub use input::{
    Bilingual, CoarsePoint, Correction, Further, Grade, Label, MediaBytes, MediaInput, MediaKind,
    Poster, PublicLog, PublicPlace, SiteInput, Small, StoryInput, Text,
};
pub use media::{media_path, proof_path};
pub use site::{Built, PublishError, build};
