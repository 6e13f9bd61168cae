"""Whether a fast copy is the same instance: every pixel, every element of the header."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from pydicom import DataElement, Dataset
from pydicom.sequence import Sequence

from tests.judging.originals import frames_of, read
from tests.judging.pixels import NotSound, codestreams, colours_transformed, decode

PIXEL_GROUP = 0x7FE0
PHOTOMETRIC, PLANAR = 0x00280004, 0x00280006
WIDTHS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}  # bytes of one number (PS3.5 §6.2)
EITHER = {"US", "SS", "OW", "UN"}  # VRs between which implicit VR leaves the choice


def findings(original: bytes, copy: bytes) -> list[str]:
    """Return what is wrong with `copy`, in words that name no one."""
    try:
        streams = codestreams(copy)
    except (NotSound, ValueError) as error:
        return [f"copy: {error}"]
    return [*pixels(original, streams), *header(original, copy, streams)]


def pixels(original: bytes, streams: list[bytes]) -> Iterator[str]:
    """Find frames that OpenJPEG decodes to other values than the original's."""
    wanted = frames_of(original)
    with TemporaryDirectory() as folder:
        named = {str(place): stream for place, stream in enumerate(streams)}
        decoded = decode(named, Path(folder))
    if len(streams) != len(wanted):
        yield f"pixels: {len(streams)} frames of {len(wanted)}"
    for place, frame in enumerate(wanted[: len(streams)]):
        found = decoded.get(str(place))
        if found is None or not np.array_equal(found, frame):
            yield f"pixels: frame {place} is another"


def header(original: bytes, copy: bytes, streams: list[bytes]) -> Iterator[str]:
    """Find elements that changed without need, and colours that are not told as they are."""
    before, after = read(original), read(copy)
    swapped = not before.file_meta.TransferSyntaxUID.is_little_endian
    yield from (f"header: {each}" for each in differences(before, after, swapped=swapped))
    told = str(after.PhotometricInterpretation)
    for stream in streams:
        if colours_transformed(stream) is not (told == "YBR_RCT"):
            yield f"colours: transformed otherwise than {told}"
            break
    was = str(before.PhotometricInterpretation)
    if told != {"RGB": "YBR_RCT"}.get(was, was) or (
        after.SamplesPerPixel > 1 and after.PlanarConfiguration != 0
    ):
        yield f"colours: {was} became {told}"


def differences(before: Dataset, after: Dataset, *, swapped: bool) -> Iterator[str]:
    """Find elements of one dataset that the other has not, or has with another value."""
    may = {PHOTOMETRIC, PLANAR}
    tags = [
        {int(tag) for tag in ds.keys() if due(int(tag))}  # noqa: SIM118  unparsed
        for ds in (before, after)
    ]
    yield from (f"{tag:08X} is missing or new" for tag in sorted(tags[0] ^ tags[1]))
    for tag in sorted((tags[0] & tags[1]) - may):
        yield from (f"{tag:08X}{where}" for where in element(before, after, tag, swapped=swapped))


def due(tag: int) -> bool:
    """Say whether `tag` must survive: not the pixels, nor a group length, which follows from it."""
    return tag >> 16 != PIXEL_GROUP and tag & 0xFFFF != 0


def element(before: Dataset, after: Dataset, tag: int, *, swapped: bool) -> Iterator[str]:
    """Find what differs in one element."""
    try:
        old, new = before[tag], after[tag]
    except Exception:  # noqa: BLE001  a value that pydicom cannot read: compare its bytes
        if before.get_item(tag).value != after.get_item(tag).value:
            yield " has other bytes"
        return
    if isinstance(old.value, Sequence) and isinstance(new.value, Sequence):
        if len(old.value) != len(new.value):
            yield " has another number of items"
        for one, other in zip(old.value, new.value, strict=False):
            yield from (f" > {each}" for each in differences(one, other, swapped=swapped))
    elif value(old, swapped=swapped) != value(new, swapped=False):
        yield " has another value"
    elif old.VR != new.VR and not {old.VR, new.VR} <= EITHER:
        yield " has another VR"


def value(one: DataElement, *, swapped: bool) -> Any:  # noqa: ANN401  whatever the VR makes of it
    """Return a value; of what pydicom leaves as bytes, in little endian."""
    width = WIDTHS.get(one.VR, 1)
    if not swapped or width == 1 or not isinstance(one.value, bytes):
        return one.value
    return np.frombuffer(one.value, f">u{width}").astype(f"<u{width}").tobytes()
