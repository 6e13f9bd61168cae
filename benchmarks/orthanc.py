"""A private Orthanc with its DICOMweb plugin, from Debian's packages: what we are measured against.

Nothing is installed: the packages that the machine lacks are unpacked under the bench's folder.
"""

import json
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from deploy.local.processes import Child, Command, end
from deploy.local.setting import HOST
from deploy.local.waiting import listening, until
from tests.ceph.cluster import fetch, free

PACKAGES = ("orthanc", "orthanc-dicomweb")
START = 60.0  # seconds
UPLOADS = 4
JPEG_LS = "1.2.840.10008.1.2.4.80"


@contextmanager
def orthanc(
    packages: Path, home: Path, files: Iterable[bytes], *, recoding: bool = False
) -> Iterator[str]:
    """Run one that holds `files`; give its address, `host:port`.

    With `recoding` it turns what it receives into JPEG-LS.
    """
    root = packages / "root"
    if not (packages / "complete").exists():
        fetch(packages, root, PACKAGES)
    home.mkdir(parents=True, exist_ok=True)
    (port,) = free(1)
    setting = home / "configuration.json"
    recoded = {"IngestTranscoding": JPEG_LS} if recoding else {}
    setting.write_text(json.dumps(configuration(root, home, port) | recoded))
    libraries = f"{root}/usr/lib/x86_64-linux-gnu:{root}/usr/lib"
    environment = {"PATH": os.defpath, "LD_LIBRARY_PATH": libraries, "LC_ALL": "C.UTF-8"}
    command = Command([f"{root}/usr/sbin/Orthanc", str(setting)], environment, home, patience=10)
    child = Child("orthanc", command, home, home / "orthanc.log")
    try:
        until(lambda: listening(port), START, f"Orthanc does not come up: see {home}/orthanc.log")
        with ThreadPoolExecutor(UPLOADS) as threads:
            list(threads.map(lambda content: upload(port, content), files))
        yield f"{HOST}:{port}"
    finally:
        end([child])


def configuration(root: Path, home: Path, port: int) -> dict[str, object]:
    """Return how it is set: as it comes, but private to this machine and to `home`."""
    return {
        "StorageDirectory": str(home / "storage"),
        "IndexDirectory": str(home / "storage"),
        "HttpPort": port,
        "DicomServerEnabled": False,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "Plugins": [str(root / "usr/share/orthanc/plugins/libOrthancDicomWeb.so")],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }


def upload(port: int, content: bytes) -> None:
    """Store one file.

    Raises:
        RuntimeError: it was refused.

    """
    connection = HTTPConnection(HOST, port, timeout=60)
    connection.request("POST", "/instances", body=content)
    status = connection.getresponse().status
    connection.close()
    if status != 200:  # noqa: PLR2004  OK
        raise RuntimeError(status)
