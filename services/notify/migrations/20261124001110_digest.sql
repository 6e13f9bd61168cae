-- migrate:up
-- A digest is one letter about several studies: `studies-released`. Its row begins with the first
-- of them, and is due when nothing was added for a while.
ALTER TABLE notify.delivery ALTER study_uid DROP NOT NULL;
ALTER TABLE notify.delivery
    ADD CONSTRAINT of_one_study_or_many CHECK ((kind = 'studies-released') = (study_uid IS NULL));

-- One that nobody has tried to send is open; a person has one at a site.
CREATE UNIQUE INDEX delivery_open ON notify.delivery (site, record)
    WHERE kind = 'studies-released' AND attempts = 0 AND state IN ('owed', 'due');

CREATE TABLE notify.digested (
    site text NOT NULL,
    study_uid text NOT NULL,
    record uuid NOT NULL,
    delivery uuid NOT NULL REFERENCES notify.delivery,
    event_id uuid NOT NULL,
    added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (site, study_uid, record)
);
CREATE INDEX digested_delivery ON notify.digested (delivery);

GRANT SELECT, INSERT ON notify.digested TO scanpass_notify;
GRANT SELECT ON notify.digested TO scanpass_ops;

-- migrate:down
DROP TABLE notify.digested;
DELETE FROM notify.delivery WHERE kind = 'studies-released';
DROP INDEX notify.delivery_open;
ALTER TABLE notify.delivery DROP CONSTRAINT of_one_study_or_many;
ALTER TABLE notify.delivery ALTER study_uid SET NOT NULL;
