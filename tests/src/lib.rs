//! The whole chain, end to end.
