-- migrate:up
-- Timezone Offset From UTC (0008,0201) of `study_date` and `study_time`; NULL: the site's clock.
ALTER TABLE catalogue.study ADD utc_offset text;

-- migrate:down
ALTER TABLE catalogue.study DROP utc_offset;
