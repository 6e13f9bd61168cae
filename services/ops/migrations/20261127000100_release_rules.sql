-- migrate:up
-- When a hospital shows what has come: at once, when the report is there, or after some days.
-- Whatever it waits for, after `release_days` it is shown; 30 are the most that there can be.
ALTER TABLE sites.site DROP CONSTRAINT site_release_rule_check;
ALTER TABLE sites.site ADD CHECK (release_rule IN ('at-once', 'with-report', 'after-term'));
ALTER TABLE sites.site ADD release_days int NOT NULL DEFAULT 30 CHECK (release_days BETWEEN 0 AND 30);

-- migrate:down
ALTER TABLE sites.site DROP release_days;
UPDATE sites.site SET release_rule = 'at-once';
ALTER TABLE sites.site DROP CONSTRAINT site_release_rule_check;
ALTER TABLE sites.site ADD CHECK (release_rule IN ('at-once'));
