//! What a drop answers, read by a field or a desk that does not trust it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::{CELL_BYTES, LogPosition, LogQuery, Missing, Problem, Registered, Stored};

fuzz_target!(|data: &[u8]| {
    if let Ok(stored) = Stored::decode(data, 64) {
        assert!(stored.stored <= 64);
        assert_eq!(Stored::decode(&stored.encode(), 64), Ok(stored));
    }
    if let Ok(registered) = Registered::decode(data, 9) {
        assert!(registered.registered <= 9);
    }
    if let Ok(missing) = Missing::decode(data, 64) {
        assert!(missing.missing.iter().all(|position| *position < 64));
        assert_eq!(Missing::decode(&missing.encode(), 64), Ok(missing));
    }
    if let Ok(problem) = Problem::decode(data) {
        assert_eq!(Problem::decode(&problem.encode()), Ok(problem));
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Some((next, size)) = text.split_once(' ') else {
        return;
    };
    let asked = LogQuery { from: 7, limit: 3 };
    if let Ok(position) = LogPosition::decode(Some(next), Some(size), asked, 2 * CELL_BYTES) {
        assert!(position.next == 9 && position.size >= 9);
    }
});
