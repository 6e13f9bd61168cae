"""A private SeaweedFS: one process with an S3 door, one identity a service.

It does not fsync: good for a demo and for tests. Production names a durable S3.
"""

import json
import os
import signal
import sys
from http import HTTPStatus, client
from pathlib import Path

from minio import Minio
from minio.commonconfig import ENABLED
from minio.error import MinioException
from minio.versioningconfig import VersioningConfig
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from deploy.local.identities import access_key, identities
from deploy.local.processes import Command
from deploy.local.setting import HOST, Setting, write_private

BUCKETS = ("drop", "archive", "derived", "quarantine", "ledger", "bring", "plain")
VERSIONED = ("drop",)
REGION = "us-east-1"

# Every file is written, so that none in /etc/seaweedfs is read.
FILES = {
    "filer.toml": '[leveldb2]\nenabled = true\ndir = "./filer"\n',
    "master.toml": "[master.volume_growth]\ncopy_1 = 1\n",  # volumes made at once, per bucket
}


class Store:
    """The object store."""

    name = "s3"

    def __init__(self, setting: Setting) -> None:
        """Lie in `root/s3`."""
        self._setting = setting
        self._home = setting.folder("s3")

    def configure(self) -> None:
        """Write what the server reads when it starts."""
        for folder in ("data", "filer"):
            self._setting.folder(f"s3/{folder}")
        texts = FILES | {
            "security.toml": security(self._setting),
            "notification.toml": notification(self._setting),
            "identities.json": json.dumps(identities(self._setting), indent=1),
        }
        for name, text in texts.items():
            write_private(self._home / name, text)

    def command(self) -> Command:
        """Return how it is started. Sockets are named relative to its folder: paths are short."""
        ports = {
            option: self._setting.ports[name]
            for option, name in {
                "master.port": "s3.master",
                "master.port.grpc": "s3.master.grpc",
                "volume.port": "s3.volume",
                "volume.port.grpc": "s3.volume.grpc",
                "filer.port": "s3.filer",
                "filer.port.grpc": "s3.filer.grpc",
                "s3.port": "s3",
                "s3.port.grpc": "s3.grpc",
            }.items()
        }
        options = {
            "ip": HOST,
            "ip.bind": HOST,
            "dir": "data",
            "filer": "true",
            "filer.localSocket": "filer.sock",
            "filer.ui.deleteDir": "false",
            "filer.disableDirListing": "true",
            "master.telemetry": "false",
            # A master alone elects itself, but after a restart only when this has passed.
            "master.electionTimeout": "1s",
            "master.volumeSizeLimitMB": 1024,
            "volume.max": 500,  # they grow as they are filled, so a small disk may have them too
            "volume.preStopSeconds": 0,
            "s3": "true",
            "s3.config": "identities.json",
            "s3.localSocket": "s3.sock",
            "s3.iam": "false",
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.autoCreateBucket": "false",
            "webdav": "false",
        }
        weed = str(Path(sys.executable).with_name("weed"))
        words = [f"-{option}={value}" for option, value in (options | ports).items()]
        environment = {"PATH": os.defpath, "HOME": str(self._home)}
        return Command(
            [weed, "-logtostderr", "-v=0", "server", *words],
            environment,
            self._home,
            # Asked to end, it waits 15 s for its own parts, and what it took survives a kill.
            farewell=signal.SIGKILL,
        )

    def ready(self) -> bool:
        """Say whether it answers over S3, and has room for each bucket's first object."""
        try:
            self._client().list_buckets()
        except (MinioException, HTTPError, OSError):
            return False
        return all(map(self._writable, BUCKETS))

    def provision(self) -> None:
        """Make the buckets that are missing."""
        admin = self._client()
        for bucket in BUCKETS:
            if not admin.bucket_exists(bucket_name=bucket):
                admin.make_bucket(bucket_name=bucket)
        for bucket in VERSIONED:
            admin.set_bucket_versioning(bucket_name=bucket, config=VersioningConfig(ENABLED))

    def tidy(self) -> None:
        """Remove the sockets that SeaweedFS leaves under a path of its own choice."""
        for part in ("master", "volume", "filer", "s3"):
            port = self._setting.ports["s3.grpc" if part == "s3" else f"s3.{part}.grpc"]
            Path(f"/tmp/seaweedfs-{part}-grpc-{port}.sock").unlink(missing_ok=True)  # noqa: S108

    def _client(self) -> Minio:
        return Minio(
            endpoint=f"{HOST}:{self._setting.ports['s3']}",
            access_key=access_key("admin"),
            secret_key=self._setting.passwords["s3.admin"],
            secure=False,
            region=REGION,
            http_client=PoolManager(timeout=2, retries=False),
        )

    def _writable(self, bucket: str) -> bool:
        """Say whether a place could be assigned; a bucket is a collection of volumes."""
        connection = client.HTTPConnection(HOST, self._setting.ports["s3.master"], timeout=5)
        try:
            connection.request("GET", f"/dir/assign?collection={bucket}")
            answer = connection.getresponse()
            return answer.status == HTTPStatus.OK and "fid" in json.loads(answer.read())
        except (OSError, client.HTTPException, ValueError):
            return False
        finally:
            connection.close()


def notification(setting: Setting) -> str:
    """Return the webhook that hints ingest at what was dropped; the sweep finds the rest."""
    endpoint = f"http://{HOST}:{setting.ports['ingest']}/arrivals/seaweedfs"
    return f"""\
[notification.webhook]
enabled = true
endpoint = "{endpoint}"
timeout_seconds = 5
max_retries = 1
backoff_seconds = 1
max_backoff_seconds = 1
workers = 4
buffer_size = 10000
event_types = ["create"]
path_prefixes = ["/buckets/drop/"]
"""


def security(setting: Setting) -> str:
    """Return the keys by which the parts of SeaweedFS know each other, so that S3 is the door."""
    key = setting.passwords["s3.signing"]
    sections = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")
    return "".join(f'[{section}]\nkey = "{key}"\n' for section in sections)
