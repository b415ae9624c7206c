//! The site and its feeds.
