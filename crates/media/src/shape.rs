//! What a variant is to measure.

use serde::{Deserialize, Serialize};

use crate::Code;

/// What is to be made of a file that was scrubbed before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Most bytes of the whole file.
    pub bytes: u64,
    /// Most pixels of its longer side.
    pub side: u32,
    /// Most bits a second of a film's pictures; pictures have none.
    pub rate: u64,
    /// Of a picture: so that nobody and nothing in it can be made out, by anybody, ever.
    pub blurred: bool,
    /// A code to burn in, where the source's own cannot be read any more because it is blurred.
    pub code: Option<Code>,
}
