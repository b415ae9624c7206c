//! What runs inside the sandbox.

/// When this process was started as a worker, does that work and exits; else returns at once. Must be the first line of `main`.
pub fn main_if_worker() {}
