"""What ingest, transcode and index make of files, done here without a broker between them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from io import BytesIO
from typing import Self
from zlib import crc32

from pydicom import dcmread

from services.index import due, handler, header
from services.transcode.gallery import Gallery
from services.transcode.handler import handle
from services.transcode.settings import Proof
from services.transcode.work import transcode
from shared import batch
from shared.consumer import Message
from shared.db import Database, Row
from shared.events import Event, InstanceStored, InstanceTranscoded, Lane
from shared.storage.s3 import S3

Environment = Callable[[str], Mapping[str, str]]
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
AT_ONCE = 200  # messages of one batch


def store(environment: Mapping[str, str]) -> S3:
    """Return the object store as a service sees it."""
    endpoint, access, secret, region = (
        environment[f"SCANPASS_S3_{name}"]
        for name in ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY", "REGION")
    )
    return S3(endpoint, access, secret, region)


@dataclass
class Received:
    """The servers, and what was received on them by sites of its own making."""

    index: Database
    owner: Database
    storage: S3
    _count: int = 0

    @classmethod
    def on(cls, environment: Environment) -> Self:
        """Connect to real servers; `environment("owner")` is what the owner of all sees."""
        index, owner = (
            Database(environment(name)["SCANPASS_DATABASE_URL"]) for name in ("index", "owner")
        )
        return cls(index, owner, store(environment("owner")))

    def close(self) -> None:
        """Let the connections go."""
        self.index.close()
        self.owner.close()

    def site(self, name: str) -> None:
        """Make a site whose studies are complete at once."""
        self.run(
            "INSERT INTO sites.site (site, title, help_phone, quiet_seconds)"
            " VALUES (%s, %s, '+15550100', 0) ON CONFLICT DO NOTHING",
            name,
            f"Hospital {name}",
        )

    def receive(self, site: str, files: Iterable[bytes]) -> None:
        """Receive `files` of a site, and tell of their studies."""
        gallery = Gallery(self.storage)
        events: list[Event] = []
        for content in files:
            stored = self.stored(site, content)
            run = partial(transcode, storage=self.storage, gallery=gallery)
            events += [stored, *handle(stored, run, Proof.SAMPLE)]
            if len(events) >= AT_ONCE:
                self.index_them(events)
                events = []
        self.index_them(events)
        self.run(
            """INSERT INTO ingest.watermark VALUES (%s, clock_timestamp() + interval '1 hour', 0,
            NULL, now()) ON CONFLICT (site) DO UPDATE SET drained_at = excluded.drained_at""",
            site,
        )
        while due.scan(self.index, self.storage):
            pass

    def stored(self, site: str, content: bytes) -> InstanceStored:
        """Archive a file, and return the event that tells it."""
        ds = dcmread(BytesIO(content), stop_before_pixels=True, force=True)
        study, series, sop = ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID
        key = f"{site}/{study}/{series}/{sop}/{sha256(content).hexdigest()}.dcm"
        self._count += 1
        return InstanceStored(
            site=site,
            study_uid=study,
            series_uid=series,
            sop_uid=sop,
            sop_class_uid=ds.SOPClassUID,
            modality=ds.get("Modality") or "OT",
            transfer_syntax_uid=ds.file_meta.TransferSyntaxUID,
            object=self.storage.put("archive", key, content),
            door="bucket",
            received_at=BEGIN + timedelta(seconds=self._count),
            lane=Lane.LIVE,
        )

    def receipts(self, site: str) -> None:
        """Write the receipts that ingest would have written for what a site sent."""
        rows = self.rows("SELECT * FROM catalogue.content WHERE site = %s", site)
        for row in rows:
            with self.storage.open("archive", row["archive_key"]) as file:
                crc = crc32(file.read())
            key = row["archive_key"]
            self.run(
                """INSERT INTO ingest.receipt (site, drop_digest, drop_version, kind, sha256, crc32,
                size, bucket, key, study_uid, series_uid, sop_uid, door, lane, dropped_at,
                event_type, event, filed_at, reference) VALUES (%s, %s, '1', 'instance', %s, %s, %s,
                'archive', %s, %s, %s, %s, 'bucket', 'live', now(), 'instance.stored', '{}', now(),
                'AAAA-00')""",
                *(site, sha256(key.encode()).hexdigest(), row["sha256"], crc, row["size"], key),
                *(row[name] for name in ("study_uid", "series_uid", "sop_uid")),
            )

    def index_them(self, events: Iterable[Event]) -> None:
        """Have index handle `events` as one batch."""
        messages = [
            Message(type=each.routing_key, body=each.model_dump_json().encode()) for each in events
        ]
        how = batch.Batch(
            {InstanceStored: handler.file, InstanceTranscoded: handler.settle},
            partial(handler.transaction, self.index),
            partial(
                handler.prepare,
                read=partial(header.read, self.storage),
                record_of=handler.records(self.index),
            ),
        )
        if messages:
            batch.consume_batch(messages, how)

    def run(self, query: str, *values: object) -> None:
        """Run `query` as the owner of the schemas."""
        with self.owner.transaction() as connection:
            connection.execute(query.encode(), values)

    def rows(self, query: str, *values: object) -> list[Row]:
        """Return what `query` finds, as the owner of the schemas."""
        with self.owner.transaction() as connection:
            return connection.execute(query.encode(), values).fetchall()
