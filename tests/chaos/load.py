"""What is dropped: synthetic studies, and beside them all that makes each handler work. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from pydicom import dcmread

from deploy.local.demo.hospitals import HOSPITALS
from tests.rebuild.filling import Slice

SLICES = 20  # of a study
AGAIN = 40  # one instance in so many comes a second time, with another header or other pixels
APART = 20  # study numbers between two rounds
LARGE = 10  # which of them is that of a large instance
SIDE = 2048  # pixels of that one


@dataclass
class Load:
    """Files by their place in the folder: `<wave>/<site>/<name>`, dropped as `<site>/<name>`."""

    files: dict[str, bytes] = field(default_factory=dict)
    within: dict[str, bytes] = field(default_factory=dict)  # in archives: judged, never dropped
    released: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    instances: int = 0  # contents that must be filed and settled

    def lay_out(self, folder: Path) -> None:
        """Add it to what the judge reads."""
        for name, content in (self.files | self.within).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (folder / "sites.json").write_text(
            json.dumps({h.site: {"title": h.title} for h in HOSPITALS})
        )
        told = folder / "outcomes.json"
        before = json.loads(told.read_text()) if told.exists() else {}
        both = {
            "released": [*before.get("released", ()), *self.released],
            "refused": [*before.get("refused", ()), *self.refused],
        }
        told.write_text(json.dumps(both))

    def wave(self, name: str) -> dict[str, bytes]:
        """Return what one wave drops, by drop key."""
        return {
            key.partition("/")[2]: content
            for key, content in self.files.items()
            if key.startswith(f"{name}/")
        }


def roster(patients: Mapping[str, str], language: str = "en") -> bytes:
    """Return a FHIR R4 Bundle; `patients` are addresses by Patient ID."""
    coding = [{"system": "urn:ietf:bcp:47", "code": language}]
    entries = [
        {
            "resource": {
                "resourceType": "Patient",
                "identifier": [{"value": number}],
                "name": [{"text": "Synthetic Case"}],
                "telecom": [{"system": "email", "value": address}],
                "communication": [{"language": {"coding": coding}, "preferred": True}],
            }
        }
        for number, address in sorted(patients.items())
    ]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def address(patient: str, site: str) -> str:
    """Return where a synthetic patient is written to."""
    return f"{patient.lower()}@{site}.example"


def manifest(studies: Mapping[str, int]) -> bytes:
    """Return a `_COMPLETE.json`."""
    told = [{"study_uid": uid, "instances": count} for uid, count in studies.items()]
    return json.dumps({"version": 1, "studies": told}).encode()


def uid(study: int) -> str:
    """Return the Study Instance UID of a synthetic study."""
    return f"2.25.4711.{study + 1}"


def bad_uid(one: Slice) -> bytes:
    """Return a file whose SOP Instance UID has a letter in it."""
    sop = f"{uid(one.study)}.1.{one.number + 1}".encode()
    return one.content().replace(sop, sop[:-1] + b"x")


def program(one: Slice) -> bytes:
    """Return a file with a program's magic for a preamble."""
    return b"MZ" + one.content()[2:]


def archive(members: Iterable[bytes]) -> bytes:
    """Return a ZIP file."""
    out = BytesIO()
    with ZipFile(out, "w") as zipped:
        for number, content in enumerate(members):
            zipped.writestr(f"{number}.dcm", content)
    return out.getvalue()


