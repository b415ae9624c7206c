//! The protocol's codecs: what they make they read back, and what is not theirs they refuse by name.

use proptest::prelude::*;
use wire::{
    CELL_BYTES, CellHash, Confirmation, DeskToken, LogPosition, LogQuery, MAX_HASHES_PER_ASK,
    MAX_JSON_BYTES, MailboxAddress, Missing, MissingRequest, Problem, ProblemKind, Registered,
    SessionSecret, SessionToken, Stored, TokenHash, TokenRegistration, WireError,
};

/// SHA-256 of 32 zero bytes: the hash under which the token of zeros is registered.
const HASH_OF_ZEROS: &str = "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925";

#[test]
fn tokens_are_registered_by_sha256() {
    let token = SessionToken::from_bytes([0; 32]);
    assert_eq!(token.hash().to_string(), HASH_OF_ZEROS);
    assert_eq!(
        SessionSecret::from_bytes([0; 32]).hash().to_string(),
        HASH_OF_ZEROS
    );
    assert_eq!(CellHash::of(&[0; 32]).to_string(), HASH_OF_ZEROS);
    assert_eq!(
        token.bearer().as_str(),
        format!("Bearer {}", "0".repeat(64))
    );
}

#[test]
fn nothing_prints_a_value() {
    assert_eq!(
        format!("{:?}", SessionToken::from_bytes([7; 32])),
        "SessionToken(..)"
    );
    assert_eq!(
        format!("{:?}", SessionSecret::from_bytes([7; 32])),
        "SessionSecret(..)"
    );
    assert_eq!(
        format!("{:?}", DeskToken::from_bytes([7; 32])),
        "DeskToken(..)"
    );
    assert_eq!(
        format!("{:?}", TokenHash::from_bytes([7; 32])),
        "TokenHash(..)"
    );
    assert_eq!(
        format!("{:?}", MailboxAddress::from_bytes([7; 32])),
        "MailboxAddress(..)"
    );
}

#[test]
fn bearer_is_strict() {
    let digits = "0".repeat(64);
    assert!(SessionToken::from_bearer(format!("Bearer {digits}").as_bytes()).is_ok());
    let upper = "A".repeat(64);
    for wrong in [
        digits.clone(),
        format!("bearer {digits}"),
        format!("Bearer  {digits}"),
        format!("Bearer {digits}0"),
        format!("Bearer {digits} "),
        format!("Bearer {upper}"),
        "Bearer ".to_owned(),
        String::new(),
        "Bearer é".to_owned(),
    ] {
        assert_eq!(
            SessionToken::from_bearer(wrong.as_bytes()).err(),
            Some(WireError::NotBearer)
        );
    }
}

#[test]
fn hex_is_lowercase_and_whole() {
    let not_hex = Some(WireError::NotHex {
        what: "a mailbox address",
    });
    for wrong in [
        "",
        "00",
        &"g".repeat(64),
        &"A".repeat(64),
        &"0".repeat(63),
        &"0".repeat(66),
    ] {
        assert_eq!(wrong.parse::<MailboxAddress>().err(), not_hex, "{wrong}");
    }
    assert_eq!(
        wire::mailbox_path(&MailboxAddress::from_bytes([0xab; 32])),
        format!("/v1/mailbox/{}", "ab".repeat(32))
    );
}

