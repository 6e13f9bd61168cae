-- migrate:up
-- A guardian is a helper with all rights of a person who is too young to have a sign-in.
ALTER TABLE access.helper
    ADD guardian boolean NOT NULL DEFAULT false,
    ADD until date;                                    -- the day on which they come of age
CREATE INDEX helper_until ON access.helper (until) WHERE guardian AND ended_at IS NULL;

-- Someone signs in to become the guardian of whom an invitation is for.
ALTER TABLE access.signin ADD guardian boolean NOT NULL DEFAULT false;

-- migrate:down
ALTER TABLE access.signin DROP guardian;
DROP INDEX access.helper_until;
ALTER TABLE access.helper DROP guardian, DROP until;
