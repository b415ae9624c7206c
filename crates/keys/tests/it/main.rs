//! What `keys` promises, tested from outside in one binary.

mod documents;
mod properties;
mod roles;
mod vectors;
