//! What a drop is asked, by anybody: bodies, queries, addresses, tokens.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::{
    Confirmation, LogQuery, MailboxAddress, MissingRequest, SessionSecret, SessionToken, TokenRegistration,
};

fuzz_target!(|data: &[u8]| {
    if let Ok(request) = MissingRequest::decode(data) {
        assert_eq!(request.encode(), data);
    }
    if let Ok(registration) = TokenRegistration::decode(data) {
        let again = TokenRegistration::decode(&registration.encode());
        assert_eq!(again, Ok(registration));
    }
    if let Ok(confirmation) = Confirmation::decode(data) {
        assert_eq!(Confirmation::decode(&confirmation.encode()), Ok(confirmation));
    }
    if let Ok(token) = SessionToken::from_bearer(data) {
        assert_eq!(token.bearer().as_bytes(), data);
    }
    if let Ok(secret) = SessionSecret::from_hex(data) {
        assert_eq!(secret.expose_hex().as_bytes(), data);
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(address) = text.parse::<MailboxAddress>() {
        assert_eq!(address.to_string(), text);
    }
    if let Ok(query) = LogQuery::decode(text) {
        assert!((1..=256).contains(&query.limit));
        let path = wire::log_path(query.from, query.limit);
        assert_eq!(
            LogQuery::decode(path.split_once('?').map_or("", |parts| parts.1)),
            Ok(query)
        );
    }
});
