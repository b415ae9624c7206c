//! The reporter's command line.

fn main() {}
