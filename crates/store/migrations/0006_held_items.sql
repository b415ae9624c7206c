-- Items that were announced and are held back until the desk asks for them. Words as in 0001_first.sql.

ALTER TABLE dispatches ADD COLUMN held {int}; -- how many its manifest names; nothing while that was not read
ALTER TABLE dispatches ADD COLUMN choices {int} NOT NULL DEFAULT 0; -- choices sent so far

CREATE TABLE held_items (
    id {bytes} NOT NULL PRIMARY KEY,
    kit {bytes} NOT NULL,
    dispatch {bytes} NOT NULL,
    ordinal {int} NOT NULL,
    first_piece {int} NOT NULL,
    last_piece {int} NOT NULL,
    facts {bytes} NOT NULL, -- sealed: name, kind, bytes, length and SHA-256 as the manifest says
    wish TEXT NOT NULL,
    told TEXT NOT NULL, -- the wish that the field was told of last
    UNIQUE (kit, dispatch, ordinal),
    FOREIGN KEY (kit, dispatch) REFERENCES dispatches (kit, dispatch)
) {strict};
CREATE INDEX held_items_untold ON held_items (kit, dispatch) WHERE wish <> told;

ALTER TABLE items ADD COLUMN preview_of {int}; -- the ordinal of the item that it is a preview of
