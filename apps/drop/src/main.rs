//! The drop's server.

fn main() {}
