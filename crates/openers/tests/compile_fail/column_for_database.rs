//! The key of sealed columns does not open the database.

fn open_database(_: &keys::DatabaseKey) {}

fn main() {
    let column = keys::ColumnKey::from_bytes([1; 32]);
    open_database(&column);
}
