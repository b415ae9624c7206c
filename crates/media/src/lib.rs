//! Hostile files in a sandbox: probe, preview, scrub.
//!
//! Nothing that arrives is trusted: neither a name nor a header nor a length. Every file is read by tools that run inside
//! bubblewrap with Landlock within, without a network, with limits, in a process that may die (`docs/decisions/0004-plaintext-and-the-sandbox.md`).
//! This crate must never trust a file name, and never lets plaintext touch a disk: the source is asked for in ranges, and
//! what comes out lands in scratch space sealed under a key that lives in memory only.
//!
//! # Use
//! ```no_run
//! fn main() -> Result<(), media::MediaError> {
//!     // First line of `main` of every program that uses a `Workshop`: the sandboxed worker is this very program again.
//!     media::worker::main_if_worker();
//!     let workshop = media::Workshop::new(media::WorkshopConfig::default(), &mut rand_core::OsRng)?;
//!     let mut source = std::io::Cursor::new(vec![0_u8; 0]); // a decrypted stream: Read + Seek
//!     let probe = workshop.probe(&mut source)?;
//!     if probe.trouble.is_none() {
//!         let scrubbed = workshop.scrub(&mut source)?; // scrubbed.output is Read + Seek + Send: seal it straight away
//!         println!("{:?}", scrubbed.report.removed);
//!     }
//!     Ok(())
//! }
//! ```
//! All calls block; call them from a thread that may (`spawn_blocking`). A `Workshop` is `Send + Sync`; any number of
//! calls may run side by side, each in its own sandbox.
//!
//! The worker is a re-run of the current program (see [`worker::main_if_worker`]); a program that never made that call
//! falls back to `fh-media-worker` beside it or one folder up, which is what test binaries find.

mod code;
mod finding;
#[doc(hidden)]
pub mod fuzz;
mod host;
mod kind;
mod limits;
mod mp4;
mod refusal;
mod report;
mod sandbox;
mod scratch;
mod shape;
mod source;
mod swap;
mod talk;
pub mod worker;
mod workshop;

pub use code::Code;
pub use finding::{Finding, FindingCode};
pub use kind::{Kind, SNIFF_BYTES, sniff};
pub use limits::Limits;
pub use refusal::{MediaError, Refusal, RefusalCode, WorkshopError};
pub use report::{Preview, Probe, Proxy, ScrubReport, Scrubbed};
pub use scratch::Output;
pub use shape::Shape;
pub use source::Source;
pub use swap::swap_in_clear;
pub use workshop::{Workshop, WorkshopConfig};
