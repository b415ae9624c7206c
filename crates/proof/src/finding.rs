//! What checking found, graded: no single yes or no, because that would overclaim.

use std::collections::BTreeMap;

use serde::Serialize;

/// How a finding turned out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// It was checked and holds.
    Holds,
    /// It cannot be checked here, or is only somebody's word.
    Limited,
    /// It was checked and does not hold.
    Fails,
}

/// What a finding is about. The words belong to whoever shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The proof file cannot be read; `reason` says why.
    ProofUnreadable,
    /// The log's key in the proof is no key, or not that of the log it names.
    KeyMalformed,
    /// The checkpoint is not signed by the log's key; `reason` says why.
    CheckpointRefused,
    /// The statement stands in the log: `entry` of `entries`, counted from 1.
    StatementLogged,
    /// The statement does not stand in the log.
    StatementNotLogged,
    /// The file is byte for byte the one that was logged: `sha256`.
    FileUnchanged,
    /// The file is not the one that was logged: `sha256`, `expected`.
    FileChanged,
    /// The log, `log`, signed with `key`, which the reader gave.
    KeyMatches,
    /// The log, `log`, signed with `key`, which only the proof itself names.
    KeyUnconfirmed,
    /// The log signed with `key`, which is none of those the reader gave.
    KeyDiffers,
    /// Logged before `time` (seconds since 1970 UTC) by the log's own clock; nobody else stated it.
    LoggedBefore,
    /// The newsroom says that it published at `time` (seconds since 1970 UTC).
    PublishedAt,
    /// The newsroom's own assessment: `assessment`.
    Assessment,
    /// It replaces an earlier statement, `earlier`.
    Supersedes,
    /// What no proof of this kind shows.
    NotShown,
    /// A mirror's manifest is missing or not signed by the key; `reason` says why.
    ManifestRefused,
    /// A file of the mirror is not the one that the newsroom put there: `path`.
    MirrorFileChanged,
    /// A file of the site is not on the mirror: `path`.
    MirrorFileMissing,
    /// A file on the mirror is none of the newsroom's: `path`.
    MirrorFileForeign,
    /// As many more files, `count`, are changed, missing or foreign.
    MirrorMore,
    /// The mirror shows a state older than was asked for: decided at `time` (seconds since 1970 UTC).
    SiteStale,
    /// All `files` of the site are there, `bytes` in all, unchanged.
    SiteComplete,
    /// The site `site` is signed with `key` of `log`, which the reader gave.
    SiteSigned,
    /// What the mirror shows was decided at `time` (seconds since 1970 UTC), by the newsroom's clock.
    SiteAsOf,
    /// Whether the mirror also serves files of others cannot be seen from outside.
    SiteForeignUnknown,
    /// What checking a mirror does not show.
    SiteNotShown,
}

impl Code {
    /// The code as machines read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProofUnreadable => "proof-unreadable",
            Self::KeyMalformed => "key-malformed",
            Self::CheckpointRefused => "checkpoint-refused",
            Self::StatementLogged => "statement-logged",
            Self::StatementNotLogged => "statement-not-logged",
            Self::FileUnchanged => "file-unchanged",
            Self::FileChanged => "file-changed",
            Self::KeyMatches => "key-matches",
            Self::KeyUnconfirmed => "key-unconfirmed",
            Self::KeyDiffers => "key-differs",
            Self::LoggedBefore => "logged-before",
            Self::PublishedAt => "published-at",
            Self::Assessment => "assessment",
            Self::Supersedes => "supersedes",
            Self::NotShown => "not-shown",
            Self::ManifestRefused => "manifest-refused",
            Self::MirrorFileChanged => "mirror-file-changed",
            Self::MirrorFileMissing => "mirror-file-missing",
            Self::MirrorFileForeign => "mirror-file-foreign",
            Self::MirrorMore => "mirror-more",
            Self::SiteStale => "site-stale",
            Self::SiteComplete => "site-complete",
            Self::SiteSigned => "site-signed",
            Self::SiteAsOf => "site-as-of",
            Self::SiteForeignUnknown => "site-foreign-unknown",
            Self::SiteNotShown => "site-not-shown",
        }
    }

    /// The grade that goes with the code: a code never changes its meaning by its grade.
    #[must_use]
    pub const fn grade(self) -> Grade {
        match self {
            Self::StatementLogged
            | Self::FileUnchanged
            | Self::KeyMatches
            | Self::SiteComplete
            | Self::SiteSigned => Grade::Holds,
            Self::KeyUnconfirmed
            | Self::LoggedBefore
            | Self::PublishedAt
            | Self::Assessment
            | Self::Supersedes
            | Self::NotShown
            | Self::SiteAsOf
            | Self::SiteForeignUnknown
            | Self::SiteNotShown => Grade::Limited,
            Self::ProofUnreadable
            | Self::KeyMalformed
            | Self::CheckpointRefused
            | Self::StatementNotLogged
            | Self::FileChanged
            | Self::KeyDiffers
            | Self::ManifestRefused
            | Self::MirrorFileChanged
            | Self::MirrorFileMissing
            | Self::MirrorFileForeign
            | Self::MirrorMore
            | Self::SiteStale => Grade::Fails,
        }
    }
}

/// One graded finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How it turned out.
    pub grade: Grade,
    /// What it is about.
    pub code: Code,
    /// The values that its words need.
    pub args: BTreeMap<&'static str, String>,
}

/// Everything that checking found, what fails first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    pub(crate) const fn new() -> Self {
        Self {
            findings: Vec::new(),
        }
    }

    pub(crate) fn add<const N: usize>(&mut self, code: Code, args: [(&'static str, String); N]) {
        self.findings.push(Finding {
            grade: code.grade(),
            code,
            args: args.into(),
        });
    }

    /// Failures first, limits last; within a grade as they were found.
    pub(crate) fn sorted(mut self) -> Self {
        self.findings.sort_by_key(|finding| match finding.grade {
            Grade::Fails => 0,
            Grade::Holds => 1,
            Grade::Limited => 2,
        });
        self
    }

    /// The findings, what fails first.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether anything fails.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.verdict() == Grade::Fails
    }

    /// The worst grade: `limited` is the best that a proof without independent witnesses can reach.
    #[must_use]
    pub fn verdict(&self) -> Grade {
        self.findings
            .iter()
            .map(|finding| finding.grade)
            .max()
            .unwrap_or(Grade::Fails)
    }

    /// The finding with this code, if there is one.
    #[must_use]
    pub fn get(&self, code: Code) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.code == code)
    }
}
