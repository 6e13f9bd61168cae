"""The page on conformance: every row of PS3.18 is as it says, and no route is without a row."""

import re
from pathlib import Path

import httpx2
import pytest

from tests.authz import table
from tests.integration.portal.dicomweb.conftest import Stage

PAGE = Path(__file__).parents[4] / "docs" / "conformance.md"
# What our routes call what the page calls otherwise.
NAMES = {"{instance}": "{sop}", "{frames}": "{numbers}", "{tag}": "{path:path}"}
PALETTE = "examples_palette.dcm"


def rows() -> list[tuple[str, str, list[str]]]:
    """Return method, path, and the media types of each row; none where it is not given."""
    lines = PAGE.read_text().partition("# DICOMweb")[2].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    told = [row for row in cells if len(row) == 4 and row[2].startswith("`")]
    return [
        (*row[2].strip("`").split(" ", 1), re.findall("`([^`]+)`", row[3]))  # type: ignore[misc]
        for row in told
    ]


def test_every_route_has_a_row() -> None:
    """And every row that is given a route."""
    paths = set()
    for _, path, media in rows():
        for ours, theirs in NAMES.items():
            path = path.replace(ours, theirs)  # noqa: PLW2901
        paths |= {path} if media else set()
    assert paths == set(table.DICOMWEB)


@pytest.mark.parametrize(("method", "path", "media"), rows())
def test_a_row_is_true(stage: Stage, method: str, path: str, media: list[str]) -> None:
    """What is given comes in the first form that the row names; what is not is not there."""
    sop = stage.instance_of(PALETTE).rpartition("/")[2]
    series = sop.rpartition(".")[0]
    named = {"study": stage.study, "series": series, "instance": sop, "frames": 1}
    url = f"{stage.portal}/dicomweb/{stage.north}{path}"
    asked = url.format(**named, tag="00281201")
    accept = {"multipart/related": 'multipart/related; type="application/dicom"'}
    if "/frames/" in path and media[0] == "multipart/related":
        accept = {}
    first = media[0] if media else "*/*"
    told = accept.get(first, first if accept else "*/*")
    headers = {"accept": told, "cookie": stage.cookie}
    answer = httpx2.request(method, asked, headers=headers, timeout=60)
    if not media:
        assert answer.status_code in {404, 405, 411}, answer.text
    else:
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith(first)
        assert answer.content
