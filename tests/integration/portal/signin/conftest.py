"""A hospital whose patients were written to, and the portal's pages as a browser meets them."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from httpx2 import Client, Response
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import sync_playwright
from pydantic import SecretStr
from pypdf import PdfReader

import services.notify
import services.portal
from deploy.local import Servers
from deploy.local.post import Ports, Post
from deploy.local.waiting import until
from services.notify import deliveries, prompting, prompts
from services.notify.channels import email, sms
from services.notify.dispatch import dispatch
from services.notify.handler import STUDY_RELEASED, Debt
from services.notify.invitation import Invitations
from services.notify.prompts import Door, Prompts
from services.ops.__main__ import run
from services.portal import app
from services.portal.dicomweb.pictures import Pictures
from services.portal.edges import Edges
from services.portal.logbook import Logbook
from services.portal.reading import Reading
from services.portal.server import Server
from services.portal.settings import Settings
from shared import config, outbox, wording
from shared.db import Database, Row, sql
from shared.events import Channel, Event, HelperInvited, PersonRecovered, SigninRequested
from shared.wording import Wordings
from tests.fakes.storage import MemoryStorage

BORN = date(1968, 3, 14)
CHROMIUM = "/usr/bin/chromium"
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]")
FORGOTTEN = (
    *(("access", "bucket"), ("access", "outbox")),
    *(("notify", "digested"), ("notify", "delivery")),
    *(("notify", "outbox"), ("notify", "prompt")),
)
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


def first(pattern: str, text: str) -> str:
    """Return what the group of `pattern` holds where it is found first."""
    found = re.search(pattern, text)
    assert found
    return found.group(1)


@dataclass(frozen=True)
class Waiting:
    """The page that asks for six digits, and the message."""

    page: Response
    text: str

    @property
    def path(self) -> str:
        """Return where the digits go."""
        return self.page.url.path

    @property
    def digits(self) -> str:
        """Return the six digits."""
        return first(r"\b([0-9]{6})\b", self.text)

    @property
    def token(self) -> str:
        """Return what stands behind the # of the link."""
        return first(r"/l#([\w-]{43})", self.text)

    @property
    def wrong(self) -> str:
        """Return six other digits."""
        return f"{(int(self.digits) + 1) % 1_000_000:06d}"


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
    words: Wordings  # of notify
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
            self.words,
        )
        return next(text for text in self.texts() if debt.reference in text)

    def prompt(self) -> None:
        """Carry what portal told to notify, and have notify send what somebody waits for."""
        told = self.environment["notify"]
        door = Door(told["SCANPASS_PORTAL_URL"], told["SCANPASS_CODE_KEY"])

        def transaction() -> AbstractContextManager[Prompts]:
            return prompts.transaction(self.notify, door)

        def publish(events: Sequence[Event], causations: Sequence[UUID | None]) -> None:
            assert len(events) == len(causations)
            for event in events:
                if isinstance(event, SigninRequested):
                    prompting.requested(event, transaction)
                elif isinstance(event, HelperInvited):
                    prompting.invited(event, transaction)
                elif isinstance(event, PersonRecovered):
                    prompting.recovered(event, transaction)

        outbox.relay(self.portal, "access", publish)
        prompting.dispatch(transaction, self.channels(), self.words)

    def signin(self, browser: Browser, address: str) -> Waiting:
        """Ask to sign in, and return the page that waits with the message that came."""
        before = len(self.texts())
        page = browser.post("/signin", address=address)
        self.prompt()
        return Waiting(page, "".join(self.texts()[: len(self.texts()) - before]))

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


def answers(server: Server) -> bool:
    """Say whether the pages answer."""
    with suppress(ConnectionError):
        server.answer()
        return True
    return False


@dataclass(frozen=True)
class House:
    """What a file's tests share: the servers' doors, the pages as they run, and the mail."""

    owner: Database
    portal: Database
    notify: Database
    post: Post
    environment: dict[str, dict[str, str]]
    edges: Edges


@pytest.fixture(scope="module")
def house(
    servers: Servers,
    environment: Callable[[str], dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """Open a post office where notify looks for one, and the pages where links lead."""
    told = {name: environment(name) for name in ("owner", "notify", "portal")}
    owner, notify, portal = (
        Database(told[name]["SCANPASS_DATABASE_URL"]) for name in ("owner", "notify", "portal")
    )
    with pytest.MonkeyPatch.context() as variables:
        for name, value in told["portal"].items():
            variables.setenv(name, value)
        settings = config.read(Settings)
    storage = MemoryStorage()
    pictures = Pictures(storage, settings)
    edges = Edges(
        settings=settings,
        database=portal,
        storage=storage,
        pictures=pictures,
        reading=Reading(portal, Logbook()),
        wordings=wording.load(Path(services.portal.__file__).parent, "portal"),
    )
    ports = Ports(servers.ports["demo.smtp"], servers.ports["demo.sms"])
    token = told["notify"]["SCANPASS_SMS_GATEWAY_TOKEN"]
    pages = app.pages(edges)
    server = Server(pages, settings.portal_host, settings.portal_port, "SCANPASS_PORTAL")
    with Post(tmp_path_factory.mktemp("post"), token, ports) as post:
        server.start()
        until(lambda: answers(server), 10, "the pages")
        yield House(owner, portal, notify, post, told, edges)
        server.stop()
    pictures.close()
    for database in (owner, notify, portal):
        database.close()


@pytest.fixture
def clinic(house: House) -> Iterator[Clinic]:
    """Return a site that nobody else uses, where nobody has asked anything lately."""
    site = f"t{uuid4().hex[:12]}"
    with house.owner.transaction() as connection:
        for table in FORGOTTEN:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(*table)))
        connection.execute(
            "INSERT INTO sites.site (site, title, help_phone, help_hours, help_languages)"
            " VALUES (%s, 'Test Hospital', '+1 555 0100', 'Mon-Fri', '{en,es}')",
            (site,),
        )
    made = Clinic(
        site,
        house.owner,
        house.portal,
        house.notify,
        house.post,
        house.environment,
        house.edges,
        wording.load(Path(services.notify.__file__).parent, "notify"),
    )
    yield made
    for each in made.browsers:
        each.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def number() -> str:
    """Return a telephone number that no other test uses."""
    return f"+34{600_000_000 + uuid4().int % 99_999_999}"


@pytest.fixture
def desk(
    clinic: Clinic,
    environment: Callable[[str], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Callable[..., str]:
    """Return what prints a sheet, and gives the code on it; or the exit code where it does not."""
    for name, value in environment("ops").items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    printed = iter(range(100))

    def prints(record: UUID, *words: str) -> str:
        name = f"sheet-{next(printed)}.pdf"
        code = run(["site", "claim-sheet", clinic.site, str(record), "-o", name, *words])
        if code:
            assert not Path(name).exists()
            return str(code)
        assert Path(name).stat().st_mode & 0o077 == 0
        found = CODE.search(PdfReader(name).pages[0].extract_text())
        assert found
        return found.group()

    return prints
