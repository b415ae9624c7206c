-- Epochs: fresh chains beside the kit's own, how far each field is by its own word, captured kits, and bulletins.
-- Words as in 0001_first.sql.

CREATE TABLE kit_chains (
    kit {bytes} NOT NULL REFERENCES kits (id),
    ordinal {int} NOT NULL, -- from 1; 0 is the chain in kits
    chain_key {bytes} NOT NULL, -- sealed
    epoch {int} NOT NULL,
    seen {int}, -- the oldest epoch from which something authentic came under it
    PRIMARY KEY (kit, ordinal)
) {strict};

ALTER TABLE kits ADD COLUMN closed_to {int} NOT NULL DEFAULT 0; -- epochs before it are closed
ALTER TABLE kits ADD COLUMN captured_from {int}; -- this epoch and later ones are refused
ALTER TABLE kits ADD COLUMN captured_at {int};
ALTER TABLE kits ADD COLUMN settled_from {int}; -- by the field's word nothing older is wanted
ALTER TABLE kits ADD COLUMN settled_said_at {int};
ALTER TABLE kits ADD COLUMN intake_issued {int} NOT NULL DEFAULT 0;
ALTER TABLE kits ADD COLUMN intake_from {int}; -- by the field's word nothing sealed to an earlier one is wanted
ALTER TABLE kits ADD COLUMN bulletin {int} NOT NULL DEFAULT 0; -- the last one the field has
ALTER TABLE kits ADD COLUMN bulletin_sent {int} NOT NULL DEFAULT 0;
ALTER TABLE kits ADD COLUMN sessions_left {int}; -- the fewest at any drop
ALTER TABLE kits ADD COLUMN supplied_at {int};

CREATE TABLE bulletins (
    number {int} NOT NULL PRIMARY KEY,
    document {bytes} NOT NULL, -- sealed
    published_at {int} NOT NULL
) {strict};
