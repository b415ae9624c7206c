//! The one error of all decoders here, so that a caller can tell "cut short" from "another version" from "tampered".

/// Why bytes were refused. Names the format and the rule, never the content: kits and contacts hold secrets, and
/// parser messages quote their input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Fewer bytes than the layout needs.
    #[error("{what} is cut short: {need} bytes needed, {got} there")]
    Truncated {
        /// The format.
        what: &'static str,
        /// Bytes the layout needs.
        need: usize,
        /// Bytes there.
        got: usize,
    },
    /// More than the format's limit.
    #[error("{what} is larger than its limit of {limit}: {got}")]
    Oversized {
        /// The format, or its part.
        what: &'static str,
        /// The limit, in the unit of the part.
        limit: usize,
        /// What was found.
        got: usize,
    },
    /// Bytes after the end.
    #[error("{what} has {extra} bytes after its end")]
    Trailing {
        /// The format.
        what: &'static str,
        /// How many bytes too many.
        extra: usize,
    },
    /// A version this program does not read.
    #[error("{what} has version {got}; this program reads version {expected}")]
    Version {
        /// The format.
        what: &'static str,
        /// The version this program reads.
        expected: u32,
        /// The version found.
        got: u32,
    },
    /// A kind that this program does not know yet.
    #[error("{what} is of kind {got}, which this program does not know; a newer one may")]
    UnknownKind {
        /// The format.
        what: &'static str,
        /// The kind found.
        got: u8,
    },
    /// Not this kind of file at all.
    #[error("this is not a {what}")]
    Magic {
        /// The format expected.
        what: &'static str,
    },
    /// The checksum does not match: the file was damaged on its way.
    #[error("{what} is damaged: its checksum does not match")]
    Checksum {
        /// The format.
        what: &'static str,
    },
    /// Bytes that must be zero are not.
    #[error("{what} has non-zero reserved bytes")]
    Reserved {
        /// The format.
        what: &'static str,
    },
    /// Not the JSON this format allows: syntax, a wrong type, an unknown or missing field.
    #[error("{what} is not valid at line {line}, column {column}")]
    Json {
        /// The format.
        what: &'static str,
        /// Line of the first fault.
        line: usize,
        /// Column of the first fault.
        column: usize,
    },
    /// Valid, but not in the one encoding this format allows.
    #[error("{what} is not in its canonical encoding")]
    NotCanonical {
        /// The format.
        what: &'static str,
    },
    /// A value against the format's rules.
    #[error("{what} breaks a rule: {rule}")]
    Invalid {
        /// The format.
        what: &'static str,
        /// The rule, in words.
        rule: &'static str,
    },
}

impl DecodeError {
    pub(crate) fn invalid(what: &'static str, rule: &'static str) -> Self {
        Self::Invalid { what, rule }
    }

    pub(crate) fn json(what: &'static str, source: &serde_json::Error) -> Self {
        Self::Json {
            what,
            line: source.line(),
            column: source.column(),
        }
    }
}

/// Refuses `got` over `limit`.
pub(crate) fn at_most(what: &'static str, limit: usize, got: usize) -> Result<(), DecodeError> {
    if got > limit {
        return Err(DecodeError::Oversized { what, limit, got });
    }
    Ok(())
}

/// Refuses any version but the one expected.
pub(crate) fn version<N: Into<u32>>(
    what: &'static str,
    expected: N,
    got: N,
) -> Result<(), DecodeError> {
    let (expected, got) = (expected.into(), got.into());
    if got != expected {
        return Err(DecodeError::Version {
            what,
            expected,
            got,
        });
    }
    Ok(())
}

/// The first `N` bytes and what follows them.
pub(crate) fn head_of<'a, const N: usize>(
    what: &'static str,
    bytes: &'a [u8],
) -> Result<(&'a [u8; N], &'a [u8]), DecodeError> {
    bytes.split_first_chunk().ok_or(DecodeError::Truncated {
        what,
        need: N,
        got: bytes.len(),
    })
}

/// Refuses anything but exactly `need` bytes after a head of `head` bytes.
pub(crate) fn rest_is(
    what: &'static str,
    head: usize,
    rest: &[u8],
    need: usize,
) -> Result<(), DecodeError> {
    if rest.len() < need {
        return Err(DecodeError::Truncated {
            what,
            need: head + need,
            got: head + rest.len(),
        });
    }
    if rest.len() > need {
        return Err(DecodeError::Trailing {
            what,
            extra: rest.len() - need,
        });
    }
    Ok(())
}

/// Refuses anything but exactly `need` bytes.
pub(crate) fn exactly<const N: usize>(
    what: &'static str,
    bytes: &[u8],
) -> Result<[u8; N], DecodeError> {
    if bytes.len() > N {
        return Err(DecodeError::Trailing {
            what,
            extra: bytes.len() - N,
        });
    }
    bytes.try_into().map_err(|_| DecodeError::Truncated {
        what,
        need: N,
        got: bytes.len(),
    })
}
