"""edit: other values in a header, and every other byte as it was."""

from io import BytesIO

import pytest
from pydicom import dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian

from services.transcode.edit import editable, edited
from services.transcode.plain import EXPLICIT, plain
from shared.dicom import walk
from shared.dicom.copied import PHOTOMETRIC, PLANAR
from shared.dicom.refusal import Unreadable
from tests.every_file.carry import carry
from tests.every_file.making import big_endian, image, in_syntax, values, written

PLANAR_US, PLANAR_CS = b"\x28\x00\x06\x00US", b"\x28\x00\x06\x00CS"
CONTENT = written(image("edited", values("|u1", 3), "RGB", planar=1))


def test_only_what_is_told_changes() -> None:
    """Longer, shorter and equally long values; pydicom reads the rest as before."""
    changes: dict[int, str | int] = {PHOTOMETRIC: "YBR_RCT", PLANAR: 0, 0x00080060: "CT"}
    changes |= EXPLICIT

    before = dcmread(BytesIO(CONTENT))
    after = dcmread(BytesIO(edited(CONTENT, walk(BytesIO(CONTENT)), changes)))

    assert (after.PhotometricInterpretation, after.PlanarConfiguration) == ("YBR_RCT", 0)
    assert after.Modality == "CT"
    for ds in (before, after):
        del ds.PhotometricInterpretation, ds.PlanarConfiguration, ds.Modality
    assert after == before
    assert after.file_meta == before.file_meta


def test_nothing_changed_is_nothing_changed() -> None:
    """The same value gives the same bytes."""
    assert edited(CONTENT, walk(BytesIO(CONTENT)), {PHOTOMETRIC: "RGB", PLANAR: 1}) == CONTENT


def test_what_is_not_there_cannot_be_edited() -> None:
    """An element that is missing, or that has a longer head, is for a parser."""
    odd = CONTENT.replace(b"\x28\x00\x04\x00CS\x04\x00", b"\x28\x00\x04\x00LO\x04\x00")

    assert editable(walk(BytesIO(CONTENT)), {PHOTOMETRIC: ""})
    assert not editable(walk(BytesIO(odd)), {PHOTOMETRIC: ""})
    assert not editable(walk(BytesIO(CONTENT)), {0x00280008: ""})


@pytest.mark.parametrize(
    ("before", "after", "value"),
    [(b"\x28\x00\x04\x00CS", b"\x28\x00\x04\x00US", "RGB"), (PLANAR_US, PLANAR_CS, 1)],
)
def test_a_value_of_another_kind_cannot_be_edited(
    before: bytes, after: bytes, value: str | int
) -> None:
    """The VR may lie: a text is not written as a number, nor a number as a text."""
    tag = PHOTOMETRIC if isinstance(value, str) else PLANAR
    odd = CONTENT.replace(before, after)

    assert odd != CONTENT
    assert editable(walk(BytesIO(CONTENT)), {tag: value})
    assert not editable(walk(BytesIO(odd)), {tag: value})


@pytest.mark.parametrize(
    "content", [CONTENT, big_endian(image("big", values("<u2"), "MONOCHROME2"))]
)
def test_a_transfer_syntax_told_to_be_a_number_is_a_fact_and_no_error(content: bytes) -> None:
    """Found by two mutants: their messages were tried again, and again, and then dead."""
    odd = content.replace(b"\x02\x00\x10\x00UI", b"\x02\x00\x10\x00US")

    assert odd != content
    assert carry(odd).outcome in {"kept", "failed"}


def test_a_deflated_file_with_an_odd_head_is_not_guessed_at() -> None:
    """It is told as unreadable, and nothing worse."""
    content = in_syntax(image("odd", values("|u1"), "MONOCHROME2"), DeflatedExplicitVRLittleEndian)
    odd = BytesIO(content.replace(b"\x02\x00\x10\x00UI", b"\x02\x00\x10\x00SH"))

    with pytest.raises(Unreadable, match="cannot-parse"):
        plain(odd, walk(odd))
