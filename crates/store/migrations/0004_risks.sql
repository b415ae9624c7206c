-- What holds a story back for a source's sake. Words as in 0001_first.sql.

ALTER TABLE dispatches ADD COLUMN forced {bytes}; -- sealed: one byte, 1 when a cell carried the duress mark

CREATE TABLE captures (
    kit {bytes} NOT NULL PRIMARY KEY REFERENCES kits (id),
    from_epoch {int} NOT NULL,
    editor {bytes} NOT NULL REFERENCES editors (id),
    reason {bytes} NOT NULL, -- sealed
    at {int} NOT NULL,
    rotated_at {int} -- what it touched was rotated, by an editor's word
) {strict};

CREATE TABLE acknowledgements (
    story {bytes} NOT NULL,
    version {int} NOT NULL,
    editor {bytes} NOT NULL REFERENCES editors (id),
    clearance {bytes} NOT NULL,
    risks {bytes} NOT NULL, -- sealed
    at {int} NOT NULL,
    PRIMARY KEY (story, version, editor),
    FOREIGN KEY (story, version) REFERENCES story_versions (story, version)
) {strict};

ALTER TABLE session_tokens ADD COLUMN revoke_at {int}; -- the drop is to be told
ALTER TABLE session_tokens ADD COLUMN revoked_at {int}; -- the drop was told
CREATE INDEX session_tokens_revoked ON session_tokens (drop_id, hash) WHERE revoke_at IS NOT NULL AND revoked_at IS NULL;
