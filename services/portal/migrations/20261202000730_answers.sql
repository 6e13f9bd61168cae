-- migrate:up
-- What a reader of a share or consent answers the patient: a note, a PDF, or both. From them, and not
-- from the hospital that made the pictures.
CREATE TABLE access.answer (
    answer uuid PRIMARY KEY,                           -- the form's identity
    guest uuid NOT NULL REFERENCES access.guest,
    person uuid NOT NULL REFERENCES access.person,     -- the patient
    grant_id uuid NOT NULL REFERENCES access.grants,
    site text NOT NULL,
    study_uid text NOT NULL,
    words text NOT NULL DEFAULT '',
    pdf bytea,
    answered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (words <> '' OR pdf IS NOT NULL)
);
CREATE INDEX answer_study ON access.answer (site, study_uid);
CREATE INDEX answer_person ON access.answer (person);
GRANT SELECT, INSERT ON access.answer TO scanpass_portal;

ALTER TABLE access.notice DROP CONSTRAINT notice_of_what, DROP CONSTRAINT notice_kind_check,
    ADD CONSTRAINT notice_of_what CHECK (kind IN ('recovered', 'elsewhere', 'requested', 'decided')
        OR grant_id IS NOT NULL),
    ADD CONSTRAINT notice_kind_check CHECK (kind IN ('recovered', 'opened', 'locked', 'ending',
        'elsewhere', 'staff-opened', 'requested', 'decided', 'answered'));
ALTER TABLE notify.prompt DROP CONSTRAINT prompt_kind_check, ADD CONSTRAINT prompt_kind_check
    CHECK (kind IN ('signin', 'helper', 'recovered', 'share', 'opened', 'locked', 'ending',
        'elsewhere', 'staff-opened', 'requested', 'decided', 'answered'));

-- migrate:down
DELETE FROM access.notice WHERE kind = 'answered';
DELETE FROM notify.prompt WHERE kind = 'answered';
ALTER TABLE access.notice DROP CONSTRAINT notice_of_what, DROP CONSTRAINT notice_kind_check,
    ADD CONSTRAINT notice_of_what CHECK (kind NOT IN ('opened', 'locked', 'ending', 'staff-opened')
        OR grant_id IS NOT NULL),
    ADD CONSTRAINT notice_kind_check CHECK (kind IN ('recovered', 'opened', 'locked', 'ending',
        'elsewhere', 'staff-opened', 'requested', 'decided'));
ALTER TABLE notify.prompt DROP CONSTRAINT prompt_kind_check, ADD CONSTRAINT prompt_kind_check
    CHECK (kind IN ('signin', 'helper', 'recovered', 'share', 'opened', 'locked', 'ending',
        'elsewhere', 'staff-opened', 'requested', 'decided'));
DROP TABLE access.answer;
