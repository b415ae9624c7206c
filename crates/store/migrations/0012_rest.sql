-- Words as in 0001_first.sql.

ALTER TABLE channels ADD COLUMN rest_until {int}; -- the platform asked for nothing before
