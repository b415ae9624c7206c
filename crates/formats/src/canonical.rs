//! Canonical JSON (the RFC 8785 subset this project uses): what is hashed, MACed or signed has one encoding only.
//!
//! Keys sorted, no spaces, no floats, integers within 53 bits, ASCII keys. A decoder here re-encodes what it read and
//! compares: whitespace, another key order, duplicate keys or `1e3` for 1000 are refused rather than tolerated.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{DecodeError, at_most};

/// The largest integer RFC 8785 carries without loss: 2^53 - 1.
const INTEGER_MAX: u64 = (1 << 53) - 1;

/// Why a value has no canonical encoding.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The type cannot be written as JSON.
    #[error("value cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// A number that RFC 8785 could not carry exactly.
    #[error("number {0} is not an integer within 53 bits")]
    Number(String),
    /// A key outside ASCII, for which sorting rules differ between implementations.
    #[error("object key {0:?} is not ASCII")]
    Key(String),
}

/// The canonical encoding of a value. Not for secrets: intermediate copies are not wiped.
///
/// # Errors
/// Floats, integers over 53 bits, and keys outside ASCII have no canonical encoding here.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::new();
    write(&serde_json::to_value(value)?, &mut out)?;
    Ok(out)
}

/// Reads a value and refuses every encoding of it but the canonical one.
///
/// # Errors
/// Over `limit` bytes, not this type's JSON, or not canonical.
pub fn from_slice<T: Serialize + DeserializeOwned>(
    what: &'static str,
    bytes: &[u8],
    limit: usize,
) -> Result<T, DecodeError> {
    at_most(what, limit, bytes.len())?;
    let value: T = read_json(what, bytes)?;
    match to_vec(&value) {
        Ok(again) if again == bytes => Ok(value),
        _ => Err(DecodeError::NotCanonical { what }),
    }
}

/// Reads one JSON value that ends where the bytes end, telling what is cut short and what is too long from what is wrong.
pub(crate) fn read_json<T: DeserializeOwned>(
    what: &'static str,
    bytes: &[u8],
) -> Result<T, DecodeError> {
    let got = bytes.len();
    let cut = || DecodeError::Truncated {
        what,
        need: got + 1,
        got,
    };
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<T>();
    match values.next() {
        Some(Ok(value)) if values.byte_offset() == got => Ok(value),
        Some(Ok(_)) => Err(DecodeError::Trailing {
            what,
            extra: got - values.byte_offset(),
        }),
        Some(Err(error)) if !error.is_eof() => Err(DecodeError::json(what, &error)),
        Some(Err(_)) | None => Err(cut()),
    }
}

fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => serde_json::to_writer(out, value)?,
        Value::Number(number) => {
            let small = number
                .as_u64()
                .or_else(|| number.as_i64().map(i64::unsigned_abs))
                .is_some_and(|n| n <= INTEGER_MAX);
            if !small {
                return Err(EncodeError::Number(number.to_string()));
            }
            serde_json::to_writer(out, number)?;
        }
        Value::Array(items) => write_array(items, out)?,
        Value::Object(map) => write_object(map, out)?,
    }
    Ok(())
}

fn write_array(items: &[Value], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    out.push(b'[');
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write(item, out)?;
    }
    out.push(b']');
    Ok(())
}

fn write_object(
    map: &serde_json::Map<String, Value>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    // Sorted here and not by the map's type: another crate may switch on serde_json's `preserve_order`.
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by(|a, b| a.0.cmp(b.0));
    out.push(b'{');
    for (i, (key, item)) in entries.into_iter().enumerate() {
        if !key.is_ascii() {
            return Err(EncodeError::Key(key.clone()));
        }
        if i > 0 {
            out.push(b',');
        }
        serde_json::to_writer(&mut *out, key)?;
        out.push(b':');
        write(item, out)?;
    }
    out.push(b'}');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn encodes_as_rfc_8785() {
        let value =
            json!({"b": [1, -2, true, null], "a": "\u{7}\n\"\\/é", "10": {"z": 0, "A": ""}});
        assert_eq!(
            String::from_utf8(to_vec(&value).unwrap()).unwrap(),
            "{\"10\":{\"A\":\"\",\"z\":0},\"a\":\"\\u0007\\n\\\"\\\\/é\",\"b\":[1,-2,true,null]}"
        );
    }

    #[test]
    fn refuses_what_has_no_single_encoding() {
        assert!(matches!(to_vec(&1.5), Err(EncodeError::Number(_))));
        assert!(matches!(
            to_vec(&(1_u64 << 53)),
            Err(EncodeError::Number(_))
        ));
        assert!(to_vec(&INTEGER_MAX).is_ok());
        assert!(matches!(to_vec(&json!({"é": 1})), Err(EncodeError::Key(_))));
    }

    #[test]
    fn reads_only_the_canonical_bytes() {
        type Map = std::collections::BTreeMap<String, u32>;
        let read = |text: &str| from_slice::<Map>("map", text.as_bytes(), 32);
        assert!(read("{\"a\":1,\"b\":2}").is_ok());
        for bad in [
            "{\"b\":2,\"a\":1}",
            "{\"a\":1,\"b\":2 }",
            "{\"a\":1,\"a\":1}",
            "{\"\\u0061\":1}",
        ] {
            assert_eq!(
                read(bad),
                Err(DecodeError::NotCanonical { what: "map" }),
                "{bad}"
            );
        }
        assert_eq!(
            read("{\"a\":1}x"),
            Err(DecodeError::Trailing {
                what: "map",
                extra: 1
            })
        );
        assert!(matches!(
            read("{\"a\":"),
            Err(DecodeError::Truncated { .. })
        ));
        assert!(matches!(read("{\"a\":x"), Err(DecodeError::Json { .. })));
        assert!(matches!(
            read("{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":1}"),
            Err(DecodeError::Oversized { limit: 32, .. })
        ));
    }
}
