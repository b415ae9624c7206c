//! Everything about the formats that needs more than one module: vectors, whole pieces, hostile input, properties.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::type_complexity,
    reason = "helpers of tests fail the test; their numbers are small"
)]

mod assembling;
mod bulletins;
mod cards;
mod films;
mod hostile;
mod kit_words;
mod make;
mod pieces;
mod properties;
mod replies;
mod vault;
mod vectors;
mod vectors_handed;
