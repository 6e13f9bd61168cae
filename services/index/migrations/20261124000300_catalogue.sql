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
    -- of the newest study
    name text,                                         -- PN, all groups, UTF-8
    display_name text,                                 -- as on an envelope
    birth_date date,
    sex text,
    named_at timestamptz,                              -- when that study's first content came
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (site, issuer, patient_id)
);
CREATE INDEX record_patient ON catalogue.record (site, patient_id);

-- What a site's rosters tell of a patient; may come before any study of theirs.
CREATE TABLE catalogue.roster_entry (
    site text NOT NULL,
    system text NOT NULL,                              -- of the identifier, or empty
    patient_id text NOT NULL,
    name text,                                         -- as on an envelope
    email text,
    phone text,
    language text,                                     -- BCP 47
    told_at timestamptz NOT NULL,                      -- of the roster; the newest wins
    PRIMARY KEY (site, system, patient_id)
);
CREATE INDEX roster_entry_patient ON catalogue.roster_entry (site, patient_id);

CREATE TABLE catalogue.study (
    site text NOT NULL,
    study_uid text NOT NULL,
    record uuid REFERENCES catalogue.record,           -- NULL: unassigned
    -- from the header of the oldest presented content, `described_by`
    described_by char(64),
    described_at timestamptz,                          -- when that content was received
    patient_name text,                                 -- PN, all groups, UTF-8
    patient_birth_date date,
    patient_sex text,
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
    waiting_since timestamptz NOT NULL DEFAULT clock_timestamp(), -- first change of this revision
    changes bigint NOT NULL DEFAULT 0,                 -- who reads without a lock compares it
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
CREATE INDEX study_recent
    ON catalogue.study ((coalesce(study_date, '-infinity')) DESC, site, study_uid);
CREATE INDEX study_search ON catalogue.study USING gin (search gin_trgm_ops);

CREATE TABLE catalogue.series (
    site text NOT NULL,
    study_uid text NOT NULL,
    series_uid text NOT NULL,
    described_by char(64),                             -- as in `study`
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
    marks text[] NOT NULL DEFAULT '{}',                -- what is odd about the header, codes
    -- pending: another content is presented, and the pixels of one are not known yet
    standing text NOT NULL DEFAULT 'pending'
        CHECK (standing IN ('presented', 'superseded', 'conflicting', 'pending')),
    conflict text,
    conflict_told boolean NOT NULL DEFAULT false,
    filed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (site, sop_uid, sha256)
);
-- Headers are compressed already, and out of the way of whoever counts.
ALTER TABLE catalogue.content ALTER header SET STORAGE EXTERNAL;
ALTER TABLE catalogue.content SET (toast_tuple_target = 128);
CREATE INDEX content_sha256 ON catalogue.content (site, sha256);
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
    SELECT record.record, record.site, coalesce(told.name, record.display_name) AS name,
        told.email, told.phone, told.language
    FROM catalogue.record
    JOIN sites.site USING (site)
    LEFT JOIN LATERAL (
        SELECT entry.* FROM catalogue.roster_entry AS entry
        WHERE entry.site = record.site AND entry.patient_id = record.patient_id AND (
            entry.system = record.issuer
            OR (entry.system = '' AND record.issuer = site.issuer)
            -- The same number by another issuer may be another person: then nobody is written to.
            OR NOT EXISTS (
                SELECT FROM catalogue.record AS other
                WHERE other.site = record.site AND other.patient_id = record.patient_id
                    AND other.record <> record.record
            ) AND NOT EXISTS (
                SELECT FROM catalogue.roster_entry AS other
                WHERE other.site = record.site AND other.patient_id = record.patient_id
                    AND other.system <> entry.system
            )
        )
        ORDER BY entry.system = record.issuer DESC, entry.told_at DESC, entry.system LIMIT 1
    ) AS told ON true;

GRANT USAGE ON SCHEMA catalogue
    TO scanpass_index, scanpass_ingest, scanpass_notify, scanpass_ops;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA catalogue TO scanpass_index;
GRANT DELETE ON catalogue.outbox TO scanpass_index;
GRANT SELECT ON catalogue.filed TO scanpass_ingest;
GRANT SELECT ON catalogue.contact TO scanpass_notify;
GRANT SELECT ON ALL TABLES IN SCHEMA catalogue TO scanpass_ops;

-- migrate:down
DROP SCHEMA catalogue CASCADE;
