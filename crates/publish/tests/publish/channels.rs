//! Channels against real servers on loopback, through a line that loses replies, cuts and delays.
//!
//! What is counted is counted on the servers themselves, over a line of its own that loses nothing.

mod bluesky;
mod facebook;
mod ghost;
mod hostile;
mod mail;
mod mastodon;
mod matrix;
mod nostr;
mod outbox;
mod reach;
mod seen;
mod servers;
mod stand_in;
pub(crate) mod stories;
mod telegram;
mod wire;
mod wordpress;
mod x;
mod youtube;

pub(crate) use servers::installed;

/// How many deliveries each server gets: twenty, or what `FH_DELIVERIES` says.
fn deliveries() -> u32 {
    let said = std::env::var("FH_DELIVERIES").ok();
    said.and_then(|text| text.parse().ok()).unwrap_or(20)
}
