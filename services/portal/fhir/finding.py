"""The rows that FHIR resources are made of: of what may be listed, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.portal.dicomweb.place import ME
from services.portal.fhir import given, mapping
from services.portal.fhir.asking import Asked
from services.portal.fhir.coding import Json
from services.portal.fhir.queries import (
    CONSENTS,
    ENTRIES,
    HELPERS,
    ONCE,
    PATIENTS,
    REPORTED,
    REPORTS,
    SERIES,
    STUDIES,
)
from services.portal.reading import Hidden, Visible
from services.portal.sharing import overview
from shared.access import Because
from shared.db import Connection, Row, sql


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds resources in a transaction in which a reader may list; one more than is asked for."""

    visible: Visible
    root: str
    portal: str  # its public address
    every: bool = False  # of a study that several sites hold, all copies

    @property
    def dicomweb(self) -> str:
        """Return where pictures of this root are had."""
        return f"{self.portal}/dicomweb/{self.root}"

    def find(self, kind: str, asked: Asked) -> list[Json]:
        """Return resources of a type.

        Raises:
            Hidden: the reader may not have any of these.

        """
        finders = {
            "Patient": self.patients,
            "ImagingStudy": self.studies,
            "DiagnosticReport": self.reports,
            "Consent": self.consents,
            "AuditEvent": self.entries,
        }
        return finders[kind](asked)

    def patients(self, asked: Asked) -> list[Json]:
        """Return the records that may be listed."""
        records = [row["record"] for row in self.visible.records]
        rows = found(self.connection, PATIENTS, [records], asked, "r.site, r.record")
        return [mapping.patient(row, self.portal) for row in rows]

    def studies(self, asked: Asked) -> list[Json]:
        """Return the studies that may be listed, of several sites that hold one only one."""
        once = ONCE if self.root == ME and not self.every else ""
        order = "s.study_date DESC NULLS LAST, s.site, s.study_uid"
        rows = found(self.connection, STUDIES + once, self.seen * (2 if once else 1), asked, order)
        places = [[row[name] for row in rows] for name in ("site", "study_uid")]
        series: dict[tuple[str, str], list[Row]] = {}
        for row in self.connection.execute(SERIES, places):
            series.setdefault((row["site"], row["study_uid"]), []).append(row)
        return [
            mapping.imaging_study(row, series.get((row["site"], row["study_uid"]), []), self.root)
            for row in rows
        ]

    def reports(self, asked: Asked) -> list[Json]:
        """Return the reports among the instances of these studies."""
        values = [*self.seen, REPORTS]
        order = "c.received_at DESC, c.site, c.sop_uid"
        rows = found(self.connection, REPORTED, values, asked, order)
        return [mapping.report(row, self.dicomweb) for row in rows]

    def consents(self, asked: Asked) -> list[Json]:
        """Return what the reader has given."""
        person, records = self.me()
        if not records:
            return []
        rows = found(self.connection, CONSENTS, [person], asked, "g.given_at DESC, g.grant_id")
        return [given.consent(row, str(records[0])) for row in rows]

    def entries(self, asked: Asked) -> list[Json]:
        """Return the logs of the reader's own records, newest first."""
        person, records = self.me()
        order = "e.at DESC, e.record, e.seq DESC"
        rows = found(self.connection, ENTRIES, [records], asked, order)
        names = {row["person"]: row["name"] for row in self.connection.execute(HELPERS, (person,))}
        guests = overview.guests(self.connection, person)
        names |= {row["guest"]: row["name"] for row in guests}
        return [given.audit_event(row, names, self.portal) for row in rows]

    @property
    def seen(self) -> list[object]:
        """Return the values of `SEEN`, and of `ONCE`."""
        return [[row["record"] for row in self.visible.records], self.visible.grant]

    def me(self) -> tuple[UUID, list[UUID]]:
        """Return who reads, and their own records under this root.

        Raises:
            Hidden: it is no person: to nobody else is told what she gives, and who looked.

        """
        person = self.visible.reader.person
        if person is None:
            raise Hidden(Because.NOT_GIVEN)
        mine = [row for row in self.visible.records if row["own"]]
        here = [row["record"] for row in mine if self.root in {ME, row["site"]}]
        return person, sorted(here)

    @property
    def connection(self) -> Connection:
        """Return the connection."""
        return self.visible.connection


def found(
    connection: Connection, query: str, values: Sequence[object], asked: Asked, order: str
) -> list[Row]:
    """Return the rows of `query`, narrowed by what is asked; one more."""
    conditions = "".join(f" AND ({text})" for text, _ in asked.conditions)
    narrowed = sql.SQL(f"{query} {conditions} ORDER BY {order} LIMIT %s OFFSET %s")
    given: list[Any] = [value for _, each in asked.conditions for value in each]
    told = [*values, *given, asked.count + 1, asked.offset]
    return list(connection.execute(narrowed, told).fetchall())
