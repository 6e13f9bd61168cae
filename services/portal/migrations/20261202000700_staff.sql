-- migrate:up
-- Who signs in as staff of a hospital, by its provider of identities. `staff` is made from what the
-- provider calls them, under a key, so that it is the same after an older database was put back.
CREATE TABLE access.staff (
    staff uuid PRIMARY KEY,                            -- of an HMAC-SHA256
    name text NOT NULL,                                -- as the provider says
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE access.staff_session (
    session uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    secret_hash bytea NOT NULL UNIQUE,                 -- SHA-256 of 256 random bits
    staff uuid NOT NULL REFERENCES access.staff,
    sites text[] NOT NULL,                             -- whose staff, by the groups at sign-in
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX staff_session_ends ON access.staff_session (ends_at);

-- Somebody was sent away to sign in as staff.
ALTER TABLE access.identity_asked ADD staff boolean NOT NULL DEFAULT false;

-- Staff who read by a consent are guests whose name was proven; their viewing ends with the session.
ALTER TABLE access.guest ADD staff uuid REFERENCES access.staff;
CREATE UNIQUE INDEX guest_staff ON access.guest (grant_id, staff) WHERE staff IS NOT NULL;
ALTER TABLE access.viewing ADD staff_session uuid REFERENCES access.staff_session,
    ADD CHECK (staff_session IS NULL OR guest IS NOT NULL);

-- A consent may be to one person of staff. No foreign key: `scanpass access reconcile` may know of
-- who has not signed in since.
ALTER TABLE access.grants DROP CONSTRAINT grants_grantee_kind_check, ADD CONSTRAINT
    grants_grantee_kind_check CHECK (grantee_kind IN ('bearer', 'organisation', 'app', 'person')),
    ADD staff uuid, ADD CHECK ((grantee_kind = 'person') = (staff IS NOT NULL));
CREATE INDEX grants_staff ON access.grants (staff) WHERE ended_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON access.staff TO scanpass_portal;
GRANT SELECT, INSERT, UPDATE ON access.staff_session TO scanpass_portal;

-- migrate:down
DROP INDEX access.guest_staff, access.grants_staff;
DELETE FROM access.viewing WHERE staff_session IS NOT NULL;
ALTER TABLE access.viewing DROP staff_session;
DELETE FROM access.viewing WHERE guest IN (SELECT guest FROM access.guest WHERE staff IS NOT NULL);
ALTER TABLE access.guest DROP staff;
DELETE FROM access.guest WHERE grant_id IN (
    SELECT grant_id FROM access.grants WHERE grantee_kind = 'person');
DELETE FROM access.grant_study WHERE grant_id IN (
    SELECT grant_id FROM access.grants WHERE grantee_kind = 'person');
DELETE FROM access.grants WHERE grantee_kind = 'person';
ALTER TABLE access.grants DROP staff, DROP CONSTRAINT grants_grantee_kind_check, ADD CONSTRAINT
    grants_grantee_kind_check CHECK (grantee_kind IN ('bearer', 'organisation', 'app'));
ALTER TABLE access.identity_asked DROP staff;
DROP TABLE access.staff_session, access.staff;
