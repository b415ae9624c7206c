//! The built site as strangers meet it: its files, links, pages and feeds.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod channels;
mod deploy;
mod feeds;
mod files;
mod html;
mod incremental;
mod inside;
mod reach;
mod renditions;
mod sample;
mod valid;
