"""ingest.arrivals.aws: S3's records, SNS's envelope around them, and EventBridge's own words."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from services.ingest.arrivals import aws
from services.ingest.arrivals.records import Unheard
from tests.unit.ingest.arrivals.conftest import KEY

RECORD = ("096fKKXTRTtl3on89fVO.nfljtsv6qko", 1024, "d41d8cd98f00b204e9800998ecf8427e")
BRIDGED = ("IYV3p45BT0ac8hjHg1houSdS1a.Mro8e", 5, "b1946ac92492d2347c6235b4d2611184")


@pytest.mark.parametrize(
    ("name", "version_size_etag"),
    [("aws-put", RECORD), ("aws-sns", RECORD), ("aws-eventbridge", BRIDGED)],
)
def test_an_object_is_told(
    told: Callable[..., bytes], name: str, version_size_etag: tuple[str, int, str]
) -> None:
    """Records have the key encoded, EventBridge has it raw; SNS wraps a record as text."""
    (hint,) = aws.hints(told(name))

    assert (hint.site, hint.bucket, hint.key) == ("north", "drop", KEY)
    assert (hint.version, hint.size, hint.etag) == version_size_etag
    assert hint.modified_at.tzinfo is not None


@pytest.mark.parametrize(
    "name", ["aws-test-event", "aws-unversioned", "aws-removed", "aws-eventbridge-deleted"]
)
def test_what_cannot_be_taken_in_is_no_hint(told: Callable[..., bytes], name: str) -> None:
    """S3's trial message, removals, and what has no version."""
    assert aws.hints(told(name)) == []


def test_a_trial_message_may_come_by_sns(told: Callable[..., bytes]) -> None:
    """It does, when the bucket is told to notify the topic."""
    trial = told("aws-test-event").decode()
    assert aws.hints(json.dumps({"Type": "Notification", "Message": trial}).encode()) == []


def test_a_time_without_a_zone_is_utc(told: Callable[..., bytes]) -> None:
    """AWS writes a `Z`; a stand-in need not."""
    (hint,) = aws.hints(told("aws-put", eventTime="2026-11-24T12:12:53.243360"))
    assert hint.modified_at == datetime(2026, 11, 24, 12, 12, 53, 243360, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("SubscriptionConfirmation", "subscription-unconfirmed"),
        ("UnsubscribeConfirmation", "subscription-unconfirmed"),
        ("Complaint", "no-records"),
    ],
)
def test_a_subscription_is_confirmed_by_a_person(
    told: Callable[..., bytes], kind: str, code: str
) -> None:
    """Whoever reaches the address could ask; no link is followed."""
    body = json.loads(told("aws-sns-subscription")) | {"Type": kind}
    with pytest.raises(Unheard) as no:
        aws.hints(json.dumps(body).encode())
    assert no.value.code == code


def test_an_envelope_holds_no_envelope(told: Callable[..., bytes]) -> None:
    """Nor a question: one is opened, and no more."""
    for name in ("aws-sns", "aws-sns-subscription"):
        body = json.dumps({"Type": "Notification", "Message": told(name).decode()})
        with pytest.raises(Unheard):
            aws.hints(body.encode())


@pytest.mark.parametrize("name", ["minio-put", "ceph-put", "rustfs-webhook"])
def test_another_server_is_refused(told: Callable[..., bytes], name: str) -> None:
    """Who posts to the wrong address is told so, before keys are read wrongly."""
    with pytest.raises(Unheard) as no:
        aws.hints(told(name))
    assert no.value.code == "other-server"
