-- migrate:up
-- What else a patient is told of what they share: a first opening, a lock, an end that is near.
ALTER TABLE access.notice RENAME recovery TO cause;    -- of the event that tells it
ALTER INDEX access.notice_recovery RENAME TO notice_cause;
ALTER TABLE access.notice ALTER site DROP NOT NULL,
    ADD kind text NOT NULL DEFAULT 'recovered'
        CHECK (kind IN ('recovered', 'opened', 'locked', 'ending')),
    ADD grant_id uuid REFERENCES access.grants,
    ADD CHECK ((kind = 'recovered') = (grant_id IS NULL)),
    ADD CHECK (kind <> 'recovered' OR site IS NOT NULL);
CREATE INDEX notice_ending ON access.notice (noted_at) WHERE kind = 'ending';
ALTER TABLE access.grants ADD warned_at timestamptz;   -- when the patient was told of its end
CREATE INDEX grants_unwarned ON access.grants (ends_at) WHERE ended_at IS NULL AND warned_at IS NULL;

-- migrate:down
DELETE FROM access.notice WHERE kind <> 'recovered';
DROP INDEX access.notice_ending, access.grants_unwarned;
ALTER TABLE access.grants DROP warned_at;
ALTER TABLE access.notice DROP kind, DROP grant_id, ALTER site SET NOT NULL;
ALTER INDEX access.notice_cause RENAME TO notice_recovery;
ALTER TABLE access.notice RENAME cause TO recovery;
