-- migrate:up
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'scanpass_portal') THEN
        CREATE ROLE scanpass_portal LOGIN;
    END IF;
END
$$;

CREATE SCHEMA access;
COMMENT ON SCHEMA access IS 'Who may look, who looked, and who is who. Written by portal.';

-- A person is an account; a record (catalogue.record) is a patient as one issuer knows them.
CREATE TABLE access.person (
    person uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text,                                         -- as on an envelope
    language text,                                     -- BCP 47
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- How a person was reached and proved it: an address or a number, equally.
CREATE TABLE access.contact (
    person uuid NOT NULL REFERENCES access.person,
    channel text NOT NULL CHECK (channel IN ('email', 'sms')),
    address text NOT NULL,                             -- folded: see services/portal/signin
    proven_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    PRIMARY KEY (person, channel, address)
);
CREATE INDEX contact_address ON access.contact (channel, address) WHERE ended_at IS NULL;

-- A record is claimed by at most one person at a time; what was undone stays on record.
CREATE TABLE access.claim (
    claim uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    person uuid NOT NULL REFERENCES access.person,
    record uuid NOT NULL,
    site text NOT NULL,
    claimed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz
);
CREATE UNIQUE INDEX claim_record ON access.claim (record) WHERE ended_at IS NULL;
CREATE INDEX claim_person ON access.claim (person);

-- The code in a letter, of which only a keyed hash is kept. Code and birth date claim the record.
CREATE TABLE access.invitation (
    code_hash bytea PRIMARY KEY,                       -- HMAC-SHA256
    record uuid NOT NULL,
    site text NOT NULL,
    channel text CHECK (channel IN ('email', 'sms')),  -- NULL: printed
    address text,                                      -- where it was sent, so that it is proven
    tries int NOT NULL DEFAULT 0,                      -- wrong ones
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX invitation_record ON access.invitation (record);

-- Someone wants to sign in. notify mints link and code when it sends them.
CREATE TABLE access.signin (
    signin uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    channel text NOT NULL CHECK (channel IN ('email', 'sms')),
    address text NOT NULL,
    language text NOT NULL,
    known boolean NOT NULL,                            -- false: nobody has it, and nothing is sent
    browser_hash bytea NOT NULL,                       -- of what only the asking browser holds
    token_hash bytea,                                  -- of the link, SHA-256
    code_hash bytea,                                   -- of the six digits and `signin`
    tries int NOT NULL DEFAULT 0,
    proof_hash bytea,                                  -- proven; who of several is yet to be said
    invitation bytea REFERENCES access.invitation,     -- proven already, claimed once signed in
    helper uuid,                                       -- proven already, joins once signed in
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    minted_at timestamptz,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE UNIQUE INDEX signin_token ON access.signin (token_hash);
CREATE INDEX signin_address ON access.signin (channel, address, asked_at);
CREATE INDEX signin_expires ON access.signin (expires_at);

-- How much somebody has asked lately; drains as time goes by.
CREATE TABLE access.bucket (
    name text PRIMARY KEY,                             -- what for, and a keyed hash of whose
    level double precision NOT NULL,
    at timestamptz NOT NULL
);

CREATE TABLE access.session (
    session uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    secret_hash bytea NOT NULL UNIQUE,                 -- SHA-256 of 256 random bits
    person uuid NOT NULL REFERENCES access.person,
    browser text NOT NULL DEFAULT '',                  -- its family and system, no version
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX session_person ON access.session (person);

-- What the viewer's origin knows instead of a session: one person's pictures, for a while.
CREATE TABLE access.viewing (
    viewing uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    secret_hash bytea NOT NULL UNIQUE,
    session uuid NOT NULL REFERENCES access.session,
    patient uuid NOT NULL REFERENCES access.person,    -- whose records it is for
    language text NOT NULL,                            -- no cookie is read on that origin
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at timestamptz NOT NULL
);
CREATE INDEX viewing_session ON access.viewing (session);

-- Someone who helps: a person with a sign-in of their own.
CREATE TABLE access.helper (
    helper uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    patient uuid NOT NULL REFERENCES access.person,
    person uuid REFERENCES access.person,              -- NULL until they joined
    name text NOT NULL,                                -- as the patient calls them
    channel text NOT NULL CHECK (channel IN ('email', 'sms')),
    address text NOT NULL,
    rights text NOT NULL CHECK (rights IN ('see', 'share', 'everything')),
    code_hash bytea UNIQUE,                            -- of the invitation, minted by notify
    tries int NOT NULL DEFAULT 0,
    invited_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    joined_at timestamptz,
    ended_at timestamptz
);
CREATE INDEX helper_patient ON access.helper (patient);
CREATE INDEX helper_person ON access.helper (person);

-- The access log: one hash chain a record, append-only by rights and trigger.
CREATE TABLE access.chain (
    record uuid PRIMARY KEY,
    seq bigint NOT NULL,
    head bytea NOT NULL,
    anchored bigint NOT NULL DEFAULT 0                 -- up to here the ledger bucket knows it
);
CREATE INDEX chain_unanchored ON access.chain (record) WHERE anchored < seq;
CREATE TABLE access.entry (
    record uuid NOT NULL,
    seq bigint NOT NULL,                               -- 1, 2, 3 …
    at timestamptz NOT NULL,
    actor_kind text NOT NULL CHECK (actor_kind IN ('patient', 'helper', 'stranger', 'service')),
    actor uuid,                                        -- a person
    session uuid,
    action text NOT NULL,                              -- code
    because text NOT NULL,                             -- code
    study_uid text,
    series_uid text,
    reads bigint NOT NULL DEFAULT 0,                   -- of what was opened, told when it closed
    previous bytea NOT NULL,                           -- 32 bytes; of the first entry zeros
    hash bytea NOT NULL,                               -- see `access.sealed`
    PRIMARY KEY (record, seq)
);

-- What an entry's hash is over: its fields in the order of the table, UTF-8, one a line.
CREATE FUNCTION access.sealed(e access.entry) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(convert_to(concat_ws(E'\n',
        e.record::text, e.seq::text, (extract(epoch FROM e.at) * 1000000)::bigint::text,
        e.actor_kind, coalesce(e.actor::text, ''), coalesce(e.session::text, ''), e.action,
        e.because, coalesce(e.study_uid, ''), coalesce(e.series_uid, ''), e.reads::text,
        encode(e.previous, 'hex')), 'UTF8'))
$$;

-- The only way in. Runs with the owner's rights: nobody else may insert, and nobody may change.
CREATE FUNCTION access.append(
    record uuid, actor_kind text, actor uuid, session uuid, action text, because text,
    study_uid text, series_uid text, reads bigint
) RETURNS access.entry LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    link access.chain;
    e access.entry;
BEGIN
    INSERT INTO access.chain AS c VALUES (append.record, 0, decode(repeat('00', 32), 'hex'))
        ON CONFLICT DO NOTHING;
    SELECT * INTO link FROM access.chain AS c WHERE c.record = append.record FOR UPDATE;
    e := (append.record, link.seq + 1, clock_timestamp(), append.actor_kind, append.actor,
        append.session, append.action, append.because, append.study_uid, append.series_uid,
        append.reads, link.head, NULL);
    e.hash := access.sealed(e);
    INSERT INTO access.entry SELECT (e).*;
    UPDATE access.chain AS c SET seq = e.seq, head = e.hash WHERE c.record = append.record;
    RETURN e;
END
$$;

CREATE FUNCTION access.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the access log is append-only';
END
$$;
CREATE TRIGGER entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON access.entry
    FOR EACH STATEMENT EXECUTE FUNCTION access.refuse();

-- What is open now: an entry says that it was opened, a second one how much was read.
CREATE TABLE access.reading (
    reading uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    record uuid NOT NULL,
    actor_kind text NOT NULL,
    actor uuid,
    session uuid NOT NULL,
    action text NOT NULL,                              -- look, keep, list; refused
    because text NOT NULL,
    study_uid text NOT NULL DEFAULT '',
    series_uid text NOT NULL DEFAULT '',
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    until timestamptz NOT NULL,                        -- 15 minutes later
    reads bigint NOT NULL DEFAULT 0,
    closed_at timestamptz
);
CREATE UNIQUE INDEX reading_open
    ON access.reading (session, record, study_uid, series_uid, action, because)
    WHERE closed_at IS NULL;
CREATE INDEX reading_until ON access.reading (until) WHERE closed_at IS NULL;

CREATE TABLE access.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL,
    type text NOT NULL,                                -- routing key
    body jsonb NOT NULL,
    causation uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    sent_at timestamptz
);
CREATE INDEX outbox_unsent ON access.outbox (id) WHERE sent_at IS NULL;

REVOKE ALL ON FUNCTION access.append FROM PUBLIC;
GRANT USAGE ON SCHEMA access TO scanpass_portal, scanpass_notify, scanpass_ops;
GRANT EXECUTE ON FUNCTION access.append TO scanpass_portal;
GRANT SELECT, INSERT, UPDATE ON access.person, access.contact, access.claim, access.invitation,
    access.signin, access.session, access.viewing, access.helper, access.reading, access.outbox
    TO scanpass_portal;
GRANT SELECT ON access.entry, access.chain TO scanpass_portal, scanpass_ops;
GRANT UPDATE (anchored) ON access.chain TO scanpass_portal;
GRANT SELECT, INSERT, UPDATE, DELETE ON access.bucket TO scanpass_portal;
GRANT DELETE ON access.outbox, access.signin TO scanpass_portal;
GRANT SELECT ON access.claim, access.helper, access.reading, access.outbox TO scanpass_ops;
GRANT USAGE ON SCHEMA catalogue, sites TO scanpass_portal;
GRANT SELECT ON catalogue.study, catalogue.series, catalogue.content, catalogue.settlement,
    catalogue.record, catalogue.expectation, catalogue.contact, sites.site TO scanpass_portal;
-- notify mints codes at the moment it sends them, and nobody keeps them.
GRANT SELECT ON access.claim, access.person TO scanpass_notify;
GRANT SELECT, INSERT ON access.invitation TO scanpass_notify;
GRANT SELECT, UPDATE (token_hash, code_hash, minted_at) ON access.signin TO scanpass_notify;
GRANT SELECT, UPDATE (code_hash) ON access.helper TO scanpass_notify;

-- migrate:down
DROP SCHEMA access CASCADE;
REVOKE ALL ON ALL TABLES IN SCHEMA catalogue, sites FROM scanpass_portal;
REVOKE ALL ON SCHEMA catalogue, sites FROM scanpass_portal;
