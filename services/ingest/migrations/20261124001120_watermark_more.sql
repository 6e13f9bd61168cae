-- migrate:up
-- `pending` is of what was listed, and of an old archive only the beginning is.
ALTER TABLE ingest.watermark ADD more boolean NOT NULL DEFAULT false;

-- migrate:down
ALTER TABLE ingest.watermark DROP more;
