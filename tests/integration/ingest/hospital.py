"""What a hospital does, and what can be seen of it afterwards."""

import time
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from typing import Any
from uuid import uuid4

import boto3
import pika
from botocore.config import Config
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from shared.db import Database, Row
from shared.events import CATALOGUE, Event
from shared.events.event import TYPE_PREFIX

DEADLINE = 30.0  # seconds
TYPES = {TYPE_PREFIX + each.routing_key: each for each in CATALOGUE}


def ct_slice(study: str, number: int, filler: bytes = b"") -> bytes:
    """Make a CT slice of 8 by 8 pixels; no patient was ever near it."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, f"{study}.1.{number}"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, f"{study}.1"
    dataset.Modality, dataset.InstanceNumber = "CT", number
    dataset.PatientName, dataset.PatientID = "Synthetic^Case", "4711"
    dataset.Rows = dataset.Columns = 8
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.SamplesPerPixel, dataset.PixelRepresentation = 15, 1, 0
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelData = (filler + number.to_bytes(4, "little")).ljust(128, b"\0")
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def new_uid() -> str:
    """Return a UID that nobody else uses (PS3.5 §B.2), short enough to be another's root."""
    return f"2.25.{uuid4().int >> 64}"


def until(truth: Callable[[], Any], what: str, seconds: float = DEADLINE) -> Any:  # noqa: ANN401  whatever the caller asks for
    """Return the first true answer; fail at the deadline."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if answer := truth():
            return answer
        time.sleep(0.05)
    raise AssertionError(what)


class Hospital:
    """A site, with eyes on the buckets and tables behind its drop."""

    def __init__(self, site: str, environment: dict[str, str], database: Database) -> None:
        """Drop and look as the owner of the store."""
        self.site, self.database = site, database
        self.s3 = boto3.client(
            "s3",
            endpoint_url=environment["SCANPASS_S3_ENDPOINT"],
            aws_access_key_id=environment["SCANPASS_S3_ACCESS_KEY"],
            aws_secret_access_key=environment["SCANPASS_S3_SECRET_KEY"],
            region_name=environment["SCANPASS_S3_REGION"],
            config=Config(s3={"addressing_style": "path"}),
        )

    def drop(self, name: str, content: bytes) -> str:
        """Put one object, and return its content's digest."""
        self.s3.put_object(Bucket="drop", Key=f"{self.site}/{name}", Body=content)
        return sha256(content).hexdigest()

    def waiting(self) -> int:
        """Return how many versions lie in the drop."""
        pages = self.s3.get_paginator("list_object_versions").paginate(
            Bucket="drop", Prefix=f"{self.site}/"
        )
        return sum(len(page.get("Versions", [])) for page in pages)

    def drained(self, seconds: float = DEADLINE) -> None:
        """Wait until the drop is empty."""
        until(lambda: self.waiting() == 0, "the drop is not emptied", seconds)

    def keys(self, bucket: str) -> set[str]:
        """Return what a bucket holds of this site."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=f"{self.site}/"
        )
        return {each["Key"] for page in pages for each in page.get("Contents", [])}

    def bytes_of(self, bucket: str, key: str) -> bytes:
        """Return one object."""
        body: bytes = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def archived(self) -> set[str]:
        """Return the digests of what the archive really holds."""
        return {sha256(self.bytes_of("archive", key)).hexdigest() for key in self.keys("archive")}

    def rows(self, table: str) -> list[Row]:
        """Return this site's rows of one table of ingest."""
        tables = {
            "receipt": "SELECT * FROM ingest.receipt WHERE site = %s",
            "quarantine": "SELECT * FROM ingest.quarantine WHERE site = %s",
            "watermark": "SELECT * FROM ingest.watermark WHERE site = %s",
        }
        with self.database.transaction() as connection:
            return connection.execute(tables[table], (self.site,)).fetchall()


class Ears:
    """A queue of the test's own, bound to every event."""

    def __init__(self, url: str) -> None:
        """Bind it."""
        self.connection = pika.BlockingConnection(pika.URLParameters(url))
        self.channel = self.connection.channel()
        self.queue = self.channel.queue_declare("", exclusive=True).method.queue
        self.channel.queue_bind(self.queue, "scanpass.events", "#")
        self.heard: list[Event] = []

    def listen(self) -> list[Event]:
        """Return all that was told so far."""
        while True:
            _, properties, body = self.channel.basic_get(self.queue, auto_ack=True)
            if properties is None:
                return self.heard
            headers = properties.headers or {}
            kind = headers.get("ce-type", headers.get("cloudEvents_type", ""))
            self.heard.append(TYPES[kind].model_validate_json(body))

    def hear(self, site: str, kind: type[Event], count: int) -> list[Any]:
        """Wait for at least `count` events of `kind` of a site."""

        def enough() -> list[Event] | None:
            events = [one for one in self.listen() if isinstance(one, kind) and one.site == site]
            return events if len(events) >= count else None

        found: list[Any] = until(enough, f"{count} of {kind.__name__} are not told")
        return found

    def close(self) -> None:
        """Let the queue go."""
        self.connection.close()
