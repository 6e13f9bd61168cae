-- migrate:up
-- What a patient lets others do: a share is for the bearer of a link, a consent stands for an
-- organisation. One row is one grant as it is now; `access.ledger` holds every change of it.
CREATE TABLE access.grants (
    grant_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    version int NOT NULL DEFAULT 1,
    kind text NOT NULL CHECK (kind IN ('share', 'consent')),
    person uuid NOT NULL REFERENCES access.person,     -- whose pictures
    grantee_kind text NOT NULL CHECK (grantee_kind IN ('bearer', 'organisation')),
    grantee text,                                      -- of an organisation, its site
    keep boolean NOT NULL,                             -- look and keep; false: look
    -- The scope: the studies in `access.grant_study`, or everything.
    everything boolean NOT NULL,
    sites text[],                                      -- everything: of these alone; NULL: of all
    arrived_before timestamptz,                        -- everything: NULL: also what is to come
    purpose text NOT NULL,                             -- HL7 v3 PurposeOfUse
    starts_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at timestamptz,
    most_uses int CHECK (most_uses > 0),               -- viewings
    uses int NOT NULL DEFAULT 0,
    tries int NOT NULL DEFAULT 0,                      -- wrong birth dates, of all its links
    named boolean NOT NULL DEFAULT true,               -- whether its page says who shares
    given_by uuid NOT NULL REFERENCES access.person,   -- the patient, or who helps them
    ended_at timestamptz,
    ended_as text CHECK (ended_as IN ('withdrawn', 'expired')),
    CHECK ((ended_at IS NULL) = (ended_as IS NULL)),
    CHECK ((kind = 'share') = (grantee_kind = 'bearer')),
    CHECK ((grantee_kind = 'organisation') = (grantee IS NOT NULL)),
    CHECK (kind <> 'share' OR ends_at IS NOT NULL)     -- a link always ends
);
CREATE INDEX grants_person ON access.grants (person);
CREATE INDEX grants_grantee ON access.grants (grantee, person) WHERE ended_at IS NULL;
CREATE INDEX grants_due ON access.grants (ends_at) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX grants_standing ON access.grants (person, grantee)
    WHERE kind = 'consent' AND ended_at IS NULL;

CREATE TABLE access.grant_study (
    grant_id uuid NOT NULL REFERENCES access.grants,
    site text NOT NULL,
    study_uid text NOT NULL,
    PRIMARY KEY (grant_id, site, study_uid)
);

-- Whether a grant's scope holds a study: for lists. `shared/access/grant.py` says the same of one.
CREATE FUNCTION access.covers(g access.grants, site text, study_uid text, arrived timestamptz)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN g.everything
        THEN (g.sites IS NULL OR covers.site = ANY (g.sites))
            AND (g.arrived_before IS NULL OR arrived < g.arrived_before)
        ELSE EXISTS (SELECT FROM access.grant_study AS s WHERE s.grant_id = g.grant_id
            AND s.site = covers.site AND s.study_uid = covers.study_uid) END
$$;

-- The same where a grant limits what is listed; without one everything is within.
CREATE FUNCTION access.within(grant_id uuid, site text, study_uid text, arrived timestamptz)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT within.grant_id IS NULL OR EXISTS (
        SELECT FROM access.grants AS g WHERE g.grant_id = within.grant_id
            AND access.covers(g, within.site, within.study_uid, within.arrived))
$$;

-- Every change of a grant, whole, as it was told. Append-only.
CREATE TABLE access.ledger (
    position bigint PRIMARY KEY,                       -- 1, 2, 3 … as they were committed
    person uuid NOT NULL,
    seq bigint NOT NULL,                               -- 1, 2, 3 … of this person
    grant_id uuid NOT NULL,
    version int NOT NULL,
    type text NOT NULL,                                -- routing key
    body jsonb NOT NULL,                               -- the event's data
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    mirrored boolean NOT NULL DEFAULT false,           -- the ledger bucket has it
    UNIQUE (person, seq),
    UNIQUE (grant_id, version)
);
CREATE INDEX ledger_unmirrored ON access.ledger (position) WHERE NOT mirrored;
-- Where it ends. Whoever writes holds it, so that positions are committed in their order.
CREATE TABLE access.ledger_end (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    position bigint NOT NULL
);
INSERT INTO access.ledger_end VALUES (true, 0);

CREATE FUNCTION access.refuse_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger of grants is append-only';
END
$$;
CREATE TRIGGER ledger_stays BEFORE DELETE OR TRUNCATE
    OR UPDATE OF position, person, seq, grant_id, version, type, body, at ON access.ledger
    FOR EACH STATEMENT EXECUTE FUNCTION access.refuse_ledger();

-- A share's links, of which only hashes are kept: shown once, or minted by notify when it sends.
CREATE TABLE access.link (
    link uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    grant_id uuid NOT NULL REFERENCES access.grants,
    secret_hash bytea UNIQUE,                          -- of 256 random bits, SHA-256
    channel text CHECK (channel IN ('email', 'sms')),  -- NULL: shown to the patient
    address text,
    language text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX link_grant ON access.link (grant_id);

-- For a computer without a camera: typed, for half an hour, once.
CREATE TABLE access.visit_code (
    code_hash bytea PRIMARY KEY,                       -- HMAC-SHA256
    grant_id uuid NOT NULL REFERENCES access.grants,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

-- Who opened a share: what they said of themselves, and nothing that was proven of it.
CREATE TABLE access.guest (
    guest uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    grant_id uuid NOT NULL REFERENCES access.grants,
    name text NOT NULL,
    role text NOT NULL,
    browser text NOT NULL DEFAULT '',
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX guest_grant ON access.guest (grant_id);

ALTER TABLE access.viewing ALTER COLUMN session DROP NOT NULL,
    ADD COLUMN guest uuid REFERENCES access.guest,
    ADD COLUMN client_hash bytea UNIQUE,               -- of the address for the guest's own viewer
    ADD CHECK (num_nonnulls(session, guest) = 1);
CREATE INDEX viewing_guest ON access.viewing (guest);

ALTER TABLE access.entry DROP CONSTRAINT entry_actor_kind_check, ADD CONSTRAINT
    entry_actor_kind_check CHECK (actor_kind IN (
        'patient', 'helper', 'stranger', 'service', 'guest', 'organisation'));

GRANT SELECT, INSERT, UPDATE ON access.grants, access.link, access.visit_code, access.guest
    TO scanpass_portal;
GRANT SELECT, INSERT ON access.grant_study, access.ledger TO scanpass_portal;
GRANT UPDATE (mirrored) ON access.ledger TO scanpass_portal;
GRANT SELECT, UPDATE ON access.ledger_end TO scanpass_portal;
GRANT SELECT ON access.grants, access.grant_study, access.ledger, access.ledger_end
    TO scanpass_ops;
GRANT SELECT, UPDATE (secret_hash) ON access.link TO scanpass_notify;
GRANT SELECT ON access.grants TO scanpass_notify;

-- migrate:down
DROP TABLE access.visit_code, access.link, access.grant_study, access.ledger, access.ledger_end;
DROP FUNCTION access.within, access.covers, access.refuse_ledger;
DELETE FROM access.viewing WHERE guest IS NOT NULL;
ALTER TABLE access.viewing DROP COLUMN guest, DROP COLUMN client_hash,
    ALTER COLUMN session SET NOT NULL;
DROP TABLE access.guest, access.grants;
