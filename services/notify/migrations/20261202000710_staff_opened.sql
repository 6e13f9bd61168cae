-- migrate:up
-- That one of a hospital's staff has opened what a patient lets them look at, for the first time.
ALTER TABLE access.notice DROP CONSTRAINT notice_kind_check, ADD CONSTRAINT notice_kind_check
    CHECK (kind IN ('recovered', 'opened', 'locked', 'ending', 'elsewhere', 'staff-opened'));
ALTER TABLE notify.prompt DROP CONSTRAINT prompt_kind_check, ADD CONSTRAINT prompt_kind_check
    CHECK (kind IN ('signin', 'helper', 'recovered', 'share', 'opened', 'locked', 'ending', 'elsewhere',
        'staff-opened'));

-- migrate:down
DELETE FROM access.notice WHERE kind = 'staff-opened';
DELETE FROM notify.prompt WHERE kind = 'staff-opened';
ALTER TABLE access.notice DROP CONSTRAINT notice_kind_check, ADD CONSTRAINT notice_kind_check
    CHECK (kind IN ('recovered', 'opened', 'locked', 'ending', 'elsewhere'));
ALTER TABLE notify.prompt DROP CONSTRAINT prompt_kind_check, ADD CONSTRAINT prompt_kind_check
    CHECK (kind IN ('signin', 'helper', 'recovered', 'share', 'opened', 'locked', 'ending', 'elsewhere'));
