//! The register of sealed columns and keyed indexes: what has to be sealed and computed anew when the keys change.
//!
//! A test holds it against the migrations: every column marked `-- sealed` and every column whose name ends in `_index`
//! is here, so that a later migration cannot be forgotten.

use crate::columns::Place;
use crate::error::StoreError;
use newsroom::draft::Draft;
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};
use zeroize::Zeroizing;

/// How a column of a row's key becomes part of the place that a sealed value is bound to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    /// Bytes as they are.
    Id,
    /// A number of two bytes.
    U16,
    /// A number of four bytes.
    U32,
    /// The name of an audit chain; the entry's number follows.
    Chain,
    /// A number of an entry, written out behind its chain's name.
    Seq,
}

/// A column whose values are sealed, each to its row.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    parts: &'static [Part],
    /// Gives sealed values and the keys of their rows, a batch at a time ($1 rows after the first $2).
    pub(crate) select: &'static str,
    /// Puts a value ($1) into the row of this key ($2 and on).
    pub(crate) update: &'static str,
}

/// A column that finds a sealed value again.
#[derive(Debug)]
pub(crate) struct Keyed {
    /// The column that holds the index.
    #[cfg(test)]
    pub(crate) holds: (&'static str, &'static str),
    /// Under which names the index is computed.
    pub(crate) names: (&'static str, &'static str),
    /// The sealed value it is computed from; `update` sets the index instead.
    pub(crate) from: Sealed,
    /// What of the opened value is indexed.
    pub(crate) value: fn(&[u8]) -> Option<Zeroizing<Vec<u8>>>,
}

macro_rules! places {
    ($a:literal) => {
        "$2"
    };
    ($a:literal $b:literal) => {
        "$2, $3"
    };
    ($a:literal $b:literal $c:literal) => {
        "$2, $3, $4"
    };
}

macro_rules! sealed {
    ($table:literal . $column:literal, $($key:literal $part:ident),+) => {
        sealed!($table.$column, $($key $part),+; sets $table.$column)
    };
    ($table:literal . $column:literal, $first:literal $part:ident $(, $key:literal $more:ident)*; sets $to:literal . $set:literal) => {
        Sealed {
            table: $table,
            column: $column,
            parts: &[Part::$part $(, Part::$more)*],
            select: concat!(
                "SELECT ", $column, ", ", $first $(, ", ", $key)*, " FROM ", $table, " WHERE ", $column,
                " IS NOT NULL ORDER BY ", $first $(, ", ", $key)*, " LIMIT $1 OFFSET $2"
            ),
            update: concat!(
                "UPDATE ", $to, " SET ", $set, " = $1 WHERE (", $first $(, ", ", $key)*, ") = (",
                places!($first $($key)*), ")"
            ),
        }
    };
}

/// Every sealed column but those of [`ENDED`].
pub(crate) const SEALED: &[Sealed] = &[
    sealed!("editors"."name", "id" Id),
    sealed!("editors"."password", "id" Id),
    sealed!("drops"."url", "id" Id),
    sealed!("drops"."token", "id" Id),
    sealed!("kits"."pseudonym", "id" Id),
    sealed!("kits"."chain_key", "id" Id),
    sealed!("kits"."watch", "id" Id),
    sealed!("kit_chains"."chain_key", "kit" Id, "ordinal" U16),
    sealed!("kit_offers"."seed", "id" Id),
    sealed!("kit_offers"."file", "id" Id),
    sealed!("kit_offers"."device", "id" Id),
    sealed!("kit_offers"."code", "id" Id),
    sealed!("session_tokens"."kit", "hash" Id),
    sealed!("dispatches"."note", "kit" Id, "dispatch" Id),
    sealed!("dispatches"."forced", "kit" Id, "dispatch" Id),
    sealed!("reply_pairs"."pair", "kit" Id, "dispatch" Id, "ordinal" U16),
    sealed!("receipt_puts"."mailbox", "receipt" Id, "drop_id" Id),
    sealed!("messages"."text", "id" Id),
    sealed!("bulletins"."document", "number" U32),
    sealed!("captures"."reason", "kit" Id),
    sealed!("items"."facts", "id" Id),
    sealed!("items"."refusal", "id" Id),
    sealed!("held_items"."facts", "id" Id),
    sealed!("previews"."probe", "item" Id),
    sealed!("derivatives"."report", "id" Id),
    sealed!("story_versions"."draft", "story" Id, "version" U32),
    sealed!("acknowledgements"."risks", "story" Id, "version" U32, "editor" Id),
    sealed!("statements"."leaf_salt", "publication" Id, "derivative" Id),
    sealed!("statements"."receipt_salt", "publication" Id, "derivative" Id),
    sealed!("statements"."plan_salt", "publication" Id, "derivative" Id),
    sealed!("channels"."settings", "id" Id),
    sealed!("channels"."pending", "id" Id),
    sealed!("channels"."name", "id" Id),
    sealed!("channels"."words", "id" Id),
    sealed!("deliveries"."posts", "id" Id),
    sealed!("deliveries"."remotes", "id" Id),
    sealed!("deliveries"."words", "id" Id),
    sealed!("subscribers"."address", "id" Id),
    sealed!("subscribers"."mark", "id" Id),
    sealed!("audit"."details", "chain" Chain, "seq" Seq),
];

