-- Kits that wait to be asked for with twelve words. The kit's file is kept, sealed, until it is answered and no longer.
CREATE TABLE kit_offers (
    id {bytes} NOT NULL PRIMARY KEY, -- under which the question comes
    kit {bytes} NOT NULL UNIQUE REFERENCES kits (id),
    drop_id {bytes} NOT NULL REFERENCES drops (id),
    seed {bytes} NOT NULL, -- sealed: what the twelve words become
    file {bytes}, -- sealed: the kit, until it is answered
    device {bytes}, -- sealed: the key of the device that asked first
    code {bytes}, -- sealed: the words to compare aloud
    rivals {int} NOT NULL, -- other devices that asked
    words TEXT NOT NULL,
    made_at {int} NOT NULL,
    asked_at {int},
    answered_at {int}
) {strict};
