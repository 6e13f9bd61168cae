-- migrate:up
-- Somebody has fetched a patient's scans on another computer, by a code that the patient made.
ALTER TABLE notify.prompt DROP CONSTRAINT prompt_kind_check,
    ADD CONSTRAINT prompt_kind_check CHECK (kind IN (
        'signin', 'helper', 'recovered', 'share', 'opened', 'locked', 'ending', 'elsewhere'));

-- migrate:down
DELETE FROM notify.prompt WHERE kind = 'elsewhere';
ALTER TABLE notify.prompt DROP CONSTRAINT prompt_kind_check,
    ADD CONSTRAINT prompt_kind_check CHECK (kind IN (
        'signin', 'helper', 'recovered', 'share', 'opened', 'locked', 'ending'));
