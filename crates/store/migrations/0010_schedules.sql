-- Cleared versions that wait for their moment. Words as in 0001_first.sql.

CREATE TABLE schedules (
    story {bytes} NOT NULL PRIMARY KEY REFERENCES stories (id),
    version {int} NOT NULL,
    clearance {bytes} NOT NULL, -- the hash of what was approved
    decided_by {bytes} NOT NULL REFERENCES editors (id),
    due_at {int} NOT NULL,
    trouble TEXT -- the code of the rule that refused it when its moment came
) {strict};

CREATE INDEX schedules_due ON schedules (due_at) WHERE trouble IS NULL;
