//! The newsroom's own site: static pages in Arabic and English, feeds, proofs and the public log.
//!
//! Given what was cleared ([`SiteInput`]), [`build`] writes the whole site beside the present one and
//! swaps it in at once. Pages need no script, no cookie and nothing from elsewhere. The crate decides
//! nothing about what may be published, and the same input always gives the same bytes.

mod address;
pub mod channels;
mod feeds;
mod front;
mod input;
mod media;
mod page;
mod pages;
pub mod renditions;
mod site;
mod sitemap;
mod story;
mod words;

pub use address::{AddressError, BaseUrl, SitePath};
pub use input::{
    Bilingual, Grade, InputError, MediaBytes, MediaInput, MediaKind, Poster, PublicLog, SiteInput,
    StoryInput, Text,
};
pub use media::{media_path, proof_path};
pub use site::{Built, PublishError, build};
