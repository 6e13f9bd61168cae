-- migrate:up
CREATE SCHEMA catalogue;
COMMENT ON SCHEMA catalogue IS 'The search index: written by index, read by others through views.';
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;

-- A record is a patient as one issuer knows them.
CREATE TABLE catalogue.record (
    record uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    site text NOT NULL,
    issuer text NOT NULL,
    patient_id text NOT NULL,
    name text,                                         -- PN, all groups, UTF-8
    birth_date date,
    sex text,
    -- from the roster; an address or a number
    roster_name text,
    email text,
    phone text,
    language text,
    roster_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (site, issuer, patient_id)
);

CREATE TABLE catalogue.study (
    site text NOT NULL,
    study_uid text NOT NULL,
    record uuid REFERENCES catalogue.record,           -- NULL: unassigned
    study_date date,
    study_time text,
    accession_number text,
    study_id text,
    description text,
    referring_physician text,
    modalities text[] NOT NULL DEFAULT '{}',
    search text NOT NULL DEFAULT '',                   -- folded words, see shared/catalogue
    state text NOT NULL DEFAULT 'arriving' CHECK (state IN ('arriving', 'available')),
    revision int NOT NULL DEFAULT 0,
    expected int,
    series_count int NOT NULL DEFAULT 0,
    instance_count int NOT NULL DEFAULT 0,             -- presented
    failed_count int NOT NULL DEFAULT 0,
    conflict_count int NOT NULL DEFAULT 0,
    first_seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at timestamptz,                                -- when to ask again whether it is complete
    available_at timestamptz,
    because text,
    completeness text,
    released_at timestamptz,
    reference text NOT NULL,
    PRIMARY KEY (site, study_uid)
);
CREATE INDEX study_due ON catalogue.study (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX study_record ON catalogue.study (record);
CREATE INDEX study_accession ON catalogue.study (accession_number);
CREATE INDEX study_reference ON catalogue.study (reference);
CREATE INDEX study_search ON catalogue.study USING gin (search gin_trgm_ops);

CREATE TABLE catalogue.series (
    site text NOT NULL,
    study_uid text NOT NULL,
    series_uid text NOT NULL,
    modality text,
    series_number int,
    description text,
    body_part text,
    laterality text,
    instance_count int NOT NULL DEFAULT 0,
    metadata_key text,                                 -- in `derived`, once the study is available
    PRIMARY KEY (site, study_uid, series_uid),
    FOREIGN KEY (site, study_uid) REFERENCES catalogue.study
);

-- Every content that ever came under a SOP Instance UID; one of them is presented.
CREATE TABLE catalogue.content (
    site text NOT NULL,
    sop_uid text NOT NULL,
    sha256 char(64) NOT NULL,
    study_uid text NOT NULL,
    series_uid text NOT NULL,
    record uuid REFERENCES catalogue.record,
    received_at timestamptz NOT NULL,
    archive_key text NOT NULL,
    size bigint NOT NULL,
    sop_class_uid text NOT NULL,
    modality text NOT NULL,
    transfer_syntax_uid text NOT NULL,
    instance_number int,
    header bytea NOT NULL,                             -- DICOM JSON (PS3.18 F.2), zlib
    standing text NOT NULL DEFAULT 'presented'
        CHECK (standing IN ('presented', 'superseded', 'conflicting')),
    conflict text,
    filed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (site, sop_uid, sha256)
);
CREATE INDEX content_study ON catalogue.content (site, study_uid, series_uid);
CREATE UNIQUE INDEX content_presented ON catalogue.content (site, sop_uid)
    WHERE standing = 'presented';

-- What transcode told of a content; may come before the content itself.
CREATE TABLE catalogue.settlement (
    site text NOT NULL,
    sop_uid text NOT NULL,
    sha256 char(64) NOT NULL,
    study_uid text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('transcoded', 'kept', 'failed')),
    reason text,
    bucket text NOT NULL,
    key text NOT NULL,
    size bigint NOT NULL,
    frames int,
    codec text,
    pixel_digest char(64),
    pipeline_version int NOT NULL,
    settled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (site, sop_uid, sha256)
);

CREATE TABLE catalogue.roster (
    site text NOT NULL,
    sha256 char(64) NOT NULL,
    patients int NOT NULL,
    filed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (site, sha256)
);

CREATE TABLE catalogue.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL,
    type text NOT NULL,                                -- routing key
    body jsonb NOT NULL,
    causation uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    sent_at timestamptz
);
CREATE INDEX outbox_unsent ON catalogue.outbox (id) WHERE sent_at IS NULL;

-- For ingest's reconciler: which receipts have arrived here.
CREATE VIEW catalogue.filed AS
    SELECT site, sha256 FROM catalogue.content
    UNION ALL
    SELECT site, sha256 FROM catalogue.roster;

-- For notify: whom to write to.
CREATE VIEW catalogue.contact AS
    SELECT record, site, coalesce(roster_name, name) AS name, email, phone, language
    FROM catalogue.record;

GRANT USAGE ON SCHEMA catalogue
    TO scanpass_index, scanpass_ingest, scanpass_notify, scanpass_ops;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA catalogue TO scanpass_index;
GRANT DELETE ON catalogue.outbox TO scanpass_index;
GRANT SELECT ON catalogue.filed TO scanpass_ingest;
GRANT SELECT ON catalogue.contact TO scanpass_notify;
GRANT SELECT ON ALL TABLES IN SCHEMA catalogue TO scanpass_ops;

-- migrate:down
DROP SCHEMA catalogue CASCADE;
