"""`python -m benchmarks.scale`: how searches, size and inserts behave as the catalogue grows.

The catalogue of ten hospitals is filled by COPY, its indexes of text being made afterwards, as
PostgreSQL's manual advises for so many rows at once. At each size, twelve fixed questions are
asked over all patients (what `scanpass find` asks), one patient's scans are listed as the portal
lists them, plain words are searched, and rows are added with all indexes there. Each question
names somebody or something else each time it is asked. Last line: JSON; a line a size is kept in
`scale.jsonl`.
"""

import json
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from math import ceil
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any, TypeAlias
from uuid import UUID

from benchmarks.kept import keep
from deploy.local import Servers
from deploy.local.database import PROGRAMS
from shared import catalogue
from shared.catalogue import searchable
from shared.db import Connection, Database

ROOT = Path(__file__).parents[1] / ".local" / "bench-scale"
KEPT = Path(__file__).with_name("scale.jsonl")
SIZES = (100_000, 1_000_000)
SEED, SITES, STUDIES_EACH, ADDED, ASKED = 20261125, 10, 4, 20_000, 10
BORN, DAYS = date(2006, 1, 1), 7_600
SYLLABLES = (
    *("ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "za"),
    *("chu", "dra", "fel", "gor", "hin", "jas", "kol", "mar"),
)
PLACES = (
    *("head", "abdomen", "chest", "knee", "spine", "pelvis"),
    *("shoulder", "wrist", "neck", "foot"),
)
KINDS = (
    *(("MR", "MR {} with contrast"), ("CT", "CT {} native"), ("CR", "X-ray {} two views")),
    *(("US", "Ultrasound {}"), ("MG", "Screening {}"), ("PT", "PET {} whole body")),
)
GIN = {
    "study_search": "gin (search gin_trgm_ops)",
    "study_texts": "gin (catalogue.folded(patient_name) gin_trgm_ops,"
    " accession_number gin_trgm_ops, description gin_trgm_ops)",
}
RECORDS = "COPY catalogue.record (record, site, issuer, patient_id, name) FROM STDIN"
STUDIES = """
    COPY catalogue.study (site, study_uid, record, patient_name, study_date, accession_number,
        description, modalities, search, state, completeness, available_at, released_at,
        series_count, instance_count, reference) FROM STDIN
"""
Find: TypeAlias = Callable[[Random], dict[str, Any]]


def surname(rng: Random) -> str:
    """Return one of some six thousand; the first syllables are the commoner ones."""
    return "".join(SYLLABLES[int(18 * rng.random() ** 1.5)] for _ in range(3)).capitalize()


def patient(number: int) -> tuple[UUID, str, str, str]:
    """Return record, site, Patient ID and name of a patient: the same ones each time."""
    rng = Random(SEED * number)  # noqa: S311  not a secret
    name = f"{surname(rng)}^{surname(rng)}"
    return UUID(int=rng.getrandbits(128)), f"site-{number % SITES}", f"P-{number}", name


def studies(number: int) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a patient's studies."""
    record, site, patient_id, name = patient(number)
    rng = Random(-SEED * number - 1)  # noqa: S311  not a secret
    for n in range(STUDIES_EACH):
        modality, words = rng.choice(KINDS)
        day = BORN + timedelta(days=rng.randrange(DAYS))
        accession, description = f"A{number:08d}{n}", words.format(rng.choice(PLACES))
        said = (name.replace("^", " "), patient_id, description, modality, accession, day.year)
        yield (
            *(site, f"2.25.{number}.{n + 1}", record, name, day, accession, description),
            *([modality], searchable(" ".join(map(str, said))), "available", "complete"),
            *(day, day, 3, 120, f"{number:X}-{n}"),
        )


FINDS: dict[str, Find] = {
    "newest": lambda _: {},
    "newest of a site": lambda rng: {"site": f"site-{rng.randrange(SITES)}"},
    "surname": lambda rng: {"said": surname(rng)},
    "surname's beginning": lambda rng: {"said": surname(rng)[:4]},
    "a letter": lambda rng: {"said": rng.choice("bkmrst")},
    "name and year": lambda rng: {"said": f"{surname(rng)} {rng.randrange(2006, 2026)}"},
    "plain words": lambda rng: {"said": f"mri {rng.choice(PLACES)}"},
    "plain words, Spanish": lambda rng: {"said": f"tac cabeza {rng.randrange(2006, 2026)}"},
    "accession number": lambda rng: {"accession": f"A{rng.randrange(20_000):08d}1"},
    "Patient ID": lambda rng: {"patient_id": f"P-{rng.randrange(20_000)}"},
    "one day, one modality": lambda rng: {
        "dates": 2 * (BORN + timedelta(days=rng.randrange(DAYS)),),
        "modality": "PT",
    },
    "ten years of a site": lambda rng: {
        "dates": (date(2008, 1, 1), date(2017, 12, 31)),
        "site": f"site-{rng.randrange(SITES)}",
        "modality": "MG",
    },
    # Not of the twelve: the portal's own list of a patient's scans.
    "a patient's list": lambda rng: {"records": [patient(rng.randrange(20_000))[0]]},
}


def written(connection: Connection, command: str, rows: Iterator[tuple[Any, ...]]) -> None:
    """Copy `rows`."""
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        for row in rows:
            copy.write_row(row)


def added(owner: Database, first: int, last: int) -> float:
    """Add the patients from `first` to before `last`, with their studies; return seconds."""
    began = perf_counter()
    with owner.transaction() as connection:
        people = (
            (at, site, "", number, name)
            for at, site, number, name in map(patient, range(first, last))
        )
        written(connection, RECORDS, people)
        written(connection, STUDIES, (row for n in range(first, last) for row in studies(n)))
    return perf_counter() - began


def indexed(owner: Database, *, there: bool) -> float:
    """Make the indexes of text, or take them away; return seconds."""
    began = perf_counter()
    with owner.transaction() as connection:
        connection.execute("SET LOCAL maintenance_work_mem = '1GB'")
        for name, how in GIN.items():
            made = f"CREATE INDEX {name} ON catalogue.study USING {how}"
            connection.execute((made if there else f"DROP INDEX catalogue.{name}").encode())
    return perf_counter() - began


def swept(url: str) -> float:
    """Vacuum and analyse, as a server does by itself some time later; return seconds."""
    began = perf_counter()
    tables = [f"--table=catalogue.{name}" for name in ("study", "record")]
    subprocess.run([PROGRAMS / "vacuumdb", "--analyze", "--quiet", *tables, url], check=True)  # noqa: S603  ours
    return perf_counter() - began


def asked(ops: Database) -> dict[str, list[float]]:
    """Return, for each question, how many milliseconds its answers took."""
    rng = Random(SEED)  # noqa: S311  not a secret
    times: dict[str, list[float]] = {}
    for name, find in list(FINDS.items()) * ASKED:
        wanted = find(rng)
        with ops.transaction() as connection:
            began = perf_counter()
            catalogue.find(connection, wanted.pop("said", ""), **wanted, limit=25)
            times.setdefault(name, []).append(1000 * (perf_counter() - began))
    return times


def at(times: Sequence[float], part: float) -> float:
    """Return the milliseconds that this part of `times` stays within."""
    return round(sorted(times)[ceil(part * len(times)) - 1], 1)


def size(owner: Database) -> int:
    """Return the bytes of studies and records with all their indexes."""
    with owner.transaction() as connection:
        (each,) = connection.execute(
            "SELECT sum(pg_total_relation_size(name::regclass)) AS bytes FROM"
            " unnest(ARRAY['catalogue.study', 'catalogue.record']) AS name"
        ).fetchall()
    return int(each["bytes"])


def measured(url: str, owner: Database, ops: Database, patients: tuple[int, int]) -> dict[str, Any]:
    """Grow the catalogue from so many patients to so many, and return its numbers."""
    indexed(owner, there=False)
    filling = added(owner, *patients)
    numbers: dict[str, Any] = {
        "studies": patients[1] * STUDIES_EACH,
        "copied_per_s": round((patients[1] - patients[0]) * STUDIES_EACH / filling),
        "text_indexes_s": round(indexed(owner, there=True), 1),
        "vacuum_s": round(swept(url), 1),
        "bytes_per_study": round(size(owner) / (patients[1] * STUDIES_EACH)),
    }
    times = asked(ops)
    mine = times.pop("a patient's list")
    everything = [each for of_one in times.values() for each in of_one]
    return numbers | {
        "find_p50_ms": at(everything, 0.5),
        "find_p95_ms": at(everything, 0.95),
        "patient_list_p95_ms": at(mine, 0.95),
        "by_question_ms": {name: round(median(each), 1) for name, each in times.items()},
    }


def grown(owner: Database, patients: int) -> float:
    """Return how many studies a second are added while all indexes are there."""
    more = ADDED // STUDIES_EACH
    return round(ADDED / added(owner, patients, patients + more))


def main() -> int:
    """Measure each size, keep its numbers, and print the last one's."""
    parser = ArgumentParser("python -m benchmarks.scale", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=list(SIZES), help="studies")
    sizes = sorted(parser.parse_args().sizes)
    servers = Servers(ROOT)
    numbers: dict[str, Any] = {}
    try:
        with servers:
            urls = {
                who: servers.environment(who)["SCANPASS_DATABASE_URL"] for who in ("owner", "ops")
            }
            owner, ops = (Database(url) for url in urls.values())
            there = 0
            for patients in (each // STUDIES_EACH for each in sizes):
                numbers = measured(urls["owner"], owner, ops, (there, patients))
                numbers["added_per_s"] = grown(owner, patients)
                there = patients + ADDED // STUDIES_EACH
                keep(KEPT, numbers)
                sys.stdout.write(json.dumps(numbers) + "\n")
                sys.stdout.flush()
            owner.close()
            ops.close()
    finally:
        servers.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
