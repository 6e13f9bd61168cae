"""A real portal beside real servers, and what it serves to the patient of two hospitals."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx2
import pytest

from deploy.local import Servers, Services
from tests.received.files import ct_slice, public, relabelled
from tests.received.people import People
from tests.received.studies import Received

Environment = Callable[[str], dict[str, str]]

PATIENT = "P-1"
# One of each kind: what it is, and how it is served.
KINDS = {
    "CT_small.dcm": "copied",  # grey, signed
    "MR_small_bigendian.dcm": "copied",
    "SC_rgb_small_odd.dcm": "copied",  # RGB, by pixel
    "color-pl.dcm": "copied",  # RGB, by plane
    "SC_ybr_full_uncompressed.dcm": "copied",
    "examples_palette.dcm": "copied",  # indices of a palette
    "emri_small.dcm": "copied",  # ten frames
    "SC_rgb_dcmtk_+eb+cy+s2.dcm": "kept",  # JPEG, YBR_FULL_422
    "JPEG2000.dcm": "kept",
    "SC_ybr_full_422_uncompressed.dcm": "kept",
    "color3d_jpeg_baseline.dcm": "kept",  # 120 frames
    "SC_rgb_expb_16bit.dcm": "kept",  # big endian
    "liver.dcm": "kept",  # single bits, three frames
    "SC_rgb_32bit.dcm": "kept",
    "test-SR.dcm": "kept",  # no picture
}


@dataclass
class Stage:
    """Who and what there is. All UIDs begin with `root`."""

    north: str
    south: str
    root: str
    viewing: str
    cookie: str
    person: UUID
    people: People
    portal: str  # address of the pages
    viewer: str  # of the viewer's origin

    @property
    def study(self) -> str:
        """Return the study that has one series of each kind."""
        return f"{self.root}.1"

    @property
    def slices(self) -> str:
        """Return the study of five slices in one series, which both hospitals have."""
        return f"{self.root}.2"

    def series_of(self, name: str) -> str:
        """Return the path of the series that holds the file `name`."""
        return f"/studies/{self.study}/series/{self.study}.{list(KINDS).index(name) + 1}"

    def instance_of(self, name: str) -> str:
        """Return the path of the instance that is the file `name`."""
        return f"{self.series_of(name)}/instances/{self.study}.{list(KINDS).index(name) + 1}.1"

    def content_of(self, name: str) -> bytes:
        """Return the file as it was dropped."""
        series = f"{self.study}.{list(KINDS).index(name) + 1}"
        return relabelled(public(name), PATIENT, self.study, series, f"{series}.1")

    def slice_of(self, number: int) -> bytes:
        """Return a slice of `slices` as it was dropped."""
        return ct_slice(self.slices, f"{self.slices}.1", number, PATIENT)

    def get(
        self, path: str, root: str | None = None, accept: str | None = None, **more: str
    ) -> httpx2.Response:
        """Ask the viewer's origin."""
        url = f"{self.viewer}/v/{self.viewing}/dicomweb/{root or self.north}{path}"
        headers = {"accept": accept} if accept else {}
        return httpx2.get(url, headers=headers, params=more or None, timeout=60)

    def with_cookie(self, path: str, root: str | None = None) -> httpx2.Response:
        """Ask the pages' origin, signed in."""
        url = f"{self.portal}/dicomweb/{root or self.north}{path}"
        return httpx2.get(url, headers={"cookie": self.cookie}, timeout=60)


@pytest.fixture(scope="module")
def portal(servers: Servers) -> Iterator[Services]:
    """Run the portal, and nothing else."""
    with Services(servers, names=("portal",)) as services:
        yield services


@pytest.fixture(scope="session")
def received(environment: Environment) -> Iterator[Received]:
    """Return what receives files."""
    made = Received.on(environment)
    yield made
    made.close()


@pytest.fixture(scope="module")
def stage(environment: Environment, received: Received, portal: Services) -> Stage:
    """Return the patient of two hospitals, signed in, with a viewer open."""
    del portal  # it runs
    north, south = (f"{name}-{uuid4().hex[:8]}" for name in ("north", "south"))
    told = environment("portal")
    people = People(received)
    person = people.person()
    secret, session = people.session(person)
    stage = Stage(
        north=north,
        south=south,
        root=f"2.25.{uuid4().int >> 72}",
        viewing=people.viewing(session, person),
        cookie=f"{people.cookie_name(told['SCANPASS_PORTAL_URL'])}={secret}",
        person=person,
        people=people,
        portal=f"http://127.0.0.1:{told['SCANPASS_PORTAL_PORT']}",
        viewer=f"http://127.0.0.1:{told['SCANPASS_VIEWER_PORT']}",
    )
    slices = [stage.slice_of(number) for number in range(1, 6)]
    for site in (north, south):
        received.site(site)
    received.receive(north, [*map(stage.content_of, KINDS), *slices[:3]])
    received.receive(south, slices)
    for site in (north, south):
        received.receipts(site)
        people.claim(person, people.record(site, PATIENT), site)
    return stage
