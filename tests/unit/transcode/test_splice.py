"""splice: other pixel data in a file, every other byte as it was."""

import subprocess
from contextlib import closing
from io import BytesIO
from pathlib import Path
from struct import unpack

import imagecodecs
import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.dataset import FileDataset
from pydicom.encaps import generate_frames
from pydicom.uid import UID, ExplicitVRLittleEndian, HTJ2KLosslessRPCL, ImplicitVRLittleEndian

from services.transcode.part10 import take_apart
from services.transcode.recode import recode
from tests.judging.copies import findings
from tests.judging.readers import unread
from tests.unit.transcode.samples import sample, slice_dataset, written

EXPLICIT = ("CT_small.dcm", "MR_small.dcm", "emri_small.dcm", "examples_overlay.dcm")
OTHERS = ("MR_small_implicit.dcm", "MR_small_RLE.dcm", "image_dfl.dcm", "explicit_VR-UN.dcm")


def copied(content: bytes) -> bytes:
    out, parts = BytesIO(), take_apart(BytesIO(content))
    with closing(parts.file):
        recode(parts, out, second_judge=True)
    return out.getvalue()


def elements(dataset: FileDataset) -> dict[int, object]:
    return {int(each.tag): each for each in dataset if each.tag.group != 0x7FE0}


def streams(copy: FileDataset) -> list[bytes]:
    tables = (copy.ExtendedOffsetTable, copy.ExtendedOffsetTableLengths)
    frames = int(copy.get("NumberOfFrames", 1))
    return list(generate_frames(copy.PixelData, number_of_frames=frames, extended_offsets=tables))


@pytest.mark.parametrize("name", EXPLICIT + OTHERS)
def test_pydicom_reads_the_same_header(name: str) -> None:
    """Every element but the pixel data's is equal, private ones and sequences among them."""
    original, copy = dcmread(BytesIO(sample(name))), dcmread(BytesIO(copied(sample(name))))

    assert elements(copy) == elements(original)
    assert copy.file_meta.TransferSyntaxUID == HTJ2KLosslessRPCL
    assert copy.file_meta.MediaStorageSOPInstanceUID == copy.SOPInstanceUID


@pytest.mark.parametrize("name", EXPLICIT)
def test_bytes_outside_the_changed_elements_are_equal(name: str) -> None:
    """Preamble, transfer syntax, Meta length and pixel data change; not one other byte."""
    content = sample(name)
    copy = copied(content)
    old, new = take_apart(BytesIO(content)), take_apart(BytesIO(copy))

    uid = old.syntax.encode() + b"\0" * (len(old.syntax) % 2)
    fast = HTJ2KLosslessRPCL.encode() + b"\0" * (len(HTJ2KLosslessRPCL) % 2)
    element = b"\x02\x00\x10\x00UI"
    before, after = (element + len(each).to_bytes(2, "little") + each for each in (uid, fast))
    expected = bytearray(bytes(128) + content[128 : old.before].replace(before, after))
    grown = int.from_bytes(expected[140:144], "little") + len(fast) - len(uid)
    expected[140:144] = grown.to_bytes(4, "little")
    assert copy[: new.before] == bytes(expected)
    assert copy[new.after :] == content[old.after :]


@pytest.mark.parametrize("name", ["CT_small.dcm", "emri_small.dcm", "MR_small_implicit.dcm"])
def test_each_frame_is_found_by_its_offset(name: str) -> None:
    """The extended tables point at one item a frame, as one ranged GET will (C.7.6.3.1.8)."""
    content = copied(sample(name))
    copy, parts = dcmread(BytesIO(content)), take_apart(BytesIO(content))
    assert parts.value is not None
    offsets = unpack(f"<{len(copy.ExtendedOffsetTable) // 8}Q", copy.ExtendedOffsetTable)
    lengths = unpack(f"<{len(offsets)}Q", copy.ExtendedOffsetTableLengths)

    first = parts.value + 8  # after the empty Basic Offset Table
    for offset, length in zip(offsets, lengths, strict=True):
        item = content[first + offset : first + offset + 8 + length]
        assert item[:8] == b"\xfe\xff\x00\xe0" + length.to_bytes(4, "little")
        assert item[8:10] == b"\xff\x4f", "a codestream begins with SOC"
    assert parts.end == first + offsets[-1] + 8 + lengths[-1]


def test_openjpegs_own_program_reads_it(tmp_path: Path, ct_slice: bytes) -> None:
    """A judge that shares no code with us gives every pixel back."""
    (stream,) = streams(dcmread(BytesIO(copied(ct_slice))))
    (tmp_path / "slice.jhc").write_bytes(stream)

    subprocess.run(
        ["opj_decompress", "-i", "slice.jhc", "-o", "slice.rawl"],  # noqa: S607  wherever it is
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )

    raw = np.frombuffer((tmp_path / "slice.rawl").read_bytes(), "<u2")
    assert np.array_equal(raw, np.arange(64 * 64))


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_what_follows_the_pixel_data_survives(syntax: UID) -> None:
    """Elements behind the pixels are kept, in both encodings."""
    dataset = slice_dataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.DataSetTrailingPadding = b"\0" * 64

    copy = dcmread(BytesIO(copied(written(dataset))))

    assert copy.DataSetTrailingPadding == b"\0" * 64
    assert len(streams(copy)) == 1


def test_a_foreign_preamble_is_not_carried_on(ct_slice: bytes) -> None:
    """A file that is also a program leaves only as an original."""
    assert copied(b"MZ" + ct_slice[2:])[:132] == bytes(128) + b"DICM"


def test_a_file_without_a_preamble_gets_one(ct_slice: bytes) -> None:
    """What begins with its File Meta is read, and its copy is a proper Part 10 file."""
    copy = dcmread(BytesIO(copied(ct_slice[132:])))

    assert np.array_equal(imagecodecs.jpeg2k_decode(streams(copy)[0]).ravel(), np.arange(64 * 64))


def test_names_in_every_character_set_come_through() -> None:
    """An implicit header is written anew, and its text keeps its bytes."""
    dataset: Dataset = slice_dataset()
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
    dataset.PatientName = "Yamada^Tarou=山田^太郎=やまだ^たろう"

    content = written(dataset)
    original, copy = dcmread(BytesIO(content)), dcmread(BytesIO(copied(content)))

    assert copy.PatientName == original.PatientName
    assert copy.PatientName.ideographic == "山田^太郎"


@pytest.mark.parametrize("name", [EXPLICIT[0], OTHERS[0]])
@pytest.mark.parametrize("vr", [b"US", b"PN"])
def test_a_meta_length_of_another_vr_is_made_anew(name: str, vr: bytes) -> None:
    """Found by a mutant: DCMTK could not read the copy, and of one nobody found the frames."""
    content = sample(name).replace(b"\x02\0\0\0UL\4\0", b"\x02\0\0\0" + vr + b"\4\0", 1)
    assert content != sample(name)

    copy = copied(content)

    assert findings(content, copy) + unread(copy) == []
    assert dcmread(BytesIO(copy)).file_meta[0x00020000].VR == "UL"
