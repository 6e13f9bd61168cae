-- migrate:up
-- Whose wish counts for a record, and what they wish: as portal told it. It cannot be made again
-- from originals, so it outlives the catalogue.
CREATE TABLE told.claim (
    claim uuid PRIMARY KEY,
    record uuid NOT NULL,
    person uuid NOT NULL,
    ended boolean NOT NULL
);
CREATE INDEX claim_record ON told.claim (record) WHERE NOT ended;
CREATE INDEX claim_person ON told.claim (person) WHERE NOT ended;
INSERT INTO told.claim SELECT claim, record, person, ended_at IS NOT NULL FROM access.claim;

CREATE TABLE told.wish (
    person uuid NOT NULL,
    site text NOT NULL,                                -- both empty: of all that they claim
    study_uid text NOT NULL,
    wish text NOT NULL CHECK (wish IN ('at-once', 'with-report', 'after-call')),
    version int NOT NULL,                              -- of the person's wishes; the newest holds
    PRIMARY KEY (person, site, study_uid)
);

ALTER TABLE told.study
    ADD COLUMN reported boolean NOT NULL DEFAULT false, -- a report is, or was, among its instances
    ADD COLUMN held_because text CHECK (
        held_because IN ('site-report', 'site-term', 'wish-report', 'wish-call')),
    ADD COLUMN held_until timestamptz,
    ADD COLUMN hold int NOT NULL DEFAULT 0,            -- holds so far
    ADD COLUMN release int NOT NULL DEFAULT 0,         -- releases so far
    ADD COLUMN released_by text NOT NULL DEFAULT 'at-once', -- what let it go the last time
    ADD COLUMN review_at timestamptz,                  -- when to ask whether it is still held
    ADD CHECK (held_because IS NULL OR released_at IS NULL);
UPDATE told.study SET release = 1 WHERE released_at IS NOT NULL;
CREATE INDEX study_review ON told.study (review_at) WHERE review_at IS NOT NULL;
CREATE INDEX study_told_of ON told.study (record);

ALTER TABLE catalogue.study
    ADD COLUMN held_because text,
    ADD COLUMN held_until timestamptz;

-- For portal: which of what it told has been heeded here.
CREATE VIEW catalogue.heeded_wish AS
    SELECT person, site, study_uid, version FROM told.wish;
CREATE VIEW catalogue.heeded_claim AS SELECT claim, ended FROM told.claim;

GRANT SELECT, INSERT, UPDATE ON told.claim, told.wish TO scanpass_index;
GRANT SELECT ON told.claim, told.wish TO scanpass_ops;
GRANT SELECT ON catalogue.heeded_wish, catalogue.heeded_claim TO scanpass_portal, scanpass_ops;

-- migrate:down
DROP VIEW catalogue.heeded_claim, catalogue.heeded_wish;
ALTER TABLE catalogue.study DROP COLUMN held_because, DROP COLUMN held_until;
DROP INDEX told.study_told_of;
ALTER TABLE told.study
    DROP COLUMN reported, DROP COLUMN held_because, DROP COLUMN held_until, DROP COLUMN hold,
    DROP COLUMN release, DROP COLUMN released_by, DROP COLUMN review_at;
DROP TABLE told.wish, told.claim;
