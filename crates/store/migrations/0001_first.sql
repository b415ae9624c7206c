-- The newsroom's record, first form. One text for both engines: {int}, {bytes} and {strict} are the only words that
-- differ (INTEGER, BLOB, STRICT against BIGINT, BYTEA and nothing). Moments are microseconds since 1970 UTC.
-- A column marked "sealed" holds XChaCha20-Poly1305 bound to its table, column and row; "index" is a keyed hash of a
-- sealed value, there to find it again. docs/data-model.md says what the tables mean.

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value {bytes} NOT NULL
) {strict};

CREATE TABLE editors (
    id {bytes} NOT NULL PRIMARY KEY,
    name {bytes} NOT NULL, -- sealed
    name_index {bytes} NOT NULL UNIQUE,
    roles {int} NOT NULL,
    password {bytes}, -- sealed
    enrolment {bytes} UNIQUE,
    enrolment_until {int},
    attempts {int} NOT NULL,
    retry_at {int},
    closed {int} NOT NULL,
    created_at {int} NOT NULL
) {strict};

CREATE TABLE web_sessions (
    token_hash {bytes} NOT NULL PRIMARY KEY,
    editor {bytes} NOT NULL REFERENCES editors (id),
    csrf {bytes} NOT NULL, -- sealed
    created_at {int} NOT NULL,
    until {int} NOT NULL
) {strict};

CREATE TABLE drops (
    id {bytes} NOT NULL PRIMARY KEY,
    url {bytes} NOT NULL, -- sealed
    url_index {bytes} NOT NULL UNIQUE,
    token {bytes} NOT NULL, -- sealed
    next_offset {int} NOT NULL,
    added_at {int} NOT NULL,
    pulled_at {int}
) {strict};

CREATE TABLE kits (
    id {bytes} NOT NULL PRIMARY KEY,
    pseudonym {bytes} NOT NULL, -- sealed
    pseudonym_index {bytes} NOT NULL UNIQUE,
    chain_key {bytes} NOT NULL, -- sealed
    epoch {int} NOT NULL,
    confirmed {int} NOT NULL,
    issued_at {int} NOT NULL
) {strict};

CREATE TABLE session_tokens (
    hash {bytes} NOT NULL PRIMARY KEY,
    drop_id {bytes} NOT NULL REFERENCES drops (id),
    kit {bytes} NOT NULL, -- sealed
    registered_at {int}
) {strict};
CREATE INDEX session_tokens_waiting ON session_tokens (drop_id, hash) WHERE registered_at IS NULL;

CREATE TABLE dispatches (
    kit {bytes} NOT NULL REFERENCES kits (id),
    dispatch {bytes} NOT NULL,
    state TEXT NOT NULL,
    first_seen {int} NOT NULL,
    last_seen {int} NOT NULL,
    cells {int} NOT NULL,
    note {bytes}, -- sealed
    trouble TEXT,
    opened_at {int},
    PRIMARY KEY (kit, dispatch)
) {strict};
CREATE INDEX dispatches_newest ON dispatches (first_seen);

CREATE TABLE pieces (
    kit {bytes} NOT NULL,
    dispatch {bytes} NOT NULL,
    no {int} NOT NULL,
    tag {bytes} NOT NULL,
    k {int} NOT NULL,
    length {int} NOT NULL,
    final {int} NOT NULL,
    state TEXT NOT NULL,
    shards {int} NOT NULL,
    cells {int} NOT NULL,
    tried {int} NOT NULL,
    digest {bytes},
    blob {bytes},
    completed_at {int},
    PRIMARY KEY (kit, dispatch, no, tag),
    FOREIGN KEY (kit, dispatch) REFERENCES dispatches (kit, dispatch)
) {strict};
CREATE UNIQUE INDEX pieces_one_authentic ON pieces (kit, dispatch, no) WHERE state = 'complete';
CREATE INDEX pieces_collecting ON pieces (tried) WHERE state = 'collecting';

CREATE TABLE spool_cells (
    kit {bytes} NOT NULL,
    dispatch {bytes} NOT NULL,
    no {int} NOT NULL,
    tag {bytes} NOT NULL,
    spool_at {int} NOT NULL,
    shard {int} NOT NULL,
    PRIMARY KEY (kit, dispatch, no, tag, spool_at),
    FOREIGN KEY (kit, dispatch, no, tag) REFERENCES pieces (kit, dispatch, no, tag)
) {strict};
CREATE INDEX spool_cells_place ON spool_cells (spool_at);

CREATE TABLE reply_pairs (
    kit {bytes} NOT NULL,
    dispatch {bytes} NOT NULL,
    ordinal {int} NOT NULL,
    pair {bytes} NOT NULL, -- sealed
    received_at {int} NOT NULL,
    until {int} NOT NULL,
    used_at {int},
    PRIMARY KEY (kit, dispatch, ordinal),
    FOREIGN KEY (kit, dispatch) REFERENCES dispatches (kit, dispatch)
) {strict};

CREATE TABLE receipts (
    id {bytes} NOT NULL PRIMARY KEY,
    kit {bytes} NOT NULL,
    dispatch {bytes} NOT NULL,
    kind TEXT NOT NULL,
    pair_kit {bytes} NOT NULL,
    pair_dispatch {bytes} NOT NULL,
    pair_ordinal {int} NOT NULL,
    created_at {int} NOT NULL,
    UNIQUE (pair_kit, pair_dispatch, pair_ordinal),
    FOREIGN KEY (kit, dispatch) REFERENCES dispatches (kit, dispatch),
    FOREIGN KEY (pair_kit, pair_dispatch, pair_ordinal) REFERENCES reply_pairs (kit, dispatch, ordinal)
) {strict};

