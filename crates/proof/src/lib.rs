//! Make and check proofs: what a stranger can know about a published file, offline and without an account.
//!
//! Making ([`log_statements`]) needs the newsroom's log and its signer; checking ([`check`]) needs a
//! file, a proof file and at best a key that the reader has from elsewhere. Neither needs a newsroom
//! to be asked. A proof shows custody: it never says that something happened, and never who sent it.

mod check;
mod finding;
mod make;
mod site;

pub use check::{CheckError, check};
pub use finding::{Code, Finding, Grade, Report};
pub use make::{
    BATCH, MakeError, PLAN_DOMAIN, Pending, RECEIPT_DOMAIN, log_statements, plan_commitment,
    receipt_commitment,
};
pub use site::{LIST, MANIFEST, Mirror, check_site};
