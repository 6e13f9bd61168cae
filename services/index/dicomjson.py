"""DICOM bytes up to the pixels as DICOM JSON (PS3.18 §F.2). Pure; runs only in a limited child.

pydicom guesses its way through almost anything, so what it says is kept and not believed: every
value is taken on its own, and one that cannot be read costs only itself.
"""

import json
import math
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, TypeAlias

from pydicom import Dataset, filereader
from pydicom.config import disable_value_validation
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.filereader import data_element_generator, read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from services.index import texts
from services.index.repertoire import UNDECLARED, Repertoire

Json: TypeAlias = dict[str, Any]

PREAMBLE, MAGIC = 128, b"DICM"  # PS3.10 §7.1
PIXELS = {0x7FE00001, 0x7FE00002, 0x7FE00008, 0x7FE00009, 0x7FE00010}  # PS3.6, group 7FE0
BULK = 1024  # bytes; a longer value that is no text is left out
# PS3.18 §F.2.2 lets these be bulk data; texts among them stay, for they are read and searched.
BULKY = frozenset(
    {"DS", "FD", "FL", "IS", "OB", "OD", "OF", "OL", "OV"}
    | {"OW", "SL", "SS", "SV", "UL", "UN", "US", "UV"}
)
AMBIGUOUS = {"US or SS": "US", "OB or OW": "OW", "US or OW": "OW", "US or SS or OW": "OW"}
INFLATED = 64 << 20  # bytes of a deflated header that are looked at
MOST_ELEMENTS = 200_000  # at the top level; ingest lets no more in
CONVERTER = "convert_encodings"  # pydicom's, from Specific Character Set to codecs of Python
DEEPEST = 32  # levels of sequences
CHARACTER_SET = BaseTag(0x00080005)
IN_UTF_8: Json = {"00080005": {"vr": "CS", "Value": ["ISO_IR 192"]}}  # PS3.18 §F.2


