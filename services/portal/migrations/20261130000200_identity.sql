-- migrate:up
-- Who somebody is to a provider of identities, connected by themselves. The provider's own number for
-- a person may be a national one: only a keyed hash is kept.
CREATE TABLE access.identity (
    identity uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    person uuid NOT NULL REFERENCES access.person,
    issuer text NOT NULL,
    subject_hash bytea NOT NULL,                       -- HMAC-SHA256
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    used_at timestamptz,
    ended_at timestamptz
);
CREATE UNIQUE INDEX identity_subject ON access.identity (issuer, subject_hash)
    WHERE ended_at IS NULL;
CREATE INDEX identity_person ON access.identity (person) WHERE ended_at IS NULL;

-- Somebody was sent to the provider: they come back once, soon, and in the browser that left.
CREATE TABLE access.identity_asked (
    state_hash bytea PRIMARY KEY,                      -- SHA-256 of 256 random bits
    holder_hash bytea NOT NULL,                        -- of what only the asking browser holds
    person uuid REFERENCES access.person,              -- who connects; NULL: who signs in
    expires_at timestamptz NOT NULL
);
CREATE INDEX identity_asked_expires ON access.identity_asked (expires_at);

GRANT SELECT, INSERT, UPDATE ON access.identity TO scanpass_portal;
GRANT SELECT, INSERT, DELETE ON access.identity_asked TO scanpass_portal;

-- migrate:down
DROP TABLE access.identity_asked;
DROP TABLE access.identity;
