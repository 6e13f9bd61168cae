"""ingest.arrivals.ceph: events of a real Ceph gateway, 16.2.15."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from services.ingest.arrivals import ceph
from services.ingest.arrivals.records import Unheard
from tests.unit.ingest.arrivals.conftest import KEY


def test_an_object_is_told_with_its_raw_key(told: Callable[..., bytes]) -> None:
    """A `+` or `%41` in it is what the hospital wrote."""
    (hint,) = ceph.hints(told("ceph-put"))

    assert (hint.bucket, hint.key) == ("drop", KEY)
    assert hint.version == "BMS7MCuUtIP1plgYWJR.TPeJf3ZkAqM"  # as its listing gave it
    assert (hint.size, hint.etag) == (22, "ee0945e1d9c818058680b98955391717")
    assert hint.modified_at == datetime(2026, 11, 24, 12, 17, 42, 28525, tzinfo=UTC)


@pytest.mark.parametrize(
    "name", ["ceph-multipart", "ceph-copy", "ceph-folder", "ceph-removed", "ceph-unversioned"]
)
def test_what_cannot_be_taken_in_is_no_hint(told: Callable[..., bytes], name: str) -> None:
    """Multipart uploads and copies come without their version: the sweep finds them."""
    assert ceph.hints(told(name)) == []


@pytest.mark.parametrize("event", ["ObjectCreated:Put", "s3:ObjectCreated:Put"])
def test_event_names_come_with_and_without_s3(told: Callable[..., bytes], event: str) -> None:
    """Releases differ."""
    assert len(ceph.hints(told("ceph-put", eventName=event))) == 1


def test_a_size_may_be_text(told: Callable[..., bytes]) -> None:
    """As in Ceph's documentation."""
    (hint,) = ceph.hints(told("ceph-put", **{"s3.object.size": "1024"}))
    assert hint.size == 1024


@pytest.mark.parametrize("name", ["minio-put", "aws-put", "rustfs-amqp"])
def test_another_server_is_refused(told: Callable[..., bytes], name: str) -> None:
    """Who posts to the wrong address is told so, before keys are read wrongly."""
    with pytest.raises(Unheard) as no:
        ceph.hints(told(name))
    assert no.value.code == "other-server"
