-- migrate:up
-- For index: which releases have become a letter that is owed.
CREATE VIEW notify.heard AS
    SELECT site, study_uid, record FROM notify.delivery WHERE kind = 'study-released';
CREATE INDEX delivery_study ON notify.delivery (site, study_uid);
GRANT USAGE ON SCHEMA notify TO scanpass_index;
GRANT SELECT ON notify.heard TO scanpass_index;

-- migrate:down
REVOKE USAGE ON SCHEMA notify FROM scanpass_index;
DROP INDEX notify.delivery_study;
DROP VIEW notify.heard;
