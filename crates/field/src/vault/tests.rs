//! What only the inside of a vault can see.
