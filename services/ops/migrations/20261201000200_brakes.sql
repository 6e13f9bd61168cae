-- migrate:up
-- What operators hold by hand: who did it, when and why, for good. The last word on each counts.
CREATE TABLE sites.brake (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    brake text NOT NULL CHECK (brake IN ('letters', 'sharing', 'portal') OR brake ~ '^site/[a-z0-9][a-z0-9-]{0,30}$'),
    pulled boolean NOT NULL,                           -- false: let go
    actor text NOT NULL,
    reason text NOT NULL DEFAULT '',
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX brake_last ON sites.brake (brake, number DESC);
CREATE VIEW sites.braked AS
SELECT brake, actor, reason, at
FROM (SELECT DISTINCT ON (brake) * FROM sites.brake ORDER BY brake, number DESC) AS last_word
WHERE pulled;

GRANT SELECT, INSERT ON sites.brake TO scanpass_ops;
GRANT SELECT ON sites.braked TO scanpass_ingest, scanpass_notify, scanpass_portal, scanpass_ops;
GRANT USAGE ON SCHEMA sites TO scanpass_portal;

-- migrate:down
DROP VIEW sites.braked;
DROP TABLE sites.brake;
