"""Two hospitals, their patients, and everybody who might look."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Self
from uuid import UUID, uuid4

import numpy as np
from pydicom import dcmread
from pydicom.pixels.utils import pixel_array

from services.portal.take import freezing
from services.portal.take.beside import Made
from tests.received.files import ct_slice
from tests.received.people import People
from tests.received.studies import Received

Values = np.ndarray[Any, np.dtype[Any]]

SLICES = 2
NAMES = {"north": "Maria^Case", "south": "Otto^Case"}
PATIENTS = {"own": "P-1", "both": "P-1", "unclaimed": "P-5", "held": "P-1"}


@dataclass
class Scene:
    """Who is who: `cookies` and `viewings` hold secrets, by the reader's name in the table."""

    received: Received
    people: People
    sites: Mapping[str, str]
    root: str
    cookies: dict[str, str] = field(default_factory=dict)
    viewings: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, UUID] = field(default_factory=dict)
    rights: dict[str, UUID] = field(default_factory=dict)
    takes: dict[tuple[str, str], UUID] = field(default_factory=dict)  # Maria's, by site and study
    # Of the first slice, by site and study.
    originals: dict[tuple[str, str], bytes] = field(default_factory=dict)
    pixels: dict[tuple[str, str], Values] = field(default_factory=dict)

    def study(self, name: str) -> str:
        """Return the Study Instance UID of a study of the table."""
        return f"{self.root}.{['own', 'both', 'unclaimed', 'held', 'absent'].index(name) + 1}"

    def site(self, root: str) -> str:
        """Return what stands in an address for a root of the table."""
        return self.sites.get(root, root)

    def marker(self, root: str, study: str) -> bytes:
        """Return what stands in the metadata of this copy, and of no other."""
        return f"{root}-{study}-{self.root}".encode()

    @classmethod
    def set(cls, received: Received) -> Self:
        """Receive the studies, and let everybody be who they are."""
        sites = {name: f"{name}-{uuid4().hex[:8]}" for name in ("north", "south")}
        scene = cls(received, People(received), sites, f"2.25.{uuid4().int >> 72}")
        for site in sites.values():
            received.site(site)
        north = [
            each for name, whose in PATIENTS.items() for each in scene.files("north", name, whose)
        ]
        received.receive(sites["north"], north)
        received.receive(sites["south"], scene.files("south", "both", "P-9"))
        received.run(
            "UPDATE catalogue.study SET released_at = NULL WHERE study_uid = %s",
            scene.study("held"),
        )
        scene.cast()
        return scene

    def files(self, root: str, name: str, patient: str) -> list[bytes]:
        """Return the files of a study."""
        study = self.study(name)
        told = self.marker(root, name).decode()
        files = [
            ct_slice(
                study,
                f"{study}.1",
                number,
                patient,
                PatientName=NAMES[root],
                StudyDescription=told,
                RedPaletteColorLookupTableData=bytes(2048),
            )
            for number in range(1, SLICES + 1)
        ]
        self.originals[root, name] = files[0]
        self.pixels[root, name] = pixel_array(dcmread(BytesIO(files[0])))
        return files

    def cast(self) -> None:
        """Let everybody be who they are."""
        people = self.people
        maria, otto = people.person(), people.person()
        lucia, nina, hugo, stranger = (people.person() for _ in range(4))
        people.claim(maria, people.record(self.sites["north"], "P-1"), self.sites["north"])
        people.claim(otto, people.record(self.sites["south"], "P-9"), self.sites["south"])
        self.rights["helper"] = people.helper(maria, lucia, "see")
        people.helper(maria, nina, "everything")
        people.helper(otto, nina, "share")
        people.helper(maria, hugo, "everything", ended=True)
        for name, person, patient, hours in (
            ("owner", maria, maria, 1.0),
            ("helper", lucia, maria, 1.0),
            ("helper of both", nina, otto, 1.0),
            ("other patient", otto, otto, 1.0),
            ("stranger", stranger, maria, 1.0),
            ("ended helper", hugo, maria, 1.0),
            ("ended session", maria, maria, 1.0),
            ("expired session", maria, maria, -1.0),
        ):
            self.cookies[name], self.sessions[name] = people.session(person, hours)
            self.viewings[name] = people.viewing(self.sessions[name], patient)
        self.viewings["expired viewing"] = people.viewing(self.sessions["owner"], maria, -0.1)
        self.viewings["anonymous"] = "A" * 43
        self.share(maria, otto)
        for name, patient, how in (
            ("own viewer", maria, ""),
            ("own viewer of another", otto, ""),
            ("own viewer that ended", maria, "withdrawn"),
            ("own viewer whose time is over", maria, "over"),
        ):
            self.viewings[name], self.rights[name] = people.address(patient, how=how)
        self.let(maria)
        for place in self.originals:
            self.takes[place] = self.frozen(maria, self.sessions["owner"], *place)
        self.end("ended session")

    def share(self, maria: UUID, otto: UUID) -> None:
        """Let Maria and Otto share, and guests have opened it."""
        north, south = self.sites["north"], self.sites["south"]
        both = [(north, self.study("both"))]
        named = [(north, self.study(name)) for name in ("own", "both", "held")]
        foreign = [(south, self.study("both")), (north, self.study("unclaimed"))]
        for name, giver, studies, keep, how in (
            ("grantee", maria, both, False, ""),
            ("grantee who keeps", maria, both, True, ""),
            ("grantee of another", otto, [(south, self.study("both"))], False, ""),
            ("grantee of everything named", maria, named, True, ""),
            ("withdrawn grantee", maria, named, True, "withdrawn"),
            ("expired grantee", maria, named, True, "over"),
            ("grantee of what is not hers", maria, foreign, True, ""),
            ("grantee whose viewing is over", maria, named, True, "viewing"),
        ):
            grant = self.people.grant(giver, studies, keep=keep, how=how)
            self.rights[name] = grant
            hours = -0.1 if how == "viewing" else 1.0
            viewing, client = self.people.guest(grant, giver, hours, keep=keep)
            self.viewings[name] = client if name == "grantee who keeps" else viewing

    def let(self, maria: UUID) -> None:
        """Let Maria let a hospital look, or one of its staff alone."""
        people, north = self.people, self.sites["north"]
        ada, bo = people.staff("Ada"), people.staff("Bo")
        both = [(north, self.study("both"))]
        for name, staff, sites, to, how in (
            ("clinician", ada, [north], north, ""),
            ("clinician of one scan", ada, [north], ada, ""),
            ("clinician of another hospital", bo, [self.sites["south"]], north, ""),
            ("clinician who signed out", ada, [north], north, "signed out"),
            ("clinician of what was taken back", ada, [north], north, "withdrawn"),
            ("colleague of who was let", bo, [north], ada, ""),
        ):
            grant = people.consent(maria, to, both, how=how)
            self.rights[name] = grant
            self.viewings[name] = people.clinician(
                grant, maria, staff, sites, ended=how == "signed out"
            )

    def withdraw(self, guest: str) -> None:
        """Take a grant back."""
        query = (
            "UPDATE access.grants SET ended_at = clock_timestamp(), ended_as = 'withdrawn'"
            " WHERE grant_id = %s"
        )
        self.received.run(query, self.rights[guest])

    def frozen(self, person: UUID, session: UUID, root: str, study: str) -> UUID:
        """Freeze a study for `person`, whoever they are."""
        content = self.originals[root, study]
        with self.received.owner.transaction() as connection:
            told = (person, session, "en", freezing.DAYS)
            (row,) = connection.execute(freezing.BEGIN, told).fetchall()
            take: UUID = row["take"]
            connection.execute(freezing.STUDY, (take, self.sites[root], self.study(study)))
            member = Made("DICOM", content).member
            freezing.write(connection, take, [member], {"DICOM": content})
        return take

    def end(self, session: str) -> None:
        """End a session."""
        query = "UPDATE access.session SET ended_at = clock_timestamp() WHERE session = %s"
        self.received.run(query, self.sessions[session])

    def part(self, helper: str) -> None:
        """End a helper's right."""
        query = "UPDATE access.helper SET ended_at = clock_timestamp() WHERE helper = %s"
        self.received.run(query, self.rights[helper])
