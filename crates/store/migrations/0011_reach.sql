-- How often what was published is read. Words as in 0001_first.sql. Nothing here is sealed: pages and accounts are public, and
-- every count of requests is whole tens.

CREATE TABLE reach_counts (
    day {int} NOT NULL, -- days since 1970
    page TEXT NOT NULL,
    country TEXT NOT NULL,
    requests {int} NOT NULL,
    PRIMARY KEY (day, page, country)
) {strict};

CREATE TABLE reach_batches (
    id {bytes} NOT NULL PRIMARY KEY -- random: counts that were taken in, so that they are taken in once
) {strict};

CREATE TABLE reach_told (
    channel {bytes} NOT NULL REFERENCES channels (id),
    story {bytes} NOT NULL REFERENCES stories (id),
    day {int} NOT NULL, -- when the platform said so
    likes {int},
    shares {int},
    replies {int},
    views {int},
    PRIMARY KEY (channel, story, day)
) {strict};
