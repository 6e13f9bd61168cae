"""Measure what viewers wait for: `make bench-web`, or `python -m benchmarks.web`.

500 CT slices of 512 by 512 in one series, received by the real handlers, are read through the real
portal with permission and log, and through Orthanc with its DICOMweb plugin: the same data on the
same machine, one system asked at a time and in turns, by the same client of eight threads that
hashes every frame. Both are asked for Explicit VR Little Endian, which both can give; ours are
also asked as they are stored (`transfer-syntax=*`). The portal is started anew for each round, so
that it knows of no object yet. Then Chromium opens the viewer, each time as on the first day, on
this machine and at 10 Mbit/s with 80 ms, and as a phone until it has all 500 pictures. Last, a
person who has claimed a record of 100,000 studies searches them.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from io import BytesIO
from pathlib import Path
from shutil import rmtree
from statistics import median, quantiles
from threading import local
from uuid import uuid4

import imagecodecs

from benchmarks import looking, meter, phantom
from benchmarks.kept import keep
from benchmarks.orthanc import orthanc
from deploy.local import Servers, Services
from tests.received.people import People
from tests.received.studies import Received

LOCAL = Path(".local/web")
RESULTS = Path(__file__).with_suffix(".jsonl")
INSTANCES, CLIENTS, ROUNDS = 500, 8, 3
SERIES = f"{phantom.STUDY}.1"
LITTLE = 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1'
STORED = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
JSON = "application/dicom+json"
STUDIES = 100_000
QUERIES = (
    "",
    "limit=25",
    "limit=25&offset=10000",
    "PatientName=S*&limit=25",
    "PatientName=s?nthetic*&limit=25",
    "PatientName=case&fuzzymatching=true&limit=25",
    "StudyDate=20000101-20231231&limit=25",
    "StudyDate=-20100101&limit=25&offset=10000",
    "StudyDate=20150504&limit=25",
    "ModalitiesInStudy=MR&limit=25",
    "AccessionNumber=A-4711*&limit=25",
    "StudyDescription=*head*&limit=25&includefield=all",
)
REPEATED = 5
VISITS = 3  # of each kind; none asks for a picture that was drawn before
# The goals: at most, and at least.
MOST = {
    "metadata_ms": 50.0,
    "qido_p95_ms": 50.0,
    "first_picture_ms": 1000.0,
    "first_picture_slow_ms": 2500.0,
    "phone_series_s": 20.0,
    "phone_series_mb": 15.0,
}
LEAST = {"frames_ratio": 5.0}


@dataclass
class Client:
    """Asks one server, by connections that each thread keeps."""

    place: str  # host:port
    base: str  # path of the root
    _mine: local

    @classmethod
    def at(cls, place: str, base: str) -> "Client":
        """Return a client of the DICOMweb root `base`."""
        return cls(place, base, local())

    def get(self, path: str, accept: str) -> bytes:
        """Return the body.

        Raises:
            RuntimeError: the answer is not 200.

        """
        connection = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._mine.connection = HTTPConnection(self.place, timeout=120)
        headers = {"accept": accept}
        if accept == JSON:
            headers["accept-encoding"] = "gzip"
        for last in (False, True):
            try:
                connection.request("GET", self.base + path, headers=headers)
                answer = connection.getresponse()
                body: bytes = answer.read()
            except (ConnectionError, HTTPException):  # it was kept for too long
                connection.close()
                if last:
                    raise
                continue
            if answer.status != 200:  # noqa: PLR2004  OK
                raise RuntimeError(answer.status)
            return body
        raise AssertionError

    def frames(self, uids: Sequence[str], accept: str) -> tuple[float, dict[str, bytes]]:
        """Return seconds for all frames by `CLIENTS` threads, and each frame's bytes or digest."""

        def one(uid: str) -> tuple[str, bytes]:
            path = f"/studies/{phantom.STUDY}/series/{SERIES}/instances/{uid}/frames/1"
            body = self.get(path, accept)
            frame = body.partition(b"\r\n\r\n")[2].rpartition(b"\r\n--")[0]
            return uid, sha256(frame).digest() if accept == LITTLE else frame

        with ThreadPoolExecutor(CLIENTS) as threads:
            began = time.perf_counter()
            found = dict(threads.map(one, uids))
            return time.perf_counter() - began, found

    def metadata(self) -> float:
        """Return milliseconds until the metadata of the series is there."""
        began = time.perf_counter()
        self.get(f"/studies/{phantom.STUDY}/series/{SERIES}/metadata", JSON)
        return 1000 * (time.perf_counter() - began)


