//! How long a film plays: wherever its header lies, however its bytes come.

use formats::film::Duration;
use proptest::prelude::*;

fn block(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 8).unwrap().to_be_bytes();
    [&size[..], name, body].concat()
}

fn long_block(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let size = (body.len() as u64 + 16).to_be_bytes();
    [&[0, 0, 0, 1][..], name, &size, body].concat()
}

fn header(scale: u32, length: u32) -> Vec<u8> {
    let body = [
        &[0; 12][..],
        &scale.to_be_bytes(),
        &length.to_be_bytes(),
        &[7; 80],
    ]
    .concat();
    block(b"mvhd", &body)
}

fn long_header(scale: u32, length: u64) -> Vec<u8> {
    let mut body = vec![1, 0, 0, 0];
    body.extend([0; 16]);
    body.extend(scale.to_be_bytes());
    body.extend(length.to_be_bytes());
    body.extend([7; 80]);
    block(b"mvhd", &body)
}

fn film(before: &[Vec<u8>], header: &[u8]) -> Vec<u8> {
    let mut bytes = block(b"ftyp", b"isom0000");
    before.iter().for_each(|one| bytes.extend(one));
    bytes.extend(block(
        b"moov",
        &[header, &block(b"trak", &[9; 40])].concat(),
    ));
    bytes
}

fn millis(bytes: &[u8]) -> Option<u64> {
    let mut duration = Duration::new();
    duration.push(bytes);
    duration.millis()
}

#[test]
fn the_header_is_found_wherever_it_lies() {
    assert_eq!(millis(&film(&[], &header(600, 7_530))), Some(12_550));
    let late = [
        block(b"mdat", &[0x55; 100_000]),
        long_block(b"free", &[1; 30]),
    ];
    assert_eq!(millis(&film(&late, &header(1_000, 61_000))), Some(61_000));
    assert_eq!(
        millis(&film(&late, &long_header(90_000, 90_000 * 7_200))),
        Some(7_200_000)
    );
    // An old QuickTime file begins with its media.
    let old = [
        block(b"wide", &[]),
        block(b"mdat", &[1; 99]),
        block(b"moov", &header(30, 45)),
    ]
    .concat();
    assert_eq!(millis(&old), Some(1_500));
}

#[test]
fn what_is_not_understood_has_no_length() {
    let to_the_end = [
        block(b"ftyp", b"isom"),
        vec![0, 0, 0, 0],
        b"mdat".to_vec(),
        header(1, 1),
    ]
    .concat();
    let impossible = [
        block(b"ftyp", b"isom"),
        vec![0, 0, 0, 5],
        b"free".to_vec(),
        header(1, 1),
    ]
    .concat();
    let outside = [block(b"ftyp", b"isom"), header(1, 1)].concat();
    let cases = [
        outside,
        b"\xff\xd8\xff\xe0 a photograph, and moov in it".to_vec(),
        header(1, 1),
        film(&[], &header(0, 5)),
        film(&[], &header(1_000, 0)),
        film(&[], &header(1_000, u32::MAX)),
        film(&[], &long_header(1, u64::MAX)),
        film(&[], &long_header(1, u64::MAX - 1)),
        film(&[], &block(b"mvhd", &[2; 100])),
        to_the_end,
        impossible,
        Vec::new(),
    ];
    for bytes in cases {
        assert_eq!(millis(&bytes), None, "{bytes:x?}");
    }
    let whole = film(&[], &header(600, 7_530));
    let end = 16 + 8 + 8 + 20;
    assert_eq!(millis(&whole[..end]), Some(12_550));
    assert_eq!(millis(&whole[..end - 1]), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..Default::default() })]

    #[test]
    fn however_the_bytes_come(scale in 1_u32.., length in 1_u32..u32::MAX, skipped in 0_usize..300, chunk in 1_usize..50) {
        let bytes = film(&[long_block(b"mdat", &vec![3; skipped])], &header(scale, length));
        let mut duration = Duration::new();
        bytes.chunks(chunk).for_each(|some| duration.push(some));
        let expected = u64::from(length) * 1_000 / u64::from(scale);
        prop_assert_eq!(duration.millis(), Some(expected).filter(|millis| *millis > 0));
        prop_assert_eq!(duration.millis(), millis(&bytes));
    }

    #[test]
    fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let film = [block(b"ftyp", b""), bytes].concat();
        let _ = millis(&film);
    }
}
