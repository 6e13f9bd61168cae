-- migrate:up
-- A sheet from a desk lets in again whoever has claimed the record and lost their number.
ALTER TABLE access.invitation ADD recovers boolean NOT NULL DEFAULT false;
GRANT INSERT ON access.invitation TO scanpass_ops;

-- Six digits that prove one more address or number of someone who is signed in.
ALTER TABLE access.signin ADD adds uuid REFERENCES access.person;

-- Since then new shares wait for a day.
ALTER TABLE access.person ADD recovered_at timestamptz;

-- What all numbers and addresses of a person are told when they came back by a sheet.
CREATE TABLE access.notice (
    notice uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    recovery uuid NOT NULL,
    person uuid NOT NULL REFERENCES access.person,
    site text NOT NULL,                                -- whose desk gave out the sheet
    channel text NOT NULL CHECK (channel IN ('email', 'sms')),
    address text NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX notice_recovery ON access.notice (recovery);
GRANT SELECT, INSERT ON access.notice TO scanpass_portal;
GRANT SELECT ON access.notice TO scanpass_notify, scanpass_ops;

-- migrate:down
DROP TABLE access.notice;
ALTER TABLE access.person DROP recovered_at;
DELETE FROM access.signin WHERE adds IS NOT NULL;
ALTER TABLE access.signin DROP adds;
REVOKE INSERT ON access.invitation FROM scanpass_ops;
DELETE FROM access.invitation WHERE recovers;
ALTER TABLE access.invitation DROP recovers;
