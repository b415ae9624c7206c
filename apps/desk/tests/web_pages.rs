//! The pages over HTTP, on both databases: who is let in, what is refused, what hostile strings become.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed step of a test is a failed test"
)]

#[path = "web/accounts.rs"]
mod accounts;
#[path = "web/cards.rs"]
mod cards;
#[path = "web/channels.rs"]
mod channels;
#[path = "web/doors.rs"]
mod doors;
#[path = "web/forced.rs"]
mod forced;
#[path = "web/hostile.rs"]
mod hostile;
#[path = "web/newsletter.rs"]
mod newsletter;
#[path = "web/platforms.rs"]
mod platforms;
#[path = "web/reach.rs"]
mod reach;
#[path = "web/rig.rs"]
mod rig;
#[path = "web/rules.rs"]
mod rules;
#[path = "web/schedule.rs"]
mod schedule;
#[path = "web/sources.rs"]
mod sources;
#[path = "web/telegram.rs"]
mod telegram;
