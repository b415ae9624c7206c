//! The field against its enemies: power cuts, dying roads, liars at the drop, forged receipts.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "helpers of tests fail the test; their numbers are small"
)]

mod card_noise;
mod cards;
mod doubles;
mod duress;
mod epochs;
mod importing;
mod kit_words;
mod logs;
mod malice;
mod messages;
mod noise;
mod order;
mod packing;
mod power;
mod previews;
mod receipts;
mod recordings;
mod roads;
mod sending;
mod volumes;
