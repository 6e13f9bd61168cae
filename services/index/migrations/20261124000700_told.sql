-- migrate:up
-- What cannot be made again from originals: what was told to people, and under which numbers.
CREATE SCHEMA told;
COMMENT ON SCHEMA told IS 'What index has told of studies: outlives the catalogue. Written by index.';

-- Records are UUIDv5 in their site's namespace: the same patient has the same number in a rebuilt
-- catalogue, and who has the number cannot try out numbers of patients without the namespace.
CREATE TABLE told.namespace (
    site text PRIMARY KEY,
    namespace uuid NOT NULL DEFAULT gen_random_uuid()
);

-- The newest revision of each study that was told.
CREATE TABLE told.study (
    site text NOT NULL,
    study_uid text NOT NULL,
    revision int NOT NULL,
    record uuid,
    composition text NOT NULL,                         -- of that revision, see the view
    because text NOT NULL,
    completeness text NOT NULL,
    available_at timestamptz NOT NULL,
    released_at timestamptz,
    PRIMARY KEY (site, study_uid)
);

-- A digest over what a study is made of: equal where there is nothing new to tell.
CREATE VIEW catalogue.composition AS
    SELECT c.site, c.study_uid, encode(sha256(convert_to(string_agg(
        concat_ws(' ', c.series_uid, c.sop_uid, c.sha256, c.standing, c.conflict, t.outcome,
            t.pipeline_version),
        E'\n' ORDER BY c.sop_uid COLLATE "C", c.sha256 COLLATE "C"
    ), 'UTF8')), 'hex') AS composition
    FROM catalogue.content AS c
    LEFT JOIN catalogue.settlement AS t
        ON (t.site, t.sop_uid, t.sha256) = (c.site, c.sop_uid, c.sha256)
    GROUP BY c.site, c.study_uid;

INSERT INTO told.study
    SELECT site, study_uid, revision, record,
        CASE WHEN due_at IS NULL THEN composition ELSE '' END,  -- '': there is more to tell
        because, completeness, available_at, released_at
    FROM catalogue.study JOIN catalogue.composition USING (site, study_uid) WHERE revision > 0;

GRANT USAGE ON SCHEMA told TO scanpass_index, scanpass_ops;
GRANT SELECT, INSERT ON told.namespace TO scanpass_index;
GRANT SELECT, INSERT, UPDATE ON told.study TO scanpass_index;
GRANT SELECT ON told.study TO scanpass_ops;
GRANT SELECT ON catalogue.composition TO scanpass_index, scanpass_ops;

-- migrate:down
DROP VIEW catalogue.composition;
DROP SCHEMA told CASCADE;
