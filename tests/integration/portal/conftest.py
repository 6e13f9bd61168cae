"""A portal on the real database, with people and studies put there by the owner's hand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row
from starlette.testclient import TestClient

import services.portal
from services.portal import app
from services.portal.credential import cookie_name
from services.portal.dicomweb.pictures import Pictures
from services.portal.edges import Edges
from services.portal.facts import Credential
from services.portal.logbook import Logbook
from services.portal.reading import Reading
from services.portal.settings import Settings
from shared import config
from shared.access import codes
from shared.db import Database
from shared.storage.s3 import S3
from shared.wording import load

PORTAL = Path(services.portal.__file__).parent


@dataclass(frozen=True)
class Hand:
    """Puts into the tables what other services would, and reads what came of it."""

    owner: psycopg.Connection[dict[str, Any]]
    site: str

    def one(self, query: str, *values: object) -> dict[str, Any]:
        """Return one row."""
        (row,) = self.all(query, *values)
        return row

    def all(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Return the rows."""
        return self.owner.execute(query, values).fetchall()

    def person(self, name: str = "Maria") -> UUID:
        """Return a new person."""
        found = self.one("INSERT INTO access.person (name) VALUES (%s) RETURNING person", name)
        return UUID(str(found["person"]))

    def session(self, person: UUID) -> str:
        """Return the secret of a new session."""
        secret = codes.token()
        self.all(
            "INSERT INTO access.session (secret_hash, person, ends_at)"
            " VALUES (%s, %s, now() + interval '1 day') RETURNING 1",
            codes.hashed(secret),
            person,
        )
        return secret

    def record(self, person: UUID | None = None, site: str | None = None) -> UUID:
        """Return a new record, claimed by `person`."""
        site = site or self.site
        record = self.one(
            "INSERT INTO catalogue.record (site, issuer, patient_id, display_name, birth_date)"
            " VALUES (%s, '', %s, 'Maria', '1968-03-12') RETURNING record",
            site,
            uuid4().hex,
        )["record"]
        if person is not None:
            self.claim(person, record, site)
        return UUID(str(record))

    def claim(self, person: UUID, record: UUID, site: str | None = None) -> None:
        """Let `person` claim `record`."""
        self.all(
            "INSERT INTO access.claim (person, record, site) VALUES (%s, %s, %s) RETURNING 1",
            person,
            record,
            site or self.site,
        )

    def help(self, patient: UUID, helper: UUID, name: str = "Lucía") -> None:
        """Let `helper` see what is `patient`'s."""
        self.all(
            "INSERT INTO access.helper"
            " (patient, person, name, channel, address, rights, expires_at, joined_at)"
            " VALUES (%s, %s, %s, 'sms', '+1', 'see', now(), now()) RETURNING 1",
            patient,
            helper,
            name,
        )

    def study(  # noqa: PLR0913  each is what a test is about
        self,
        record: UUID | None,
        *,
        site: str | None = None,
        study_uid: str | None = None,
        released: bool = True,
        available: bool = True,
        words: str = " head cabeza mr 2024 ",
    ) -> str:
        """Return the UID of a new study of one series."""
        site, study_uid = site or self.site, study_uid or f"1.2.{uuid4().int}"[:60]
        self.all(
            "INSERT INTO catalogue.study (site, study_uid, record, state, revision, study_date,"
            " modalities, instance_count, series_count, released_at, reference, search)"
            " VALUES (%s, %s, %s, %s, %s, '2024-11-18', '{MR}', 3, 1, %s, 'AAAA-00', %s)"
            " RETURNING 1",
            site,
            study_uid,
            record,
            "available" if available else "arriving",
            int(available),
            "2024-11-19" if released else None,
            words,
        )
        self.all(
            "INSERT INTO catalogue.series (site, study_uid, series_uid, modality, body_part,"
            " instance_count) VALUES (%s, %s, %s, 'MR', 'HEAD', 3) RETURNING 1",
            site,
            study_uid,
            study_uid + ".1",
        )
        return study_uid

    def log(self, record: UUID) -> list[tuple[str, str, str]]:
        """Return who did what and why, in the record's log."""
        rows = self.all("SELECT * FROM access.entry WHERE record = %s ORDER BY seq", record)
        return [(row["actor_kind"], row["action"], row["because"]) for row in rows]


@pytest.fixture
def hand(environment: Callable[[str], dict[str, str]]) -> Iterator[Hand]:
    url = environment("owner")["SCANPASS_DATABASE_URL"]
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as owner:
        site = f"s{uuid4().hex[:12]}"
        owner.execute(
            "INSERT INTO sites.site (site, title, help_phone, help_hours)"
            " VALUES (%s, 'North Hospital', '+1 202 555 0100', 'Mon-Fri 8-18')",
            (site,),
        )
        yield Hand(owner, site)


@pytest.fixture
def settings(
    environment: Callable[[str], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> Settings:
    for name, value in environment("portal").items():
        monkeypatch.setenv(name, value)
    return config.read(Settings)


@pytest.fixture
def logbook() -> Logbook:
    return Logbook()


@pytest.fixture
def edges(settings: Settings, logbook: Logbook) -> Iterator[Edges]:
    """Return the real edges, with portal's own role and identity."""
    database = Database(settings.database_url.get_secret_value(), 4, "portal")
    storage = S3(
        settings.s3_endpoint,
        settings.s3_access_key.get_secret_value(),
        settings.s3_secret_key.get_secret_value(),
        settings.s3_region,
    )
    pictures = Pictures(storage, settings)
    yield Edges(
        settings=settings,
        database=database,
        storage=storage,
        pictures=pictures,
        reading=Reading(database, logbook),
        wordings=load(PORTAL, "portal"),
    )
    pictures.close()
    database.close()


@pytest.fixture
def browser(edges: Edges) -> Iterator[Callable[[str | None], TestClient]]:
    """Return browsers: `browser(secret)` is signed in, `browser(None)` is not."""
    opened: list[TestClient] = []

    def browse(secret: str | None) -> TestClient:
        client = TestClient(
            app.pages(edges), base_url=edges.settings.portal_url, follow_redirects=False
        )
        if secret:
            client.cookies.set(cookie_name(edges.settings), secret)
        opened.append(client)
        return client

    yield browse
    for client in opened:
        client.close()


def credential(secret: str | None) -> Credential:
    """Return what a request with a session's cookie brings."""
    return Credential(session=codes.hashed(secret)) if secret else Credential()
