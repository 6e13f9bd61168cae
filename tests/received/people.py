"""Persons, claims, sessions, viewings and helpers, written straight into the tables."""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from tests.received.studies import Received


@dataclass(frozen=True)
class People:
    """Who is who on the servers of `received`; times are in hours from now, negative for past."""

    received: Received

    @staticmethod
    def cookie_name(portal_url: str) -> str:
        """Return the name of the session's cookie (without TLS)."""
        return f"scanpass-{sha256(portal_url.encode()).hexdigest()[:8]}"

    def person(self) -> UUID:
        """Make a person."""
        return self._made("INSERT INTO access.person DEFAULT VALUES RETURNING person")

    def record(self, site: str, patient_id: str) -> UUID:
        """Return the record of a patient."""
        query = "SELECT record FROM catalogue.record WHERE site = %s AND patient_id = %s"
        ((found,),) = (row.values() for row in self.received.rows(query, site, patient_id))
        return UUID(str(found))

    def claim(self, person: UUID, record: UUID, site: str) -> UUID:
        """Let `person` have claimed `record`."""
        return self._made(
            "INSERT INTO access.claim (person, record, site) VALUES (%s, %s, %s) RETURNING claim",
            person,
            record,
            site,
        )

    def session(self, person: UUID, hours: float = 1.0) -> tuple[str, UUID]:
        """Sign `person` in; return the secret of their cookie, and the session."""
        secret = secrets.token_urlsafe(32)
        return secret, self._made(
            "INSERT INTO access.session (secret_hash, person, ends_at)"
            " VALUES (%s, %s, now() + %s * interval '1 hour') RETURNING session",
            sha256(secret.encode()).digest(),
            person,
            hours,
        )

    def viewing(self, session: UUID, patient: UUID, hours: float = 1.0) -> str:
        """Open a viewer on the pictures of `patient`; return what stands in its address."""
        secret = secrets.token_urlsafe(32)
        self._made(
            "INSERT INTO access.viewing (secret_hash, session, patient, language, ends_at)"
            " VALUES (%s, %s, %s, 'en', now() + %s * interval '1 hour') RETURNING viewing",
            sha256(secret.encode()).digest(),
            session,
            patient,
            hours,
        )
        return secret

    def helper(self, patient: UUID, person: UUID, rights: str, *, ended: bool = False) -> UUID:
        """Let `person` help `patient`, or have helped until now."""
        return self._made(
            "INSERT INTO access.helper (patient, person, name, channel, address, rights,"
            " expires_at, joined_at, ended_at) VALUES (%s, %s, 'Helper', 'sms', '+15550199', %s,"
            " now() + interval '1 day', now(), CASE WHEN %s THEN now() END) RETURNING helper",
            patient,
            person,
            rights,
            ended,
        )

    def grant(
        self, giver: UUID, studies: list[tuple[str, str]], *, keep: bool, how: str = ""
    ) -> UUID:
        """Let `giver` have shared `studies`; `how` is `withdrawn` or `over`."""
        grant = self._made(
            "INSERT INTO access.grants (kind, person, grantee_kind, keep, everything, purpose,"
            " starts_at, ends_at, given_by, ended_at, ended_as) VALUES ('share', %s, 'bearer', %s,"
            " false, 'TREAT', now() - interval '2 days', now() + %s * interval '1 hour', %s,"
            " CASE WHEN %s THEN now() END, CASE WHEN %s THEN 'withdrawn' END) RETURNING grant_id",
            giver,
            keep,
            -1.0 if how == "over" else 24.0,
            giver,
            how == "withdrawn",
            how == "withdrawn",
        )
        for site, study_uid in studies:
            query = "INSERT INTO access.grant_study VALUES (%s, %s, %s)"
            self.received.run(query, grant, site, study_uid)
        return grant

    def guest(
        self, grant: UUID, giver: UUID, hours: float = 1.0, *, keep: bool = False
    ) -> tuple[str, str]:
        """Let a guest have opened a share: what their two addresses hold."""
        guest = self._made(
            "INSERT INTO access.guest (grant_id, name, role) VALUES (%s, 'Guest', 'doctor')"
            " RETURNING guest",
            grant,
        )
        secret, client = secrets.token_urlsafe(32), secrets.token_hex(32)
        self._made(
            "INSERT INTO access.viewing (secret_hash, client_hash, guest, patient, language,"
            " ends_at) VALUES (%s, %s, %s, %s, 'en', now() + %s * interval '1 hour')"
            " RETURNING viewing",
            sha256(secret.encode()).digest(),
            sha256(client.encode()).digest() if keep else None,
            guest,
            giver,
            hours,
        )
        return secret, client

    def staff(self, name: str) -> UUID:
        """Make somebody who works at a hospital."""
        query = (
            "INSERT INTO access.staff (staff, name) VALUES (gen_random_uuid(), %s) RETURNING staff"
        )
        return self._made(query, name)

    def consent(
        self, giver: UUID, to: str | UUID, studies: list[tuple[str, str]], *, how: str = ""
    ) -> UUID:
        """Let `giver` let a site look at everything, or one of staff at `studies`.

        `how` is `withdrawn`. A site has one consent that stands: asked again, it is the same.
        """
        person = isinstance(to, UUID)
        found = self.received.rows(
            "SELECT grant_id FROM access.grants WHERE person = %s AND grantee = %s"
            " AND ended_at IS NULL",
            giver,
            str(to),
        )
        if found and how != "withdrawn":
            return UUID(str(found[0]["grant_id"]))
        grant = self._made(
            "INSERT INTO access.grants (kind, person, grantee_kind, grantee, staff, keep,"
            " everything, purpose, starts_at, given_by, ended_at, ended_as) VALUES ('consent', %s,"
            " %s, %s, %s, false, %s, 'TREAT', now() - interval '2 days', %s,"
            " CASE WHEN %s THEN now() END, CASE WHEN %s THEN 'withdrawn' END) RETURNING grant_id",
            giver,
            "person" if person else "organisation",
            None if person else to,
            to if person else None,
            not person,
            giver,
            how == "withdrawn",
            how == "withdrawn",
        )
        for site, study_uid in studies if person else ():
            self.received.run(
                "INSERT INTO access.grant_study VALUES (%s, %s, %s)", grant, site, study_uid
            )
        return grant

    def clinician(
        self, grant: UUID, giver: UUID, staff: UUID, sites: list[str], *, ended: bool = False
    ) -> str:
        """Let one of staff have opened a consent: what their viewer's address holds."""
        session = self._made(
            "INSERT INTO access.staff_session (secret_hash, staff, sites, ends_at, ended_at) VALUES"
            " (%s, %s, %s, now() + interval '1 hour', CASE WHEN %s THEN now() END)"
            " RETURNING session",
            secrets.token_bytes(32),
            staff,
            sites,
            ended,
        )
        guest = self._made(
            "INSERT INTO access.guest (grant_id, staff, name, role) VALUES (%s, %s, 'Ada', 'staff')"
            " ON CONFLICT (grant_id, staff) WHERE staff IS NOT NULL"
            " DO UPDATE SET name = excluded.name RETURNING guest",
            grant,
            staff,
        )
        secret = secrets.token_urlsafe(32)
        self._made(
            "INSERT INTO access.viewing (secret_hash, guest, patient, language, staff_session,"
            " ends_at) VALUES (%s, %s, %s, 'en', %s, now() + interval '1 hour') RETURNING viewing",
            sha256(secret.encode()).digest(),
            guest,
            giver,
            session,
        )
        return secret

    def address(self, patient: UUID, *, how: str = "") -> tuple[str, UUID]:
        """Let `patient` have made an address for a viewer of their own: its secret, the grant.

        `how` is `withdrawn` or `over`.
        """
        grant = self._made(
            "INSERT INTO access.grants (kind, person, grantee_kind, keep, everything, purpose,"
            " starts_at, ends_at, given_by, ended_at, ended_as) VALUES ('consent', %s, 'app', true,"
            " true, 'PATRQT', now() - interval '2 days', CASE WHEN %s THEN now() END, %s,"
            " CASE WHEN %s THEN now() END, CASE WHEN %s THEN 'withdrawn' END) RETURNING grant_id",
            patient,
            how == "over",
            patient,
            how == "withdrawn",
            how == "withdrawn",
        )
        guest = self._made(
            "INSERT INTO access.guest (grant_id, name, role) VALUES (%s, 'Viewer', 'own-viewer')"
            " RETURNING guest",
            grant,
        )
        secret = secrets.token_urlsafe(32)
        self._made(
            "INSERT INTO access.address (secret_hash, guest, patient) VALUES (%s, %s, %s)"
            " RETURNING guest",
            sha256(secret.encode()).digest(),
            guest,
            patient,
        )
        return secret, grant

    def _made(self, query: str, *values: Any) -> UUID:  # noqa: ANN401  what columns take
        ((found,),) = (row.values() for row in self.received.rows(query, *values))
        return UUID(str(found))
