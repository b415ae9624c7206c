//! All SQL and blobs: SQLite and PostgreSQL, files.
