-- migrate:up
-- From which age on a patient is nobody's ward any more.
ALTER TABLE sites.site ADD adult_years int NOT NULL DEFAULT 18 CHECK (adult_years BETWEEN 12 AND 25);

-- migrate:down
ALTER TABLE sites.site DROP adult_years;
