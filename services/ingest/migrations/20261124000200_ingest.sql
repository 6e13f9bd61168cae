-- migrate:up
CREATE SCHEMA ingest;
COMMENT ON SCHEMA ingest IS 'What came through the drop: receipts, quarantine, watermarks. Written by ingest.';

-- The guarantee: written before the drop object is deleted, and enough to tell the event again.
CREATE TABLE ingest.receipt (
    site text NOT NULL,
    drop_digest char(64) NOT NULL,                     -- SHA-256 of the drop key; keys bear names
    drop_version text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('instance', 'roster', 'quarantined')),
    sha256 char(64) NOT NULL,
    crc32 bigint NOT NULL,
    size bigint NOT NULL,                              -- bytes
    bucket text NOT NULL,
    key text NOT NULL,
    study_uid text,
    series_uid text,
    sop_uid text,
    door text NOT NULL,
    lane text NOT NULL CHECK (lane IN ('live', 'backfill')),
    dropped_at timestamptz NOT NULL,                   -- the store's Last-Modified
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    event_type text NOT NULL,                          -- routing key of `event`
    event jsonb NOT NULL,                              -- identifiers only
    filed_at timestamptz,                              -- when the reconciler saw its catalogue row
    told_again int NOT NULL DEFAULT 0,                 -- times the reconciler told the event again
    told_again_at timestamptz,
    reference text NOT NULL,
    PRIMARY KEY (site, drop_digest, drop_version)
);
CREATE INDEX receipt_study ON ingest.receipt (site, study_uid) WHERE kind = 'instance';
CREATE INDEX receipt_unfiled ON ingest.receipt (received_at) WHERE filed_at IS NULL;
CREATE INDEX receipt_reference ON ingest.receipt (reference);
CREATE INDEX receipt_sha256 ON ingest.receipt (sha256);

CREATE TABLE ingest.quarantine (
    site text NOT NULL,
    sha256 char(64) NOT NULL,
    drop_digest char(64) NOT NULL,
    key text NOT NULL,                                 -- in the bucket `quarantine`
    size bigint NOT NULL,
    reason text NOT NULL,
    quarantined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    decision text CHECK (decision IN ('release', 'reject')),
    decided_at timestamptz,
    actor text,
    outcome text CHECK (outcome IN ('released', 'rejected', 'not-releasable')),
    reference text NOT NULL,
    PRIMARY KEY (site, sha256, drop_digest)
);
CREATE INDEX quarantine_reference ON ingest.quarantine (reference);

-- Everything dropped at `site` before `drained_at` has its receipt.
CREATE TABLE ingest.watermark (
    site text PRIMARY KEY,
    drained_at timestamptz NOT NULL,
    pending bigint NOT NULL,                           -- objects seen by the last full listing
    oldest_pending timestamptz,
    listed_at timestamptz NOT NULL                     -- when the last full listing began
);

-- Distinct contents received of each study, for index: what is still on its way to it.
CREATE VIEW ingest.received AS
    SELECT DISTINCT site, study_uid, sop_uid, sha256 FROM ingest.receipt WHERE kind = 'instance';

GRANT USAGE ON SCHEMA ingest TO scanpass_ingest, scanpass_index, scanpass_ops;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA ingest TO scanpass_ingest;
GRANT DELETE ON ingest.watermark TO scanpass_ingest;  -- of sites that are no more
GRANT SELECT ON ingest.received, ingest.watermark TO scanpass_index;
GRANT SELECT ON ALL TABLES IN SCHEMA ingest TO scanpass_ops;

-- migrate:down
DROP SCHEMA ingest CASCADE;
