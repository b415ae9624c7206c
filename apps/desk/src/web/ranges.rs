//! Byte ranges (RFC 9110 section 14): one range a request, as players ask for.

/// Which bytes to send: from and to, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// What a `Range` header asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// No header, or a unit we do not know: everything.
    All,
    /// One range that exists.
    Part(Span),
    /// Malformed, several ranges, or beyond the end: 416.
    Unsatisfiable,
}

/// Reads a `Range` header for a thing of `len` bytes.
pub(crate) fn wanted(header: Option<&str>, len: u64) -> Wanted {
    let Some(header) = header else {
        return Wanted::All;
    };
    let Some((unit, range)) = header.split_once('=') else {
        return Wanted::Unsatisfiable;
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Wanted::All;
    }
    part(range.trim(), len).map_or(Wanted::Unsatisfiable, Wanted::Part)
}

fn part(range: &str, len: u64) -> Option<Span> {
    let (from, to) = range.split_once('-')?;
    let last = len.checked_sub(1)?;
    match (from.trim(), to.trim()) {
        ("", suffix) => {
            let suffix = number(suffix)?;
            (suffix > 0).then(|| Span {
                from: len.saturating_sub(suffix),
                to: last,
            })
        }
        (from, to) => {
            let from = number(from)?;
            let to = if to.is_empty() { last } else { number(to)? };
            (from <= last && from <= to).then(|| Span {
                from,
                to: to.min(last),
            })
        }
    }
}

/// Digits only: no sign, no list.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: u64, to: u64) -> Wanted {
        Wanted::Part(Span { from, to })
    }

    #[test]
    fn ranges_as_players_ask_for_them() {
        assert_eq!(wanted(None, 100), Wanted::All);
        assert_eq!(wanted(Some("bytes=0-"), 100), span(0, 99));
        assert_eq!(wanted(Some("bytes=0-0"), 100), span(0, 0));
        assert_eq!(wanted(Some("bytes=10-19"), 100), span(10, 19));
        assert_eq!(wanted(Some("bytes=90-500"), 100), span(90, 99));
        assert_eq!(wanted(Some("bytes=-5"), 100), span(95, 99));
        assert_eq!(wanted(Some("bytes=-500"), 100), span(0, 99));
        assert_eq!(wanted(Some("pages=1-2"), 100), Wanted::All);
    }

    #[test]
    fn ranges_that_cannot_be() {
        for bad in [
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=-0",
            "bytes=100-",
            "bytes=5-4",
            "bytes=a-b",
            "bytes=0-1,5-6",
            "bytes=+1-2",
            "bytes=0--1",
            "bytes=99999999999999999999-",
        ] {
            assert_eq!(wanted(Some(bad), 100), Wanted::Unsatisfiable, "{bad}");
        }
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Unsatisfiable);
        assert_eq!(wanted(Some("bytes=-1"), 0), Wanted::Unsatisfiable);
    }
}
