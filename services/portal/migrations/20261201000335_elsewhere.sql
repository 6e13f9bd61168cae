-- migrate:up
-- "Put it on a computer": a code that is typed there, once, for one take.
CREATE TABLE access.elsewhere (
    code_hash bytea PRIMARY KEY,                       -- HMAC-SHA256
    take uuid NOT NULL REFERENCES access.take ON DELETE CASCADE,
    session uuid NOT NULL REFERENCES access.session,   -- who showed it; with it all of this ends
    tries int NOT NULL DEFAULT 0,                      -- birth dates
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    secret_hash bytea UNIQUE,                          -- SHA-256 of what the address holds then
    ends_at timestamptz,                               -- until when that works
    CHECK ((used_at IS NULL) = (secret_hash IS NULL))
);
CREATE INDEX elsewhere_take ON access.elsewhere (take);
GRANT SELECT, INSERT, UPDATE ON access.elsewhere TO scanpass_portal;

-- The patient hears of it.
ALTER TABLE access.notice DROP CONSTRAINT notice_kind_check, DROP CONSTRAINT notice_check,
    ADD CONSTRAINT notice_kind_check
        CHECK (kind IN ('recovered', 'opened', 'locked', 'ending', 'elsewhere')),
    ADD CONSTRAINT notice_check
        CHECK ((kind IN ('recovered', 'elsewhere')) = (grant_id IS NULL));
DROP INDEX access.notice_ending;
CREATE INDEX notice_by_clock ON access.notice (noted_at) WHERE kind IN ('ending', 'elsewhere');

-- migrate:down
DELETE FROM access.notice WHERE kind = 'elsewhere';
DROP INDEX access.notice_by_clock;
CREATE INDEX notice_ending ON access.notice (noted_at) WHERE kind = 'ending';
ALTER TABLE access.notice DROP CONSTRAINT notice_kind_check, DROP CONSTRAINT notice_check,
    ADD CONSTRAINT notice_kind_check CHECK (kind IN ('recovered', 'opened', 'locked', 'ending')),
    ADD CONSTRAINT notice_check CHECK ((kind = 'recovered') = (grant_id IS NULL));
DROP TABLE access.elsewhere;
