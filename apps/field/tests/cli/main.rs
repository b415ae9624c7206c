//! The built program as a person uses it, against a real drop; and killed without mercy while it works.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod cards;
mod cards_in_use;
mod commands;
mod cores;
mod cuts;
mod declined;
mod full_disk;
mod kills;
mod leaks;
mod link;
mod messages;
mod narrow;
mod nets;
mod onion;
mod preview_memory;
mod socks;
mod stage;
mod terminal;
mod tls;
mod unreadable;
mod vault;
