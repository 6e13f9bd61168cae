"""ops.masking: a dead letter shows identifiers, and never an object key."""

import json
from hashlib import sha256

import pytest

from services.ops.masking import code, shown
from shared.events import Decision, ObjectDecided

KEY = "north/DOE^JANE 1970/scan.dcm"
HINT = {"bucket": "drop", "key": KEY, "version": "v1", "size": 3, "etag": "e", "site": "north"}
DECIDED = ObjectDecided(
    site="north", sha256="a" * 64, drop_digest="b" * 64, decision=Decision.REJECT, actor="kim"
)


def test_a_hint_shows_its_site_and_a_digest() -> None:
    """Hospitals put names into keys; the digest is the one that receipts bear."""
    said = shown("s3.object-dropped", json.dumps(HINT).encode())

    assert said["site"] == "north"
    assert said["key_digest"] == sha256(KEY.encode()).hexdigest()
    assert said["size"] == 3
    assert "DOE" not in json.dumps(said)


def test_an_event_of_the_catalogue_is_shown_whole() -> None:
    """It carries identifiers only."""
    said = shown("object.decided.v1", DECIDED.model_dump_json().encode())
    assert said == DECIDED.model_dump(mode="json")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("never.heard.v1", b'{"site": "north", "name": "DOE^JANE"}'),
        ("object.decided.v1", b'{"site": "north", "name": "DOE^JANE"}'),
        (
            "object.decided.v1",
            json.dumps({**DECIDED.model_dump(mode="json"), "name": "DOE^JANE"}).encode(),
        ),
        ("object.decided.v1", b'["DOE^JANE"]'),
        ("s3.object-dropped", b'"DOE^JANE"'),
        ("object.decided.v1", b"DOE^JANE \xff"),
    ],
)
def test_a_body_that_is_not_what_it_promises_is_not_shown(kind: str, body: bytes) -> None:
    """It may hold anything; size and digest are enough to find it."""
    said = shown(kind, body)
    assert said == {"size": len(body), "sha256": sha256(body).hexdigest()}


def test_a_key_without_a_site_shows_none() -> None:
    """A name as the first segment is no site."""
    for key in ("DOE^JANE/scan.dcm", "doe-jane", "", "\udcff/x"):
        said = shown("s3.object-dropped", json.dumps({"key": key}).encode())
        assert said["site"] == "?"


def test_a_header_that_is_no_code_is_not_shown() -> None:
    """A reason is a code; free text could be anything."""
    assert code("body-does-not-fit") == "body-does-not-fit"
    assert code("cannot read DOE^JANE") == "?"
