//! What a dispatch says of itself, held against what is there.

use formats::receipt::PIECES_MAX;
use formats::{DispatchId, Manifest, PieceNo, Receipt, ReceiptKind, ReceiptPiece};
use ledger::Digest;
use newsroom::BlobId;
use store::PieceRecord;

/// The code of what is sealed to no key that is here.
pub(crate) const SEALED: &str = "does-not-open";

/// Why a whole dispatch cannot be read. The code goes into the record and says nothing about sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Contradiction {
    #[error("its pieces do not open")]
    Sealed,
    #[error("its manifest cannot be understood")]
    Manifest,
    #[error("its manifest has another place than it says")]
    Place,
    #[error("its pieces are not those that its manifest names")]
    Pieces,
    #[error("an item is not the one that its manifest names")]
    Item,
}

impl Contradiction {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Sealed => SEALED,
            Self::Manifest => "manifest-malformed",
            Self::Place => "manifest-misplaced",
            Self::Pieces => "pieces-missing",
            Self::Item => "item-differs",
        }
    }
}

/// The pieces of one item, in order.
pub(crate) fn blobs_of(
    pieces: &[PieceRecord],
    range: (PieceNo, PieceNo),
) -> Result<Vec<BlobId>, Contradiction> {
    (range.0.0..=range.1.0)
        .map(|no| {
            let piece = pieces.iter().find(|piece| piece.no == PieceNo(no));
            let authentic = piece.and_then(|piece| piece.authentic);
            authentic.map(|(_, blob)| blob).ok_or(Contradiction::Pieces)
        })
        .collect()
}

/// The last piece, if it is there and says that it is the last.
pub(crate) fn last_piece(pieces: &[PieceRecord]) -> Result<(PieceNo, BlobId), Contradiction> {
    let last = pieces
        .iter()
        .find(|piece| piece.last && piece.authentic.is_some());
    last.and_then(|piece| Some((piece.no, piece.authentic?.1)))
        .ok_or(Contradiction::Pieces)
}

/// Reads a manifest and checks that it stands where it says.
pub(crate) fn read(no: PieceNo, plaintext: &[u8]) -> Result<Manifest, Contradiction> {
    let manifest = Manifest::decode(plaintext).map_err(|_| Contradiction::Manifest)?;
    if manifest.own_number() != no {
        return Err(Contradiction::Place);
    }
    Ok(manifest)
}

/// The place of each item in the order in which the reporter wants them seen.
pub(crate) fn places(manifest: &Manifest) -> Vec<u32> {
    let mut places = vec![0; manifest.items.len()];
    for (place, at) in (0_u32..).zip(&manifest.order) {
        if let Some(known) = places.get_mut(*at as usize) {
            *known = place;
        }
    }
    places
}

/// The receipts that name every authentic piece: one, or several when one cannot hold them all. The
/// last is of the kind asked for, those before it say `Have`.
pub(crate) fn receipts(
    dispatch: DispatchId,
    kind: ReceiptKind,
    pieces: &[PieceRecord],
) -> Vec<Receipt> {
    let named: Vec<ReceiptPiece> = pieces
        .iter()
        .filter_map(|piece| {
            let (digest, _) = piece.authentic?;
            Some(ReceiptPiece {
                piece: piece.no,
                digest,
            })
        })
        .collect();
    let count = named.len().div_ceil(PIECES_MAX);
    let receipt = |(at, pieces): (usize, &[ReceiptPiece])| Receipt {
        kind: if at + 1 == count {
            kind
        } else {
            ReceiptKind::Have
        },
        dispatch,
        pieces: pieces.to_vec(),
    };
    named.chunks(PIECES_MAX).enumerate().map(receipt).collect()
}

/// Whether what was read is the item that the manifest names. Of a recording that was cut off nobody knows the whole's
/// hash; there it is the number of bytes, and that each piece is authentic in its place.
pub(crate) fn check_item(
    item: &formats::Item,
    bytes: u64,
    sha256: Digest,
) -> Result<(), Contradiction> {
    if item.bytes == bytes && item.sha256.is_none_or(|whole| whole == sha256) {
        Ok(())
    } else {
        Err(Contradiction::Item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(no: u32, last: bool, authentic: bool) -> PieceRecord {
        PieceRecord {
            no: PieceNo(no),
            last,
            k: 1,
            shards: 1,
            authentic: authentic.then(|| {
                let mut digest = [1; 32];
                digest[..4].copy_from_slice(&no.to_be_bytes());
                (Digest(digest), BlobId::from_bytes([9; 16]))
            }),
        }
    }

    #[test]
    fn an_item_needs_each_of_its_pieces() {
        let pieces = [
            piece(0, false, true),
            piece(1, false, true),
            piece(2, false, false),
        ];
        assert_eq!(
            blobs_of(&pieces, (PieceNo(0), PieceNo(1))).unwrap().len(),
            2
        );
        for range in [(1, 2), (2, 2), (3, 3)] {
            let range = (PieceNo(range.0), PieceNo(range.1));
            assert_eq!(blobs_of(&pieces, range), Err(Contradiction::Pieces));
        }
        assert_eq!(last_piece(&pieces), Err(Contradiction::Pieces));
        assert_eq!(last_piece(&[piece(3, true, true)]).unwrap().0, PieceNo(3));
        assert_eq!(
            last_piece(&[piece(3, true, false)]),
            Err(Contradiction::Pieces)
        );
    }

    #[test]
    fn receipts_name_exactly_what_is_stored() {
        let dispatch = DispatchId([4; 16]);
        let mut pieces: Vec<PieceRecord> = (0..u32::try_from(PIECES_MAX).unwrap())
            .map(|no| piece(no, false, true))
            .collect();
        pieces.push(piece(5_000, false, false));
        let one = receipts(dispatch, ReceiptKind::Complete, &pieces);
        assert_eq!(one.len(), 1);
        assert_eq!(
            (one[0].kind, one[0].pieces.len()),
            (ReceiptKind::Complete, PIECES_MAX)
        );
        assert!(one[0].encode().is_ok());

        pieces.push(piece(5_001, true, true));
        let two = receipts(dispatch, ReceiptKind::Complete, &pieces);
        assert_eq!(
            (two[0].kind, two[1].kind),
            (ReceiptKind::Have, ReceiptKind::Complete)
        );
        assert_eq!(two[1].pieces[0].piece, PieceNo(5_001));
        assert!(receipts(dispatch, ReceiptKind::Have, &[piece(0, false, false)]).is_empty());
    }

    #[test]
    fn a_manifest_stands_where_it_says() {
        let manifest = Manifest::new(Vec::new(), "n".into(), 0).encode().unwrap();
        assert!(read(PieceNo(1), &manifest).is_ok());
        assert_eq!(read(PieceNo(2), &manifest), Err(Contradiction::Place));
        assert_eq!(read(PieceNo(1), b"{}"), Err(Contradiction::Manifest));
    }
}