def waves(instances: int) -> Load:
    """Return `instances` slices of two hospitals: rosters, then studies, then some once more."""
    load = Load()
    again = instances // AGAIN
    studies: dict[str, set[int]] = {"north": set(), "sur": set()}
    slices = [
        Slice(n // SLICES, n % SLICES, patient(n // SLICES)) for n in range(instances - again)
    ]
    for one in slices:
        studies[one.site].add(one.study)
        load.files[f"2-studies/{one.site}/{one.study}/{one.number}.dcm"] = one.content()
    for site, language in (("north", "en"), ("sur", "es")):
        patients = {patient(study): address(patient(study), site) for study in studies[site]}
        load.files[f"1-rosters/{site}/roster.json"] = roster(patients, language)
    odd = Slice(0, 900, patient(0))
    load.files["2-studies/north/cut.dcm"] = odd.content()[:-9]
    load.files["2-studies/north/bad.dcm"] = bad_uid(odd)
    load.files["2-studies/sur/note.txt"] = b"no DICOM"
    for place, one in enumerate(slices[:: len(slices) // max(again, 1)][:again]):
        more = {"header": "revised"} if place % 2 else {"pixels": 1}
        twin = Slice(one.study, one.number, one.patient, **more)
        load.files[f"3-again/{one.site}/{one.study}/{one.number}.dcm"] = twin.content()
    load.instances = instances
    return load


def counts(key: str) -> bool:
    """Say whether what is dropped under `key` is an instance that must be filed."""
    return key.endswith(".dcm") and not key.endswith(("cut.dcm", "bad.dcm"))


def patient(study: int) -> str:
    """Return whose a study is: two studies a patient."""
    return f"P{study // 4:05d}"


def large(number: int) -> bytes:
    """Return an instance that no buffer of a connection holds: 8 MiB, of a study of its own."""
    ds = dcmread(BytesIO(Slice(APART * number + LARGE, 0, large_of(number)).content()))
    ds.Rows = ds.Columns = SIDE
    ds.PixelData = np.random.default_rng(number).integers(0, 4096, (SIDE, SIDE), "u2").tobytes()
    out = BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()


def large_of(number: int) -> str:
    """Return whose the large one of a round is."""
    return f"R{number}a"


def with_large(load: Load, number: int) -> Load:
    """Add the large one to the load of a round."""
    load.files[f"{number:03d}-round/north/{number}/large.dcm"] = large(number)
    load.instances += 1
    return load


def round_of(number: int, *, decision: bool, postponed: bool) -> Load:
    """Return a small load by which every handler has work; of one hospital, and all of it new."""
    first = APART * number
    load = Load()
    wave = f"{number:03d}-round/north"

    def slices(study: int, count: int, who: str) -> Iterator[Slice]:
        return (Slice(first + 2 * study, each, f"R{number}{who}") for each in range(count))

    def put(each: Slice) -> None:
        load.files[f"{wave}/{number}/{each.study}-{each.number}.dcm"] = each.content()

    plain, refused, zipped = slices(0, 3, "a"), slices(1, 1, "b"), list(slices(2, 2, "a"))
    reached = {f"R{number}a": address(f"R{number}a", "north")}
    reached[f"R{number}b"] = address(f"R{number}b", "north")
    load.refused.append(reached[f"R{number}b"])
    for each in (*plain, *refused):
        put(each)
    load.files[f"{wave}/{number}/disc.zip"] = archive(each.content() for each in zipped)
    for each in zipped:
        load.within[f"{number:03d}-within/north/{each.number}.dcm"] = each.content()
    load.files[f"{wave}/{number}/_COMPLETE.json"] = manifest({uid(first): 3})
    odd = Slice(first, 900, None)
    load.files[f"{wave}/{number}/cut.dcm"] = odd.content()[:-9]
    load.files[f"{wave}/{number}/bad.dcm"] = bad_uid(odd)
    load.files[f"{wave}/{number}/note.txt"] = f"no DICOM {number}".encode()
    load.instances = 6
    if decision:
        (one,) = slices(3, 1, "a")
        load.files[f"{wave}/{number}/program.dcm"] = program(one)
        load.released.append(sha256(program(one)).hexdigest())
        load.instances += 1
    if postponed:
        (one,) = slices(4, 1, "c")
        reached[f"R{number}c"] = address(f"R{number}c", "north")
        put(one)
        load.instances += 1
    load.files[f"{wave}/{number}/roster.json"] = roster(reached)
    return load
