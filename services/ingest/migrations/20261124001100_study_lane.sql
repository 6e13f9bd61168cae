-- migrate:up
-- For index: a study is backfill while all of it was dropped as that.
CREATE VIEW ingest.study_lane AS
    SELECT site, study_uid,
        CASE WHEN bool_and(lane = 'backfill') THEN 'backfill' ELSE 'live' END AS lane
    FROM ingest.receipt WHERE kind = 'instance' GROUP BY site, study_uid;
GRANT SELECT ON ingest.study_lane TO scanpass_index, scanpass_ops;

-- migrate:down
DROP VIEW ingest.study_lane;
