-- The short code that is burnt into a protected copy, and what was made of the copy for channels that take less. Words as in 0001_first.sql.

ALTER TABLE derivatives ADD COLUMN code TEXT; -- none in a sound, a document, or what was made before
CREATE UNIQUE INDEX derivatives_code ON derivatives (code);
ALTER TABLE derivatives ADD COLUMN variants TEXT; -- JSON, the largest first; none of what was made before
