//! The ledger against other people's vectors, against hostile bytes and against crashes.

mod crash;
mod follow;
mod vectors;
