//! What can be wrong with bytes of this protocol.

use thiserror::Error;

/// Why bytes from the line were not accepted. Never holds the bytes themselves.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum WireError {
    /// A fixed-size value was not exactly 64 lowercase hexadecimal digits.
    #[error("{what} must be 64 lowercase hexadecimal digits")]
    NotHex {
        /// Which value.
        what: &'static str,
    },
    /// The `Authorization` header was not `Bearer` and a token.
    #[error("the Authorization header must be `Bearer` and 64 lowercase hexadecimal digits")]
    NotBearer,
    /// A list of hashes was empty, not a multiple of 32 bytes, or too long.
    #[error("expected 1 to {max} hashes of 32 bytes, got {bytes} bytes")]
    BadHashList {
        /// Bytes that came.
        bytes: usize,
        /// Most hashes allowed.
        max: usize,
    },
    /// A JSON body was larger than allowed.
    #[error("JSON of {bytes} bytes is larger than the {max} bytes allowed")]
    TooLarge {
        /// Bytes that came.
        bytes: usize,
        /// Most bytes allowed.
        max: usize,
    },
    /// A JSON body could not be read as the expected type.
    #[error("not a valid {what}: {category} error at line {line}, column {column}")]
    BadJson {
        /// The expected type.
        what: &'static str,
        /// Kind of error, as serde_json names it.
        category: &'static str,
        /// Line of the error.
        line: usize,
        /// Column of the error.
        column: usize,
    },
    /// A list had too few or too many entries, or entries out of order.
    #[error("{what}: {why}")]
    BadList {
        /// Which list.
        what: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The query of `GET /v1/log` was not `from=N` with an optional `limit=N`.
    #[error("the query must be `from=OFFSET` and optionally `limit=1..=256`: {why}")]
    BadQuery {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The position headers of a log answer are missing or contradict the body.
    #[error("the log answer's position headers are wrong: {why}")]
    BadPosition {
        /// What is wrong with them.
        why: &'static str,
    },
}

/// Decodes one JSON value strictly: bounded, no trailing bytes, unknown fields refused by the type.
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(
    what: &'static str,
    bytes: &[u8],
) -> Result<T, WireError> {
    let max = crate::limits::MAX_JSON_BYTES;
    if bytes.len() > max {
        return Err(WireError::TooLarge {
            bytes: bytes.len(),
            max,
        });
    }
    serde_json::from_slice(bytes).map_err(|e| WireError::BadJson {
        what,
        category: match e.classify() {
            serde_json::error::Category::Io => "read",
            serde_json::error::Category::Syntax => "syntax",
            serde_json::error::Category::Data => "data",
            serde_json::error::Category::Eof => "unexpected end",
        },
        line: e.line(),
        column: e.column(),
    })
}

/// Decodes exactly 64 lowercase hexadecimal digits, without keeping what was wrong.
pub(crate) fn hex32(what: &'static str, text: &[u8]) -> Result<[u8; 32], WireError> {
    if text.len() != 64 || text.iter().any(u8::is_ascii_uppercase) {
        return Err(WireError::NotHex { what });
    }
    let mut out = [0u8; 32];
    hex::decode_to_slice(text, &mut out).map_err(|_| WireError::NotHex { what })?;
    Ok(out)
}
