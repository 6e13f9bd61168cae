"""Walk a DICOM file from its first byte to its last: it is whole, or it is refused.

A parser is content with what it finds: pydicom reads a file that was cut in half without a word.
Here every length must fit what is left, the file must end where its last element ends, and native
pixel data must have the length that the header computes. Pixel data is passed over, never held.
"""

from contextlib import closing
from os import SEEK_END
from typing import BinaryIO

from shared.dicom import coding as codings
from shared.dicom.coding import Coding
from shared.dicom.inflate import inflate
from shared.dicom.limits import LIMITS, Limits
from shared.dicom.outline import Element, Outline, text
from shared.dicom.pixels import check
from shared.dicom.reader import Reader
from shared.dicom.refusal import NotDicom, Refusal, TooBig
from shared.dicom.sequences import Dataset, meta

PREAMBLE, MAGIC = 128, b"DICM"  # PS3.10 §7.1
TRANSFER_SYNTAX_UID = 0x00020010
CONVINCING = 8  # elements, before a file without a preamble counts as DICOM that is broken


def walk(file: BinaryIO, limits: Limits = LIMITS) -> Outline:
    """Return the outline of `file`, which must be seekable; it is read from its beginning.

    Raises:
        NotDicom: it is something else, or contradicts itself.
        Truncated: it ends before what it announces.
        TooBig: it passes one of `limits`.

    """
    size = file.seek(0, SEEK_END)
    if size == 0:
        code = "empty"
        raise NotDicom(code)
    if size > limits.file:
        code = "file-too-big"
        raise TooBig(code)
    file.seek(0)
    head = file.read(PREAMBLE + len(MAGIC))
    if head[PREAMBLE:] == MAGIC:
        return part10(Reader(file, limits, at=len(head)), head[:PREAMBLE])
    if codings.seen(head, groups=codings.FIRST_GROUPS) is None:
        code = "no-dicom-magic"
        raise NotDicom(code)
    return bare(Reader(file, limits))


def bare(reader: Reader) -> Outline:
    """Return the outline of a file without a preamble; a poor guess is no DICOM at all."""
    reader.warn("preamble-missing")
    try:
        outline = part10(reader, b"")
    except Refusal:
        if reader.elements < CONVINCING:
            code = "no-dicom-magic"
            raise NotDicom(code) from None
        raise
    if len(outline.meta) + len(outline.elements) < CONVINCING:
        code = "no-dicom-magic"
        raise NotDicom(code)
    return outline


def part10(reader: Reader, preamble: bytes) -> Outline:
    """Return the outline of what follows the preamble."""
    info = meta(reader)
    syntax = text(info.get(TRANSFER_SYNTAX_UID))
    if not info:
        reader.warn("meta-missing")
    if syntax not in codings.DEFLATED:
        return outline(reader, preamble, info, syntax)
    with closing(inflate(reader.file, reader.end - reader.at, reader.limits)) as inflated:
        inner = Reader(inflated, reader.limits, warnings=reader.warnings)
        return outline(inner, preamble, info, syntax)


def outline(reader: Reader, preamble: bytes, info: dict[int, Element], syntax: str) -> Outline:
    """Walk the dataset, to the very end of the file; a refusal takes along what was found."""
    coding, syntax = decided(reader, syntax)
    reader.start = reader.at
    dataset = Dataset(reader, coding)

    def so_far() -> Outline:
        return Outline(
            preamble=preamble,
            meta=info,
            transfer_syntax=syntax,
            elements=dataset.elements,
            pixels=dataset.pixels,
            deflated=syntax in codings.DEFLATED,
            big_endian=coding.big_endian,
            warnings=tuple(reader.warnings),
        )

    try:
        dataset.walk()
        if not dataset.elements:
            code = "dataset-empty"
            raise NotDicom(code)
        check(dataset, syntax, info)
    except Refusal as why:
        why.outline = so_far()
        raise
    return so_far()


def decided(reader: Reader, syntax: str) -> tuple[Coding, str]:
    """Return the coding that is there, and the syntax that is declared or guessed."""
    head = reader.peek(8)
    there = codings.seen(head)
    if not syntax:
        reader.warn("transfer-syntax-missing")
        if there is None:
            code = "transfer-syntax-unknown"
            raise NotDicom(code)
        return there, codings.GUESSED_SYNTAX[there]
    says = codings.declared(syntax)
    # Real writers declare one and write the other; the byte order alone is never guessed against
    # what is declared.
    if there is not None and head and there.explicit != says.explicit:
        reader.warn("transfer-syntax-wrong")
        return Coding(explicit=there.explicit, big_endian=says.big_endian), syntax
    return says, syntax
