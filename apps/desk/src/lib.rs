//! The desk: where dispatches arrive, are opened, examined, protected, cleared and published.
//!
//! This crate wires the stations together: configuration, the keyholder, the flows that run in the
//! background, the command line and the pages. The rules live in `newsroom`, the SQL in `store`,
//! the formats in `formats`; nothing here decides what may be published.

mod alarms;
mod archive;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod desk;
mod drops;
mod files;
pub mod founding;
mod intake;
mod keyholder;
mod kits;
pub mod logging;
mod memory;
mod newsletter;
mod open_desk;
mod opening_store;
mod outbox;
mod publishing;
mod pull;
mod reach;
pub mod rekey;
mod renditions;
mod schedule;
pub mod settling;
mod spooling;
mod steady;
mod sweep;
mod tokens;
mod tray;
mod watch;
pub mod web;
mod work;
