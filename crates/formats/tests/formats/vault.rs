//! Vault headers: vectors, properties, and the division of every size.

use formats::vault::{self, BLOCK, Header, Layout, Other, Root};
use keys::{HeaderKey, StateKey, VaultKey};
use proptest::prelude::*;

use crate::vectors::{cut_and_grown, replay};

fn root(generation: u64, area: u8) -> Root {
    Root {
        generation,
        exchanged: false,
        area,
        blocks: 4,
        length: 200_000,
        vault_key: VaultKey::from_bytes([0x11; 32]),
        state_key: StateKey::from_bytes([0x22; 32]),
    }
}

fn both() -> Header {
    Header {
        root: Root {
            exchanged: true,
            ..root(7, 1)
        },
        other: Some(Other {
            key: HeaderKey::from_bytes([0x33; 32]),
            root: root(7, 2),
        }),
    }
}

#[test]
fn vault_headers() {
    let alone = Header {
        root: root(1, 3),
        other: None,
    };
    let (alone, both) = (alone.encode().to_vec(), both().encode().to_vec());
    let with = |good: &[u8], at: usize, value: u8| {
        let mut bytes = good.to_vec();
        bytes[at] = value;
        bytes
    };
    let mut bad = cut_and_grown(&alone);
    bad.extend([
        ("version 2", with(&alone, 0, 2)),
        ("unknown flag", with(&alone, 1, 4)),
        ("reserved byte 6", with(&alone, 6, 1)),
        ("reserved byte 23", with(&alone, 23, 1)),
        ("area 4", with(&alone, 2, 4)),
        ("reserved byte 3", with(&alone, 3, 1)),
        ("more blocks than an area", with(&alone, 4, 2)),
        ("more bytes than its blocks", with(&alone, 16, 1)),
        ("no snapshot", {
            let mut bytes = alone.clone();
            bytes[16..20].fill(0);
            bytes
        }),
        ("bytes of another without its flag", with(&alone, 207, 1)),
        ("its flag without another", with(&alone, 1, 2)),
        ("the other's version", with(&both, 120, 9)),
        ("an other of the other", with(&both, 121, 2)),
        ("the other in the same pair", with(&both, 122, 0)),
    ]);
    let good = vec![("one vault", alone), ("one that keeps another", both)];
    replay("vault-header", good, bad, |bytes| {
        Header::decode(bytes).map(|header| header.encode().to_vec())
    });
}

#[test]
fn every_block_of_every_size_has_one_use() {
    for blocks in [40, 41, 64, 255, 256, 1_024, 4_096, 1 << 14, 1 << 20] {
        let layout = Layout::of(u64::from(blocks) * BLOCK as u64).unwrap();
        assert_eq!(layout.blocks(), blocks);
        let mut used = vec![0];
        for copy in [false, true] {
            used.extend([false, true].map(|second| layout.header(second, copy)));
        }
        used.extend(layout.journal()..layout.journal() + vault::JOURNAL);
        for area in 0..vault::AREAS {
            used.extend(layout.area(area)..layout.area(area) + layout.area_blocks());
        }
        used.extend(layout.slots());
        assert_eq!(used, (0..blocks).collect::<Vec<_>>());
        assert!(layout.slots().len() >= 11);
    }
    for bytes in [
        0,
        1,
        65_535,
        39 * 65_536,
        40 * 65_536 + 1,
        (1 << 36) + 65_536,
        u64::MAX,
    ] {
        assert!(Layout::of(bytes).is_err(), "{bytes}");
    }
    assert!(vault::SIZES.iter().all(|size| Layout::of(*size).is_ok()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..Default::default() })]

    #[test]
    fn vault_headers_come_back(
        generation: u64, exchanged: bool, area in 0_u8..4, blocks in 1_u16..=256, other: bool, keys: [u8; 32],
    ) {
        let make = |area| Root {
            generation, exchanged, area, blocks, length: u32::from(blocks) * 60_000,
            vault_key: VaultKey::from_bytes(keys), state_key: StateKey::from_bytes(keys),
        };
        let other = other.then(|| Other { key: HeaderKey::from_bytes(keys), root: make(area ^ 2) });
        let bytes = Header { root: make(area), other }.encode();
        let read = Header::decode(bytes.as_slice()).unwrap();
        prop_assert_eq!(read.encode().to_vec(), bytes.to_vec());
        prop_assert_eq!((read.root.generation, read.root.blocks), (generation, blocks));
    }
}
