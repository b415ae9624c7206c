//! The desk's server and command line.

fn main() {}
