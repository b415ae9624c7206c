-- What holds a story back for a source's sake. Words as in 0001_first.sql.

ALTER TABLE dispatches ADD COLUMN forced {bytes}; -- sealed: one byte, 1 when a cell carried the duress mark

CREATE TABLE captures (
    kit {bytes} NOT NULL PRIMARY KEY REFERENCES kits (id),
    from_epoch {int} NOT NULL,
    editor {bytes} NOT NULL REFERENCES editors (id),
    reason {bytes} NOT NULL, -- sealed
    at {int} NOT NULL
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
