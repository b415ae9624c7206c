//! `fh-desk`: the desk's server and command line.

fn main() {}
