-- migrate:up
-- What a search by DICOMweb lists of a record, in the order it lists it: a page far behind is
-- counted off in the index alone. `study_date` lies beside, or the table would be asked for it.
CREATE INDEX study_of_record
    ON catalogue.study (record, (coalesce(study_date, '-infinity')) DESC, site, study_uid)
    INCLUDE (study_date) WHERE state = 'available' AND released_at IS NOT NULL;

-- The same study at another hospital, for a person's list over all of theirs.
CREATE INDEX study_elsewhere ON catalogue.study (study_uid)
    WHERE state = 'available' AND released_at IS NOT NULL;

-- A name without case and accents. `unaccent` is no more than stable, for its dictionary may be
-- changed; then this index must be made anew.
CREATE FUNCTION catalogue.folded(text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT lower(public.unaccent('public.unaccent', $1))
$$;

-- Wildcards in text. By the index the planner also knows how rare a name is.
CREATE INDEX study_texts ON catalogue.study USING gin (
    catalogue.folded(patient_name) gin_trgm_ops, accession_number gin_trgm_ops,
    description gin_trgm_ops);

-- migrate:down
DROP INDEX catalogue.study_texts, catalogue.study_elsewhere, catalogue.study_of_record;
DROP FUNCTION catalogue.folded;
