//! The whole chain, end to end: the tests are in `tests/`; this library is empty so that the folder is a package.
