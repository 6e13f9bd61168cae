"""services.index.header and .dicomjson: every way to write DICOM, by as few bytes as will do."""

import json
import zlib
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from services.index import dicomjson, header
from shared.catalogue.served import unpacked
from shared.errors import EdgeDown
from tests.fakes.storage import MemoryStorage

DATA = Path(pydicom.__file__).parent / "data"


class Counted(MemoryStorage):
    """A store that knows how much was read."""

    def __init__(self) -> None:
        """Start at nothing."""
        super().__init__()
        self.lengths: list[int] = []

    def read(self, bucket: str, key: str, offset: int, length: int) -> bytes:
        """Read, and count."""
        self.lengths.append(length)
        return super().read(bucket, key, offset, length)


def read(content: bytes, syntax: str) -> tuple[header.Header, list[int]]:
    storage = Counted()
    storage.put("archive", "k", content)
    return header.read(storage, "archive", "k", len(content), syntax), storage.lengths


def written(syntax: UID, pixels: int = 32, **others: object) -> bytes:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3"
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName, dataset.PatientID, dataset.InstanceNumber = "Roe^Zoë", "4711", 3
    with dicomjson.lenient():
        for keyword, value in others.items():
            setattr(dataset, keyword, value)
    dataset.BitsAllocated, dataset.PixelData = 16, bytes(pixels)
    dataset["PixelData"].VR = "OW"
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


SYNTAXES = [
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
]


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda uid: uid.name)
@pytest.mark.parametrize("preamble", [True, False])
def test_every_encoding_is_read(syntax: UID, preamble: bool) -> None:  # noqa: FBT001  a case
    """Also without preamble; only the beginning of a large file is fetched."""
    content = written(syntax, pixels=1 << 20)[0 if preamble else 132 :]

    found, lengths = read(content, syntax)

    told = found.values
    assert (told.study.patient_name, told.instance_number, told.marks) == ("Roe^Zoë", 3, ())
    assert told.patient is not None
    assert sum(lengths) <= header.FIRST


def test_a_long_header_is_fetched_by_doubling() -> None:
    """Until the pixels come in sight, and no further."""
    content = written(ExplicitVRLittleEndian, pixels=1 << 20, TextValue="x" * 200_000)

    found, lengths = read(content, ExplicitVRLittleEndian)

    assert lengths == [64 << 10, 128 << 10, 256 << 10]
    told = json.loads(unpacked(found.packed))
    assert told["0040A160"] == {"vr": "UT", "Value": ["x" * 200_000]}


def test_bulk_is_left_out_and_its_element_says_where_it_is() -> None:
    """A viewer can fetch it, also out of a sequence; pixels are not even named."""
    item = Dataset()
    item.add_new(0x00283006, "OW", bytes(4096))
    content = written(
        ExplicitVRLittleEndian,
        RedPaletteColorLookupTableData=bytes(2048),
        ICCProfile=b"\x01\x02",
        VOILUTSequence=[Dataset(), item],
    )
    told = json.loads(unpacked(read(content, ExplicitVRLittleEndian)[0].packed))

    assert told["00281201"] == {"vr": "OW", "BulkDataURI": "bulkdata/00281201"}
    nested = told["00283010"]["Value"][1]["00283006"]
    assert nested == {"vr": "OW", "BulkDataURI": "bulkdata/00283010/1/00283006"}
    assert told["00282000"] == {"vr": "OB", "InlineBinary": "AQI="}
    assert "7FE00010" not in told


# As pydicom's own tests spell them (tests/test_charset.py).
NAMES = {
    "chrArab": "قباني^لنزار",
    "chrFren": "Buc^Jérôme",
    "chrFrenMulti": "Buc^Jérôme",
    "chrGerm": "Äneas^Rüdiger",
    "chrGreek": "Διονυσιος",
    "chrH31": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "chrH32": "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    "chrHbrw": "שרון^דבורה",
    "chrI2": "Hong^Gildong=洪^吉洞=홍^길동",
    "chrJapMulti": "やまだ^たろう",
    "chrJapMultiExplicitIR6": "やまだ^たろう",
    "chrKoreanMulti": "김희중",
    "chrRuss": "Люкceмбypг",  # noqa: RUF001  some of it is Latin, as in the file
    "chrX1": "Wang^XiaoDong=王^小東",
    "chrX2": "Wang^XiaoDong=王^小东",
}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_names_in_every_character_set_become_utf_8(name: str) -> None:
    """With all their groups."""
    path = DATA / "charset_files" / f"{name}.dcm"
    with dicomjson.lenient():
        syntax = str(dcmread(path).file_meta.TransferSyntaxUID)

    assert read(path.read_bytes(), syntax)[0].values.study.patient_name == NAMES[name]


@pytest.mark.parametrize("name", ["chrSQEncoding", "chrSQEncoding1"])
def test_names_within_sequences_follow_their_own_character_set(name: str) -> None:
    """An item may have another one than the dataset."""
    path = DATA / "charset_files" / f"{name}.dcm"
    found, _ = read(path.read_bytes(), ExplicitVRLittleEndian)

    told = json.loads(unpacked(found.packed))
    (item,) = told["00321064"]["Value"]
    assert item["00100010"]["Value"] == [
        {"Alphabetic": "ﾔﾏﾀﾞ^ﾀﾛｳ", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}
    ]


def test_text_that_cannot_be_decoded_is_replaced_and_marked() -> None:
    """Never fatal, and never taken for sound."""
    content = written(ExplicitVRLittleEndian).replace("Zoë".encode(), b"Zo\xff\xfe")

    told = read(content, ExplicitVRLittleEndian)[0].values

    assert told.study.patient_name == "Roe^Zo\ufffd\ufffd"
    assert told.marks == ("undecodable-text",)


def test_a_bad_value_costs_only_itself() -> None:
    """The others are read."""
    content = written(ExplicitVRLittleEndian, SeriesNumber=7)
    content = content.replace(b"IS\x02\x007 ", b"IS\x02\x00x ")

    told = read(content, ExplicitVRLittleEndian)[0].values

    assert "bad-value" in told.marks
    assert (told.series.series_number, told.instance_number) == (None, 3)


@pytest.mark.parametrize("path", sorted(DATA.glob("test_files/*.dcm")), ids=lambda path: path.name)
def test_no_file_is_fatal(path: Path) -> None:
    """Whatever pydicom's own collection of oddities holds."""
    found, _ = read(path.read_bytes(), ExplicitVRLittleEndian)

    assert isinstance(json.loads(unpacked(found.packed)), dict)


def test_a_deflated_bomb_is_inflated_only_so_far() -> None:
    """Its header counts, its zeros do not."""
    content = written(DeflatedExplicitVRLittleEndian)
    start = content.index(b"1.2.840.10008.1.2.1.99") + 22
    meta = content[: start + (start % 2)]
    packed = zlib.compressobj(9, wbits=-15)
    bomb = meta + packed.compress(bytes(300 << 20)) + packed.flush()

    found, _ = read(bomb, DeflatedExplicitVRLittleEndian)

    assert found.values.marks == header.UNREADABLE.values.marks


def test_a_store_that_is_down_is_no_bad_header() -> None:
    """It is asked again."""
    storage = MemoryStorage()
    storage.down = True
    with pytest.raises(EdgeDown):
        header.read(storage, "archive", "k", 10, ExplicitVRLittleEndian)
