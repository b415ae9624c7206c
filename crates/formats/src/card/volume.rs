//! A memory card's own file system, as far as it takes to know which space nobody uses. Read only, and strict: whatever
//! is not exactly understood is refused, because a wrong guess would destroy the courier's pictures.

use std::io;

use crate::card::{exfat, fat};
use crate::error::DecodeError;

/// Bytes of a boot sector, as far as it is read.
pub(crate) const SECTOR: usize = 512;
/// The most clusters a volume may have here: 256 million, a terabyte of the smallest that are used on cards.
pub(crate) const CLUSTERS_MAX: u32 = 1 << 28;
/// Kinds of partition that may hold a volume: FAT12, FAT16 (three), FAT32 (two), exFAT.
const PARTITIONS: [u8; 7] = [0x01, 0x04, 0x06, 0x0e, 0x0b, 0x0c, 0x07];

/// A memory card or an image of one, to be read at any place.
pub trait Image {
    /// Bytes in all.
    fn length(&self) -> u64;
    /// Fills the buffer from a place on.
    ///
    /// # Errors
    /// When that much cannot be read there.
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()>;
}

impl Image for [u8] {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(at).unwrap_or(usize::MAX);
        let end = start.saturating_add(into.len());
        let part = self.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?;
        into.copy_from_slice(part);
        Ok(())
    }
}

/// Why a card's unused space is not known.
#[derive(Debug, thiserror::Error)]
pub enum VolumeError {
    /// It cannot be read.
    #[error("the card cannot be read")]
    Read(#[from] io::Error),
    /// Neither FAT nor exFAT, nor a partition table with one.
    #[error("the card holds neither a FAT nor an exFAT file system")]
    Unknown,
    /// One of them, and against its rules.
    #[error("the card's file system cannot be used")]
    Format(#[from] DecodeError),
    /// Its own flag says that it was not closed properly: what is unused is not certain.
    #[error("the card was not ejected properly; let a camera or a computer check it first")]
    Dirty,
}

/// Which file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Twelve bits for each cluster.
    Fat12,
    /// Sixteen.
    Fat16,
    /// Thirty-two, of which 28 count.
    Fat32,
    /// A bit for each cluster.
    Exfat,
}

/// Where the clusters of a volume lie on the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volume {
    /// Which file system.
    pub kind: Kind,
    /// Byte on the card at which its first cluster begins. Places for cells are counted from here.
    pub heap: u64,
    /// Bytes of a cluster, a power of two.
    pub cluster: u32,
    /// How many clusters.
    pub clusters: u32,
}

impl Volume {
    /// Bytes of all clusters.
    #[must_use]
    pub fn heap_bytes(&self) -> u64 {
        u64::from(self.cluster) * u64::from(self.clusters)
    }
}

/// What either file system's boot sector says.
pub(crate) enum Boot {
    Fat(fat::Boot),
    Exfat(exfat::Boot),
}

impl Boot {
    pub(crate) fn volume(&self) -> Volume {
        match self {
            Self::Fat(boot) => boot.volume,
            Self::Exfat(boot) => boot.volume,
        }
    }
}

/// Finds the volume of a card: the whole of it, or its first partition.
///
/// # Errors
/// No volume, one against its format's rules, or the card cannot be read.
pub fn find_volume(image: &(impl Image + ?Sized)) -> Result<Volume, VolumeError> {
    find_boot(image).map(|boot| boot.volume())
}

pub(crate) fn find_boot(image: &(impl Image + ?Sized)) -> Result<Boot, VolumeError> {
    let mut sector = [0; SECTOR];
    if image.length() < SECTOR as u64 {
        return Err(VolumeError::Unknown);
    }
    image.read_at(0, &mut sector)?;
    match boot_at(&sector, 0, image.length()) {
        Err(VolumeError::Unknown) => {}
        other => return other,
    }
    let start = first_partition(&sector).ok_or(VolumeError::Unknown)?;
    if start.saturating_add(SECTOR as u64) > image.length() {
        return Err(VolumeError::Unknown);
    }
    image.read_at(start, &mut sector)?;
    boot_at(&sector, start, image.length())
}

/// Where the first partition that may hold a volume begins, by a master boot record.
pub(crate) fn first_partition(sector: &[u8; SECTOR]) -> Option<u64> {
    if sector[510..] != [0x55, 0xaa] {
        return None;
    }
    let (entries, _) = sector[446..510].as_chunks::<16>();
    let known = entries
        .iter()
        .find(|entry| PARTITIONS.contains(&entry[4]))?;
    let start = u32::from_le_bytes([known[8], known[9], known[10], known[11]]);
    (start > 0).then(|| u64::from(start) * SECTOR as u64)
}

/// Reads a boot sector that begins at `start` of a card of `length` bytes.
pub(crate) fn boot_at(sector: &[u8; SECTOR], start: u64, length: u64) -> Result<Boot, VolumeError> {
    let boot = if exfat::is_exfat(sector) {
        Boot::Exfat(exfat::Boot::decode(sector, start)?)
    } else if fat::is_fat(sector) {
        Boot::Fat(fat::Boot::decode(sector, start)?)
    } else {
        return Err(VolumeError::Unknown);
    };
    let volume = boot.volume();
    let end = volume.heap.checked_add(volume.heap_bytes());
    if end.is_none_or(|end| end > length) {
        return Err(DecodeError::invalid("card", "the file system ends on the card").into());
    }
    Ok(boot)
}

/// A set of clusters, the first being cluster 2 of the file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clusters(Vec<u64>);

impl Clusters {
    pub(crate) fn none(count: u32) -> Self {
        Self(vec![0; (count as usize).div_ceil(64)])
    }

    /// The first `count`.
    pub(crate) fn all(count: u32) -> Self {
        let mut set = Self(vec![u64::MAX; (count as usize).div_ceil(64)]);
        if let (Some(last), 1..) = (set.0.last_mut(), count % 64) {
            *last = (1 << (count % 64)) - 1;
        }
        set
    }

    pub(crate) fn add(&mut self, at: u32) {
        if let Some(word) = self.0.get_mut(at as usize / 64) {
            *word |= 1 << (at % 64);
        }
    }

    pub(crate) fn remove(&mut self, at: u32) {
        if let Some(word) = self.0.get_mut(at as usize / 64) {
            *word &= !(1 << (at % 64));
        }
    }

    pub(crate) fn has(&self, at: u32) -> bool {
        let word = self.0.get(at as usize / 64);
        word.is_some_and(|word| word >> (at % 64) & 1 == 1)
    }
}

/// Clusters that nobody uses.
pub(crate) fn free_clusters(
    image: &(impl Image + ?Sized),
    boot: &Boot,
) -> Result<Clusters, VolumeError> {
    match boot {
        Boot::Fat(boot) => fat::free_clusters(image, boot),
        Boot::Exfat(boot) => exfat::free_clusters(image, boot),
    }
}

/// Reads a little-endian number out of a sector.
pub(crate) fn u16_at(sector: &[u8; SECTOR], at: usize) -> u16 {
    u16::from_le_bytes([sector[at], sector[at + 1]])
}

pub(crate) fn u32_at(sector: &[u8; SECTOR], at: usize) -> u32 {
    u32::from_le_bytes([sector[at], sector[at + 1], sector[at + 2], sector[at + 3]])
}

pub(crate) fn u64_at(sector: &[u8; SECTOR], at: usize) -> u64 {
    u64::from(u32_at(sector, at)) | u64::from(u32_at(sector, at + 4)) << 32
}
