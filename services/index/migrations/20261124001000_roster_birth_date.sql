-- migrate:up
-- Who claims a record says the birth date: a roster knows it better than an old file's header.
ALTER TABLE catalogue.roster_entry ADD COLUMN birth_date date;

CREATE OR REPLACE VIEW catalogue.contact AS
    SELECT record.record, record.site, coalesce(told.name, record.display_name) AS name,
        told.email, told.phone, told.language, coalesce(told.birth_date, record.birth_date) AS birth_date
    FROM catalogue.record
    JOIN sites.site USING (site)
    LEFT JOIN LATERAL (
        SELECT entry.* FROM catalogue.roster_entry AS entry
        WHERE entry.site = record.site AND entry.patient_id = record.patient_id AND (
            entry.system = record.issuer
            OR (entry.system = '' AND record.issuer = site.issuer)
            -- The same number by another issuer may be another person: then nobody is written to.
            OR NOT EXISTS (
                SELECT FROM catalogue.record AS other
                WHERE other.site = record.site AND other.patient_id = record.patient_id
                    AND other.record <> record.record
            ) AND NOT EXISTS (
                SELECT FROM catalogue.roster_entry AS other
                WHERE other.site = record.site AND other.patient_id = record.patient_id
                    AND other.system <> entry.system
            )
        )
        ORDER BY entry.system = record.issuer DESC, entry.told_at DESC, entry.system LIMIT 1
    ) AS told ON true;

-- migrate:down
DROP VIEW notify.reachable;
DROP VIEW catalogue.contact;
ALTER TABLE catalogue.roster_entry DROP COLUMN birth_date;
