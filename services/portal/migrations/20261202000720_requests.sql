-- migrate:up
-- Somebody asks a patient to let them look: one of a hospital's staff, or a guest who needs more time.
CREATE TABLE access.request (
    request uuid PRIMARY KEY,                          -- the form's identity
    staff uuid REFERENCES access.staff,                -- who asks
    site text,                                         -- for all staff of theirs; NULL: for themselves
    guest uuid REFERENCES access.guest,                -- or who reads by a share, for more time
    person uuid REFERENCES access.person,              -- NULL: nobody was found, and nobody is told
    grant_id uuid REFERENCES access.grants,            -- of which; or what came of it
    purpose text NOT NULL,                             -- HL7 v3 PurposeOfUse
    keep boolean NOT NULL,
    future boolean NOT NULL,                           -- also what is still to come
    days int NOT NULL CHECK (days BETWEEN 1 AND 365),
    words text NOT NULL DEFAULT '',                    -- to the patient
    channel text CHECK (channel IN ('email', 'sms')),  -- where to tell who asks, if they wish
    address text,
    language text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    answered_at timestamptz,
    answer text CHECK (answer IN ('approved', 'declined')),
    CHECK (num_nonnulls(staff, guest) = 1),
    CHECK ((answered_at IS NULL) = (answer IS NULL))
);
CREATE INDEX request_person ON access.request (person, asked_at);
CREATE INDEX request_staff ON access.request (staff, asked_at);
CREATE UNIQUE INDEX request_guest ON access.request (guest) WHERE answer IS NULL;
GRANT SELECT, INSERT, UPDATE ON access.request TO scanpass_portal;
GRANT SELECT ON access.request TO scanpass_notify;

ALTER TABLE access.notice ADD language text,           -- NULL: the person's
    DROP CONSTRAINT notice_check, DROP CONSTRAINT notice_kind_check,
    ADD CONSTRAINT notice_of_what CHECK (kind NOT IN ('opened', 'locked', 'ending', 'staff-opened')
        OR grant_id IS NOT NULL),
    ADD CONSTRAINT notice_kind_check CHECK (kind IN ('recovered', 'opened', 'locked', 'ending', 'elsewhere',
        'staff-opened', 'requested', 'decided'));
ALTER TABLE notify.prompt DROP CONSTRAINT prompt_kind_check, ADD CONSTRAINT prompt_kind_check
    CHECK (kind IN ('signin', 'helper', 'recovered', 'share', 'opened', 'locked', 'ending', 'elsewhere',
        'staff-opened', 'requested', 'decided'));

-- migrate:down
DELETE FROM access.notice WHERE kind IN ('requested', 'decided');
DELETE FROM notify.prompt WHERE kind IN ('requested', 'decided');
ALTER TABLE access.notice DROP language, DROP CONSTRAINT notice_of_what,
    DROP CONSTRAINT notice_kind_check, ADD CONSTRAINT notice_kind_check
    CHECK (kind IN ('recovered', 'opened', 'locked', 'ending', 'elsewhere', 'staff-opened')),
    ADD CONSTRAINT notice_check CHECK ((kind IN ('recovered', 'elsewhere')) = (grant_id IS NULL));
ALTER TABLE notify.prompt DROP CONSTRAINT prompt_kind_check, ADD CONSTRAINT prompt_kind_check
    CHECK (kind IN ('signin', 'helper', 'recovered', 'share', 'opened', 'locked', 'ending', 'elsewhere',
        'staff-opened'));
DROP TABLE access.request;
