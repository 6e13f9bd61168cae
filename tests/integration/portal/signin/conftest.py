"""A hospital whose patients were written to, and the portal's pages as a browser meets them."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from httpx2 import Client, Response
from pydantic import SecretStr

import services.notify
import services.portal
from deploy.local import Servers
from deploy.local.post import Ports, Post
from deploy.local.waiting import until
from services.notify import deliveries
from services.notify.channels import email, sms
from services.notify.dispatch import dispatch
from services.notify.handler import STUDY_RELEASED, Debt
from services.notify.invitation import Invitations
from services.portal import app
from services.portal.dicomweb.pictures import Pictures
from services.portal.edges import Edges
from services.portal.logbook import Logbook
from services.portal.reading import Reading
from services.portal.server import Server
from services.portal.settings import Settings
from shared import config, wording
from shared.db import Database, Row
from shared.events import Channel
from tests.fakes.storage import MemoryStorage

BORN = date(1968, 3, 14)
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass
class Browser:
    """One browser: keeps its cookies, and says what a browser says of itself."""

    client: Client

    def get(self, path: str) -> Response:
        """Open a page, and follow where it leads."""
        return self.client.get(path)

    def post(self, path: str, **said: str) -> Response:
        """Send a form of a page of ours."""
        return self.client.post(path, data=said, headers={"sec-fetch-site": "same-origin"})

    def claim(self, code: str, born: date = BORN, **more: str) -> Response:
        """Fill in the form of the claim."""
        said = {"day": str(born.day), "month": str(born.month), "year": str(born.year)}
        return self.post("/claim", code=code, **said, **more)

    @property
    def signed_in(self) -> bool:
        """Say whether my scans are shown."""
        answer = self.client.get("/scans", follow_redirects=False)
        return answer.status_code == 200


@dataclass
class Clinic:
    """One site, what its patients were sent, and every database role that it takes."""

    site: str
    owner: Database
    portal: Database
    notify: Database
    post: Post
    environment: dict[str, dict[str, str]]
    edges: Edges
    browsers: list[Client] = field(default_factory=list)

    def browser(self) -> Browser:
        """Return a browser that was never here before."""
        client = Client(
            base_url=self.edges.settings.portal_url,
            headers={"user-agent": FIREFOX},
            follow_redirects=True,
            timeout=30,
        )
        self.browsers.append(client)
        return Browser(client)

    def patient(
        self,
        phone: str | None = None,
        email: str | None = None,
        name: str = "Maria Quintero",
        born: date | None = BORN,
        language: str = "es",
    ) -> UUID:
        """Return the record of a patient who was told of by a roster."""
        record = uuid4()
        with self.owner.transaction() as connection:
            connection.execute(
                "INSERT INTO catalogue.record (record, site, issuer, patient_id)"
                " VALUES (%s, %s, '', %s)",
                (record, self.site, str(record)),
            )
            connection.execute(
                "INSERT INTO catalogue.roster_entry (site, system, patient_id, name, email, phone,"
                " language, birth_date, told_at) VALUES (%s, '', %s, %s, %s, %s, %s, %s, now())",
                (self.site, str(record), name, email, phone, language, born),
            )
        return record

    def write(self, record: UUID) -> str:
        """Have notify write to a patient of a new study; return the text that came."""
        debt = Debt(STUDY_RELEASED, self.site, f"1.2.{uuid4().int}", record, uuid4())
        with deliveries.transaction(self.notify) as table:
            table.owe(debt)
        told = self.environment["notify"]
        dispatch(
            lambda: deliveries.transaction(self.notify),
            self.channels(),
            Invitations(self.notify, told["SCANPASS_PORTAL_URL"], told["SCANPASS_CODE_KEY"]).way,
            wording.load(Path(services.notify.__file__).parent, "notify"),
        )
        return next(text for text in self.texts() if debt.reference in text)

    def channels(self) -> dict[Channel, email.Email | sms.Sms]:
        """Return both ways to a person."""
        told = self.environment["notify"]
        return {
            Channel.EMAIL: email.Email(email.server(told["SCANPASS_SMTP_URL"]), "x@x.example"),
            Channel.SMS: sms.Sms(
                sms.gateway(told["SCANPASS_SMS_GATEWAY_URL"]),
                SecretStr(told["SCANPASS_SMS_GATEWAY_TOKEN"]),
            ),
        }

    def texts(self) -> list[str]:
        """Return every text message, the newest first."""
        return [each["text"] for each in reversed(self.post.telephone.messages())]

    def invited(self, record: UUID) -> str:
        """Return the code that a patient was sent."""
        found = CODE.search(self.write(record))
        assert found
        return found.group()

    def rows(self, query: bytes, *values: object) -> list[Row]:
        """Ask the database as its owner."""
        with self.owner.transaction() as connection:
            return connection.execute(query, values).fetchall()

    def entries(self, record: UUID) -> list[str]:
        """Return what the record's log says was done."""
        query = b"SELECT action FROM access.entry WHERE record = %s ORDER BY seq"
        return [row["action"] for row in self.rows(query, record)]

    def told(self, record: UUID) -> list[str]:
        """Return the types of events about a record, without those of its log."""
        query = (
            b"SELECT type FROM access.outbox WHERE body->>'record' = %s"
            b" AND type <> 'access.logged.v1' ORDER BY id"
        )
        return [row["type"] for row in self.rows(query, str(record))]


