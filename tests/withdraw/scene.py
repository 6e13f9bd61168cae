"""María, her scan, one file that takes seconds to read, and the shares that she makes."""

import re
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from random import Random
from typing import Self
from uuid import UUID, uuid4

from tests.received.files import ct_slice
from tests.received.people import People
from tests.received.studies import Received
from tests.withdraw.replicas import Replica

BORN = {"day": "12", "month": "4", "year": "1968"}
LARGE = 64 << 20  # bytes of the file that is read while it is taken back
# How often somebody may share in a day is not what is asked here.
FORGET = "DELETE FROM access.bucket"
SWAP = """
    UPDATE catalogue.content SET archive_key = %s, size = %s, sha256 = %s
    WHERE study_uid = %s AND sop_uid = %s
"""


@dataclass(frozen=True, slots=True)
class Opened:
    """A share that a doctor has opened: what stands in the two addresses."""

    grant: str
    viewing: str
    client: str


@dataclass(frozen=True, slots=True)
class Scene:
    """One patient with one study of two series; the second is the large file."""

    received: Received
    people: People
    site: str
    study: str
    person: UUID
    cookie: str

    @classmethod
    def set(cls, received: Received) -> Self:
        """Receive the study, and let María have claimed it."""
        site, study = f"north-{uuid4().hex[:8]}", f"2.25.{uuid4().int >> 72}"
        people = People(received)
        received.site(site)
        series = (f"{study}.1", f"{study}.2")
        files = [ct_slice(study, each, number, "P-1") for each in series for number in (1, 2)]
        received.receive(site, files)
        large = Random(1).randbytes(1 << 20) * (LARGE >> 20)  # noqa: S311  no secret
        key = f"{site}/large"
        received.storage.put("archive", key, BytesIO(large))
        told = (key, len(large), sha256(large).hexdigest(), study, f"{study}.2.1")
        received.run(SWAP, *told)
        received.run("UPDATE catalogue.record SET birth_date = '1968-04-12' WHERE site = %s", site)
        person = people.person()
        people.claim(person, people.record(site, "P-1"), site)
        return cls(received, people, site, study, person, people.session(person)[0])

    def share(self, at: Replica, opened_at: Replica) -> Opened:
        """Share the study for a hospital at one replica, and open it at another."""
        grant, link = self.link(at)
        came = opened_at.form("/s/open", said=link, name="Dr. Okafor", role="doctor", **BORN)
        viewing = came.location.rpartition("/")[2]
        shown = self.fetched(opened_at, f"/v/{viewing}")
        return Opened(grant, viewing, found(r"/v/([0-9a-f]{64})/dicomweb/me", shown))

    def link(self, at: Replica) -> tuple[str, str]:
        """Share the study for a hospital; return the grant, and the secret of its link."""
        grant = str(uuid4())
        self.received.run(FORGET)
        place = f"/scans/{self.site}/{self.study}/share"
        page = at.form(place, self.cookie, grant=grant, what_for="hospital").body
        return grant, found(r'value="[^"]+/s#([\w-]{43})"', page)

    @staticmethod
    def fetched(at: Replica, path: str) -> str:
        """Return a page of the viewer's origin."""
        return Replica(at.viewer, at.viewer, at.cookie).page(path, "")

    def paths(self, opened: Opened) -> list[str]:
        """Return every kind of address that a guest has."""
        study = f"/studies/{self.study}"
        series = f"{study}/series/{self.study}.1"
        one = f"{series}/instances/{self.study}.1.1"
        root = f"/v/{opened.viewing}/dicomweb/{self.site}"
        return [
            f"/v/{opened.viewing}",
            f"/v/{opened.viewing}/{self.site}/{self.study}",
            *(f"{root}{each}/metadata" for each in (study, series, one)),
            f"{root}{study}/series",
            f"{root}{study}/instances",
            f"{root}{one}/frames/1",
            f"{root}{one}/rendered",
            f"{root}{series}/thumbnail",
            f"/v/{opened.viewing}/dicomweb/me/studies",
            f"/v/{opened.client}/dicomweb/me/studies",
            f"/v/{opened.client}/dicomweb/me{one}",  # the file itself
        ]

    def large(self, opened: Opened) -> list[str]:
        """Return the addresses of the large file, one for each download at a replica."""
        series = f"/studies/{self.study}/series/{self.study}.2"
        one = f"{series}/instances/{self.study}.2.1"
        return [f"/v/{opened.client}/dicomweb/{root}{one}" for root in ("me", self.site)]


def found(pattern: str, text: str) -> str:
    """Return what the group of `pattern` holds.

    Raises:
        LookupError: it is not there.

    """
    match = re.search(pattern, text)
    if match is None:
        raise LookupError(pattern)
    return match.group(1)
