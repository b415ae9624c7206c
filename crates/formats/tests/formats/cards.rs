//! Replays the vectors of cards: boot sectors, made by other programs, and how shards are dealt.

use std::fs;
use std::io;
use std::path::PathBuf;

use formats::card::{Deal, Image, VolumeError, find_volume};
use serde_json::Value;

fn vectors(name: &str) -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors");
    serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap()
}

/// A card of which only the first sector is not empty.
struct Sector(Vec<u8>, u64);

impl Image for Sector {
    fn length(&self) -> u64 {
        self.1
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        into.fill(0);
        if at == 0 {
            into.copy_from_slice(&self.0);
        }
        Ok(())
    }
}

fn card(case: &Value) -> Sector {
    let digits = case["bytes"]
        .as_str()
        .unwrap()
        .strip_prefix("hex:")
        .unwrap();
    Sector(
        hex::decode(digits).unwrap(),
        case["length"].as_u64().unwrap(),
    )
}

#[test]
fn boot_sectors_are_read_and_refused_as_the_vectors_say() {
    let file = vectors("card-boot.json");
    let accept = file["accept"].as_array().unwrap();
    assert_eq!(accept.len(), 4);
    for case in accept {
        let volume = find_volume(&card(case)).unwrap();
        assert_eq!(Some(volume.heap), case["heap"].as_u64(), "{}", case["name"]);
        assert_eq!(Some(volume.cluster.into()), case["cluster"].as_u64());
        assert_eq!(Some(volume.clusters.into()), case["clusters"].as_u64());
        assert_eq!(format!("{:?}", volume.kind), case["kind"].as_str().unwrap());
    }
    let reject = file["reject"].as_array().unwrap();
    assert!(reject.len() > 10);
    for case in reject {
        let error = match find_volume(&card(case)).unwrap_err() {
            VolumeError::Unknown => "Unknown",
            VolumeError::Format(_) => "Format",
            VolumeError::Dirty => "Dirty",
            VolumeError::Read(_) => "Read",
        };
        assert_eq!(error, case["error"].as_str().unwrap(), "{}", case["name"]);
    }
}

#[test]
fn shards_are_dealt_as_the_vectors_say() {
    let number = |value: &Value| u16::try_from(value.as_u64().unwrap()).unwrap();
    for case in vectors("card-deal.json")["deals"].as_array().unwrap() {
        let deal = Deal {
            cards: number(&case["cards"]),
            need: number(&case["need"]),
            spare: number(&case["spare"]),
        };
        let (k, small) = (number(&case["k"]), case["small"].as_bool().unwrap());
        for card in 0..deal.cards {
            let share = deal.share(k, small, card);
            let expected = case["shares"].as_array().map(|shares| {
                let run = &shares[usize::from(card)];
                number(&run[0])..number(&run[1])
            });
            assert_eq!(share, expected, "{case}");
        }
    }
}
