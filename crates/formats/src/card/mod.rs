//! The card: what a courier carries. Places of 65,536 bytes, each a cell or noise, and nothing that tells which.
//!
//! `docs/formats/card.md` describes it. [`Space`] says where places are: in a file of a fixed size, or in the unused space of
//! a memory card's own file system, which [`volume`] reads and nothing here ever writes. [`Deal`] says which shards of a
//! piece go on which of several cards.

mod deal;
mod exfat;
mod fat;
mod space;
mod volume;
mod windows;

pub use deal::{Deal, is_small};
pub use space::{Gap, Space};
pub use volume::{Image, Kind, Volume, VolumeError, find_volume};
pub use windows::{Windows, may_be_cell};

/// The sizes a card file may have, in bytes: 4, 16, 64 and 256 MiB, 1 and 4 GiB.
pub const SIZES: [u64; 6] = [4 << 20, 16 << 20, 64 << 20, 256 << 20, 1 << 30, 4 << 30];