#[test]
fn json_answers_are_strict() {
    assert_eq!(Stored { stored: 3 }.encode(), br#"{"stored":3}"#);
    assert_eq!(
        Stored::decode(br#"{"stored":3}"#, 3),
        Ok(Stored { stored: 3 })
    );
    let too_many = Stored::decode(br#"{"stored":4}"#, 3);
    assert!(matches!(
        too_many,
        Err(WireError::BadList { what: "stored", .. })
    ));
    for wrong in [
        r#"{"stored":-1}"#,
        r#"{"stored":1.0}"#,
        r#"{"stored":1,"more":1}"#,
        r#"{"stored":1,"stored":1}"#,
        r#"{"stored":1}x"#,
        r#"{"stored":4294967296}"#,
        r#"{}"#,
        r#"[]"#,
        "",
        "{",
    ] {
        let error = Stored::decode(wrong.as_bytes(), 64).unwrap_err();
        assert!(
            matches!(error, WireError::BadJson { .. }),
            "{wrong}: {error}"
        );
    }
    let registered = Registered::decode(br#"{"registered":2}"#, 1);
    assert!(matches!(
        registered,
        Err(WireError::BadList {
            what: "registered",
            ..
        })
    ));
}

#[test]
fn missing_positions_ascend_and_were_asked() {
    let read = |text: &str| Missing::decode(text.as_bytes(), 4);
    assert_eq!(read(r#"{"missing":[]}"#), Ok(Missing { missing: vec![] }));
    assert_eq!(
        read(r#"{"missing":[0,3]}"#),
        Ok(Missing {
            missing: vec![0, 3]
        })
    );
    for wrong in [
        r#"{"missing":[3,0]}"#,
        r#"{"missing":[1,1]}"#,
        r#"{"missing":[4]}"#,
    ] {
        assert!(
            matches!(read(wrong), Err(WireError::BadList { .. })),
            "{wrong}"
        );
    }
}

#[test]
fn json_has_a_largest_size() {
    let bytes = MAX_JSON_BYTES + 1;
    let error = TokenRegistration::decode(&vec![b' '; bytes]).unwrap_err();
    assert_eq!(
        error,
        WireError::TooLarge {
            bytes,
            max: MAX_JSON_BYTES
        }
    );
}

#[test]
fn quotas_and_confirmations_are_strict() {
    let hash = HASH_OF_ZEROS;
    let read = |text: String| TokenRegistration::decode(text.as_bytes());
    let plain = read(format!(r#"{{"hashes":["{hash}"]}}"#)).unwrap();
    assert_eq!(plain.quota_cells(), None);
    let some = read(format!(r#"{{"bytes":131072,"hashes":["{hash}"]}}"#)).unwrap();
    assert_eq!(some.quota_cells(), Some(2));
    assert_eq!(TokenRegistration::decode(&some.encode()), Ok(some));
    for wrong in ["65535", "-1", "\"1\""] {
        assert!(
            read(format!(r#"{{"bytes":{wrong},"hashes":["{hash}"]}}"#)).is_err(),
            "{wrong}"
        );
    }
    let confirmed = Confirmation { below: u64::MAX };
    assert_eq!(Confirmation::decode(&confirmed.encode()), Ok(confirmed));
    for wrong in [
        r#"{"below":-1}"#,
        r#"{"below":1,"more":1}"#,
        r#"{}"#,
        "1",
        "",
    ] {
        assert!(Confirmation::decode(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn hash_lists_are_whole_and_bounded() {
    assert!(matches!(
        MissingRequest::new(vec![]),
        Err(WireError::BadHashList { bytes: 0, .. })
    ));
    for wrong in [0, 1, 31, 33, (MAX_HASHES_PER_ASK + 1) * 32] {
        let error = MissingRequest::decode(&vec![0; wrong]).unwrap_err();
        assert_eq!(
            error,
            WireError::BadHashList {
                bytes: wrong,
                max: MAX_HASHES_PER_ASK
            }
        );
    }
    assert!(MissingRequest::decode(&vec![0; MAX_HASHES_PER_ASK * 32]).is_ok());
}

#[test]
fn log_queries_are_strict() {
    let query = |from, limit| Ok(LogQuery { from, limit });
    assert_eq!(LogQuery::decode("from=7&limit=3"), query(7, 3));
    assert_eq!(LogQuery::decode("limit=3&from=7"), query(7, 3));
    assert_eq!(LogQuery::decode("from=0"), query(0, 256));
    assert_eq!(LogQuery::decode("from=0&limit=9999"), query(0, 256));
    for wrong in [
        "",
        "from",
        "from=",
        "from=-1",
        "from=+1",
        "from=1&from=1",
        "from=1&x=1",
        "limit=1",
        "from=1&limit=0",
        "from=99999999999999999999",
        "from=1&",
        "from=%31",
        "from=1 ",
    ] {
        assert!(
            matches!(LogQuery::decode(wrong), Err(WireError::BadQuery { .. })),
            "{wrong}"
        );
    }
}

#[test]
fn log_positions_agree_with_the_body() {
    let asked = LogQuery { from: 10, limit: 4 };
    let read =
        |next, size, cells: usize| LogPosition::decode(next, size, asked, cells * CELL_BYTES);
    assert_eq!(
        read(Some("12"), Some("12"), 2),
        Ok(LogPosition { next: 12, size: 12 })
    );
    for (next, size, cells) in [
        (None, Some("12"), 2),
        (Some("12"), None, 2),
        (Some("x"), Some("12"), 2),
        (Some("13"), Some("13"), 2),
        (Some("12"), Some("11"), 2),
        (Some("15"), Some("15"), 5),
    ] {
        assert!(matches!(
            read(next, size, cells),
            Err(WireError::BadPosition { .. })
        ));
    }
    let cut = LogPosition::decode(Some("10"), Some("12"), asked, CELL_BYTES - 1);
    assert!(matches!(cut, Err(WireError::BadPosition { .. })));
}

#[test]
fn problems_keep_their_kind_and_status() {
    for kind in ProblemKind::ALL {
        let problem = Problem::new(kind).with_detail("why").with_stored(3);
        let read = Problem::decode(&problem.encode()).unwrap();
        assert_eq!(read, problem);
        assert_eq!(read.kind(), Some(kind));
        assert!((400..500).contains(&read.status) || matches!(read.status, 503 | 507));
    }
    let newer = br#"{"type":"urn:firsthand:problem:new","title":"t","status":418,"extra":[1]}"#;
    assert_eq!(Problem::decode(newer).unwrap().kind(), None);
}

proptest! {
    #[test]
    fn what_is_made_is_read_back(hashes in prop::collection::vec(any::<[u8; 32]>(), 1..50)) {
        let cells: Vec<CellHash> = hashes.iter().copied().map(CellHash::from_bytes).collect();
        let request = MissingRequest::new(cells).unwrap();
        prop_assert_eq!(MissingRequest::decode(&request.encode()).unwrap(), request);

        let tokens: Vec<TokenHash> = hashes.iter().copied().map(TokenHash::from_bytes).collect();
        let registration = TokenRegistration::new(tokens).unwrap();
        prop_assert_eq!(TokenRegistration::decode(&registration.encode()).unwrap(), registration);

        let address = MailboxAddress::from_bytes(hashes[0]);
        prop_assert_eq!(address.to_string().parse::<MailboxAddress>().unwrap(), address);

        let token = DeskToken::from_bytes(hashes[0]);
        let read = DeskToken::from_bearer(token.bearer().as_bytes()).unwrap();
        prop_assert_eq!(read.expose_bytes(), token.expose_bytes());
    }

    #[test]
    fn missing_is_read_back(asked in 0..200usize, holes in prop::collection::btree_set(0..200u32, 0..50)) {
        let missing: Vec<u32> = holes.into_iter().filter(|hole| (*hole as usize) < asked).collect();
        let answer = Missing { missing };
        prop_assert_eq!(Missing::decode(&answer.encode(), asked).unwrap(), answer);
    }

    #[test]
    fn queries_are_read_back(from in 0..u64::MAX / 4, limit in 1..=256u32) {
        let path = wire::log_path(from, limit);
        let query = path.split_once('?').unwrap().1;
        prop_assert_eq!(LogQuery::decode(query).unwrap(), LogQuery { from, limit });
    }

    #[test]
    fn hostile_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Stored::decode(&bytes, 64);
        let _ = Missing::decode(&bytes, 64);
        let _ = Registered::decode(&bytes, 64);
        let _ = MissingRequest::decode(&bytes);
        let _ = TokenRegistration::decode(&bytes);
        let _ = Confirmation::decode(&bytes);
        let _ = Problem::decode(&bytes);
        let _ = SessionToken::from_bearer(&bytes);
        let _ = SessionSecret::from_hex(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        let _ = LogQuery::decode(&text);
        let _ = text.parse::<MailboxAddress>();
        let _ = LogPosition::decode(Some(&text), Some(&text), LogQuery { from: 0, limit: 1 }, bytes.len());
    }
}
