-- migrate:up
-- What must not be served: the portal asks here before it reads an original.
CREATE VIEW ingest.damaged AS SELECT bucket, key FROM ingest.damage WHERE mended_at IS NULL;
GRANT USAGE ON SCHEMA ingest TO scanpass_portal;
GRANT SELECT ON ingest.damaged TO scanpass_portal;

-- migrate:down
REVOKE USAGE ON SCHEMA ingest FROM scanpass_portal;
DROP VIEW ingest.damaged;