@pytest.fixture
def post(
    servers: Servers, environment: Callable[[str], dict[str, str]], tmp_path: Path
) -> Iterator[Post]:
    """Open a post office where notify looks for one."""
    ports = Ports(servers.ports["demo.smtp"], servers.ports["demo.sms"])
    with Post(tmp_path, environment("notify")["SCANPASS_SMS_GATEWAY_TOKEN"], ports) as office:
        yield office


def answers(server: Server) -> bool:
    """Say whether the pages answer."""
    with suppress(ConnectionError):
        server.answer()
        return True
    return False


@pytest.fixture
def clinic(
    environment: Callable[[str], dict[str, str]], post: Post, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Clinic]:
    """Return a site that nobody else uses, where nobody has asked anything lately."""
    told = {name: environment(name) for name in ("owner", "notify", "portal")}
    owner, notify, portal = (
        Database(told[name]["SCANPASS_DATABASE_URL"]) for name in ("owner", "notify", "portal")
    )
    for name, value in told["portal"].items():
        monkeypatch.setenv(name, value)
    site = f"t{uuid4().hex[:12]}"
    with owner.transaction() as connection:
        connection.execute("TRUNCATE access.bucket")
        connection.execute("TRUNCATE notify.delivery, notify.outbox")
        connection.execute(
            "INSERT INTO sites.site (site, title, help_phone, help_hours, help_languages)"
            " VALUES (%s, 'Test Hospital', '+1 555 0100', 'Mon-Fri', '{en,es}')",
            (site,),
        )
    settings, storage = config.read(Settings), MemoryStorage()
    pictures = Pictures(storage, settings)
    edges = Edges(
        settings=settings,
        database=portal,
        storage=storage,
        pictures=pictures,
        reading=Reading(portal, Logbook()),
        wordings=wording.load(Path(services.portal.__file__).parent, "portal"),
    )
    server = Server(app.pages(edges), settings.portal_host, settings.portal_port, "SCANPASS_PORTAL")
    server.start()
    until(lambda: answers(server), 10, "the pages")
    made = Clinic(site, owner, portal, notify, post, told, edges)
    yield made
    for each in made.browsers:
        each.close()
    server.stop()
    pictures.close()
    for database in (owner, notify, portal):
        database.close()


@pytest.fixture
def number() -> str:
    """Return a telephone number that no other test uses."""
    return f"+34{600_000_000 + uuid4().int % 99_999_999}"
