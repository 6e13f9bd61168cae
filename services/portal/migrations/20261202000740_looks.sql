-- migrate:up
-- Whoever comes to a share or consent after the first is told of in one letter a day.
ALTER TABLE access.guest ADD told_at timestamptz;      -- when a letter that tells of them was noted
UPDATE access.guest SET told_at = opened_at;
CREATE INDEX guest_untold ON access.guest (opened_at) WHERE told_at IS NULL;

ALTER TABLE access.notice DROP CONSTRAINT notice_of_what, DROP CONSTRAINT notice_kind_check,
    ADD CONSTRAINT notice_of_what CHECK (kind IN ('recovered', 'elsewhere', 'requested', 'decided', 'looks')
        OR grant_id IS NOT NULL),
    ADD CONSTRAINT notice_kind_check CHECK (kind IN ('recovered', 'opened', 'locked', 'ending',
        'elsewhere', 'staff-opened', 'requested', 'decided', 'answered', 'looks'));
-- What no event tells: notify looks for it by the clock.
DROP INDEX access.notice_by_clock;
CREATE INDEX notice_by_time ON access.notice (noted_at) WHERE kind IN ('ending', 'looks', 'elsewhere');
CREATE INDEX notice_person ON access.notice (person);
ALTER TABLE notify.prompt DROP CONSTRAINT prompt_kind_check, ADD CONSTRAINT prompt_kind_check
    CHECK (kind IN ('signin', 'helper', 'recovered', 'share', 'opened', 'locked', 'ending',
        'elsewhere', 'staff-opened', 'requested', 'decided', 'answered', 'looks'));

-- migrate:down
DELETE FROM access.notice WHERE kind = 'looks';
DELETE FROM notify.prompt WHERE kind = 'looks';
DROP INDEX access.notice_by_time, access.notice_person;
CREATE INDEX notice_by_clock ON access.notice (noted_at) WHERE kind IN ('ending', 'elsewhere');
ALTER TABLE access.notice DROP CONSTRAINT notice_of_what, DROP CONSTRAINT notice_kind_check,
    ADD CONSTRAINT notice_of_what CHECK (kind IN ('recovered', 'elsewhere', 'requested', 'decided')
        OR grant_id IS NOT NULL),
    ADD CONSTRAINT notice_kind_check CHECK (kind IN ('recovered', 'opened', 'locked', 'ending',
        'elsewhere', 'staff-opened', 'requested', 'decided', 'answered'));
ALTER TABLE notify.prompt DROP CONSTRAINT prompt_kind_check, ADD CONSTRAINT prompt_kind_check
    CHECK (kind IN ('signin', 'helper', 'recovered', 'share', 'opened', 'locked', 'ending',
        'elsewhere', 'staff-opened', 'requested', 'decided', 'answered'));
ALTER TABLE access.guest DROP told_at;
