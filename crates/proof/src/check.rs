//! Checking: a file, its proof, and the keys that the reader already has. No clock, no network.

use std::io::{self, Read};

use formats::{ProofFile, statement};
use ledger::{InclusionProof, LogVerifier, Sha256Writer, SignedCheckpoint, leaf_hash};
use thiserror::Error;

use crate::finding::{Code, Report};

/// Bytes read at a time: files of any size are checked in this much memory.
const CHUNK: usize = 128 * 1024;

/// Why a check could not be carried out at all.
#[derive(Debug, Error)]
pub enum CheckError {
    /// The file could not be read to its end.
    #[error("the file cannot be read")]
    Read(#[source] io::Error),
}

/// Checks `file` against the bytes of its proof file and the keys the reader trusts.
///
/// Everything that is wrong with the proof becomes a finding that fails; an error means only that
/// the file itself could not be read.
///
/// # Errors
/// [`CheckError::Read`].
pub fn check(
    file: &mut impl Read,
    proof: &[u8],
    trusted: &[LogVerifier],
) -> Result<Report, CheckError> {
    let mut report = Report::new();
    let proof = match ProofFile::decode(proof) {
        Ok(proof) => proof,
        Err(error) => {
            report.add(Code::ProofUnreadable, [("reason", error.to_string())]);
            return Ok(report);
        }
    };
    let logged = check_log(&proof, trusted, &mut report);
    let digest = read_through(file).map_err(CheckError::Read)?.finish();
    if digest != proof.statement.derivative {
        let expected = proof.statement.derivative.to_string();
        report.add(
            Code::FileChanged,
            [("sha256", digest.to_string()), ("expected", expected)],
        );
    } else if logged {
        report.add(Code::FileUnchanged, [("sha256", digest.to_string())]);
    }
    if logged {
        add_claims(&proof, &mut report);
    }
    report.add(Code::NotShown, []);
    Ok(report.sorted())
}

/// All of a file, hashed and counted, in constant memory.
pub(crate) fn read_through(file: &mut impl Read) -> io::Result<Sha256Writer> {
    let mut state = Sha256Writer::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(state),
            Ok(read) => state.update(&chunk[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Whether the statement stands in a log signed by the key that the proof names; who that is, is another finding.
fn check_log(proof: &ProofFile, trusted: &[LogVerifier], report: &mut Report) -> bool {
    let key = match proof.log.key.parse::<LogVerifier>() {
        Ok(key) if key.origin() == proof.log.origin => key,
        _ => {
            report.add(Code::KeyMalformed, []);
            return false;
        }
    };
    let head = match key.open(proof.log.checkpoint.as_bytes()) {
        Ok(head) => head,
        Err(error) => {
            report.add(Code::CheckpointRefused, [("reason", error.to_string())]);
            return false;
        }
    };
    if !stands_in(proof, &head) {
        report.add(Code::StatementNotLogged, []);
        return false;
    }
    let who = [("log", key.origin().to_owned()), ("key", key.to_string())];
    let code = match trusted {
        [] => Code::KeyUnconfirmed,
        keys if keys.contains(&key) => Code::KeyMatches,
        _ => Code::KeyDiffers,
    };
    report.add(code, who);
    let entry = (proof.log.index + 1).to_string();
    report.add(
        Code::StatementLogged,
        [("entry", entry), ("entries", head.size().to_string())],
    );
    report.add(Code::LoggedBefore, [("time", head.clock().to_string())]);
    true
}

fn stands_in(proof: &ProofFile, head: &SignedCheckpoint) -> bool {
    let Ok(leaf) = proof.statement.leaf(proof.salt.as_bytes()) else {
        return false;
    };
    let inclusion = InclusionProof {
        index: proof.log.index,
        size: head.size(),
        path: proof.log.path.clone(),
    };
    inclusion
        .check(&leaf_hash(leaf.as_bytes()), &head.root())
        .is_ok()
}

/// What the newsroom says and nobody else can confirm.
fn add_claims(proof: &ProofFile, report: &mut Report) {
    let statement = &proof.statement;
    let published = statement.published_at.div_euclid(1_000_000).to_string();
    report.add(Code::PublishedAt, [("time", published)]);
    let assessment = match statement.grade {
        statement::Grade::Confirmed => "confirmed",
        statement::Grade::Probable => "probable",
        statement::Grade::Contested => "contested",
        statement::Grade::Unverifiable => "unverifiable",
        statement::Grade::Unconfirmed => "unconfirmed",
    };
    report.add(Code::Assessment, [("assessment", assessment.to_owned())]);
    if let Some(earlier) = &statement.supersedes {
        report.add(Code::Supersedes, [("earlier", earlier.to_string())]);
    }
}
