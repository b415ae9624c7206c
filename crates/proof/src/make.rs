//! Making proofs: statements go into the log as salted leaves, in batches of one size, among fillers
//! that nobody can tell from them.

use formats::{LogProof, ProofFile, Statement, proof_file, statement};
use ledger::{Digest, Log, LogError, LogSigner, Storage, commitment};
use rand_core::{CryptoRng, RngCore};
use thiserror::Error;

/// Every append has a multiple of this many leaves, so that the log does not show how many files a story had.
pub const BATCH: usize = 16;

/// The domain of the commitment to a receipt: what came in, and when.
pub const RECEIPT_DOMAIN: &str = "fh1/receipt";

/// The domain of the commitment to a redaction plan: what was done to the original.
pub const PLAN_DOMAIN: &str = "fh1/plan";

/// Why no proof could be made.
#[derive(Debug, Error)]
pub enum MakeError {
    /// The statement breaks a rule of its format.
    #[error("the statement for story {story} cannot be written")]
    Statement {
        /// The story's public id.
        story: String,
        /// The rule.
        source: formats::DecodeError,
    },
    /// The log refused or failed.
    #[error("the statement log cannot take the statements")]
    Log(#[from] LogError),
    /// The finished proof breaks a rule of its format.
    #[error("the proof file for story {story} cannot be written")]
    Proof {
        /// The story's public id.
        story: String,
        /// The rule.
        source: formats::DecodeError,
    },
    /// The clock shows a time before 1970.
    #[error("the clock shows a time before 1970; set it and publish again")]
    Clock,
}

/// A statement with its salt, which the caller stores before it is logged: after a crash the same
/// pair finds its place in the log again instead of being logged twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// What is stated.
    pub statement: Statement,
    /// 32 random bytes of one use.
    pub salt: [u8; 32],
}

impl Pending {
    /// A statement with a fresh salt.
    pub fn new(statement: Statement, rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut salt = [0; 32];
        rng.fill_bytes(&mut salt);
        Self { statement, salt }
    }

    fn leaf(&self) -> Result<Vec<u8>, MakeError> {
        let leaf = self
            .statement
            .leaf(&self.salt)
            .map_err(|source| MakeError::Statement {
                story: self.statement.story.clone(),
                source,
            })?;
        Ok(leaf.as_bytes().to_vec())
    }
}

/// The salted commitment to the digest of a receipt. The salt stays in the sealed record.
#[must_use]
pub fn receipt_commitment(salt: &[u8; 32], receipt: &Digest) -> Digest {
    commitment(RECEIPT_DOMAIN, salt, receipt)
}

/// The salted commitment to the digest of a redaction plan. The salt stays in the sealed record.
#[must_use]
pub fn plan_commitment(salt: &[u8; 32], plan: &Digest) -> Digest {
    commitment(PLAN_DOMAIN, salt, plan)
}

/// Logs statements and gives a proof for each, in their order.
///
/// Those that an earlier, interrupted call logged already keep their place. `now` is in microseconds
/// since 1970 UTC. When nothing is new, nothing is appended and the present head is used.
///
/// # Errors
/// [`MakeError`]; after an error of the log it wants opening again.
pub fn log_statements<S: Storage>(
    log: &mut Log<S>,
    signer: &LogSigner,
    pending: &[Pending],
    rng: &mut (impl RngCore + CryptoRng),
    now: i64,
) -> Result<Vec<ProofFile>, MakeError> {
    let clock = u64::try_from(now / 1_000_000).map_err(|_| MakeError::Clock)?;
    let leaves = pending
        .iter()
        .map(Pending::leaf)
        .collect::<Result<Vec<_>, _>>()?;
    let missing: Vec<Vec<u8>> = log
        .find(&leaves)?
        .into_iter()
        .zip(&leaves)
        .filter(|(found, _)| found.is_none())
        .map(|(_, leaf)| leaf.clone())
        .collect();
    if !missing.is_empty() {
        log.append(signer, &padded(missing, rng), clock)?;
    }
    let places = log.find(&leaves)?;
    pending
        .iter()
        .zip(places)
        .map(|(pending, place)| prove(log, pending, place))
        .collect()
}

/// Fills up to a multiple of [`BATCH`] with random leaves and shuffles.
fn padded(mut leaves: Vec<Vec<u8>>, rng: &mut (impl RngCore + CryptoRng)) -> Vec<Vec<u8>> {
    let wanted = leaves.len().next_multiple_of(BATCH);
    while leaves.len() < wanted {
        let mut filler = vec![0; 32];
        rng.fill_bytes(&mut filler);
        leaves.push(filler);
    }
    for last in (1..leaves.len()).rev() {
        let bound = last as u64 + 1;
        // 64 random bits over a few dozen places: the bias is far below anything observable.
        let pick = usize::try_from(rng.next_u64() % bound).unwrap_or(last);
        leaves.swap(last, pick);
    }
    leaves
}

fn prove<S: Storage>(
    log: &Log<S>,
    pending: &Pending,
    place: Option<u64>,
) -> Result<ProofFile, MakeError> {
    let index = place.ok_or(LogError::NoEntry(log.size()))?;
    let inclusion = log.inclusion(index)?;
    let proof = ProofFile {
        log: LogProof {
            checkpoint: log.head().note().to_owned(),
            index,
            key: log.verifier().to_string(),
            origin: log.verifier().origin().to_owned(),
            path: inclusion.path,
        },
        salt: Digest(pending.salt),
        statement: pending.statement.clone(),
        version: proof_file::VERSION,
    };
    debug_assert_eq!(proof.statement.version, statement::VERSION);
    proof.encode().map_err(|source| MakeError::Proof {
        story: pending.statement.story.clone(),
        source,
    })?;
    Ok(proof)
}
