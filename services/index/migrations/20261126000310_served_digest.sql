-- migrate:up
-- The SHA-256 of what is served: a fast copy is compared before it is shown, as an original is.
ALTER TABLE catalogue.settlement ADD COLUMN served_sha256 char(64);

-- migrate:down
ALTER TABLE catalogue.settlement DROP COLUMN served_sha256;
