"""What the scrub has found damaged is not served, until it is seen whole again."""

from collections.abc import Iterator
from hashlib import sha256
from http import HTTPStatus

import pytest

from tests.integration.portal.dicomweb.conftest import Stage
from tests.received.studies import Received

KEPT, COPIED = "SC_ybr_full_422_uncompressed.dcm", "CT_small.dcm"
PALETTE = "examples_palette.dcm"
OCTETS = "application/octet-stream"
DAMAGE = """
    INSERT INTO ingest.damage (bucket, key, site, sha256, reason)
    SELECT 'archive', archive_key, site, sha256, 'other-bytes' FROM catalogue.content
    WHERE site = %s AND sha256 = ANY (%s)
"""
MENDED = "UPDATE ingest.damage SET mended_at = clock_timestamp() WHERE site = %s"


@pytest.fixture
def damaged(stage: Stage, received: Received) -> Iterator[None]:
    """Have three originals found damaged."""
    names = (KEPT, COPIED, PALETTE)
    digests = [sha256(stage.content_of(name)).hexdigest() for name in names]
    received.run(DAMAGE, stage.north, digests)
    yield
    received.run("DELETE FROM ingest.damage WHERE site = %s", stage.north)


def status(stage: Stage, path: str, accept: str | None = None) -> int:
    """Return the status of an answer."""
    return stage.get(path, accept=accept).status_code


@pytest.mark.usefixtures("damaged")
def test_nothing_of_a_damaged_original_is_served(stage: Stage, received: Received) -> None:
    """No frame, no picture and no value; whoever asks again once it is mended gets them."""
    paths = [f"{stage.instance_of(KEPT)}/frames/1", f"{stage.instance_of(KEPT)}/rendered"]
    bulk = f"{stage.instance_of(PALETTE)}/bulkdata/00281201"

    assert {status(stage, path, "*/*") for path in paths} == {HTTPStatus.SERVICE_UNAVAILABLE}
    assert status(stage, bulk, OCTETS) == HTTPStatus.SERVICE_UNAVAILABLE

    received.run(MENDED, stage.north)
    assert {status(stage, path, "*/*") for path in paths} == {HTTPStatus.OK}
    assert status(stage, bulk, OCTETS) == HTTPStatus.OK


@pytest.mark.usefixtures("damaged")
def test_a_copy_outlives_its_original(stage: Stage) -> None:
    """It was made of the right bytes, and proven to be equal."""
    assert status(stage, f"{stage.instance_of(COPIED)}/frames/1", "*/*") == HTTPStatus.OK
