"""Frames and pictures as others read them: httpx asks, pydicom and OpenJPEG judge."""

import re

import pytest

from tests.integration.portal.dicomweb.conftest import KINDS, Stage

FAST = "1.2.840.10008.1.2.4.202"
LITTLE = "1.2.840.10008.1.2.1"
AS_STORED = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
NO_PICTURE = "test-SR.dcm"
"""The one of KINDS that cannot be shown."""


def parts(answer) -> list[tuple[str, bytes]]:  # type: ignore[no-untyped-def]
    boundary = re.search(r"boundary=([0-9a-f]+)", answer.headers["content-type"])
    assert boundary is not None
    found = []
    for part in answer.content.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, body = part.partition(b"\r\n\r\n")
        found.append((head.decode().strip(), body[:-2]))
    return found


@pytest.mark.parametrize("name", KINDS)
def test_try(stage: Stage, name: str) -> None:
    a = stage.get(stage.instance_of(name) + "/frames/1", accept=AS_STORED)
    print(
        name,
        a.status_code,
        a.headers.get("content-type"),
        len(a.content),
        a.text[:100] if a.status_code != 200 else [h for h, _ in parts(a)],
    )
    a = stage.get(stage.instance_of(name) + "/rendered")
    print(
        a.status_code,
        a.headers.get("content-type"),
        len(a.content),
        a.text[:100] if a.status_code != 200 else "",
    )
    a = stage.get(stage.instance_of(name) + "/frames/1")
    print(a.status_code, a.headers.get("content-type"))
    a = stage.get(stage.instance_of(name) + "/frames/1", accept="application/octet-stream")
    print(a.status_code, a.headers.get("content-type"), len(a.content))
    for what in ("/metadata", "/thumbnail"):
        for p in (stage.instance_of(name), stage.series_of(name)):
            a = stage.get(p + what)
            print(what, a.status_code, a.headers.get("content-type"), len(a.content))
