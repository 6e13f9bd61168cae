"""A hospital of its own for each test, on the real servers, and what index does to its files."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from services.index import dicomjson, due, handler, header
from shared import batch
from shared.consumer import Judgement, Message
from shared.db import Database, Row
from shared.events import (
    Event,
    InstanceStored,
    InstanceTranscoded,
    Lane,
    Outcome,
)
from shared.storage import Storage
from shared.storage.s3 import S3

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


def new_uid() -> str:
    """Return a UID that nobody else uses (PS3.5 §B.2), short enough to be another's root."""
    return f"2.25.{uuid4().int >> 64}"


def ct_slice(
    study: str,
    number: int,
    patient_id: str | None = "4711",
    **others: Any,  # noqa: ANN401  keywords of DICOM, values of any type
) -> bytes:
    """Make a CT slice of 4 by 4 pixels; no patient was ever near it."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, f"{study}.1.{number}"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, f"{study}.1"
    dataset.Modality, dataset.InstanceNumber = "CT", number
    dataset.PatientName, dataset.StudyDate = "Müller^Zoë", "20230504"
    if patient_id is not None:
        dataset.PatientID = patient_id
    for keyword, value in others.items():
        setattr(dataset, keyword, value)
    dataset.Rows = dataset.Columns = 4
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.SamplesPerPixel, dataset.PixelRepresentation = 15, 1, 0
    dataset.PhotometricInterpretation, dataset.PixelData = "MONOCHROME2", bytes(32)
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


@dataclass
class Hospital:
    """One site, what it has stored, and what index has made of it."""

    site: str
    index: Database
    owner: Database
    archive: Storage
    storage: Storage

    def stored(
        self,
        study: str,
        number: int,
        *,
        second: int = 0,
        **others: Any,  # noqa: ANN401  as above
    ) -> InstanceStored:
        """Put one slice into the archive, and return the event that tells it."""
        content = ct_slice(study, number, **others)
        sop_uid = str(others.get("SOPInstanceUID", f"{study}.1.{number}"))
        return self.archived(study, number, sop_uid, content, second=second)

    def stored_file(self, path: Path, study: str) -> InstanceStored:
        """Put a file into the archive as the only one of `study`, and return the event of it."""
        with dicomjson.lenient():
            syntax = str(dcmread(path).file_meta.TransferSyntaxUID)
        return self.archived(study, 1, f"{study}.1.1", path.read_bytes(), syntax=syntax)

    def archived(  # noqa: PLR0913  an event has many parts
        self,
        study: str,
        number: int,
        sop_uid: str,
        content: bytes,
        *,
        second: int = 0,
        syntax: str = ExplicitVRLittleEndian,
    ) -> InstanceStored:
        """Put bytes into the archive, and return the event that tells it."""
        digest = sha256(content).hexdigest()
        key = f"{self.site}/{study}/{study}.1/{study}.1.{number}/{digest}.dcm"
        return InstanceStored(
            site=self.site,
            study_uid=study,
            series_uid=f"{study}.1",
            sop_uid=sop_uid,
            sop_class_uid=CTImageStorage,
            modality="CT",
            transfer_syntax_uid=syntax,
            object=self.archive.put("archive", key, content),
            door="bucket",
            received_at=BEGIN + timedelta(seconds=second or number),
            lane=Lane.LIVE,
        )

    def transcoded(
        self, event: InstanceStored, pixels: str | None = "a", outcome: Outcome = Outcome.TRANSCODED
    ) -> InstanceTranscoded:
        """Return what transcode would tell of `event`; equal `pixels` are equal pictures."""
        return InstanceTranscoded(
            site=event.site,
            study_uid=event.study_uid,
            series_uid=event.series_uid,
            sop_uid=event.sop_uid,
            original_sha256=event.object.sha256,
            outcome=outcome,
            object=event.object,
            frames=1,
            pixel_digest=sha256(pixels.encode()).hexdigest() if pixels else None,
            pipeline_version=1,
        )

    def take(self, events: Iterable[Event]) -> list[Judgement]:
        """Have index handle `events` as one batch."""
        messages = [
            Message(type=event.routing_key, body=event.model_dump_json().encode())
            for event in events
        ]
        return batch.consume_batch(messages, self.batch())

    def batch(self) -> batch.Batch:
        """Return how a replica of index handles its queue."""
        return batch.Batch(
            {InstanceStored: handler.file, InstanceTranscoded: handler.settle},
            partial(handler.transaction, self.index),
            partial(
                handler.prepare,
                read=partial(header.read, self.storage),
                record_of=handler.records(self.index),
            ),
        )

    def scan(self) -> None:
        """Ask every study that is due; what another site left behind is asked too."""
        for _ in range(200):
            if not due.scan(self.index, self.storage):
                return

    def drain(self, after: timedelta = timedelta(hours=1)) -> None:
        """Say that ingest has looked through the drop, `after` from now."""
        self.run(
            """INSERT INTO ingest.watermark VALUES (%s, clock_timestamp() + %s, 0, NULL, now())
            ON CONFLICT (site) DO UPDATE SET drained_at = excluded.drained_at""",
            self.site,
            after,
        )

    def run(self, query: str, *values: object) -> None:
        """Run `query` as the owner of the schemas."""
        with self.owner.transaction() as connection:
            connection.execute(query.encode(), values)

    def rows(self, table: str, order: str = "1, 2, 3") -> list[Row]:
        """Return the site's rows of a catalogue table."""
        query = f"SELECT * FROM catalogue.{table} WHERE site = %s ORDER BY {order}"  # noqa: S608  our own names
        with self.owner.transaction() as connection:
            return connection.execute(query.encode(), (self.site,)).fetchall()

    def study(self, study_uid: str) -> Row:
        """Return one study's row."""
        (row,) = [row for row in self.rows("study") if row["study_uid"] == study_uid]
        return row

    def told(self, kind: str) -> list[Row]:
        """Return the bodies of the events of one type in the outbox, in sequence."""
        with self.owner.transaction() as connection:
            rows = connection.execute(
                "SELECT body FROM catalogue.outbox WHERE type = %s AND body->>'site' = %s"
                " ORDER BY id",
                (f"{kind}.v1", self.site),
            )
            return [row["body"] for row in rows]


@pytest.fixture
def hospital(environment: Callable[[str], dict[str, str]]) -> Iterator[Hospital]:
    """Return a site that nobody else uses, whose studies count as quiet at once."""
    site = f"t{uuid4().hex[:12]}"

    def store(name: str) -> S3:
        told = environment(name)
        return S3(
            told["SCANPASS_S3_ENDPOINT"],
            told["SCANPASS_S3_ACCESS_KEY"],
            told["SCANPASS_S3_SECRET_KEY"],
            told.get("SCANPASS_S3_REGION", "us-east-1"),
        )

    index = Database(environment("index")["SCANPASS_DATABASE_URL"])
    owner = Database(environment("owner")["SCANPASS_DATABASE_URL"])
    with owner.transaction() as connection:
        connection.execute(
            "INSERT INTO sites.site (site, title, help_phone, quiet_seconds)"
            " VALUES (%s, 'Test', '+15550100', 0)",
            (site,),
        )
    yield Hospital(site, index, owner, store("owner"), store("index"))
    index.close()
    owner.close()
