-- migrate:up
-- Sites take turns when it is asked which studies are due.
DROP INDEX catalogue.study_due;
CREATE INDEX study_due ON catalogue.study (site, due_at) WHERE due_at IS NOT NULL;

-- migrate:down
DROP INDEX catalogue.study_due;
CREATE INDEX study_due ON catalogue.study (due_at) WHERE due_at IS NOT NULL;