CREATE TABLE receipt_puts (
    receipt {bytes} NOT NULL REFERENCES receipts (id),
    drop_id {bytes} NOT NULL REFERENCES drops (id),
    mailbox {bytes} NOT NULL, -- sealed
    cell {bytes} NOT NULL,
    attempts {int} NOT NULL,
    due_at {int} NOT NULL,
    put_at {int},
    PRIMARY KEY (receipt, drop_id)
) {strict};
CREATE INDEX receipt_puts_due ON receipt_puts (due_at) WHERE put_at IS NULL;

CREATE TABLE items (
    id {bytes} NOT NULL PRIMARY KEY,
    kit {bytes} NOT NULL,
    dispatch {bytes} NOT NULL,
    ordinal {int} NOT NULL,
    blob {bytes} NOT NULL UNIQUE,
    bytes {int} NOT NULL,
    kind TEXT,
    facts {bytes} NOT NULL, -- sealed: name, SHA-256, salt of the custody commitment, time of capture
    content_index {bytes} NOT NULL,
    entered_at {int} NOT NULL,
    examination TEXT NOT NULL,
    protection TEXT NOT NULL,
    refusal {bytes}, -- sealed
    UNIQUE (kit, dispatch, ordinal),
    FOREIGN KEY (kit, dispatch) REFERENCES dispatches (kit, dispatch)
) {strict};
CREATE INDEX items_content ON items (content_index);

CREATE TABLE previews (
    item {bytes} NOT NULL PRIMARY KEY REFERENCES items (id),
    probe {bytes} NOT NULL, -- sealed
    poster {bytes},
    proxy {bytes},
    proxy_mime TEXT,
    pages TEXT NOT NULL,
    made_at {int} NOT NULL
) {strict};

CREATE TABLE derivatives (
    id {bytes} NOT NULL PRIMARY KEY,
    item {bytes} NOT NULL REFERENCES items (id),
    recipe TEXT NOT NULL,
    tools TEXT NOT NULL,
    blob {bytes} NOT NULL UNIQUE,
    sha256 {bytes} NOT NULL,
    bytes {int} NOT NULL,
    kind TEXT NOT NULL,
    mime TEXT NOT NULL,
    poster {bytes},
    poster_sha256 {bytes},
    report {bytes} NOT NULL, -- sealed
    made_at {int} NOT NULL
) {strict};
CREATE INDEX derivatives_of ON derivatives (item);

CREATE TABLE stories (
    id {bytes} NOT NULL PRIMARY KEY,
    version {int} NOT NULL,
    slug_index {bytes} NOT NULL UNIQUE,
    created_by {bytes} NOT NULL REFERENCES editors (id),
    created_at {int} NOT NULL,
    saved_at {int} NOT NULL
) {strict};

CREATE TABLE story_versions (
    story {bytes} NOT NULL REFERENCES stories (id),
    version {int} NOT NULL,
    draft {bytes} NOT NULL, -- sealed
    author {bytes} NOT NULL REFERENCES editors (id),
    saved_at {int} NOT NULL,
    PRIMARY KEY (story, version)
) {strict};

CREATE TABLE story_media (
    story {bytes} NOT NULL,
    version {int} NOT NULL,
    place {int} NOT NULL,
    derivative {bytes} NOT NULL REFERENCES derivatives (id),
    PRIMARY KEY (story, version, place),
    FOREIGN KEY (story, version) REFERENCES story_versions (story, version)
) {strict};

CREATE TABLE approvals (
    story {bytes} NOT NULL,
    version {int} NOT NULL,
    editor {bytes} NOT NULL REFERENCES editors (id),
    clearance {bytes} NOT NULL,
    roles {int} NOT NULL,
    evidence {bytes} NOT NULL,
    at {int} NOT NULL,
    PRIMARY KEY (story, version, editor),
    FOREIGN KEY (story, version) REFERENCES story_versions (story, version)
) {strict};

CREATE TABLE publications (
    id {bytes} NOT NULL PRIMARY KEY,
    story {bytes} NOT NULL,
    version {int} NOT NULL,
    clearance {bytes} NOT NULL,
    decided_by {bytes} NOT NULL REFERENCES editors (id),
    decided_at {int} NOT NULL,
    supersedes {bytes} UNIQUE REFERENCES publications (id),
    live_at {int},
    UNIQUE (story, version),
    FOREIGN KEY (story, version) REFERENCES story_versions (story, version)
) {strict};

CREATE TABLE statements (
    publication {bytes} NOT NULL REFERENCES publications (id),
    derivative {bytes} NOT NULL REFERENCES derivatives (id),
    leaf_salt {bytes} NOT NULL, -- sealed
    receipt_salt {bytes} NOT NULL, -- sealed
    plan_salt {bytes} NOT NULL, -- sealed
    log_index {int},
    statement TEXT,
    proof TEXT,
    PRIMARY KEY (publication, derivative)
) {strict};

CREATE TABLE jobs (
    id {bytes} NOT NULL PRIMARY KEY,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts {int} NOT NULL,
    due_at {int} NOT NULL,
    lease {int} NOT NULL,
    trouble TEXT,
    created_at {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX jobs_one_waiting ON jobs (key) WHERE state = 'ready';
CREATE INDEX jobs_due ON jobs (due_at) WHERE state IN ('ready', 'running');

CREATE TABLE audit (
    chain TEXT NOT NULL,
    seq {int} NOT NULL,
    prev_hash {bytes} NOT NULL,
    hash {bytes} NOT NULL,
    at {int} NOT NULL,
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    details {bytes} NOT NULL, -- sealed
    PRIMARY KEY (chain, seq),
    CONSTRAINT audit_one_successor UNIQUE (chain, prev_hash)
) {strict};
