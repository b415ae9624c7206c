//! Drives the built binaries over command lines and HTTP as people would.

fn main() {}
