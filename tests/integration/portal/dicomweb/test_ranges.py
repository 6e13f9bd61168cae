"""A download that was cut is taken up where it was, if the file is still the same."""

from http import HTTPStatus

import httpx2

from tests.integration.portal.dicomweb.conftest import Stage

NAME = "CT_small.dcm"


def asked(stage: Stage, **headers: str) -> httpx2.Response:
    """Ask for the file, signed in."""
    url = f"{stage.portal}/dicomweb/{stage.north}{stage.instance_of(NAME)}"
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    told |= {"cookie": stage.cookie, "accept": "application/dicom"}
    return httpx2.get(url, headers=told, timeout=60)


def test_two_parts_are_the_file(stage: Stage) -> None:
    """The first as it was cut, the second by its range and the tag of the first."""
    whole = stage.content_of(NAME)
    first = asked(stage)
    assert first.content == whole
    assert first.headers["accept-ranges"] == "bytes"

    rest = asked(stage, range="bytes=1000-", if_range=first.headers["etag"])
    assert rest.status_code == HTTPStatus.PARTIAL_CONTENT
    assert rest.headers["content-range"] == f"bytes 1000-{len(whole) - 1}/{len(whole)}"
    assert first.content[:1000] + rest.content == whole


def test_of_another_file_all_is_given(stage: Stage) -> None:
    """The tag is that of what was had before."""
    answer = asked(stage, range="bytes=1000-", if_range='"other"')
    assert (answer.status_code, answer.content) == (HTTPStatus.OK, stage.content_of(NAME))


def test_behind_the_end_there_is_nothing(stage: Stage) -> None:
    """The answer says how many bytes there are."""
    size = len(stage.content_of(NAME))
    answer = asked(stage, range=f"bytes={size}-")
    assert answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    assert answer.headers["content-range"] == f"bytes */{size}"
