-- migrate:up
-- One receipt a declared study: `drop_version` is then `<version>/<Study Instance UID>`.
ALTER TABLE ingest.receipt DROP CONSTRAINT receipt_kind_check;
ALTER TABLE ingest.receipt ADD CONSTRAINT receipt_kind_check
    CHECK (kind IN ('instance', 'roster', 'declaration', 'quarantined'));

-- migrate:down
DELETE FROM ingest.receipt WHERE kind = 'declaration';
ALTER TABLE ingest.receipt DROP CONSTRAINT receipt_kind_check;
ALTER TABLE ingest.receipt ADD CONSTRAINT receipt_kind_check
    CHECK (kind IN ('instance', 'roster', 'quarantined'));
