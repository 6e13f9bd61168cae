-- migrate:up
-- Someone wants files for older software: each that is not so is turned first, which takes its time.
CREATE TABLE access.older (
    older uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    person uuid NOT NULL REFERENCES access.person,
    session uuid NOT NULL REFERENCES access.session,
    waiting int NOT NULL,                              -- studies that cannot be taken yet
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at timestamptz NOT NULL
);
CREATE INDEX older_ends ON access.older (ends_at);
CREATE TABLE access.older_study (
    older uuid NOT NULL REFERENCES access.older ON DELETE CASCADE,
    place int NOT NULL,                                -- 0, 1, 2 …
    site text NOT NULL,
    study_uid text NOT NULL,
    PRIMARY KEY (older, place)
);

-- Originals as Explicit VR Little Endian, by their content. In the bucket `plain`; made anew when gone.
CREATE TABLE access.turned (
    sha256 char(64) PRIMARY KEY,                       -- of the original
    key text,                                          -- NULL: it cannot be turned
    size bigint,
    crc32 bigint,
    turned_sha256 char(64),
    used_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((key IS NULL) = (turned_sha256 IS NULL))
);
CREATE INDEX turned_used ON access.turned (used_at);

ALTER TABLE access.take_member ADD bucket text NOT NULL DEFAULT 'archive';

GRANT SELECT, INSERT, DELETE ON access.older, access.older_study TO scanpass_portal;
GRANT SELECT, INSERT, UPDATE, DELETE ON access.turned TO scanpass_portal;

-- migrate:down
ALTER TABLE access.take_member DROP bucket;
DROP TABLE access.turned, access.older_study, access.older;
