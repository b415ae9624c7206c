//! FAT12, FAT16 and FAT32: the boot sector, and which clusters every copy of the allocation table calls free.

use crate::card::volume::{
    CLUSTERS_MAX, Clusters, Image, Kind, SECTOR, Volume, VolumeError, u16_at, u32_at,
};
use crate::error::DecodeError;

const WHAT: &str = "FAT file system";
/// Bytes of an allocation table read at once; a whole number of entries of 12, 16 and 32 bits.
const STRETCH: usize = 48 * 1024;
/// Clusters below which the entries have 12 bits, and below which they have 16.
const FAT12_END: u32 = 4_085;
const FAT16_END: u32 = 65_525;

/// What the boot sector says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Boot {
    pub(crate) volume: Volume,
    /// Byte on the card at which the first allocation table begins.
    tables: u64,
    /// Bytes of one, and how many there are.
    table: u64,
    copies: u8,
    /// The flag that a system sets while it has the volume in use.
    in_use: bool,
}

/// Whether a sector may be a FAT boot sector: enough of its fields that a master boot record is never mistaken for one.
pub(crate) fn is_fat(sector: &[u8; SECTOR]) -> bool {
    let jump = matches!(sector[..3], [0xeb, _, 0x90] | [0xe9, _, _]);
    let media = sector[21] == 0xf0 || sector[21] >= 0xf8;
    jump && media && sector_bytes(sector).is_some() && sector[510..] == [0x55, 0xaa]
}

fn sector_bytes(sector: &[u8; SECTOR]) -> Option<u32> {
    let bytes = u16_at(sector, 11);
    matches!(bytes, 512 | 1_024 | 2_048 | 4_096).then_some(u32::from(bytes))
}

fn against(rule: &'static str) -> DecodeError {
    DecodeError::invalid(WHAT, rule)
}

impl Boot {
    pub(crate) fn decode(sector: &[u8; SECTOR], start: u64) -> Result<Self, DecodeError> {
        let unit =
            sector_bytes(sector).ok_or_else(|| against("a sector has 512 to 4,096 bytes"))?;
        let per_cluster = u32::from(sector[13]);
        if !per_cluster.is_power_of_two() {
            return Err(against("a cluster is a power of two of sectors"));
        }
        let (reserved, copies) = (u32::from(u16_at(sector, 14)), sector[16]);
        if reserved == 0 || !(1..=2).contains(&copies) {
            return Err(against("there are reserved sectors, and one or two tables"));
        }
        let (table16, table32) = (u32::from(u16_at(sector, 22)), u32_at(sector, 36));
        let roots = u32::from(u16_at(sector, 17));
        let wide = table16 == 0;
        let table = if wide { table32 } else { table16 };
        let total = match u16_at(sector, 19) {
            0 => u32_at(sector, 32),
            short => u32::from(short),
        };
        if wide && (roots != 0 || u16_at(sector, 42) != 0) || !wide && roots == 0 {
            return Err(against("the root directory lies where its version has it"));
        }
        let root_sectors = (roots * 32).div_ceil(unit);
        let heap = table
            .checked_mul(copies.into())
            .and_then(|tables| tables.checked_add(reserved)?.checked_add(root_sectors));
        let clusters = heap
            .and_then(|heap| total.checked_sub(heap))
            .map(|data| data / per_cluster);
        let (Some(heap), Some(clusters @ 1..=CLUSTERS_MAX)) = (heap, clusters) else {
            return Err(against("the clusters lie behind the tables"));
        };
        let kind = match clusters {
            _ if wide => Kind::Fat32,
            ..FAT12_END => Kind::Fat12,
            FAT12_END..FAT16_END => Kind::Fat16,
            _ => return Err(against("so many clusters need FAT32")),
        };
        let table = u64::from(table) * u64::from(unit);
        if table < table_bytes(kind, clusters) {
            return Err(against("a table has an entry for every cluster"));
        }
        Ok(Self {
            volume: Volume {
                kind,
                heap: start + u64::from(heap) * u64::from(unit),
                cluster: unit * per_cluster,
                clusters,
            },
            tables: start + u64::from(reserved) * u64::from(unit),
            table,
            copies,
            in_use: sector[if wide { 65 } else { 37 }] & 1 == 1,
        })
    }
}

/// Bytes of the entries of all clusters and of the two before them.
fn table_bytes(kind: Kind, clusters: u32) -> u64 {
    let entries = u64::from(clusters) + 2;
    match kind {
        Kind::Fat12 => (entries * 3).div_ceil(2),
        Kind::Fat16 => entries * 2,
        Kind::Fat32 | Kind::Exfat => entries * 4,
    }
}

/// The entries in a stretch of a table that begins with a whole one.
fn entries(kind: Kind, stretch: &[u8]) -> Box<dyn Iterator<Item = u32> + '_> {
    match kind {
        Kind::Fat12 => Box::new((0..stretch.len() * 2 / 3).map(|n| {
            let at = n / 2 * 3;
            let byte = |i: usize| u32::from(stretch.get(at + i).copied().unwrap_or(0xff));
            if n % 2 == 0 {
                byte(0) | (byte(1) & 0xf) << 8
            } else {
                byte(1) >> 4 | byte(2) << 4
            }
        })),
        Kind::Fat16 => Box::new(
            (stretch.as_chunks().0.iter()).map(|entry| u32::from(u16::from_le_bytes(*entry))),
        ),
        Kind::Fat32 | Kind::Exfat => Box::new(
            (stretch.as_chunks().0.iter()).map(|entry| u32::from_le_bytes(*entry) & 0x0fff_ffff),
        ),
    }
}

/// Whether the second entry's flag says that the volume was closed properly. FAT12 has none.
fn clean(kind: Kind, second: u32) -> bool {
    match kind {
        Kind::Fat12 => true,
        Kind::Fat16 => second & 0x8000 != 0,
        Kind::Fat32 | Kind::Exfat => second & 0x0800_0000 != 0,
    }
}

/// Clusters that every copy of the table calls free: where copies differ, somebody may count on either.
pub(crate) fn free_clusters(
    image: &(impl Image + ?Sized),
    boot: &Boot,
) -> Result<Clusters, VolumeError> {
    if boot.in_use {
        return Err(VolumeError::Dirty);
    }
    let (kind, count) = (boot.volume.kind, boot.volume.clusters);
    let mut free = Clusters::all(count);
    let mut room = vec![0; STRETCH];
    for copy in 0..u64::from(boot.copies) {
        let mut at = boot.tables + copy * boot.table;
        let end = at + table_bytes(kind, count);
        // Entries 0 and 1 belong to no cluster.
        let mut cluster = -2_i64;
        while at < end {
            let stretch = room
                .len()
                .min(usize::try_from(end - at).unwrap_or(usize::MAX));
            let stretch = &mut room[..stretch];
            image.read_at(at, stretch)?;
            at += stretch.len() as u64;
            for entry in entries(kind, stretch) {
                if cluster == -1 && !clean(kind, entry) {
                    return Err(VolumeError::Dirty);
                }
                if let (Ok(cluster), 1..) = (u32::try_from(cluster), entry) {
                    free.remove(cluster);
                }
                cluster += 1;
            }
        }
    }
    Ok(free)
}
