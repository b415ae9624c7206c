//! The desk's rules, pure, and its flows over ports.
