//! How much a hostile file may cost before it is given up.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Limits of one job in the sandbox. The defaults keep a phone's ordinary output workable on two cores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Address space of each process, bytes (`RLIMIT_AS`).
    pub memory: u64,
    /// Processor seconds of each process, for stills and documents (`RLIMIT_CPU`).
    pub cpu_seconds: u64,
    /// Processor seconds of each process for every second of sound or video, on top of `cpu_seconds`.
    pub cpu_per_media_second: u64,
    /// Given up when nothing was read and nothing was written for so long.
    pub stall: Duration,
    /// Processes and threads at a time (`RLIMIT_NPROC`).
    pub processes: u64,
    /// Size of the private in-memory `/tmp`, bytes; also the largest file in it (`RLIMIT_FSIZE`).
    pub scratch: u64,
    /// Bytes one job may hand out.
    pub output: u64,
    /// Largest still picture or document taken, bytes (they are held in the sandbox's memory whole).
    pub still_bytes: u64,
    /// Most pixels of a still picture.
    pub still_pixels: u64,
    /// Largest width or height of anything.
    pub side: u32,
    /// Most pixels of a video frame.
    pub video_pixels: u64,
    /// Longest sound or video, seconds.
    pub media_seconds: u64,
    /// Most pages of a document.
    pub pages: u32,
    /// Bytes of a video's header (everything but the frames).
    pub header_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 4 << 30,
            cpu_seconds: 120,
            cpu_per_media_second: 60,
            stall: Duration::from_secs(60),
            processes: 96,
            scratch: 768 << 20,
            output: 16 << 30,
            still_bytes: 128 << 20,
            still_pixels: 120_000_000,
            side: 30_000,
            video_pixels: 4096 * 2304,
            media_seconds: 4 * 3600,
            pages: 200,
            header_bytes: 64 << 20,
        }
    }
}
