//! exFAT: the boot sector, the way to the allocation bitmap, and which clusters it calls free.

use crate::card::volume::{
    CLUSTERS_MAX, Clusters, Image, Kind, SECTOR, Volume, VolumeError, u16_at, u32_at, u64_at,
};
use crate::error::{DecodeError, version};

const WHAT: &str = "exFAT file system";
/// An entry of the root directory, and the kind that names the allocation bitmap.
const ENTRY: usize = 32;
const END_OF_DIRECTORY: u8 = 0;
const BITMAP: u8 = 0x81;
/// Clusters of a root directory that are looked through; the bitmap's entry is among the first of the first one.
const ROOT_MAX: u32 = 1_024;
const END_OF_CHAIN: u32 = 0xffff_ffff;
/// Bytes looked through at once.
const STRETCH: usize = 32 * 1024;

/// What the boot sector says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Boot {
    pub(crate) volume: Volume,
    /// Byte on the card at which the allocation table begins.
    table: u64,
    /// First cluster of the root directory.
    root: u32,
    dirty: bool,
}

/// Whether a sector is an exFAT boot sector.
pub(crate) fn is_exfat(sector: &[u8; SECTOR]) -> bool {
    sector[..11] == *b"\xeb\x76\x90EXFAT   " && sector[510..] == [0x55, 0xaa]
}

fn against(rule: &'static str) -> DecodeError {
    DecodeError::invalid(WHAT, rule)
}

impl Boot {
    pub(crate) fn decode(sector: &[u8; SECTOR], start: u64) -> Result<Self, DecodeError> {
        if sector[11..64].iter().any(|byte| *byte != 0) {
            return Err(DecodeError::Reserved { what: WHAT });
        }
        version(WHAT, 1, sector[105])?;
        let (unit, per_cluster) = (sector[108], sector[109]);
        if !(9..=12).contains(&unit) || per_cluster > 25 - unit {
            return Err(against(
                "a sector has 512 to 4,096 bytes, a cluster at most 32 MiB",
            ));
        }
        if sector[110] != 1 {
            return Err(against("there is one allocation table"));
        }
        let sectors = u64_at(sector, 72);
        let (table, table_sectors) = (u64::from(u32_at(sector, 80)), u64::from(u32_at(sector, 84)));
        let (heap, clusters) = (u64::from(u32_at(sector, 88)), u32_at(sector, 92));
        let heap_sectors = u64::from(clusters) << per_cluster;
        let in_order =
            table >= 24 && table + table_sectors <= heap && heap + heap_sectors <= sectors;
        let entries = table_sectors << unit >> 2;
        if !in_order || !(1..=CLUSTERS_MAX).contains(&clusters) || entries < u64::from(clusters) + 2
        {
            return Err(against(
                "tables and clusters follow each other, with an entry for every cluster",
            ));
        }
        let root = u32_at(sector, 96);
        if !(2..clusters + 2).contains(&root) {
            return Err(against("the root directory is one of the clusters"));
        }
        Ok(Self {
            volume: Volume {
                kind: Kind::Exfat,
                heap: start + (heap << unit),
                cluster: 1 << (unit + per_cluster),
                clusters,
            },
            table: start + (table << unit),
            root,
            dirty: u16_at(sector, 106) & 2 != 0,
        })
    }

    fn cluster_at(&self, cluster: u32) -> u64 {
        self.volume.heap + u64::from(cluster - 2) * u64::from(self.volume.cluster)
    }

    /// The cluster after this one in its chain; `None` at the end.
    fn next(
        &self,
        image: &(impl Image + ?Sized),
        cluster: u32,
    ) -> Result<Option<u32>, VolumeError> {
        let mut entry = [0; 4];
        image.read_at(self.table + u64::from(cluster) * 4, &mut entry)?;
        match u32::from_le_bytes(entry) {
            END_OF_CHAIN => Ok(None),
            next if (2..self.volume.clusters + 2).contains(&next) => Ok(Some(next)),
            _ => Err(against("a chain leads from cluster to cluster to its end").into()),
        }
    }
}

/// Where the allocation bitmap is: its first cluster. Its length is checked.
fn find_bitmap(image: &(impl Image + ?Sized), boot: &Boot) -> Result<u32, VolumeError> {
    let mut cluster = Some(boot.root);
    let mut room = vec![0; STRETCH.min(boot.volume.cluster as usize)];
    for _ in 0..ROOT_MAX {
        let Some(here) = cluster else { break };
        for part in 0..boot.volume.cluster as usize / room.len() {
            let at = boot.cluster_at(here) + (part * room.len()) as u64;
            image.read_at(at, &mut room)?;
            for entry in room.as_chunks::<ENTRY>().0 {
                match entry[0] {
                    END_OF_DIRECTORY => return Err(no_bitmap()),
                    // The second bitmap belongs to a second table, which there is not.
                    BITMAP if entry[1] & 1 == 0 => return bitmap_of(boot, entry),
                    _ => {}
                }
            }
        }
        cluster = boot.next(image, here)?;
    }
    Err(no_bitmap())
}

fn no_bitmap() -> VolumeError {
    against("the root directory names an allocation bitmap").into()
}

fn bitmap_of(boot: &Boot, entry: &[u8; ENTRY]) -> Result<u32, VolumeError> {
    let first = u32::from_le_bytes([entry[20], entry[21], entry[22], entry[23]]);
    let length = entry[24..]
        .iter()
        .rev()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    let fits = length == u64::from(boot.volume.clusters.div_ceil(8));
    if !fits || !(2..boot.volume.clusters + 2).contains(&first) {
        return Err(against("the allocation bitmap has a bit for every cluster").into());
    }
    Ok(first)
}

/// Clusters whose bit in the allocation bitmap is not set.
pub(crate) fn free_clusters(
    image: &(impl Image + ?Sized),
    boot: &Boot,
) -> Result<Clusters, VolumeError> {
    if boot.dirty {
        return Err(VolumeError::Dirty);
    }
    let count = boot.volume.clusters;
    let mut free = Clusters::none(count);
    let mut cluster = Some(find_bitmap(image, boot)?);
    let mut left = u64::from(count.div_ceil(8));
    let mut number = 0_u32;
    let mut room = vec![0; STRETCH.min(boot.volume.cluster as usize)];
    while left > 0 {
        let here =
            cluster.ok_or_else(|| against("the allocation bitmap's chain is as long as it"))?;
        let mut at = boot.cluster_at(here);
        let end = at + left.min(boot.volume.cluster.into());
        while at < end {
            let part = room
                .len()
                .min(usize::try_from(end - at).unwrap_or(usize::MAX));
            image.read_at(at, &mut room[..part])?;
            for byte in &room[..part] {
                for bit in (0..8).filter(|bit| byte >> bit & 1 == 0) {
                    if number + bit < count {
                        free.add(number + bit);
                    }
                }
                number += 8;
            }
            at += part as u64;
            left -= part as u64;
        }
        // The chain is only read as far as the bitmap goes.
        cluster = if left > 0 {
            boot.next(image, here)?
        } else {
            None
        };
    }
    Ok(free)
}
