//! Hostile files in a sandbox: probe, preview, scrub.
