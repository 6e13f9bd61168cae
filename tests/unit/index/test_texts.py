"""services.index.texts: text as DICOM JSON, names by their groups."""

import json
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom import Dataset, dcmread

from services.index import dicomjson
from services.index.repertoire import UNDECLARED, repertoire
from services.index.texts import declared, element

FILES = sorted((Path(pydicom.__file__).parent / "data/charset_files").glob("*.dcm"))
IN_UTF_8 = {"vr": "CS", "Value": ["ISO_IR 192"]}


def read(vr: str, value: bytes) -> tuple[dict[str, Any], set[str]]:
    marks: set[str] = set()
    return element(vr, value, repertoire(["ISO_IR 192"]), marks), marks


@pytest.mark.parametrize(
    ("value", "groups", "marks"),
    [
        ("Roe^Zoë", {"Alphabetic": "Roe^Zoë"}, set()),
        ("Roe^Zoë=  = ", {"Alphabetic": "Roe^Zoë"}, set()),
        ("=山田^太郎", {"Ideographic": "山田^太郎"}, set()),
        ("==やまだ^たろう", {"Phonetic": "やまだ^たろう"}, set()),
        ("Roe==x\0\0", {"Alphabetic": "Roe", "Phonetic": "x"}, set()),
        ("a=b=c=d", {"Alphabetic": "a", "Ideographic": "b", "Phonetic": "c"}, {"bad-name"}),
        ("a^b^c^d^e", {"Alphabetic": "a^b^c^d^e"}, set()),
        ("a^b^c^d^e^f", {"Alphabetic": "a^b^c^d^e^f"}, {"bad-name"}),
        ("a" * 65, {"Alphabetic": "a" * 65}, {"bad-name"}),
    ],
)
def test_a_name_has_three_groups(value: str, groups: dict[str, str], marks: set[str]) -> None:
    """Missing ones are left out (PS3.18 §F.2.2); nothing of an odd one is lost but a fourth."""
    assert read("PN", value.encode()) == ({"vr": "PN", "Value": [groups]}, marks)


@pytest.mark.parametrize(
    ("vr", "value", "told"),
    [
        ("LO", b"", {"vr": "LO"}),
        ("LO", b"  \0", {"vr": "LO"}),
        ("PN", b"^^", {"vr": "PN", "Value": [{"Alphabetic": "^^"}]}),
        ("PN", b"=", {"vr": "PN"}),
        ("PN", b"a\\\\b", {"vr": "PN", "Value": [{"Alphabetic": "a"}, None, {"Alphabetic": "b"}]}),
        ("CS", b"A \\\\B", {"vr": "CS", "Value": ["A", None, "B"]}),
        ("UT", b"a\\b ", {"vr": "UT", "Value": ["a\\b"]}),
        ("AE", b" A ", {"vr": "AE", "Value": ["A"]}),
        ("LO", b" A ", {"vr": "LO", "Value": [" A"]}),
    ],
)
def test_values_and_padding(vr: str, value: bytes, told: dict[str, Any]) -> None:
    """An empty value among others is null (PS3.18 §F.2.5)."""
    assert read(vr, value) == (told, set())


@pytest.mark.parametrize("vr", ["CS", "DA", "AE"])
def test_a_code_is_ascii_whatever_is_declared(vr: str) -> None:
    """PS3.5 §6.1.2.2: Specific Character Set is not about it; what is more is marked."""
    assert read(vr, "KNIEÜ".encode()) == ({"vr": vr, "Value": ["KNIEÜ"]}, {"guessed-charset"})


def test_an_item_inherits_what_it_does_not_declare() -> None:
    """PS3.5 §7.5.3; an empty value is a declaration too."""
    outer = repertoire(["GB18030"])
    assert declared(None, outer) is outer
    assert declared(b"", outer) == UNDECLARED
    assert declared(b"\\ISO 2022 IR 87 ", outer) == repertoire(["", "ISO 2022 IR 87"])
    assert declared(7, outer).marks == {"bad-charset"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_reads_as_in_pydicom_but_for_its_character_set(path: Path) -> None:
    """Which is UTF-8 now (PS3.18 §F.2), and told once."""
    theirs = dcmread(path)
    found = dicomjson.read(path.read_bytes(), str(theirs.file_meta.TransferSyntaxUID))

    assert found.elements.pop("00080005") == IN_UTF_8
    assert json.loads(json.dumps(found.elements)) == told_by_pydicom(theirs)
    assert found.marks == set()


def told_by_pydicom(dataset: Dataset) -> dict[str, Any]:
    def within(told: dict[str, Any]) -> dict[str, Any]:
        return {
            tag: {**each, "Value": [within(item) for item in each["Value"]]}
            if each["vr"] == "SQ" and "Value" in each
            else each
            for tag, each in told.items()
            if tag not in {"00080005", "7FE00010"} and not tag.endswith("0000")
        }

    return within(dataset.to_json_dict(bulk_data_threshold=1 << 30))


@pytest.mark.parametrize("depth", [0, 1])
@pytest.mark.parametrize("term", [b"ISO_IR\0 100 ", b"idna", b"rot13", b"undefined", b"\xff\\"])
def test_no_declaration_costs_a_header(term: bytes, depth: int) -> None:
    """An unknown one is no codec of Python, and a NUL in one ends nothing."""
    inner = written(b"\x08\x00\x05\x00", b"CS", term) + written(
        b"\x10\0\x10\0", b"PN", b"Roe^Zo\xeb"
    )
    if depth:
        item = b"\xfe\xff\x00\xe0" + len(inner).to_bytes(4, "little") + inner
        inner = b"\x08\0\x10\x11SQ\0\0" + len(item).to_bytes(4, "little") + item

    found = dicomjson.read(inner, "1.2.840.10008.1.2.1")

    shown = found.elements["00081110"]["Value"][0] if depth else found.elements
    assert shown["00100010"]["Value"] == [{"Alphabetic": "Roe^Zoë"}]
    assert "bad-value" not in found.marks


def written(tag: bytes, vr: bytes, value: bytes) -> bytes:
    value += b" " * (len(value) % 2)
    return tag + vr + len(value).to_bytes(2, "little") + value