def files() -> Iterator[tuple[str, bytes, bytes]]:
    """Yield the SOP Instance UID, the file and the pixels of each slice."""
    for number in range(INSTANCES):
        ds = phantom.instance(1 + number // phantom.SLICES, 1 + number % phantom.SLICES)
        ds.SeriesInstanceUID, ds.InstanceNumber = SERIES, number + 1
        out = BytesIO()
        ds.save_as(out, enforce_file_format=True)
        yield str(ds.SOPInstanceUID), out.getvalue(), ds.PixelData


def compared(
    ours: Client,
    theirs: Client,
    pixels: Mapping[str, bytes],
    rounds: int,
    anew: Callable[[], None],
) -> dict[str, float]:
    """Return frames and metadata of both, measured in turns; every frame is the dropped one.

    `anew` starts the portal again.
    """
    wanted = {uid: sha256(each).digest() for uid, each in pixels.items()}
    rates: dict[str, list[float]] = {"stored": [], "ours": [], "theirs": []}
    waits: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(rounds):
        anew()
        seconds, found = ours.frames(list(pixels), STORED)
        rates["stored"].append(INSTANCES / seconds)
        for uid, stream in found.items():
            if imagecodecs.jpeg2k_decode(stream).tobytes() != pixels[uid]:
                message = "a frame is not the dropped one"
                raise RuntimeError(message)
        sys.stdout.write(f"stored: {rates['stored'][-1]:.0f} frames/s\n")
        sys.stdout.flush()
        for name, client in (("ours", ours), ("theirs", theirs)):
            seconds, found = client.frames(list(pixels), LITTLE)
            rates[name].append(INSTANCES / seconds)
            if found != wanted:
                message = f"{name}: a frame is not the dropped one"
                raise RuntimeError(message)
            waits[name].append(client.metadata())
    said = {name: [round(each) for each in rate] for name, rate in rates.items()}
    sys.stdout.write(f"frames/s by round: {said}\nmetadata ms: {waits}\n")
    return {
        "metadata_ms": round(median(waits["ours"]), 1),
        "metadata_ratio": round(median(waits["theirs"]) / median(waits["ours"]), 1),
        "frames_per_s": round(median(rates["ours"])),
        "frames_ratio": round(median(rates["ours"]) / median(rates["theirs"]), 1),
        "stored_frames_per_s": round(median(rates["stored"])),
        "stored_frames_ratio": round(median(rates["stored"]) / median(rates["theirs"]), 1),
    }


def filled(received: Received, people: People, site: str) -> str:
    """Have one person claim a record of very many studies; return a viewing of them."""
    received.run(
        "INSERT INTO catalogue.record (site, issuer, patient_id) VALUES (%s, '', 'MANY')", site
    )
    record = people.record(site, "MANY")
    received.run(
        """INSERT INTO catalogue.study (site, study_uid, record, patient_name, study_date,
            accession_number, description, modalities, state, completeness, released_at,
            instance_count, series_count, reference, search)
        SELECT %s, '2.25.99.' || n, %s, (ARRAY['Synthetic^Case', 'Müller^Zoë', 'Okafor^Ada',
            'Suárez^Inés'])[1 + n %% 4], date '2000-01-01' + n %% 9000, 'A-' || n,
            (ARRAY['MR of the head', 'CT abdomen', 'Chest'])[1 + n %% 3],
            ARRAY[(ARRAY['MR', 'CT', 'CR'])[1 + n %% 3]], 'available', 'complete', now(), 1, 1,
            'R' || n, (ARRAY[' synthetic case ', ' muller zoe ', ' okafor ada ', ' suarez ines '])
            [1 + n %% 4] FROM generate_series(1, %s) AS n""",
        site,
        record,
        STUDIES,
    )
    received.run("ANALYZE catalogue.study")  # as a server does by itself, some time later
    person = people.person()
    people.claim(person, record, site)
    _, session = people.session(person)
    return people.viewing(session, person)


def searched(client: Client) -> float:
    """Return the 95th percentile of what searches take, in ms."""
    waits = []
    for query in QUERIES * REPEATED:
        limited = query if "limit" in query else f"{query}&limit=1000"
        began = time.perf_counter()
        client.get(f"/studies?{limited}", JSON)
        waits.append(1000 * (time.perf_counter() - began))
    each = {query: round(median(waits[n :: len(QUERIES)]), 1) for n, query in enumerate(QUERIES)}
    sys.stdout.write(f"ms by query: {json.dumps(each, indent=1)}\n")
    return quantiles(waits, n=20)[-1]


def looked(address: str) -> dict[str, float]:
    """Return how long Chromium waits at the viewer's page `address`."""
    with looking.chromium() as browser:
        near, far = (
            [
                looking.first_picture(browser, f"{address}?series={SERIES}&n={n}", slow=slow)
                for n in range(begin, begin + VISITS)
            ]
            for begin, slow in ((100, False), (200, True))
        )
        seconds, megabytes = looking.series_on_phone(browser, address, INSTANCES)
    sys.stdout.write(f"first picture, ms: {near}, on a slow line: {far}\n")
    return {
        "first_picture_ms": round(median(near)),
        "first_picture_slow_ms": round(median(far)),
        "phone_series_s": round(seconds, 1),
        "phone_series_mb": round(megabytes, 1),
    }


def main() -> int:
    """Measure, print the numbers as the last line, and say whether the goals are met."""
    parser = argparse.ArgumentParser(prog="benchmarks.web", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    home = LOCAL.resolve() / str(os.getpid())
    servers = Servers(home / "servers")
    others = meter.Others()
    try:
        with servers, Services(servers, names=("portal",)) as services:
            numbers = measured(servers, services, home, rounds)
    finally:
        servers.remove()
        rmtree(home, ignore_errors=True)
    keep(RESULTS, {**numbers, "rounds": rounds, "others_busy": round(others.share(), 2)})
    late = [name for name, most in MOST.items() if numbers[name] > most]
    late += [name for name, least in LEAST.items() if numbers[name] < least]
    sys.stdout.write(f"not reached: {', '.join(late) or 'nothing'}\n{json.dumps(numbers)}\n")
    return 1 if late else 0


def measured(servers: Servers, services: Services, home: Path, rounds: int) -> dict[str, float]:
    """Return all numbers."""
    received = Received.on(servers.environment)
    people = People(received)
    site = f"north-{uuid4().hex[:8]}"
    received.site(site)
    uids, contents, pixels = zip(*files(), strict=True)
    received.receive(site, contents)
    person = people.person()
    people.claim(person, people.record(site, "PHANTOM-1"), site)
    _, session = people.session(person)
    place = f"127.0.0.1:{servers.environment('portal')['SCANPASS_VIEWER_PORT']}"
    viewing = people.viewing(session, person)
    ours = Client.at(place, f"/v/{viewing}/dicomweb/{site}")
    memory = []

    def anew() -> None:
        memory.append(meter.peak_mb([services.pid("portal")]))
        services.stop("portal")
        services.start("portal")
        services.wait()

    with orthanc(LOCAL.resolve() / "debian", home / "orthanc", contents) as address:
        theirs = Client.at(address, "/dicom-web")
        numbers = compared(ours, theirs, dict(zip(uids, pixels, strict=True)), rounds, anew)
    anew()
    numbers |= looked(f"http://{place}/v/{viewing}/{site}/{phantom.STUDY}")
    base = f"/v/{filled(received, people, site)}/dicomweb/{site}"
    numbers["qido_p95_ms"] = round(searched(Client.at(place, base)), 1)
    numbers["rss_mb"] = round(max(*memory, meter.peak_mb([services.pid("portal")])))
    received.close()
    return numbers


if __name__ == "__main__":
    sys.exit(main())
