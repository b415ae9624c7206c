//! Between the newsroom's types and what a column holds: one place, strict on the way back.

use crate::engine::Val;
use crate::error::StoreError;
use formats::{DispatchId, KitId, MessageId};
use keys::PieceTag;
use ledger::Digest;
use newsroom::{
    BlobId, ChannelId, DeliveryId, DerivativeId, DropId, EditorId, HeldId, ItemId, JobId, Micros,
    PublicationId, ReceiptId, StoryId,
};

macro_rules! from_int {
    ($($ty:ty),+) => {$(
        impl From<&$ty> for Val<'_> {
            fn from(value: &$ty) -> Self {
                Self::Int(Some(i64::from(*value)))
            }
        }
    )+};
}
from_int!(i64, u32, u16, u8, bool);

impl From<&Micros> for Val<'_> {
    fn from(value: &Micros) -> Self {
        Self::Int(Some(value.0))
    }
}

impl From<&Option<Micros>> for Val<'_> {
    fn from(value: &Option<Micros>) -> Self {
        Self::Int(value.map(|at| at.0))
    }
}

impl From<&Option<i64>> for Val<'_> {
    fn from(value: &Option<i64>) -> Self {
        Self::Int(*value)
    }
}

impl<'a> From<&'a String> for Val<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(Some(value))
    }
}

impl<'a> From<&&'a str> for Val<'a> {
    fn from(value: &&'a str) -> Self {
        Self::Text(Some(value))
    }
}

impl<'a> From<&Option<&'a str>> for Val<'a> {
    fn from(value: &Option<&'a str>) -> Self {
        Self::Text(*value)
    }
}

impl<'a> From<&'a Option<String>> for Val<'a> {
    fn from(value: &'a Option<String>) -> Self {
        Self::Text(value.as_deref())
    }
}

impl<'a> From<&'a Vec<u8>> for Val<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Bytes(Some(value))
    }
}

impl<'a> From<&'a Option<Vec<u8>>> for Val<'a> {
    fn from(value: &'a Option<Vec<u8>>) -> Self {
        Self::Bytes(value.as_deref())
    }
}

impl<'a> From<&&'a [u8]> for Val<'a> {
    fn from(value: &&'a [u8]) -> Self {
        Self::Bytes(Some(value))
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Val<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Self::Bytes(Some(value))
    }
}

macro_rules! from_bytes {
    ($($ty:ident => |$value:ident| $bytes:expr),+ $(,)?) => {$(
        impl<'a> From<&'a $ty> for Val<'a> {
            fn from($value: &'a $ty) -> Self {
                Self::Bytes(Some($bytes))
            }
        }

        impl<'a> From<&'a Option<$ty>> for Val<'a> {
            fn from(value: &'a Option<$ty>) -> Self {
                Self::Bytes(value.as_ref().map(|$value| &$bytes[..]))
            }
        }
    )+};
}
from_bytes! {
    EditorId => |v| v.as_bytes(),
    ItemId => |v| v.as_bytes(),
    DerivativeId => |v| v.as_bytes(),
    StoryId => |v| v.as_bytes(),
    PublicationId => |v| v.as_bytes(),
    BlobId => |v| v.as_bytes(),
    ChannelId => |v| v.as_bytes(),
    DeliveryId => |v| v.as_bytes(),
    DropId => |v| v.as_bytes(),
    JobId => |v| v.as_bytes(),
    ReceiptId => |v| v.as_bytes(),
    HeldId => |v| v.as_bytes(),
    Digest => |v| v.as_bytes(),
    KitId => |v| &v.0,
    DispatchId => |v| &v.0,
    MessageId => |v| &v.0,
    PieceTag => |v| &v.0,
}

/// A column read back into what it was. The names of table and column are for the message alone.
#[derive(Clone, Copy)]
pub(crate) struct At(pub(crate) &'static str, pub(crate) &'static str);

impl At {
    pub(crate) fn damaged(self) -> StoreError {
        StoreError::Damaged {
            table: self.0,
            column: self.1,
        }
    }

    /// Fixed-size bytes.
    pub(crate) fn bytes<const N: usize>(self, value: &[u8]) -> Result<[u8; N], StoreError> {
        value.try_into().map_err(|_| self.damaged())
    }

    /// A count or a number that is never negative.
    pub(crate) fn number<T: TryFrom<i64>>(self, value: i64) -> Result<T, StoreError> {
        T::try_from(value).map_err(|_| self.damaged())
    }

    /// A word from a closed list.
    pub(crate) fn word<T>(self, value: Option<T>) -> Result<T, StoreError> {
        value.ok_or_else(|| self.damaged())
    }

    /// Canonical JSON of a known type.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(
        self,
        value: &[u8],
    ) -> Result<T, StoreError> {
        serde_json::from_slice(value).map_err(|_| self.damaged())
    }
}

/// Any count as what both engines store.
pub(crate) fn int(n: impl TryInto<i64>) -> i64 {
    n.try_into().unwrap_or(i64::MAX)
}