/// Sealed columns of rows that end with the keys: whoever was signed in signs in again.
#[cfg(test)]
pub(crate) const ENDED: &[(&str, &str)] = &[("web_sessions", "csrf")];

/// Every keyed index.
pub(crate) const KEYED: &[Keyed] = &[
    Keyed {
        #[cfg(test)]
        holds: ("editors", "name_index"),
        names: ("editors", "name"),
        from: sealed!("editors"."name", "id" Id; sets "editors"."name_index"),
        value: lower,
    },
    Keyed {
        #[cfg(test)]
        holds: ("kits", "pseudonym_index"),
        names: ("kits", "pseudonym"),
        from: sealed!("kits"."pseudonym", "id" Id; sets "kits"."pseudonym_index"),
        value: lower,
    },
    Keyed {
        #[cfg(test)]
        holds: ("drops", "url_index"),
        names: ("drops", "url"),
        from: sealed!("drops"."url", "id" Id; sets "drops"."url_index"),
        value: whole,
    },
    Keyed {
        #[cfg(test)]
        holds: ("items", "content_index"),
        names: ("items", "content_index"),
        from: sealed!("items"."facts", "id" Id; sets "items"."content_index"),
        value: crate::items::content_of,
    },
    Keyed {
        #[cfg(test)]
        holds: ("subscribers", "mark_index"),
        names: ("subscribers", "mark"),
        from: sealed!("subscribers"."mark", "id" Id; sets "subscribers"."mark_index"),
        value: whole,
    },
    Keyed {
        #[cfg(test)]
        holds: ("stories", "slug_index"),
        names: ("stories", "slug_index"),
        from: Sealed {
            table: "story_versions",
            column: "draft",
            parts: &[Part::Id, Part::U32],
            select: "SELECT story_versions.draft, story_versions.story, story_versions.version
                     FROM story_versions JOIN stories ON stories.id = story_versions.story
                         AND stories.version = story_versions.version
                     ORDER BY story_versions.story LIMIT $1 OFFSET $2",
            update: "UPDATE stories SET slug_index = $1 WHERE (id, version) = ($2, $3)",
        },
        value: slug,
    },
];

fn whole(value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    Some(Zeroizing::new(value.to_vec()))
}

fn lower(value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = std::str::from_utf8(value).ok()?;
    Some(Zeroizing::new(text.to_lowercase().into_bytes()))
}

fn slug(value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let draft: Draft = serde_json::from_slice(value).ok()?;
    Some(Zeroizing::new(draft.settings.slug.into_bytes()))
}

/// One column of a row's key.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A sealed value and the key of its row.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) sealed: Vec<u8>,
    pub(crate) key: Vec<Cell>,
}

