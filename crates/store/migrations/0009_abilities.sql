-- What a channel can do and what fits there, as its server said last: renditions are made by it when a version is saved. Words as in 0001_first.sql.

ALTER TABLE channels ADD COLUMN abilities TEXT; -- JSON of the adapters; none until the server was asked
