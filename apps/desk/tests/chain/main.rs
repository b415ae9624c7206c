//! The desk with a real drop and a real reporter's device: the whole way, kills, silence of the logs.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod bulletins;
mod capture;
mod card_locked;
mod cards;
mod commands;
mod cut_off;
mod duress;
mod forced_programs;
mod intake_end;
mod kept_unrecorded;
mod kills;
mod locked;
mod outwards;
mod photo;
mod previews;
mod publishing;
mod rekey_kills;
mod rekeying;
mod running;
mod sweep;
mod twelve_words;
mod way;
mod word_back;
mod world;
