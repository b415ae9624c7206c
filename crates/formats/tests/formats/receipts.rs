//! Receipts in their cells: one pair opens one cell, and everything else is noise or an error.

use formats::{Cell, ReceiptError, ReceiptKind, ReceiptPiece, open_receipt, seal_receipt};
use formats::{PieceNo, receipt::PIECES_MAX};
use ledger::sha256;

use crate::make;

#[test]
fn a_receipt_reaches_its_pair_alone() {
    let keys = make::reply_keys(1);
    let receipt = make::receipt(ReceiptKind::Complete);
    let (address, cell) = seal_receipt(&receipt, &keys.pair(), &mut make::rng(1)).unwrap();
    assert_eq!(address, keys.secret.mailbox());
    assert_eq!(
        open_receipt(&cell, &keys.identity, &keys.secret).unwrap(),
        receipt
    );
    let other = make::reply_keys(2);
    let outcome = open_receipt(&cell, &other.identity, &other.secret);
    assert!(matches!(outcome, Err(ReceiptError::NotForThisPair)));
    // The secret without the identity unveils and does not open.
    let outcome = open_receipt(&cell, &other.identity, &keys.secret);
    assert!(matches!(outcome, Err(ReceiptError::Sealed(_))));
}

#[test]
fn g02_forged_without_the_secret_is_noise() {
    let keys = make::reply_keys(1);
    // The forger knows the recipient and every byte of the format, and not the secret.
    let forger = keys::ReplyPair {
        recipient: keys.identity.recipient(),
        secret: keys::ReplySecret::from_bytes([9; 32]),
    };
    let receipt = make::receipt(ReceiptKind::Wipe);
    let (_, cell) = seal_receipt(&receipt, &forger, &mut make::rng(1)).unwrap();
    let outcome = open_receipt(&cell, &keys.identity, &keys.secret);
    assert!(matches!(outcome, Err(ReceiptError::NotForThisPair)));
    let noise = Cell::from_slice(&make::noise(3, formats::CELL)).unwrap();
    let outcome = open_receipt(&noise, &keys.identity, &keys.secret);
    assert!(matches!(outcome, Err(ReceiptError::NotForThisPair)));
}

#[test]
fn every_flipped_byte_is_noticed() {
    let keys = make::reply_keys(1);
    let receipt = make::receipt(ReceiptKind::Have);
    let (_, cell) = seal_receipt(&receipt, &keys.pair(), &mut make::rng(1)).unwrap();
    for at in (0..formats::CELL)
        .step_by(1_021)
        .chain([24, 95, 96, 111, 112, 65_535])
    {
        let mut bytes = *cell.as_bytes();
        bytes[at] ^= 4;
        let hurt = Cell::from_slice(&bytes).unwrap();
        assert!(
            open_receipt(&hurt, &keys.identity, &keys.secret).is_err(),
            "byte {at}"
        );
    }
}

#[test]
fn the_longest_receipt_fits_one_cell() {
    let keys = make::reply_keys(1);
    let mut receipt = make::receipt(ReceiptKind::Have);
    let numbers = 0..u32::try_from(PIECES_MAX).unwrap();
    let entry = |n: u32| ReceiptPiece {
        piece: PieceNo(n),
        digest: sha256(&n.to_be_bytes()),
    };
    receipt.pieces = numbers.map(entry).collect();
    let (_, cell) = seal_receipt(&receipt, &keys.pair(), &mut make::rng(1)).unwrap();
    assert_eq!(
        open_receipt(&cell, &keys.identity, &keys.secret).unwrap(),
        receipt
    );
    receipt.pieces.push(entry(99_999));
    assert!(seal_receipt(&receipt, &keys.pair(), &mut make::rng(1)).is_err());
}
