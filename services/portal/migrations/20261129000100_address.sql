-- migrate:up
-- An address that a patient makes for a viewer of their own: a consent to an app, which reads like
-- a guest until it ends. What it reads by is kept as a hash only; the guest bears the app's name.
ALTER TABLE access.grants DROP CONSTRAINT grants_grantee_kind_check, ADD CONSTRAINT
    grants_grantee_kind_check CHECK (grantee_kind IN ('bearer', 'organisation', 'app'));
ALTER TABLE access.entry DROP CONSTRAINT entry_actor_kind_check, ADD CONSTRAINT
    entry_actor_kind_check CHECK (actor_kind IN (
        'patient', 'helper', 'stranger', 'service', 'guest', 'organisation', 'app'));

CREATE TABLE access.address (
    secret_hash bytea PRIMARY KEY,                     -- SHA-256 of 256 random bits
    guest uuid NOT NULL UNIQUE REFERENCES access.guest,
    patient uuid NOT NULL REFERENCES access.person,    -- whose pictures, and nobody else's
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX address_patient ON access.address (patient);

GRANT SELECT, INSERT, DELETE ON access.address TO scanpass_portal;

-- migrate:down
DROP TABLE access.address;
-- What was given to an app has nobody left to whom it is given: it ends with this.
DELETE FROM access.guest WHERE grant_id IN (
    SELECT grant_id FROM access.grants WHERE grantee_kind = 'app');
DELETE FROM access.grants WHERE grantee_kind = 'app';
ALTER TABLE access.grants DROP CONSTRAINT grants_grantee_kind_check, ADD CONSTRAINT
    grants_grantee_kind_check CHECK (grantee_kind IN ('bearer', 'organisation'));
