-- migrate:up
-- What a patient is told of what they share.
ALTER TABLE notify.prompt DROP CONSTRAINT prompt_kind_check,
    ADD CONSTRAINT prompt_kind_check CHECK (kind IN (
        'signin', 'helper', 'recovered', 'share', 'opened', 'locked', 'ending'));
-- For portal: whose link could not be delivered.
CREATE VIEW notify.undelivered AS SELECT prompt FROM notify.prompt WHERE state = 'failed';
GRANT USAGE ON SCHEMA notify TO scanpass_portal;
GRANT SELECT ON notify.undelivered TO scanpass_portal;

-- migrate:down
REVOKE USAGE ON SCHEMA notify FROM scanpass_portal;
DROP VIEW notify.undelivered;
DELETE FROM notify.prompt WHERE kind IN ('opened', 'locked', 'ending');
ALTER TABLE notify.prompt DROP CONSTRAINT prompt_kind_check,
    ADD CONSTRAINT prompt_kind_check CHECK (kind IN ('signin', 'helper', 'recovered', 'share'));
