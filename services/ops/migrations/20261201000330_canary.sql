-- migrate:up
-- A small study of nobody's, dropped at a hospital again and again to see how long it takes to be available.
-- Its Study Instance UID is the same everywhere (shared/canary.py), and nothing but it is ever forgotten here.
CREATE TABLE sites.canary (
    site text PRIMARY KEY REFERENCES sites.site ON DELETE CASCADE,
    sent_at timestamptz,                               -- the last
    waiting_since timestamptz,                         -- the first that has not come through
    came_at timestamptz,                               -- the last that has
    seconds double precision                           -- which that one took
);

-- What the last one left, so that the next one is new: services may delete none of it themselves.
CREATE FUNCTION sites.forget_canary(which text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    uid CONSTANT text := '2.25.64458168631406714109355541740336865574';
    whose uuid;
BEGIN
    SELECT record INTO whose FROM catalogue.study WHERE (site, study_uid) = (which, uid);
    DELETE FROM told.study WHERE (site, study_uid) = (which, uid);
    DELETE FROM catalogue.settlement WHERE (site, study_uid) = (which, uid);
    DELETE FROM catalogue.content WHERE (site, study_uid) = (which, uid);
    DELETE FROM catalogue.series WHERE (site, study_uid) = (which, uid);
    DELETE FROM catalogue.study WHERE (site, study_uid) = (which, uid);
    DELETE FROM ingest.receipt WHERE (site, study_uid) = (which, uid);
    DELETE FROM catalogue.record AS r WHERE r.record = whose
        AND NOT EXISTS (SELECT FROM catalogue.study WHERE record = whose)
        AND NOT EXISTS (SELECT FROM catalogue.content WHERE record = whose)
        AND NOT EXISTS (SELECT FROM told.claim WHERE record = whose);
END
$$;
REVOKE EXECUTE ON FUNCTION sites.forget_canary FROM PUBLIC;

GRANT EXECUTE ON FUNCTION sites.forget_canary TO scanpass_ops;
GRANT SELECT, INSERT, UPDATE, DELETE ON sites.canary TO scanpass_ops;
GRANT SELECT, UPDATE ON sites.canary TO scanpass_index;

-- migrate:down
DROP FUNCTION sites.forget_canary;
DROP TABLE sites.canary;
