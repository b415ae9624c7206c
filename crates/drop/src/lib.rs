//! The blind store: an append-only log of cells and mailboxes.
