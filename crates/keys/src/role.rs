//! The roles a hybrid key pair can have, as types.
//!
//! A recipient of one role is not a recipient of another: handing the archive's key to something that seals for
//! intake does not compile, and `crates/openers/tests/compile_fail` holds the compiler to that.

mod sealed {
    /// Keeps the set of roles closed: a new role is a decision about keys, taken in this crate.
    pub trait Sealed {}
}

/// A role of a hybrid post-quantum key pair. Implemented here and nowhere else.
pub trait Role: sealed::Sealed + Send + Sync + 'static {
    /// The role's name, for messages to people.
    const NAME: &'static str;
}

/// What reporters seal pieces to; opened at the desk while unlocked.
pub enum Intake {}

/// What the desk seals stored originals to.
pub enum Archive {}

impl sealed::Sealed for Intake {}
impl sealed::Sealed for Archive {}

impl Role for Intake {
    const NAME: &'static str = "intake";
}

impl Role for Archive {
    const NAME: &'static str = "archive";
}
