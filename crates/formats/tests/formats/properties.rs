//! Properties over many values: what is encoded is read back, and any K shards restore.

use formats::cell::INDEX_END;
use formats::dispatch::Item;
use formats::{
    Bulletin, CellHeader, Choice, ChoiceKind, DispatchId, KitId, Manifest, PieceNo, Receipt,
    ReceiptKind, ReceiptPiece, Reply, SHARD, SealedPiece, SessionToken, SignedBulletin, Supply,
};
use keys::PieceTag;
use ledger::Digest;
use proptest::prelude::*;
use proptest::sample::subsequence;
use rand_chacha::rand_core::RngCore;

use crate::make;
use crate::pieces::assemble;

prop_compose! {
    fn header()(
        last: bool, forced: bool, index in 0..INDEX_END, length in 1_u32..=256 * SHARD as u32,
        piece in 1_u32.., kit: [u8; 8], dispatch: [u8; 16], tag: [u8; 24],
    ) -> CellHeader {
        CellHeader {
            last, forced, index, length,
            k: formats::cell::shards_for(length as usize).unwrap(),
            piece: PieceNo(piece), kit: KitId(kit), dispatch: DispatchId(dispatch), tag: PieceTag(tag),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn headers_come_back(header in header()) {
        prop_assert_eq!(CellHeader::decode(&header.encode()), Ok(header));
    }

    #[test]
    fn no_changed_header_is_read_as_the_same(header in header(), at in 0_usize..72, bit in 0_u8..8) {
        let mut bytes = header.encode();
        bytes[at] ^= 1 << bit;
        prop_assert_ne!(CellHeader::decode(&bytes), Ok(header));
    }

    #[test]
    fn receipts_come_back(kind in 0_usize..4, numbers in prop::collection::btree_set(any::<u32>(), 1..50), seed: u8) {
        let kind = [ReceiptKind::Have, ReceiptKind::Missing, ReceiptKind::Complete, ReceiptKind::Wipe][kind];
        let digest = if kind == ReceiptKind::Missing { [0; 32] } else { [seed | 1; 32] };
        let pieces = numbers.into_iter().map(|n| ReceiptPiece { piece: PieceNo(n), digest: Digest(digest) });
        let receipt = Receipt { kind, dispatch: DispatchId([seed; 16]), pieces: pieces.collect() };
        prop_assert_eq!(Receipt::decode(&receipt.encode().unwrap()), Ok(receipt));
    }

    #[test]
    fn manifests_come_back(
        names in prop::collection::vec("[^/\\\\\\p{C}]{1,40}", 0..6),
        counts in prop::collection::vec(1_u32..9, 6),
        note in "\\PC*",
        at in 0_i64..1 << 52,
        cut in prop::option::of(0_usize..6),
        previews: bool,
        held: bool,
    ) {
        let mut next = 1;
        let mut items: Vec<Item> = names.iter().zip(counts).enumerate().map(|(at, (name, count))| {
            let from = next;
            next += count;
            let sha256 = (cut != Some(at)).then(|| ledger::sha256(name.as_bytes()));
            Item {
                bytes: u64::from(count) * 1_000, captured_at: None, held: false, kind: String::new(), millis: None, name: name.clone(),
                pieces: (PieceNo(from), PieceNo(next - 1)), preview_of: None, sha256,
            }
        }).collect();
        if let [first, _, ..] = items.as_mut_slice() && previews {
            first.preview_of = Some(1);
        }
        if let [_, second, ..] = items.as_mut_slice() {
            second.held = held;
        }
        let manifest = Manifest::new(items, note, at);
        let bytes = manifest.encode().unwrap();
        prop_assert_eq!(manifest.own_number(), PieceNo(next));
        prop_assert_eq!(Manifest::decode(&bytes), Ok(manifest));
    }

    #[test]
    fn choices_come_back(
        want: bool, number in 1_u32.., seed in 1_u8..,
        numbers in prop::collection::btree_set(1_u32..1 << 24, 2..40),
    ) {
        let numbers: Vec<u32> = numbers.into_iter().collect();
        let kind = if want { ChoiceKind::Want } else { ChoiceKind::Decline };
        let items = numbers.as_chunks::<2>().0.iter().map(|[first, last]| (PieceNo(*first), PieceNo(*last)));
        let choice = Choice {
            kind, number, dispatch: DispatchId([seed; 16]), manifest: Digest([seed; 32]), items: items.collect(),
        };
        let bytes = choice.encode().unwrap();
        prop_assert_eq!(Choice::decode(&bytes), Ok(choice.clone()));
        prop_assert_eq!(Reply::decode(&bytes), Ok(Reply::Choice(choice)));
    }

    #[test]
    fn supplies_come_back(counts in prop::collection::vec(1_usize..40, 1..16), seed: u64) {
        let mut rng = make::rng(seed);
        let drops = counts.iter().enumerate().map(|(n, count)| {
            let tokens = (0..*count).map(|_| {
                let mut bytes = [0; 32];
                rng.fill_bytes(&mut bytes);
                SessionToken::from_bytes(bytes)
            });
            (format!("https://drop-{n}.example:{}", n + 1).parse().unwrap(), tokens.collect())
        });
        let bytes = Supply { drops: drops.collect() }.encode().unwrap();
        prop_assert_eq!(Supply::decode(&bytes).unwrap().encode().unwrap(), bytes);
    }

    #[test]
    fn bulletins_come_back(number in 1_u32.., at in 0_i64..1 << 50, epoch: u32, signers in prop::collection::btree_set(1_u8..4, 0..4)) {
        let bulletin = Bulletin {
            number, issued_at: at, valid_until: at + 1, intake_epoch: epoch, retired: Vec::new(),
            ..make::bulletin()
        };
        let draft = bulletin.draft().unwrap();
        let signed = signers.iter().fold(draft, |draft, n| draft.signed_by(&make::signing_key(*n)));
        let again = SignedBulletin::decode(&signed.encode()).unwrap();
        prop_assert_eq!(again.signers().count(), signers.len());
        let read = again.dangerously_read_unverified().unwrap();
        prop_assert_eq!((read.number, read.issued_at, read.intake_epoch), (number, at, epoch));
        prop_assert_eq!(again, signed);
    }

    #[test]
    fn noise_is_refused_and_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Receipt::decode(&bytes).is_err());
        prop_assert!(Manifest::decode(&bytes).is_err());
        prop_assert!(formats::Kit::decode(&bytes).is_err());
        prop_assert!(formats::Contact::decode(&bytes).is_err());
        prop_assert!(formats::ProofFile::decode(&bytes).is_err());
        prop_assert!(SignedBulletin::decode(&bytes).is_err());
        prop_assert!(Supply::decode(&bytes).is_err());
        prop_assert!(Choice::decode(&bytes).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_k_cells_restore_the_piece(
        (k, recovery, kept) in (1_usize..12, 0_usize..12).prop_flat_map(|(k, recovery)| {
            let all: Vec<usize> = (0..k + recovery).collect();
            (Just(k), Just(recovery), subsequence(all, k))
        }),
        short in 0_usize..SHARD, seed: u64,
    ) {
        let piece = SealedPiece::from_ciphertext(make::noise(seed, k * SHARD - short)).unwrap();
        let epoch = make::chain().epoch_keys();
        let recovery = u16::try_from(recovery).unwrap();
        let cells = piece.cells(&epoch, &make::place(1, false), recovery, &mut make::rng(seed)).unwrap();
        let kept: Vec<_> = kept.iter().map(|at| cells[*at].clone()).collect();
        let piece_again = assemble(&epoch, &kept).unwrap();
        prop_assert_eq!(piece_again.ciphertext, piece.ciphertext());
        prop_assert_eq!(assemble(&epoch, &kept[1..]), None);
    }
}
