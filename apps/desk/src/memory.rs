//! Memory that stays in memory: no core dump, and nothing that another program of the same account may read.
//!
//! A core dump would put keys, passphrases and whatever is being looked at on the disk: after a crash, or because somebody
//! pressed Ctrl and backslash.

use std::io;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Keeps this process's memory to itself, from here on and for good.
pub(crate) fn keep_to_itself() -> io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)?;
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}
