-- migrate:up
-- `declaration` is told by another migration of the same release; neither takes the other's away.
ALTER TABLE ingest.receipt DROP CONSTRAINT receipt_kind_check;
ALTER TABLE ingest.receipt ADD CONSTRAINT receipt_kind_check
    CHECK (kind IN ('instance', 'roster', 'declaration', 'archive', 'quarantined'));

-- migrate:down
DELETE FROM ingest.receipt WHERE kind = 'archive';
ALTER TABLE ingest.receipt DROP CONSTRAINT receipt_kind_check;
ALTER TABLE ingest.receipt ADD CONSTRAINT receipt_kind_check
    CHECK (kind IN ('instance', 'roster', 'declaration', 'quarantined'));
