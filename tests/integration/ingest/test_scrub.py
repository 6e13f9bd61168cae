"""ingest.scrub on the real servers: a byte that turned over is found, told, and seen mended."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import uuid4

import pytest

from services.ingest.scrub import scrub
from shared.db import Database, Row
from shared.errors import EdgeDown
from shared.events import Damage, Event, ObjectDamaged
from shared.storage import Storage
from shared.storage.s3 import S3

CONTENT = bytes(range(256)) * 40
RECEIPT = """
    INSERT INTO ingest.receipt (site, drop_digest, drop_version, kind, sha256, crc32, size, bucket,
        key, door, lane, dropped_at, event_type, event, reference)
    VALUES (%s, %s, '1', 'instance', %s, 0, %s, 'archive', %s, 'bucket', 'live', now(),
        'instance.stored.v1', '{}', 'AAAA-AA')
"""


@dataclass
class Archive:
    """One site's archive, and what is told of it."""

    site: str
    owner: Database
    ingest: Database
    storage: Storage
    told: list[Event] = field(default_factory=list)

    def receive(self, content: bytes) -> str:
        """Keep an original with its receipt; return its key."""
        digest = sha256(content).hexdigest()
        key = f"{self.site}/{digest}.dcm"
        self.storage.put("archive", key, content)
        self.run(RECEIPT, self.site, digest, digest, len(content), key)
        return key

    def run(self, query: str, *values: object) -> None:
        """Run a statement as the owner."""
        with self.owner.transaction() as connection:
            connection.execute(query.encode(), values)

    def scrub(self, age: float = 0) -> list[ObjectDamaged]:
        """Look at all that is due; return what was told of this site."""
        before = len(self.told)
        for _ in range(200):
            if not scrub(self.ingest, self.storage, self.told.append, age):
                break
        new = self.told[before:]
        return [each for each in new if isinstance(each, ObjectDamaged) and each.site == self.site]

    def damage(self) -> list[Row]:
        """Return what is known to be damaged."""
        with self.owner.transaction() as connection:
            return connection.execute(
                "SELECT * FROM ingest.damage WHERE site = %s AND mended_at IS NULL", (self.site,)
            ).fetchall()


@pytest.fixture
def archive(environment: Callable[[str], dict[str, str]]) -> Iterator[Archive]:
    """Give an archive of which everything that is due belongs to this test."""
    told = environment("owner")
    names = ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY", "REGION")
    endpoint, access, secret, region = (told[f"SCANPASS_S3_{name}"] for name in names)
    storage = S3(endpoint, access, secret, region)
    owner = Database(told["SCANPASS_DATABASE_URL"])
    ingest = Database(environment("ingest")["SCANPASS_DATABASE_URL"])
    made = Archive(f"s{uuid4().hex[:12]}", owner, ingest, storage)
    made.run("UPDATE ingest.receipt SET scrubbed_at = 'infinity'")  # what other tests have left
    made.run("DELETE FROM ingest.damage")
    yield made
    made.run("DELETE FROM ingest.receipt WHERE site = %s", made.site)
    made.run("DELETE FROM ingest.damage WHERE site = %s", made.site)
    owner.close()
    ingest.close()


def flipped(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


def test_a_sound_original_is_read_and_let_be(archive: Archive) -> None:
    """It is due again only after its time."""
    archive.receive(CONTENT)
    assert archive.scrub() == []
    with archive.owner.transaction() as connection:
        (row,) = connection.execute(
            "SELECT scrubbed_at FROM ingest.receipt WHERE site = %s", (archive.site,)
        ).fetchall()
    assert row["scrubbed_at"] is not None
    archive.storage.put("archive", f"{archive.site}/{sha256(CONTENT).hexdigest()}.dcm", b"")
    assert archive.scrub(age=3600) == []


def test_a_flipped_byte_is_found_and_told_once(archive: Archive) -> None:
    """With a code and the digest of what was received; found again, it is the same damage."""
    key = archive.receive(CONTENT)
    archive.storage.put("archive", key, flipped(CONTENT))
    first, again = archive.scrub(), archive.scrub()
    assert [each.reason for each in first] == [Damage.OTHER_BYTES]
    assert first[0].object.sha256 == sha256(CONTENT).hexdigest()
    assert [each.id for each in again] == [each.id for each in first]
    assert [row["reason"] for row in archive.damage()] == ["other-bytes"]


def test_a_missing_original_is_found(archive: Archive) -> None:
    """Not only what is there can be damaged."""
    archive.storage.remove("archive", archive.receive(CONTENT))
    assert [each.reason for each in archive.scrub()] == [Damage.MISSING]


def test_a_restored_original_is_seen_whole(archive: Archive) -> None:
    """Nothing is damaged any more; should it be damaged again, that is told anew."""
    key = archive.receive(CONTENT)
    archive.storage.put("archive", key, flipped(CONTENT))
    (first,) = archive.scrub()
    archive.storage.put("archive", key, CONTENT)
    assert archive.scrub() == []
    assert archive.damage() == []
    archive.storage.put("archive", key, flipped(CONTENT))
    (second,) = archive.scrub()
    assert second.id != first.id


def test_damage_that_could_not_be_told_is_due_again(archive: Archive) -> None:
    """Nothing counts as looked at before its damage is confirmed."""
    archive.storage.put("archive", archive.receive(CONTENT), flipped(CONTENT))

    def down(_event: Event) -> None:
        edge = "broker"
        raise EdgeDown(edge)

    with pytest.raises(EdgeDown):
        scrub(archive.ingest, archive.storage, down, 0)
    assert [each.reason for each in archive.scrub()] == [Damage.OTHER_BYTES]
