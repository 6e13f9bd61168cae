-- migrate:up
-- A key in somebody's telephone or computer, opened by finger, face or the device's own code.
CREATE TABLE access.passkey (
    passkey uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    credential bytea NOT NULL UNIQUE,                  -- WebAuthn's credential id
    person uuid NOT NULL REFERENCES access.person,
    public_key bytea NOT NULL,                         -- COSE (RFC 9052)
    sign_count bigint NOT NULL,                        -- of the last use; 0 where it counts none
    browser text NOT NULL DEFAULT '',                  -- its family and system, no version
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    used_at timestamptz,
    ended_at timestamptz
);
CREATE INDEX passkey_person ON access.passkey (person) WHERE ended_at IS NULL;

-- What a passkey is to sign: once, soon, and in the browser that asked.
CREATE TABLE access.challenge (
    challenge_hash bytea PRIMARY KEY,                  -- SHA-256 of 256 random bits
    holder_hash bytea NOT NULL,                        -- of what only the asking browser holds
    person uuid REFERENCES access.person,              -- who adds a passkey; NULL: who signs in
    expires_at timestamptz NOT NULL
);
CREATE INDEX challenge_expires ON access.challenge (expires_at);

-- They were offered one, and said: not now.
ALTER TABLE access.person ADD passkey_declined_at timestamptz;

GRANT SELECT, INSERT, UPDATE ON access.passkey TO scanpass_portal;
GRANT SELECT, INSERT, DELETE ON access.challenge TO scanpass_portal;

-- migrate:down
ALTER TABLE access.person DROP passkey_declined_at;
DROP TABLE access.challenge;
DROP TABLE access.passkey;
