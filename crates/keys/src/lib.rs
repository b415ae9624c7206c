//! Role-typed keys and everything that seals.
