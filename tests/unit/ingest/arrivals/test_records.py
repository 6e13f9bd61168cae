"""ingest.arrivals.records, and the choice of a dialect: whatever comes, a hint or a refusal."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.arrivals import Dropped, aws, ceph, listing, minio, stores
from services.ingest.arrivals.records import Unheard
from shared.storage import Found
from tests.unit.ingest.arrivals.conftest import FIXTURES

DIALECTS = [minio.hints, ceph.hints, aws.hints, stores.hints]
Dialect = Callable[[bytes], list[Dropped]]
SPOKEN = {
    name: json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    for name in ("minio-put", "rustfs-amqp", "ceph-put", "aws-put", "aws-sns", "aws-eventbridge")
}


@pytest.mark.parametrize("name", ["minio-put", "rustfs-amqp", "ceph-put", "aws-put"])
def test_an_event_and_the_listing_tell_the_same_hint(told: Callable[..., bytes], name: str) -> None:
    """By AMQP the dialect is known by what is said; the sweep's hint has the same id."""
    (hint,) = stores.hints(told(name))

    found = Found("drop", hint.key, hint.version, hint.size, hint.etag, hint.modified_at)
    assert hint == listing.hint(found)


@pytest.mark.parametrize(
    "changes",
    [
        {"s3.bucket.name": "archive"},
        {"s3.object.versionId": ""},
        {"s3.object.versionId": "null"},
        {"s3.object.versionId": None},
        {"s3.object.key": "north/folder/", "s3.object.size": 0},
        {"s3.object.key": ".uploads/6d1c/0001.part"},
        {"s3.object.key": "a.dcm"},
        {"s3.object.key": "Nord/a.dcm"},
        {"eventName": "ObjectRemoved:Delete"},
        {"eventName": "s3:ObjectAccessed:Get"},
        {"eventName": "ObjectCreatedElsewhere"},
    ],
)
def test_what_the_listing_would_not_tell_is_no_hint(
    told: Callable[..., bytes], changes: dict[str, object]
) -> None:
    """Other buckets, no version, folders, parts of uploads, no site, and other happenings."""
    assert stores.hints(told("ceph-put", **changes)) == []


def test_an_empty_object_is_told(told: Callable[..., bytes]) -> None:
    """It goes to quarantine, as the sweep would have it."""
    assert len(stores.hints(told("ceph-put", **{"s3.object.size": 0}))) == 1


def test_every_record_of_a_message_counts(told: Callable[..., bytes]) -> None:
    """Servers send one; the format allows more."""
    body = json.loads(told("ceph-put"))
    (first,) = body["Records"]
    second = json.loads(json.dumps(first))
    second["s3"]["object"]["key"] = "south/b.dcm"
    body["Records"] = [first, second]
    assert [hint.site for hint in stores.hints(json.dumps(body).encode())] == ["north", "south"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"eventSource": "other:s3"}, "other-server"),
        ({"s3.object.key": ""}, "key-length"),
        ({"s3.object.key": "north/" + "ü" * 600}, "key-length"),
        ({"s3.object.size": -1}, "no-records"),
        ({"s3.object.size": 10**30}, "no-records"),
        ({"s3.object.versionId": "a\nb"}, "no-records"),
        ({"eventTime": "yesterday"}, "no-records"),
        ({"s3.object": []}, "no-records"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_code(
    told: Callable[..., bytes], changes: dict[str, object], code: str
) -> None:
    """The code is all that is said of it: the body may bear a name."""
    with pytest.raises(Unheard) as no:
        stores.hints(told("ceph-put", **changes))
    assert (no.value.code, str(no.value)) == (code, code)
    assert no.value.__cause__ is None


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"\xff", b'{"Records":[]}', b'{"Records":[{}]}', b"[" * 100_000],
    ids=["empty", "object", "list", "null", "bytes", "none", "blank", "deep"],
)
def test_garbage_is_refused(dialect: Dialect, body: bytes) -> None:
    """In every dialect."""
    with pytest.raises(Unheard):
        dialect(body)


def heard(body: bytes) -> None:
    for dialect in DIALECTS:
        try:
            hints = dialect(body)
        except Unheard:
            continue
        assert all(hint.bucket == "drop" and hint.version for hint in hints)


@given(st.binary(max_size=400))
def test_no_bytes_crash_a_dialect(body: bytes) -> None:
    """A hint, nothing, or a refusal."""
    heard(body)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)


def places(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Return the way to every value inside `value`."""
    each = value.items() if isinstance(value, dict) else enumerate(value)  # type: ignore[arg-type]
    found = []
    for name, inner in each:
        found.append((*path, name))
        if isinstance(inner, dict | list):
            found += places(inner, (*path, name))
    return found


@given(st.sampled_from(sorted(SPOKEN)), st.data(), JUNK)
def test_no_junk_in_a_real_event_crashes_a_dialect(
    name: str, data: st.DataObject, junk: object
) -> None:
    """Any one value of a real body, replaced by any other."""
    body = json.loads(json.dumps(SPOKEN[name]))
    *parents, last = data.draw(st.sampled_from(places(body)))
    place = body
    for parent in parents:
        place = place[parent]
    place[last] = junk
    heard(json.dumps(body).encode())
