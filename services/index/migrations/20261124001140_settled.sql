-- migrate:up
-- For ingest: what has come through, so that it knows how much of an old archive is on its way.
CREATE VIEW catalogue.settled AS SELECT site, sop_uid, sha256 FROM catalogue.settlement;
GRANT SELECT ON catalogue.settled TO scanpass_ingest, scanpass_ops;

-- migrate:down
DROP VIEW catalogue.settled;
