-- migrate:up
-- A link to what a patient shares, sent to whom they name.
ALTER TABLE notify.prompt DROP CONSTRAINT prompt_kind_check,
    ADD CONSTRAINT prompt_kind_check CHECK (kind IN ('signin', 'helper', 'recovered', 'share'));

-- migrate:down
DELETE FROM notify.prompt WHERE kind = 'share';
ALTER TABLE notify.prompt DROP CONSTRAINT prompt_kind_check,
    ADD CONSTRAINT prompt_kind_check CHECK (kind IN ('signin', 'helper', 'recovered'));
