-- migrate:up
CREATE SCHEMA notify;
COMMENT ON SCHEMA notify IS 'Who is told what, by which channel, and how it went. Written by notify.';

CREATE TABLE notify.delivery (
    delivery uuid PRIMARY KEY,                         -- UUIDv5 of (kind, site, study, record)
    kind text NOT NULL,                                -- `study-released`
    site text NOT NULL,
    study_uid text NOT NULL,
    record uuid NOT NULL,
    event_id uuid NOT NULL,
    -- owed: the patient cannot be reached yet; due: to be sent at `due_at`
    state text NOT NULL CHECK (state IN ('owed', 'due', 'sent', 'failed')),
    channel text CHECK (channel IN ('email', 'sms')),
    attempts int NOT NULL DEFAULT 0,                   -- committed before each try to send
    due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    sent_at timestamptz,
    reason text,                                       -- of the last failure, a code
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    reference text NOT NULL                            -- the study's
);
CREATE INDEX delivery_due ON notify.delivery (due_at) WHERE state = 'due';
CREATE INDEX delivery_owed ON notify.delivery (record) WHERE state = 'owed';
CREATE INDEX delivery_reference ON notify.delivery (reference);

CREATE TABLE notify.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL,
    type text NOT NULL,                                -- routing key
    body jsonb NOT NULL,
    causation uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    sent_at timestamptz
);
CREATE INDEX outbox_unsent ON notify.outbox (id) WHERE sent_at IS NULL;

GRANT USAGE ON SCHEMA notify TO scanpass_notify, scanpass_ops;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA notify TO scanpass_notify;
GRANT DELETE ON notify.outbox TO scanpass_notify;
GRANT SELECT ON ALL TABLES IN SCHEMA notify TO scanpass_ops;

-- Who can be reached, and how: an e-mail is preferred where both are known.
CREATE VIEW notify.reachable AS
    SELECT record, name, language,
           CASE WHEN nullif(trim(email), '') IS NULL THEN 'sms' ELSE 'email' END AS channel,
           coalesce(nullif(trim(email), ''), trim(phone)) AS address
    FROM catalogue.contact
    WHERE coalesce(nullif(trim(email), ''), nullif(trim(phone), '')) IS NOT NULL;
GRANT SELECT ON notify.reachable TO scanpass_notify;   -- after the grants above: never to write

-- migrate:down
DROP SCHEMA notify CASCADE;
