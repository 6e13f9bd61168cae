-- migrate:up
-- What a patient brings lies under a site of their own, so that it never meets a hospital's record.
CREATE TABLE access.brought (
    site text PRIMARY KEY,
    person uuid NOT NULL UNIQUE REFERENCES access.person,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- A disc on its way: pieces lie in the bucket `bring` until all are there, then it is dropped.
CREATE TABLE access.upload (
    upload uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    person uuid NOT NULL REFERENCES access.person,     -- whose scans they are said to be
    actor uuid NOT NULL REFERENCES access.person,      -- who brings them
    session uuid NOT NULL REFERENCES access.session,
    because text NOT NULL CHECK (because IN ('own', 'helper')),
    fingerprint bytea NOT NULL,                        -- of the list of files: to go on with it
    files int NOT NULL,
    size bigint NOT NULL,                              -- bytes
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'whole', 'dropped', 'ended')),
    leased_until timestamptz,                          -- by who drops it
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    dropped_at timestamptz
);
CREATE INDEX upload_person ON access.upload (person);
CREATE INDEX upload_waiting ON access.upload (seen_at) WHERE state IN ('open', 'whole');

-- Its files by number; what they are called on the disc is not kept. A row goes with its drop.
CREATE TABLE access.upload_file (
    upload uuid NOT NULL REFERENCES access.upload,
    number int NOT NULL,                               -- 0, 1, 2 …
    size bigint NOT NULL,
    received bigint NOT NULL DEFAULT 0,                -- bytes that are durable
    PRIMARY KEY (upload, number)
);

-- Who is named on a disc: the same person as in their hospitals' records, or to be asked about.
CREATE TABLE access.brought_record (
    record uuid PRIMARY KEY,
    person uuid NOT NULL REFERENCES access.person,
    answer text NOT NULL CHECK (answer IN ('same', 'asked', 'mine', 'other')),
    answered_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX brought_record_person ON access.brought_record (person);

-- The only site that portal may make: one a person, with a name that nobody can foresee.
CREATE FUNCTION access.brought_site(who uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    found text;
BEGIN
    INSERT INTO access.brought (site, person)
        VALUES ('brought-' || left(replace(gen_random_uuid()::text, '-', ''), 20), who)
        ON CONFLICT (person) DO NOTHING;
    SELECT site INTO found FROM access.brought WHERE person = who;
    -- All of it is dropped at once, so there is little to wait for.
    INSERT INTO sites.site (site, title, help_phone, quiet_seconds)
        VALUES (found, 'Brought by the patient', '', 5) ON CONFLICT (site) DO NOTHING;
    RETURN found;
END
$$;

REVOKE ALL ON FUNCTION access.brought_site FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access.brought_site TO scanpass_portal;
GRANT SELECT ON access.brought TO scanpass_portal, scanpass_ops;
GRANT SELECT, INSERT, UPDATE ON access.upload, access.brought_record TO scanpass_portal;
GRANT SELECT, INSERT, UPDATE, DELETE ON access.upload_file TO scanpass_portal;
GRANT SELECT ON access.upload TO scanpass_ops;

-- migrate:down
DROP FUNCTION access.brought_site;
DROP TABLE access.brought_record, access.upload_file, access.upload, access.brought;
