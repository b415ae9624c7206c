-- A newsletter by e-mail: who gets it, and what became of each letter. Words as in 0001_first.sql.

CREATE TABLE subscribers (
    id {bytes} NOT NULL PRIMARY KEY, -- random: in their letters it is the word by which they leave
    channel {bytes} NOT NULL REFERENCES channels (id),
    stage TEXT NOT NULL CHECK (stage IN ('on', 'left')),
    address {bytes}, -- sealed: gone when they left
    mark {bytes} NOT NULL, -- sealed: SHA-256 of the address, by which who left is known again
    mark_index {bytes} NOT NULL,
    changed_at {int} NOT NULL,
    UNIQUE (channel, mark_index)
) {strict};

CREATE TABLE letters (
    delivery {bytes} NOT NULL REFERENCES deliveries (id),
    subscriber {bytes} NOT NULL REFERENCES subscribers (id),
    stage TEXT NOT NULL CHECK (stage IN ('ready', 'sending', 'taken', 'refused', 'later', 'unknown', 'left')),
    attempt {int} NOT NULL, -- the delivery's attempt that tried it last
    PRIMARY KEY (delivery, subscriber)
) {strict};

CREATE INDEX letters_waiting ON letters (delivery, subscriber) WHERE stage IN ('ready', 'later');
CREATE INDEX letters_of_subscriber ON letters (subscriber);
