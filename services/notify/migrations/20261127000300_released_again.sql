-- migrate:up
-- A study that its patient's wish had held is released again, and that is another letter.
ALTER TABLE notify.delivery ADD COLUMN release int NOT NULL DEFAULT 1;
-- dropped: the study was held again before its letter was sent.
ALTER TABLE notify.delivery DROP CONSTRAINT delivery_state_check;
ALTER TABLE notify.delivery ADD CONSTRAINT delivery_state_check
    CHECK (state IN ('owed', 'due', 'sent', 'failed', 'dropped'));
DROP VIEW notify.heard;
CREATE VIEW notify.heard AS
    SELECT site, study_uid, record, release FROM notify.delivery WHERE kind = 'study-released'
    UNION ALL
    SELECT site, study_uid, record, 1 FROM notify.digested;
GRANT SELECT ON notify.heard TO scanpass_index;

-- migrate:down
DROP VIEW notify.heard;
DELETE FROM notify.delivery WHERE state = 'dropped';
ALTER TABLE notify.delivery DROP CONSTRAINT delivery_state_check;
ALTER TABLE notify.delivery ADD CONSTRAINT delivery_state_check
    CHECK (state IN ('owed', 'due', 'sent', 'failed'));
ALTER TABLE notify.delivery DROP COLUMN release;
CREATE VIEW notify.heard AS
    SELECT site, study_uid, record FROM notify.delivery WHERE kind = 'study-released';
GRANT SELECT ON notify.heard TO scanpass_index;
