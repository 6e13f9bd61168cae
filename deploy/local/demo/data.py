"""Lay out what the demo drops, under `.local/demo/data`: the same bytes each time.

`<wave>/<site>/…`: the waves are dropped one after the other, each when the one before it has
been archived, so that of two contents under one SOP Instance UID the first is the same each time.
Real files are copied as they are, never rewritten.
"""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from deploy.local.demo.files import (
    SAME_UID,
    TO_BE_CUT,
    RealFile,
    head_volume,
    one_a_uid,
    real_files,
)
from deploy.local.demo.head import PATIENT_BIRTH_DATE, PATIENT_ID, PATIENT_NAME, series
from deploy.local.demo.hospitals import HOSPITALS, Hospital
from deploy.local.demo.nifti import parse
from deploy.local.demo.people import Known, people, roster

ROSTERS, STUDIES, AGAIN = WAVES = ("1-rosters", "2-studies", "3-again")
HEAD_SITE = "sur"
# María is a patient of both hospitals: at the other one under this number, with an ultrasound.
ALSO_AT, ALSO_AS = "north", "204"
BORN = date.fromisoformat(PATIENT_BIRTH_DATE).isoformat()
PHONE = "+34600000158"  # she has no mail address that she reads
NOTE = "Hola: las imágenes de esta semana van en la carpeta de al lado.\n"


def lay_out(folder: Path) -> None:
    """Make `folder` hold exactly what is to be dropped, and touch what is right already.

    Raises:
        NotInstalled: a package with real images is missing.

    """
    wanted = dict(contents())
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if path.relative_to(folder).as_posix() not in wanted:
            path.unlink()
    for name, content in wanted.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(path.name + ".part")
            fresh.write_bytes(content)
            fresh.replace(path)


def contents() -> Iterator[tuple[str, bytes]]:
    """Yield each file's name under the folder, and its bytes."""
    files = real_files()
    chosen = one_a_uid(files)
    yield "sites.json", sites()
    for hospital in HOSPITALS:
        yield f"{ROSTERS}/{hospital.site}/roster.json", roster_of(hospital, chosen)
    for file in chosen:
        yield f"{STUDIES}/{file.site}/{file.path.name}", file.path.read_bytes()
    for number, content in enumerate(series(parse(head_volume())), 1):
        yield f"{STUDIES}/{HEAD_SITE}/head/IM{number:04d}.dcm", content
    yield from odd_ones({file.path.name: file for file in files})


def odd_ones(files: dict[str, RealFile]) -> Iterator[tuple[str, bytes]]:
    """Yield what a hospital did not mean to send: half a file, a note, another picture's UID."""
    cut = files[TO_BE_CUT]
    whole = cut.path.read_bytes()
    yield f"{STUDIES}/{cut.site}/cut in half.dcm", whole[: len(whole) // 2]
    yield f"{STUDIES}/{HEAD_SITE}/léeme.txt", NOTE.encode()
    second = files[SAME_UID[1]]
    yield f"{AGAIN}/{second.site}/{second.path.name}", second.path.read_bytes()


def roster_of(hospital: Hospital, files: list[RealFile]) -> bytes:
    """Return the roster of everyone whose files `hospital` drops."""
    numbers = {(file.patient_id, file.issuer) for file in files if file.site == hospital.site}
    hers = {ALSO_AT: ALSO_AS, HEAD_SITE: PATIENT_ID}[hospital.site]
    known = [Known(*each) for each in numbers if each[0] not in {"", hers}]
    return roster(people([*known, maria(hers)], hospital.language))


def maria(patient_id: str) -> Known:
    """Return who owns a phone, and speaks Spanish at either hospital."""
    return Known(patient_id, "", PATIENT_NAME, BORN, PHONE, "es")


def sites() -> bytes:
    """Return how the hospitals are called, for whoever judges the letters."""
    told = {each.site: {"title": each.title, "language": each.language} for each in HOSPITALS}
    return json.dumps(told, ensure_ascii=False, indent=1).encode()
