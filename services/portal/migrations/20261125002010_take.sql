-- migrate:up
-- What somebody takes with them: one ZIP, whose members do not change once it was asked for.
CREATE TABLE access.take (
    take uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    person uuid NOT NULL REFERENCES access.person,     -- who may fetch it, while they may keep all
    session uuid NOT NULL REFERENCES access.session,   -- in which it was asked for
    language text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at timestamptz NOT NULL,
    members int NOT NULL DEFAULT 0,
    files int NOT NULL DEFAULT 0,                      -- of them, originals
    directory_at bigint NOT NULL DEFAULT 0,            -- where the ZIP's central directory begins
    directory_size bigint NOT NULL DEFAULT 0,          -- bytes
    digest char(64) NOT NULL DEFAULT ''                -- SHA-256 over all members: the entity tag
);
CREATE INDEX take_person ON access.take (person);
CREATE INDEX take_ends ON access.take (ends_at);

-- Of which studies it is: each is asked about again at every read.
CREATE TABLE access.take_study (
    take uuid NOT NULL REFERENCES access.take ON DELETE CASCADE,
    site text NOT NULL,
    study_uid text NOT NULL,
    PRIMARY KEY (take, site, study_uid)
);

-- Its files: originals by where they lie, all else by its bytes. Offsets as in `packing.Placed`.
CREATE TABLE access.take_member (
    take uuid NOT NULL REFERENCES access.take ON DELETE CASCADE,
    place int NOT NULL,
    path text NOT NULL,
    size bigint NOT NULL,                              -- bytes
    crc32 bigint NOT NULL,
    sha256 char(64) NOT NULL,
    key text,                                          -- of an original, in the bucket `archive`
    content bytea,
    at bigint NOT NULL,
    ends bigint NOT NULL,
    entry bigint NOT NULL,
    entry_ends bigint NOT NULL,
    PRIMARY KEY (take, place),
    CHECK ((content IS NULL) = (key IS NOT NULL))
);
CREATE INDEX take_member_at ON access.take_member (take, ends);
CREATE INDEX take_member_entry ON access.take_member (take, entry_ends);
ALTER TABLE access.take_member ALTER content SET STORAGE EXTERNAL;  -- parts of it are read

GRANT SELECT, INSERT, UPDATE, DELETE ON access.take TO scanpass_portal;
GRANT SELECT, INSERT, DELETE ON access.take_study, access.take_member TO scanpass_portal;

-- migrate:down
DROP TABLE access.take_member, access.take_study, access.take;
