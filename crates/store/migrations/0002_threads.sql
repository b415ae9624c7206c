-- Messages between the desk and a source, and the missed-contact timer. Words as in 0001_first.sql.

ALTER TABLE kits ADD COLUMN watch {bytes}; -- sealed: interval and plan, JSON

CREATE TABLE messages (
    id {bytes} NOT NULL PRIMARY KEY,
    kit {bytes} NOT NULL REFERENCES kits (id),
    answers {bytes},
    editor {bytes} NOT NULL REFERENCES editors (id),
    text {bytes} NOT NULL, -- sealed
    written_at {int} NOT NULL,
    reply {bytes} NOT NULL UNIQUE REFERENCES receipts (id)
) {strict};
CREATE INDEX messages_of ON messages (kit, written_at);
