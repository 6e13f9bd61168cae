-- migrate:up
ALTER TABLE ingest.receipt ADD COLUMN scrubbed_at timestamptz;  -- when its original was last re-read
CREATE INDEX receipt_scrub ON ingest.receipt ((coalesce(scrubbed_at, received_at)))
    WHERE bucket = 'archive';

-- Originals that are not what was received: to be brought back from a backup, and never served.
CREATE TABLE ingest.damage (
    bucket text NOT NULL,
    key text NOT NULL,
    site text NOT NULL,
    sha256 char(64) NOT NULL,                          -- of what was received
    reason text NOT NULL CHECK (reason IN ('other-bytes', 'missing')),
    found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    mended_at timestamptz,                             -- when it was found whole again
    PRIMARY KEY (bucket, key)
);
GRANT SELECT, INSERT, UPDATE ON ingest.damage TO scanpass_ingest;
GRANT SELECT ON ingest.damage TO scanpass_ops;

-- migrate:down
DROP TABLE ingest.damage;
DROP INDEX ingest.receipt_scrub;
ALTER TABLE ingest.receipt DROP COLUMN scrubbed_at;
