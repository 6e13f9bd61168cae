-- migrate:up
-- For portal: the CRC-32 of originals, so that a ZIP of them can be computed before it is read.
CREATE VIEW ingest.checksum AS
    SELECT site, sha256, crc32 FROM ingest.receipt WHERE kind = 'instance';
GRANT USAGE ON SCHEMA ingest TO scanpass_portal;
GRANT SELECT ON ingest.checksum TO scanpass_portal;

-- migrate:down
DROP VIEW ingest.checksum;
REVOKE USAGE ON SCHEMA ingest FROM scanpass_portal;
