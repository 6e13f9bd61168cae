"""`python -m tests.take`: drop, take, cut off and go on, compare, import elsewhere; last line JSON.

One patient's files are dropped into a Scanpass, and everything is taken as the patient takes it.
Then the ZIP is dropped into another Scanpass, and given to Orthanc. `--plant` changes a byte of
an original in the archive: then the download has to break off.
"""

import json
import shutil
import sys
import time
from argparse import ArgumentParser, Namespace
from http.client import IncompleteRead
from pathlib import Path
from random import Random

from benchmarks import meter
from deploy.local.demo.stage import Stage, stage
from deploy.local.servers import Servers
from tests.rebuild.__main__ import settled
from tests.received.people import People
from tests.received.studies import Received
from tests.take import checking, laying, opening
from tests.take.fetching import Browser

LOCAL = Path(__file__).parents[2] / ".local" / "take"
FIRST, SECOND = LOCAL / "first", LOCAL / "second"
CUTS = 5
LONGEST = "1800"  # seconds that a drop may take
FAST = 10.0  # seconds in which a take must be frozen, the DICOMDIR with it


def main() -> int:
    """Run the proof, and return the exit code."""
    parser = ArgumentParser("python -m tests.take", description=__doc__)
    parser.add_argument("--instances", type=int, default=5000)
    parser.add_argument("--gigabytes", type=float, default=1.0, help="of the large file; 0: none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plant", action="store_true", help="an original that was changed")
    asked = parser.parse_args()
    gone()
    try:
        result = prove(asked)
    finally:
        gone()
    sys.stdout.write(json.dumps(result) + "\n")
    wrong = [name for name, value in result.items() if value is False]
    return 1 if wrong else 0


def gone() -> None:
    """Remove what a run leaves behind, but not Orthanc's packages."""
    for place in (FIRST, SECOND):
        Servers(place).remove()
    for name in ("data", "unpacked", "orthanc", "firefox", "whole.zip", "resumed.zip"):
        place = LOCAL / name
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)


def prove(asked: Namespace) -> dict[str, object]:
    """Return what came of it."""
    data, whole = LOCAL / "data", LOCAL / "whole.zip"
    dropped = laying.lay(data, asked.instances, asked.gigabytes)
    with stage(FIRST) as running:
        drop(running, data, "north")
        shutil.rmtree(data)
        shown = checking.studies(running.database)
        if asked.plant:
            return planted(running)
        result = taken(running, whole, asked.seed)
    found = checking.digests(whole)
    result["instances"] = found.total()
    result["sha256_equal"] = set(found) == dropped and found.total() == len(dropped)
    folder = LOCAL / "unpacked"
    result["sums_ok"] = checking.unpacked(whole, folder)
    result["dicomdir_ok"] = checking.directory(folder)
    result["viewer_opened"] = opening.opened(folder, LOCAL / "viewer.png")
    result["viewer_in_firefox"] = opening.in_firefox(folder, LOCAL / "firefox")
    count = checking.imported(folder, LOCAL / "packages", LOCAL / "orthanc")
    result["orthanc_has_all"] = count == len(dropped)
    with stage(SECOND) as running:
        drop(running, whole, "sur")
        result["reimported_equal"] = checking.studies(running.database) == shown
    return result


def drop(running: Stage, path: Path, site: str) -> None:
    """Drop a folder or file as a hospital does, and wait until all of it is available."""
    words = ("drop", str(path), "--site", site, "--wait", "--wait-seconds", LONGEST)
    running.scanpass(*words)
    settled(running)


def patient(running: Stage) -> tuple[Browser, str]:
    """Let the patient have claimed the record, and be signed in; return whose record it is."""
    received = Received.on(running.servers.environment)
    people = People(received)
    person = people.person()
    people.claim(person, people.record("north", laying.PATIENT), "north")
    secret, _ = people.session(person, 12.0)
    received.close()
    told = running.servers.environment("portal")
    cookie = f"{people.cookie_name(told['SCANPASS_PORTAL_URL'])}={secret}"
    return Browser(int(told["SCANPASS_PORTAL_PORT"]), cookie), str(person)


def taken(running: Stage, whole: Path, seed: int) -> dict[str, object]:
    """Take everything, once at a stretch and once in pieces."""
    browser, person = patient(running)
    since = time.monotonic()
    address = browser.begin("/take", whose=person)
    frozen = time.monotonic() - since
    told, seconds = browser.save(address, whole)
    random = Random(seed)  # noqa: S311  the same each time
    cuts = sorted(random.randrange(told) for _ in range(CUTS))
    resumed = LOCAL / "resumed.zip"
    browser.resume(address, resumed, cuts)
    size = whole.stat().st_size
    return {
        "frozen_s": round(frozen, 1),
        "frozen_fast": frozen <= FAST,
        "length_told": told == size,
        "zip_mb": round(size / 1e6),
        "zip_mb_s": round(size / 1e6 / seconds, 1),
        "rss_mb": round(meter.peak_of(running.services.pid("portal"))),
        "resumed_at": cuts,
        "resumed_equal": same(whole, resumed),
    }


def same(one: Path, other: Path) -> bool:
    """Say whether two files have the same bytes."""
    with one.open("rb") as left, other.open("rb") as right:
        while chunk := left.read(1 << 20):
            if chunk != right.read(1 << 20):
                return False
        return not right.read(1)


def planted(running: Stage) -> dict[str, object]:
    """Change a byte of an original, and say whether the download breaks off."""
    received = Received.on(running.servers.environment)
    query = "SELECT archive_key AS key FROM catalogue.content ORDER BY size DESC LIMIT 1"
    (row,) = received.rows(query)
    with received.storage.open("archive", row["key"]) as file:
        content = bytearray(file.read())
    content[-1] ^= 1
    received.storage.put("archive", row["key"], bytes(content))
    received.close()
    browser, person = patient(running)
    address = browser.begin("/take", whose=person)
    try:
        told, _ = browser.save(address, LOCAL / "whole.zip")
    except (IncompleteRead, ConnectionError):
        return {"planted_found": True}
    return {"planted_found": (LOCAL / "whole.zip").stat().st_size < told}


if __name__ == "__main__":
    sys.exit(main())
