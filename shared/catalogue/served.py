"""The metadata of an instance (PS3.18 §F.2) as it is served. Pure."""

import json
import zlib
from typing import Any

from shared.dicom.copied import FAST, changes

LEVEL = 6  # of zlib
BULK = b'"BulkDataURI":"'  # within a text its quotes would be escaped


def packed(header: bytes) -> bytes:
    """Return an instance's header, JSON, as it is kept in its row."""
    return zlib.compress(header, LEVEL)


def unpacked(header: bytes) -> bytes:
    """Return what was packed."""
    return zlib.decompress(header)


def served(header: bytes, syntax: str, *, copied: bool) -> bytes:
    """Return `header`, the JSON of an original of transfer syntax `syntax`, as frames are served.

    Where the fast copy is served (`copied`), it says what the copy's header says; Available
    Transfer Syntax UID (0008,3002) is what `frames` gives when every syntax is accepted.
    """
    elements: dict[str, Any] = json.loads(header)
    elements["00083002"] = {"vr": "UI", "Value": [FAST if copied else syntax]}
    if copied:
        told = changes(
            value(elements, "00280002") or 1,
            value(elements, "00280004") or "",
            value(elements, "00280006"),
        )
        for tag, new in told.items():
            elements[f"{tag:08X}"] = {"vr": "US" if isinstance(new, int) else "CS", "Value": [new]}
    ordered = dict(sorted(elements.items()))
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":")).encode()


def value(elements: dict[str, Any], tag: str) -> Any:  # noqa: ANN401  a JSON value
    """Return the first value of an element, or None."""
    found = elements.get(tag, {}).get("Value")
    return found[0] if found else None


def below(header: bytes, place: str) -> bytes:
    """Return `header` with its bulk data, which is told relative to it, as seen from above.

    `place` is the way from there: `instances/1.2.3/`.
    """
    return header.replace(BULK, BULK + place.encode())
