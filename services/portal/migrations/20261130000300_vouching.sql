-- migrate:up
-- A helper vouches for a patient who has lost their number: a code that lets back in, like a sheet's.
ALTER TABLE access.invitation ADD vouched_by uuid REFERENCES access.helper,
    ADD CONSTRAINT invitation_vouched CHECK (vouched_by IS NULL OR recovers);

-- By whose code they came back, where it was no sheet.
ALTER TABLE access.notice ADD helper uuid REFERENCES access.helper;

-- migrate:down
ALTER TABLE access.notice DROP helper;
DELETE FROM access.invitation WHERE vouched_by IS NOT NULL;
ALTER TABLE access.invitation DROP vouched_by;
