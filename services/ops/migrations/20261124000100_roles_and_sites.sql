-- migrate:up
-- One role a service, with what it needs. Whoever deploys sets the passwords.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'scanpass_ingest', 'scanpass_index', 'scanpass_notify', 'scanpass_ops'
    ] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', name);
        END IF;
    END LOOP;
END
$$;

CREATE SCHEMA sites;
COMMENT ON SCHEMA sites IS 'Who drops: written by ops, read by every service.';

CREATE TABLE sites.site (
    site text PRIMARY KEY CHECK (site ~ '^[a-z0-9][a-z0-9-]{0,30}$'),
    title text NOT NULL,                               -- as patients know the hospital
    logo bytea,                                        -- PNG or SVG, at most 256 KiB
    logo_type text,
    help_phone text NOT NULL,
    help_hours text NOT NULL DEFAULT '',
    help_languages text[] NOT NULL DEFAULT '{en}',
    language text NOT NULL DEFAULT 'en',               -- of letters where the patient's is unknown
    timezone text NOT NULL DEFAULT 'UTC',
    issuer text NOT NULL DEFAULT '',                   -- Issuer of Patient ID (0010,0021) where absent
    quiet_seconds double precision NOT NULL DEFAULT 60,
    limit_seconds double precision NOT NULL DEFAULT 1800,
    release_rule text NOT NULL DEFAULT 'at-once' CHECK (release_rule IN ('at-once')),
    created_at timestamptz NOT NULL DEFAULT now()
);

GRANT USAGE ON SCHEMA sites TO scanpass_ingest, scanpass_index, scanpass_notify, scanpass_ops;
GRANT SELECT ON sites.site TO scanpass_ingest, scanpass_index, scanpass_notify;
GRANT SELECT, INSERT, UPDATE ON sites.site TO scanpass_ops;

-- migrate:down
DROP SCHEMA sites CASCADE;
