-- migrate:up
-- What hospitals and discs say is to come; may be there before anything of the study.
CREATE TABLE catalogue.declaration (
    site text NOT NULL,
    study_uid text NOT NULL,
    sha256 char(64) NOT NULL,
    origin text NOT NULL CHECK (origin IN ('manifest', 'dicomdir')),
    instances int NOT NULL,
    declared_at timestamptz NOT NULL,                  -- when it was dropped, the last time
    filed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (site, study_uid, sha256)
);

-- The newest manifest counts. Without one the largest DICOMDIR: a study may be on several discs.
CREATE VIEW catalogue.expectation AS
    SELECT site, study_uid, coalesce(
        (array_agg(instances ORDER BY declared_at DESC, instances DESC)
            FILTER (WHERE origin = 'manifest'))[1],
        max(instances)
    ) AS expected
    FROM catalogue.declaration GROUP BY site, study_uid;

ALTER TABLE catalogue.study DROP COLUMN expected;

CREATE OR REPLACE VIEW catalogue.filed AS
    SELECT site, sha256, NULL::text AS study_uid FROM catalogue.content
    UNION ALL
    SELECT site, sha256, NULL FROM catalogue.roster
    UNION ALL
    SELECT site, sha256, study_uid FROM catalogue.declaration;  -- each of its studies by itself

GRANT SELECT, INSERT, UPDATE ON catalogue.declaration TO scanpass_index;
GRANT SELECT ON catalogue.expectation TO scanpass_index;
GRANT SELECT ON catalogue.declaration, catalogue.expectation TO scanpass_ops;

-- migrate:down
DROP VIEW catalogue.filed;
CREATE VIEW catalogue.filed AS
    SELECT site, sha256 FROM catalogue.content
    UNION ALL
    SELECT site, sha256 FROM catalogue.roster;
GRANT SELECT ON catalogue.filed TO scanpass_ingest, scanpass_ops;
ALTER TABLE catalogue.study ADD COLUMN expected int;
DROP VIEW catalogue.expectation;
DROP TABLE catalogue.declaration;
