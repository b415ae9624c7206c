//! MP4 as far as we write it ourselves.
//!
//! ffmpeg hands out fragments, because those need no seeking; this module reads the fragments (in a fresh sandbox: a tool that was
//! taken over may have written anything) and writes a plain MP4 whose every box is ours. So no encoder name, handler
//! name, date, user data or extra box can be in it, by construction; and the index comes first, so that it plays while it loads.

pub(crate) mod boxes;
mod fragments;
mod writer;

pub(crate) use writer::rewrite;
