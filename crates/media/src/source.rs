//! Where a hostile file comes from: a decrypted stream that can be asked for any range.

use std::io::{Read, Seek};

/// A file to examine: plaintext that exists only as it is read. Any `Read + Seek` is one, such as the seekable reader of
/// an age file. It is read on the thread that calls, in ranges, and never copied to a disk.
pub trait Source: Read + Seek {}

impl<T: Read + Seek + ?Sized> Source for T {}
