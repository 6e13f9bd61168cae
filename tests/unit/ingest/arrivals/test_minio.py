"""ingest.arrivals.minio: MinIO's and RustFS's own events."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from services.ingest.arrivals import minio
from services.ingest.arrivals.records import Unheard
from shared.events import Lane
from tests.unit.ingest.arrivals.conftest import KEY

VERSION = "1c3b3dd5-bd1f-44bb-8d8a-4a9a2b5c6d7e"


@pytest.mark.parametrize("name", ["minio-put", "rustfs-webhook", "rustfs-amqp"])
def test_an_object_is_told_by_its_record(told: Callable[..., bytes], name: str) -> None:
    """The encoded key of the record counts, and RustFS wraps its records on the way to AMQP."""
    (hint,) = minio.hints(told(name))

    assert (hint.bucket, hint.key, hint.version) == ("drop", KEY, VERSION)
    assert (hint.size, hint.etag) == (22, "d8e8fca2dc0f896fd7cb4cb0031ba249")
    assert hint.modified_at == datetime(2024, 1, 12, 17, 58, 12, 569000, tzinfo=UTC)
    assert (hint.site, hint.lane) == ("north", Lane.LIVE)


@pytest.mark.parametrize("name", ["minio-removed", "minio-unversioned"])
def test_what_cannot_be_taken_in_is_no_hint(told: Callable[..., bytes], name: str) -> None:
    """Removals, and objects whose version nobody says."""
    assert minio.hints(told(name)) == []


@pytest.mark.parametrize(
    ("encoded", "key"),
    [
        ("north%2Fa+b", "north/a b"),
        ("north%2Fa%2Bb", "north/a+b"),
        ("north%2Fa%20b", "north/a b"),
        ("north%2F%2541", "north/%41"),
        ("north%2F%E6%97%A5%E6%9C%AC", "north/日本"),
        ("north%2Fbackfill%2Fx", "north/backfill/x"),
    ],
)
def test_keys_are_decoded_once(told: Callable[..., bytes], encoded: str, key: str) -> None:
    """A `+` is a space, `%2B` is a `+`, and what looks encoded after that is the hospital's."""
    (hint,) = minio.hints(told("minio-put", **{"s3.object.key": encoded}))
    assert hint.key == key


def test_a_key_that_is_no_text_is_refused(told: Callable[..., bytes]) -> None:
    """Guessing would only name another object."""
    with pytest.raises(Unheard) as no:
        minio.hints(told("minio-put", **{"s3.object.key": "north%2F%FF"}))
    assert no.value.code == "key-undecodable"


@pytest.mark.parametrize("name", ["ceph-put", "aws-put"])
def test_another_server_is_refused(told: Callable[..., bytes], name: str) -> None:
    """Who posts to the wrong address is told so, before keys are read wrongly."""
    with pytest.raises(Unheard) as no:
        minio.hints(told(name))
    assert no.value.code == "other-server"