class Header:
    """What `read` finds: the dataset as DICOM JSON, and whether it goes as far as the pixels."""

    def __init__(self, elements: Json, *, whole: bool, marks: set[str]) -> None:
        """Keep what was found; `marks` are codes of what is odd."""
        self.elements = elements
        self.whole = whole
        self.marks = marks

    def json(self) -> bytes:
        """Return it as bytes, always the same for the same elements."""
        return json.dumps(
            self.elements, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode("utf-8", "replace")


def read(prefix: bytes, syntax: str) -> Header:
    """Return the header of a file of which `prefix` is the beginning.

    Where `prefix` ends before the pixels (or the file's end), `whole` is False, and more of the
    file may hold more of the header. `syntax` is the Transfer Syntax UID that ingest found.
    """
    marks: set[str] = set()
    reached, seen = False, 0

    def at_pixels(tag: BaseTag, _vr: str | None, _length: int) -> bool:
        nonlocal reached, seen
        reached, seen = reached or tag in PIXELS, seen + 1
        if seen > MOST_ELEMENTS:
            raise OverflowError
        return reached

    with lenient():
        try:
            dataset = opened(prefix, syntax, at_pixels)
        except MemoryError:
            raise  # our fault, not the file's
        except Exception:  # noqa: BLE001  a foreign parser may raise anything at all
            return Header({}, whole=False, marks={"unreadable-header"})
        found = elements(dataset, marks, UNDECLARED, ("bulkdata",)) | IN_UTF_8
        return Header(dict(sorted(found.items())), whole=reached, marks=marks)


def opened(prefix: bytes, syntax: str, stop_when: Any) -> Dataset:  # noqa: ANN401  pydicom's callback
    """Return the dataset behind the file meta information, its values not yet converted."""
    start = PREAMBLE + len(MAGIC) if prefix[PREAMBLE : PREAMBLE + len(MAGIC)] == MAGIC else 0
    file = BytesIO(prefix)
    file.seek(start)
    for _ in data_element_generator(
        file,
        is_implicit_VR=False,  # PS3.10 §7.1: group 0002 is always Explicit VR Little Endian
        is_little_endian=True,
        stop_when=lambda tag, _vr, _length: BaseTag(tag).group != 2,  # noqa: PLR2004
    ):
        pass
    if syntax == DeflatedExplicitVRLittleEndian:
        inflated = zlib.decompressobj(-zlib.MAX_WBITS).decompress(file.read(), INFLATED)
        return read_dataset(BytesIO(inflated), False, True, stop_when=stop_when)  # noqa: FBT003
    known = UID(syntax)
    implicit = not known.is_private and known.is_implicit_VR
    little = known.is_private or known.is_little_endian
    dataset = read_dataset(file, implicit, little, stop_when=stop_when)
    dataset.set_original_encoding(implicit, little, None)  # else US or SS cannot be told
    return dataset


@contextmanager
def lenient() -> Iterator[None]:
    """Let pydicom read what no standard allows, in silence: its warnings quote values.

    Text is decoded here, not there. Character sets are kept from it: it takes one that it does
    not know for a codec of Python, and a NUL in one ends its reading.
    """
    theirs = getattr(filereader, CONVERTER)
    setattr(filereader, CONVERTER, lambda _: ["iso8859"])
    try:
        with warnings.catch_warnings(), disable_value_validation():
            warnings.simplefilter("ignore")
            yield
    finally:
        setattr(filereader, CONVERTER, theirs)


def elements(dataset: Dataset, marks: set[str], outer: Repertoire, path: tuple[str, ...]) -> Json:
    """Return every element but the pixels; group lengths (PS3.5 §7.2) are left out.

    Bulk data is told by where it lies: `path` leads here, by tags and numbers of items from 0.

    Text is in the repertoire that `dataset` declares, else in the `outer` one (PS3.5 §7.5.3).
    """
    found: Json = {}
    own = dataset.get_item(CHARACTER_SET) if CHARACTER_SET in dataset else None
    declared = texts.declared(None if own is None else own.value or "", outer)
    marks |= declared.marks
    for tag in sorted(dataset.keys()):
        if tag in PIXELS or tag.element == 0 or tag == CHARACTER_SET:
            continue
        try:
            found[f"{tag:08X}"] = element(dataset, tag, marks, declared, path)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001  as above: the bad value costs only itself
            marks.add("bad-value")
    return found


def element(
    dataset: Dataset, tag: BaseTag, marks: set[str], declared: Repertoire, path: tuple[str, ...]
) -> Json:
    """Return one element; bulk data is there by its address, relative to the instance's."""
    came = dataset.get_item(tag)
    if isinstance(came, RawDataElement):
        vr = came.VR or ("UN" if tag.is_private else AMBIGUOUS.get(v := dictionary_VR(tag), v))
        if came.length > BULK and vr in BULKY:
            return {"vr": vr, "BulkDataURI": "/".join((*path, f"{tag:08X}"))}
        if vr in texts.REPERTOIRES:
            return texts.element(vr, came.value or b"", declared, marks)
    converted = dataset[tag]
    vr = AMBIGUOUS.get(converted.VR, converted.VR)
    if (
        isinstance(came, RawDataElement) and vr in texts.REPERTOIRES
    ):  # of a private dictionary, or UN till now
        return texts.element(vr, came.value or b"", declared, marks)
    if vr == "SQ":
        if len(path) > 2 * DEEPEST:
            marks.add("too-deep")
            return {"vr": vr}
        items = [
            elements(item, marks, declared, (*path, f"{tag:08X}", str(place)))
            for place, item in enumerate(converted.value)
        ]
        return {"vr": vr, "Value": items}
    converted.VR = vr
    found = converted.to_json_dict(None, BULK)
    if vr in {"FD", "FL", "DS", "OD", "OF"} and "Value" in found:
        found["Value"] = [finite(each) for each in found["Value"]]
    return found


def finite(number: Any) -> Any:  # noqa: ANN401  a JSON value
    """Return a number that JSON can hold: NaN and infinities become text (PS3.18 §F.2.2)."""
    return str(number) if isinstance(number, float) and not math.isfinite(number) else number
