//! Throwaway databases for tests: a SQLCipher file, or a PostgreSQL cluster of one's own in a temporary folder.
