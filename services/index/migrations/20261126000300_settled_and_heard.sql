-- migrate:up
-- A content is filed once transcode has said what is served for it: what was lost on its way to
-- either of the two is then told again by the reconciler of receipts.
CREATE OR REPLACE VIEW catalogue.filed AS
    SELECT site, sha256, NULL::text AS study_uid
    FROM catalogue.content JOIN catalogue.settlement USING (site, sop_uid, sha256)
    UNION ALL
    SELECT site, sha256, NULL FROM catalogue.roster
    UNION ALL
    SELECT site, sha256, study_uid FROM catalogue.declaration;

-- The same for releases: told again until notify has heard of them.
ALTER TABLE told.study
    ADD COLUMN heard_at timestamptz,                   -- when index saw that the letter is owed
    ADD COLUMN told_again int NOT NULL DEFAULT 0,      -- times the release was told again
    ADD COLUMN told_again_at timestamptz;
CREATE INDEX study_unheard ON told.study (released_at) WHERE heard_at IS NULL;

-- migrate:down
DROP INDEX told.study_unheard;
ALTER TABLE told.study DROP COLUMN heard_at, DROP COLUMN told_again, DROP COLUMN told_again_at;
CREATE OR REPLACE VIEW catalogue.filed AS
    SELECT site, sha256, NULL::text AS study_uid FROM catalogue.content
    UNION ALL
    SELECT site, sha256, NULL FROM catalogue.roster
    UNION ALL
    SELECT site, sha256, study_uid FROM catalogue.declaration;
