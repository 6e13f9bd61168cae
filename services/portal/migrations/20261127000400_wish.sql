-- migrate:up
-- When a patient wants to see results: of all they claim, or of one study. Appended to, never
-- changed; the newest holds.
CREATE TABLE access.wish (
    person uuid NOT NULL REFERENCES access.person,
    version int NOT NULL,                              -- 1, 2, 3 …
    wish text NOT NULL CHECK (wish IN ('at-once', 'with-report', 'after-call')),
    site text,                                         -- both NULL: of all
    study_uid text,
    wished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (person, version),
    CHECK ((site IS NULL) = (study_uid IS NULL))
);

-- The moment between a wish and index's heeding it: what she wants to wait for is not shown then.
CREATE FUNCTION access.unheeded(claimed uuid, who uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM (
            SELECT wish, version FROM access.wish WHERE person = who AND study_uid IS NULL
            ORDER BY version DESC LIMIT 1
        ) AS newest
        WHERE wish <> 'at-once' AND NOT (
            EXISTS (SELECT FROM catalogue.heeded_wish AS h
                WHERE (h.person, h.site, h.study_uid) = (who, '', '')
                    AND h.version >= newest.version)
            AND EXISTS (SELECT FROM catalogue.heeded_claim AS c WHERE c.claim = claimed))
    )
$$;

GRANT SELECT, INSERT ON access.wish TO scanpass_portal;
GRANT SELECT ON access.wish TO scanpass_ops;

-- migrate:down
DROP FUNCTION access.unheeded;
DROP TABLE access.wish;
