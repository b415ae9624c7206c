//! Make and check proofs: statement, log, findings.
