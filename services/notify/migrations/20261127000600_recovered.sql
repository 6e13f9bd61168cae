-- migrate:up
ALTER TABLE notify.prompt DROP CONSTRAINT prompt_kind_check;
ALTER TABLE notify.prompt ADD CONSTRAINT prompt_kind_check
    CHECK (kind IN ('signin', 'helper', 'recovered'));

-- migrate:down
DELETE FROM notify.prompt WHERE kind = 'recovered';
ALTER TABLE notify.prompt DROP CONSTRAINT prompt_kind_check;
ALTER TABLE notify.prompt ADD CONSTRAINT prompt_kind_check CHECK (kind IN ('signin', 'helper'));
