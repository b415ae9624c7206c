//! Reading the log: the query a desk sends and the position headers it gets back.

use crate::error::WireError;
use crate::limits::{CELL_BYTES, MAX_LOG_CELLS};

/// Query of `GET /v1/log`: cells from an offset on. Offsets count cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogQuery {
    /// Offset of the first cell wanted.
    pub from: u64,
    /// Most cells wanted, 1 to [`MAX_LOG_CELLS`].
    pub limit: u32,
}

impl LogQuery {
    /// Reads the part of the address after `?`. `limit` may be left out; larger ones are cut to [`MAX_LOG_CELLS`].
    ///
    /// # Errors
    /// [`WireError::BadQuery`] for anything but `from` and `limit`, each once, as decimal numbers.
    pub fn decode(query: &str) -> Result<Self, WireError> {
        let (mut from, mut limit) = (None, None);
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').ok_or(bad("a part without `=`"))?;
            let slot = match name {
                "from" => &mut from,
                "limit" => &mut limit,
                _ => return Err(bad("an unknown name")),
            };
            if slot.replace(decimal(value)?).is_some() {
                return Err(bad("a name given twice"));
            }
        }
        let limit = limit
            .unwrap_or(u64::from(MAX_LOG_CELLS))
            .min(u64::from(MAX_LOG_CELLS));
        let limit = u32::try_from(limit).unwrap_or(MAX_LOG_CELLS);
        if limit == 0 {
            return Err(bad("limit is 0"));
        }
        Ok(Self {
            from: from.ok_or(bad("from is missing"))?,
            limit,
        })
    }
}

fn bad(why: &'static str) -> WireError {
    WireError::BadQuery { why }
}

/// Digits only, at most 19, so that the value fits and has one spelling short of leading zeros.
fn decimal(text: &str) -> Result<u64, WireError> {
    let digits = !text.is_empty() && text.len() <= 19 && text.bytes().all(|b| b.is_ascii_digit());
    if !digits {
        return Err(bad("a value that is not a decimal number"));
    }
    text.parse()
        .map_err(|_| bad("a value that is not a decimal number"))
}

/// Where a log answer stands: the `Fh-Next` and `Fh-Size` headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogPosition {
    /// Offset to ask for next.
    pub next: u64,
    /// Cells in the whole log.
    pub size: u64,
}

impl LogPosition {
    /// Reads the two headers and holds them against the question and the body's length.
    ///
    /// # Errors
    /// [`WireError::BadPosition`] when they are missing, not numbers, or contradict the body.
    pub fn decode(
        next: Option<&str>,
        size: Option<&str>,
        asked: LogQuery,
        body_bytes: usize,
    ) -> Result<Self, WireError> {
        let bad = |why| WireError::BadPosition { why };
        let read = |text: Option<&str>| {
            let text = text.ok_or(bad("one is missing"))?;
            decimal(text).map_err(|_| bad("one is not a number"))
        };
        let position = Self {
            next: read(next)?,
            size: read(size)?,
        };
        let cells = u64::try_from(body_bytes / CELL_BYTES).unwrap_or(u64::MAX);
        if !body_bytes.is_multiple_of(CELL_BYTES) {
            return Err(bad("the body is not whole cells"));
        }
        if cells > u64::from(asked.limit) || asked.from.checked_add(cells) != Some(position.next) {
            return Err(bad(
                "the body does not reach from the offset asked to the next one",
            ));
        }
        if position.next > position.size {
            return Err(bad("the next offset lies beyond the end"));
        }
        Ok(position)
    }
}
