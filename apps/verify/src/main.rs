//! Check a published file against its proof, offline.

fn main() {}