impl<'r, R> FromRow<'r, R> for Found
where
    R: Row,
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        let cell = |at: usize| {
            // Text is tried before bytes: SQLite would give it as bytes too, and then not find it again.
            row.try_get(at)
                .map(Cell::Int)
                .or_else(|_| row.try_get(at).map(Cell::Text))
                .or_else(|_| row.try_get(at).map(Cell::Bytes))
        };
        Ok(Self {
            sealed: row.try_get(0)?,
            key: (1..row.len()).map(cell).collect::<Result<_, _>>()?,
        })
    }
}

impl Sealed {
    /// The place of a row's value.
    pub(crate) fn place<'a>(&self, row: &'a [u8]) -> Place<'a> {
        Place {
            table: self.table,
            column: self.column,
            row,
        }
    }

    pub(crate) fn damaged(&self) -> StoreError {
        StoreError::Damaged {
            table: self.table,
            column: self.column,
        }
    }

    /// The row as places name it.
    pub(crate) fn row(&self, key: &[Cell]) -> Result<Vec<u8>, StoreError> {
        let mut row = Vec::new();
        for (part, cell) in self.parts.iter().zip(key) {
            match (part, cell) {
                (Part::Id, Cell::Bytes(bytes)) => row.extend_from_slice(bytes),
                (Part::U16, Cell::Int(number)) => {
                    let number = u16::try_from(*number).map_err(|_| self.damaged())?;
                    row.extend_from_slice(&number.to_be_bytes());
                }
                (Part::U32, Cell::Int(number)) => {
                    let number = u32::try_from(*number).map_err(|_| self.damaged())?;
                    row.extend_from_slice(&number.to_be_bytes());
                }
                (Part::Chain, Cell::Text(name)) => row.extend_from_slice(name.as_bytes()),
                (Part::Seq, Cell::Int(number)) => {
                    row.extend_from_slice(format!("#{number}").as_bytes());
                }
                _ => return Err(self.damaged()),
            }
        }
        if key.len() == self.parts.len() {
            Ok(row)
        } else {
            Err(self.damaged())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    type Names = BTreeSet<(String, String)>;

    /// Columns of all migrations that satisfy `wanted`, given their name and the whole line.
    fn columns(wanted: impl Fn(&str, &str) -> bool) -> Names {
        let mut found = Names::new();
        let mut table = String::new();
        for line in crate::migrate::texts().flat_map(str::lines) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let column = match words[..] {
                ["CREATE", "TABLE", name, ..] => {
                    table = name.to_owned();
                    continue;
                }
                ["ALTER", "TABLE", name, "ADD", "COLUMN", column, ..] => {
                    table = name.to_owned();
                    column
                }
                [column, kind, ..] if kind.starts_with(['{', 'T']) => column,
                _ => continue,
            };
            if wanted(column, line) {
                found.insert((table.clone(), column.to_owned()));
            }
        }
        found
    }

    fn named<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Names {
        pairs
            .map(|(table, column)| (table.to_owned(), column.to_owned()))
            .collect()
    }

    #[test]
    fn every_sealed_column_of_the_migrations_is_registered() {
        let marked = columns(|_, line| line.contains("-- sealed"));
        let registered = SEALED.iter().map(|one| (one.table, one.column));
        assert_eq!(marked, named(registered.chain(ENDED.iter().copied())));
        let indexes = columns(|name, line| name.ends_with("_index") && line.contains("{bytes}"));
        assert_eq!(indexes, named(KEYED.iter().map(|one| one.holds)));
    }

    #[test]
    fn statements_name_each_key_once() {
        let pair = &SEALED[SEALED.len() - 1];
        assert_eq!(
            pair.select,
            "SELECT details, chain, seq FROM audit WHERE details IS NOT NULL ORDER BY chain, seq LIMIT $1 OFFSET $2"
        );
        assert_eq!(
            pair.update,
            "UPDATE audit SET details = $1 WHERE (chain, seq) = ($2, $3)"
        );
        let key = [Cell::Text("desk".into()), Cell::Int(7)];
        assert_eq!(pair.row(&key).unwrap(), b"desk#7");
        assert!(pair.row(&key[..1]).is_err());
        assert!(pair.row(&[Cell::Int(7), Cell::Int(7)]).is_err());
    }
}
