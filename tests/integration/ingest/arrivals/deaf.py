"""Ingest as a real process that learns of a drop by bucket events or not at all."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import client
from pathlib import Path
from uuid import uuid4

from deploy.local import Servers
from deploy.local.processes import Child, Command, end
from deploy.local.services import ROOT
from deploy.local.setting import HOST
from shared.broker.depth import seen
from shared.db import Database
from tests.integration.ingest.hospital import Hospital, ct_slice, new_uid, until

NAME = "Zwiebelfisch, Jürgen +100%41"  # in keys, and nowhere else
QUEUE = "ingest.arrivals"


@dataclass(frozen=True)
class Deaf:
    """Ingest at a port that SeaweedFS does not know, its next sweep a day away."""

    port: int
    log: Path
    hospital: Hospital

    def drop(self, name: str) -> tuple[str, str, str]:
        """Drop a slice, and return its key, version and digest."""
        key = f"{self.hospital.site}/{NAME}/{name}.dcm"
        digest = self.hospital.drop(f"{NAME}/{name}.dcm", ct_slice(new_uid(), 1))
        listed = self.hospital.s3.list_object_versions(Bucket="drop", Prefix=key)["Versions"]
        return key, str(listed[0]["VersionId"]), digest

    def post(self, name: str, body: bytes) -> int:
        """Post to one dialect's address, and return the status."""
        connection = client.HTTPConnection(HOST, self.port, timeout=10)
        try:
            connection.request("POST", f"/arrivals/{name}", body)
            return connection.getresponse().status
        finally:
            connection.close()

    def archives(self, digest: str) -> None:
        """Wait until the archive has it, and the drop has not."""
        until(lambda: digest in self.hospital.archived(), "not archived")
        self.hospital.drained()


def opened(database: Database) -> str:
    """Open a site that nobody else uses."""
    site = f"h{uuid4().hex[:12]}"
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO sites.site (site, title, help_phone) VALUES (%s, 'Test', '+15550100')",
            (site,),
        )
    return site


@contextmanager
def running(
    servers: Servers, own: dict[str, str], ops: dict[str, str], hospital: Hospital
) -> Iterator[Deaf]:
    """Start ingest in the environment `own`, and let its first sweep pass."""
    with socket.create_server((HOST, 0)) as taken:
        port = int(taken.getsockname()[1])
    own = {"PATH": os.defpath, "LANG": "C.UTF-8"} | own
    own |= {"SCANPASS_PROBE_PORT": str(port), "SCANPASS_SWEEP_SECONDS": "86400"}
    own |= {"SCANPASS_RECONCILE_SECONDS": "86400"}
    command = Command([sys.executable, "-m", "services.ingest"], own, ROOT, patience=30)
    log = servers.setting.logs / "ingest-deaf.jsonl"
    child = Child("ingest-deaf", command, servers.setting.records, log)
    try:
        until(lambda: hospital.rows("watermark"), "the first sweep is not over")
        until(
            lambda: seen(ops["SCANPASS_AMQP_URL"], [QUEUE])[QUEUE].consumers,
            "nobody consumes what object stores tell",
        )
        yield Deaf(port, log, hospital)
    finally:
        end([child])
