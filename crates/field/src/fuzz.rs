//! The decoder of the state, for its fuzz target and the plain test that replays it.

use crate::state::State;

/// A state's snapshot, opened: what is read is written back the same.
///
/// # Panics
/// When something that must hold does not.
pub fn state(data: &[u8]) {
    if let Ok(state) = State::decode(data) {
        let again = state.encode().map(|writer| writer.0.to_vec());
        assert_eq!(again.as_deref(), Ok(data), "one encoding");
    }
}
