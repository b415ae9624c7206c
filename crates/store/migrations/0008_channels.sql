-- Channels elsewhere, and what goes out to them. Words as in 0001_first.sql.

CREATE TABLE channels (
    id {bytes} NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    language TEXT NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('proposed', 'open', 'stopped', 'closed')),
    settings {bytes}, -- sealed: where, whose account, the credentials; gone when closed
    pending {bytes}, -- sealed: credentials that wait for a second person
    name {bytes}, -- sealed: what the platform calls the account
    words {bytes}, -- sealed: why the platform does not let us in
    entered_by {bytes} NOT NULL REFERENCES editors (id),
    confirmed_by {bytes} REFERENCES editors (id),
    created_at {int} NOT NULL,
    last_at {int} -- the latest attempt
) {strict};

CREATE TABLE deliveries (
    id {bytes} NOT NULL PRIMARY KEY,
    channel {bytes} NOT NULL REFERENCES channels (id),
    story {bytes} NOT NULL REFERENCES stories (id),
    publication {bytes} NOT NULL REFERENCES publications (id),
    clearance {bytes} NOT NULL, -- the hash of what was approved
    deed TEXT NOT NULL CHECK (deed IN ('post', 'correct', 'withdraw')),
    stage TEXT NOT NULL CHECK (stage IN ('ready', 'sending', 'confirmed', 'rejected', 'unknown')),
    attempts {int} NOT NULL,
    doubtful {int} NOT NULL, -- whether the attempt under way began in doubt
    repeats {int} NOT NULL, -- whether the channel's class lets the machine try again
    not_before {int},
    due_at {int}, -- none: only a person sets it going
    posts {bytes}, -- sealed: what is sent, fixed at the first attempt
    remotes {bytes}, -- sealed: what stands so far
    words {bytes}, -- sealed: what the platform said last
    created_at {int} NOT NULL,
    changed_at {int} NOT NULL,
    UNIQUE (clearance, channel, deed)
) {strict};

CREATE INDEX deliveries_due ON deliveries (due_at) WHERE stage IN ('ready', 'unknown') AND due_at IS NOT NULL;
CREATE INDEX deliveries_of_story ON deliveries (story, channel, created_at);
