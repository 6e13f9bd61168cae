"""Is what was saved what was dropped? By readers that are not ours."""

import subprocess
from collections import Counter
from collections.abc import Iterator
from hashlib import file_digest
from http.client import HTTPConnection
from json import loads
from pathlib import Path
from zipfile import ZipFile

from pydicom import dcmread

from benchmarks.orthanc import orthanc
from shared.db import Database

ROWS = """
    SELECT study_uid, series_uid, sop_uid, sha256 FROM catalogue.content
    WHERE standing = 'presented' AND study_uid IS NOT NULL
"""


def digests(file: Path) -> Counter[str]:
    """Return the SHA-256 of every original in a ZIP; its CRC-32s are compared as it is read."""
    found: Counter[str] = Counter()
    with ZipFile(file) as read:
        for info in read.infolist():
            if info.filename.startswith("DICOM/"):
                with read.open(info) as content:
                    found[file_digest(content, "sha256").hexdigest()] += 1  # type: ignore[arg-type]  # it reads
    return found


def unpacked(file: Path, folder: Path) -> bool:
    """Unpack a ZIP by Info-ZIP; say whether `sha256sum -c` finds all as SHA256SUMS says."""
    subprocess.run(["unzip", "-q", str(file), "-d", str(folder)], check=True)  # noqa: S603, S607
    command = ["sha256sum", "-c", "--quiet", "SHA256SUMS"]
    return subprocess.run(command, cwd=folder, check=False).returncode == 0  # noqa: S603


def directory(folder: Path) -> bool:
    """Say whether DCMTK reads the DICOMDIR without a word, and pydicom finds every file by it."""
    place = str(folder / "DICOMDIR")
    for command in (["dcmdump", "-q", place], ["dcmftest", place]):
        said = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
        if said.returncode or said.stderr:
            return False
    named = {}
    for record in dcmread(place).DirectoryRecordSequence:
        if "ReferencedFileID" in record:
            path = "/".join(record.ReferencedFileID)
            named[path] = str(record.ReferencedSOPInstanceUIDInFile)
    there = {each.relative_to(folder).as_posix(): each for each in files(folder)}
    return named.keys() == there.keys() and all(
        str(dcmread(there[path], stop_before_pixels=True).SOPInstanceUID) == uid
        for path, uid in named.items()
    )


def imported(folder: Path, packages: Path, home: Path) -> int:
    """Return how many instances Orthanc has when it was given every file."""
    contents = (each.read_bytes() for each in files(folder))
    with orthanc(packages, home, contents) as address:
        connection = HTTPConnection(address, timeout=60)
        connection.request("GET", "/statistics")
        return int(loads(connection.getresponse().read())["CountInstances"])


def files(folder: Path) -> Iterator[Path]:
    """Yield the originals of an unpacked ZIP."""
    return (each for each in sorted((folder / "DICOM").rglob("*")) if each.is_file())


def studies(database: Database) -> set[tuple[str, ...]]:
    """Return what a Scanpass shows: study, series, instance and digest of each original."""
    with database.transaction() as connection:
        return {tuple(row.values()) for row in connection.execute(ROWS)}
