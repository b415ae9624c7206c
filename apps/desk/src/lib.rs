//! The desk: where dispatches arrive, are opened, examined, protected, cleared and published.
//!
//! This crate wires the stations together: configuration, the keyholder, the flows that run in the
//! background, the command line and the pages. The rules live in `newsroom`, the SQL in `store`,
//! the formats in `formats`; nothing here decides what may be published.

pub mod config;
pub mod desk;
mod drops;
mod files;
pub mod logging;
