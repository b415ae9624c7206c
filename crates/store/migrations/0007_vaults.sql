-- From which vault of a reporter something came: the kit's first chain is kept beside the fresh ones. Words as in 0001_first.sql.

ALTER TABLE kits ADD COLUMN first_chain {int} NOT NULL DEFAULT 1; -- chain_key is of the chain that the kit came with
ALTER TABLE kit_chains ADD COLUMN brought {int} NOT NULL DEFAULT 0; -- the oldest epoch in which it was sealed into a contact piece
ALTER TABLE kit_chains ADD COLUMN newest {int} NOT NULL DEFAULT 0; -- the newest epoch that it is known of

-- Until now a fresh chain took the first one's place when epochs were closed, and its row went.
UPDATE kits SET first_chain = 0 WHERE closed_to > 0 AND NOT EXISTS (SELECT 1 FROM kit_chains WHERE kit_chains.kit = kits.id);
UPDATE kit_chains SET brought = epoch, newest = (SELECT confirmed FROM kits WHERE kits.id = kit_chains.kit);
