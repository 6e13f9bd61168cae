-- migrate:up
-- Messages that somebody waits for at a page. What they say is minted when they are sent.
CREATE TABLE notify.prompt (
    prompt uuid PRIMARY KEY,                           -- of `access.signin` or `access.helper`
    kind text NOT NULL CHECK (kind IN ('signin', 'helper')),
    channel text NOT NULL CHECK (channel IN ('email', 'sms')),
    -- dropped: nobody waits for it any more
    state text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'sent', 'failed', 'dropped')),
    attempts int NOT NULL DEFAULT 0,                   -- committed before each try to send
    due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason text,                                       -- of the last failure, a code
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX prompt_due ON notify.prompt (due_at) WHERE state = 'due';

GRANT SELECT, INSERT, UPDATE, DELETE ON notify.prompt TO scanpass_notify;
GRANT SELECT ON notify.prompt TO scanpass_ops;

-- migrate:down
DROP TABLE notify.prompt;
