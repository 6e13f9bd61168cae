"""shared.dicom.walk: a file is whole, or it is refused with a reason."""

import zlib
from io import BytesIO
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.dicom import LIMITS, Limits, NotDicom, Refusal, TooBig, Truncated, text, walk
from tests.unit.shared.dicom.files import (
    ITEM_END,
    SEQUENCE_END,
    UNDEFINED,
    ct_slice,
    element,
    end,
    item,
    part10,
    tag,
)

SOP_UID, PIXEL_DATA = 0x00080018, 0x7FE00010
NOTE = element(0x00081030, b"LO", b"ok")
DOSE = b"1.2.840.10008.5.1.4.1.1.481.2\0"
JPEG = b"1.2.840.10008.1.2.4.70"
PICTURE = (
    element(0x00280008, b"IS", b"2 ")
    + element(0x00280010, b"US", b"\x02\0")
    + element(0x00280011, b"US", b"\x02\0")
    + element(0x00280100, b"US", b"\x08\0")
)


def refused(content: bytes, limits: Limits = LIMITS) -> Refusal:
    with pytest.raises(Refusal) as why:
        walk(BytesIO(content), limits)
    return why.value


def test_a_whole_file_is_outlined_without_its_pixels() -> None:
    """Tags, values and offsets are those of the file."""
    content = ct_slice()

    outline = walk(BytesIO(content))

    assert text(outline.elements[SOP_UID]) == "1.2.3.4"
    assert outline.transfer_syntax == "1.2.840.10008.1.2.1"
    assert outline.preamble == bytes(128)
    assert outline.pixels is not None
    assert (outline.pixels.length, outline.pixels.fragments) == (128, None)
    assert outline.pixels.offset + 128 == len(content)
    assert outline.elements[PIXEL_DATA].value is None
    assert outline.warnings == ()


def test_no_cut_of_a_file_with_pixels_is_taken_for_whole() -> None:
    """Cut at every byte, also at the end of an element: 0 of all cuts are accepted."""
    content = ct_slice()

    accepted = [cut for cut in range(len(content)) if not isinstance(cut_at(content, cut), Refusal)]

    assert accepted == []


def cut_at(content: bytes, cut: int) -> object:
    try:
        return walk(BytesIO(content[:cut]))
    except Refusal as why:
        return why


def test_a_file_without_pixels_can_be_cut_only_where_an_element_ends() -> None:
    """There nobody can know; everywhere else it is refused."""
    notes = [element(0x00100000 + number, b"LO", b"value!") for number in range(1, 6)]
    content = part10(b"".join(notes))
    start = len(part10(b""))

    accepted = [cut for cut in range(len(content)) if not isinstance(cut_at(content, cut), Refusal)]

    assert accepted == [start + sum(map(len, notes[:count])) for count in range(1, 5)]


@pytest.mark.parametrize(
    ("dataset", "kind", "code"),
    [
        (element(0x00081030, b"LO", b"ok", 4), Truncated, "value-past-end"),
        (element(0x00081030, b"UT", b"ok", UNDEFINED), NotDicom, "length-undefined"),
        (NOTE + end(ITEM_END), NotDicom, "delimiter-out-of-place"),
        (element(0x00081140, b"SQ", item(NOTE, 2) + NOTE), NotDicom, "value-past-its-item"),
        (element(0x00081140, b"SQ", NOTE), NotDicom, "item-expected"),
        (element(0x00081140, b"SQ", item(NOTE), UNDEFINED), Truncated, "value-past-end"),
        (NOTE + b"\0\0garbage", NotDicom, "vr-missing"),
        # within an item it looks like an element without a VR
        (element(0x00081140, b"SQ", item(NOTE + bytes(8))), NotDicom, "vr-missing"),
        (
            element(0x00081140, b"SQ", item(NOTE) + tag(SEQUENCE_END) + b"\4\0\0\0", UNDEFINED),
            NotDicom,
            "delimiter-with-length",
        ),
        (element(0x00280002, b"US", bytes(2)), Truncated, "pixel-data-missing"),
        (element(0x00280102, b"US", bytes(4)), NotDicom, "pixel-attribute-malformed"),
        (element(0x00080016, b"UI", DOSE), Truncated, "pixel-data-missing"),
        (b"", NotDicom, "dataset-empty"),
        (PICTURE, Truncated, "pixel-data-missing"),
        (PICTURE + element(PIXEL_DATA, b"OW", bytes(6)), Truncated, "pixel-data-short"),
        (NOTE + bytes(5000), Truncated, "bytes-after-end"),
        (NOTE + bytes(100) + b"x", Truncated, "bytes-after-end"),
    ],
)
def test_what_contradicts_itself_is_refused(dataset: bytes, kind: type[Refusal], code: str) -> None:
    """Each lie has its own code."""
    why = refused(part10(dataset))
    assert (type(why), why.code) == (kind, code)


@pytest.mark.parametrize(
    ("dataset", "warning"),
    [
        (NOTE + bytes(6), "trailing-bytes"),
        (NOTE + bytes(1000), "trailing-bytes"),
        (PICTURE + element(PIXEL_DATA, b"OW", bytes(10)), "pixel-data-long"),
        (element(0x00081030, b"LO", b"odd"), "odd-length"),
        (NOTE + NOTE, "tag-repeated"),
        (element(0x00100010, b"LO", b"ok") + NOTE, "tags-out-of-order"),
        (element(0x00081030, b"ZZ", b"ok"), "vr-unknown"),
        (element(PIXEL_DATA, b"OW", bytes(10)), "pixel-length-unknown"),
    ],
)
def test_what_real_files_do_is_taken_with_a_warning(dataset: bytes, warning: str) -> None:
    """Odd, and nothing of it says that bytes are missing."""
    assert walk(BytesIO(part10(dataset))).warnings == (warning,)


def test_a_dose_may_have_curves_and_no_grid() -> None:
    """PS3.3 A.18.3: with a DVH Sequence nothing is missing."""
    dose = element(0x00080016, b"UI", DOSE) + element(0x30040050, b"SQ", item(NOTE))
    assert walk(BytesIO(part10(dose))).warnings == ()


def test_an_item_may_be_written_in_implicit_vr() -> None:
    """Some writers slip, but for all of an item."""
    implicit = b"\x08\0\x30\x10\x02\0\0\0ok"
    sequence = element(0x00081140, b"SQ", item(NOTE) + item(implicit + implicit))
    assert walk(BytesIO(part10(sequence))).warnings == ("vr-missing",)


def test_padding_after_the_pixels_is_an_element() -> None:
    """Data Set Trailing Padding (FFFC,FFFC), PS3.10 §7.2."""
    padded = ct_slice() + element(0xFFFCFFFC, b"OB", bytes(16))
    assert walk(BytesIO(padded)).warnings == ()


@pytest.mark.parametrize(
    "sequence",
    [
        element(0x00081140, b"SQ", item(NOTE) + item(b"")),
        element(0x00081140, b"SQ", item(NOTE) + end(SEQUENCE_END), UNDEFINED),
        element(
            0x00081140,
            b"SQ",
            item(NOTE + end(ITEM_END), UNDEFINED) + end(SEQUENCE_END),
            UNDEFINED,
        ),
        element(0x00081140, b"SQ", item(NOTE + end(ITEM_END), UNDEFINED)),
        element(0x00081140, b"SQ", b""),
        # PS3.5 §6.2.2: UN of undefined length is implicit inside
        element(
            0x00091001,
            b"UN",
            item(b"\x08\0\x30\x10\x02\0\0\0ok") + end(SEQUENCE_END),
            UNDEFINED,
        ),
        # an icon, encapsulated within an item
        element(
            0x00880200,
            b"SQ",
            item(
                element(PIXEL_DATA, b"OB", item(b"") + item(b"\xff\xd8") + end(SEQUENCE_END),
                        UNDEFINED)
            ),
        ),
    ],
)  # fmt: skip
def test_sequences_of_every_form_are_passed_over(sequence: bytes) -> None:
    """What follows them is found where it is."""
    outline = walk(BytesIO(part10(sequence + element(0x00990010, b"LO", b"behind"))))
    assert text(outline.elements[0x00990010]) == "behind"
    assert outline.warnings == ()


def encapsulated(*fragments: bytes, ended: bool = True) -> bytes:
    value = item(b"") + b"".join(map(item, fragments)) + (end(SEQUENCE_END) if ended else b"")
    return part10(PICTURE + element(PIXEL_DATA, b"OB", value, UNDEFINED), JPEG)


def test_fragments_are_counted_to_their_end() -> None:
    """Two frames, two fragments, and the element ends with its delimiter."""
    pixels = walk(BytesIO(encapsulated(b"ab", b"cd"))).pixels
    assert pixels is not None
    assert pixels.fragments == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (encapsulated(b"ab"), "fragments-missing"),
        (encapsulated(b"ab", b"cd", ended=False), "value-past-end"),
        (encapsulated(b"ab", b"cd")[:-1], "value-past-end"),
        (encapsulated(b"ab", b"cd").replace(item(b"cd"), item(b"cd", 99)), "value-past-end"),
        (encapsulated(b"ab", b"cd").replace(item(b"cd"), NOTE), "fragment-expected"),
    ],
)
def test_encapsulated_pixels_must_be_all_there(content: bytes, code: str) -> None:
    """A fragment for each frame, each of them whole, and the delimiter after them."""
    assert refused(content).code == code


@pytest.mark.parametrize(
    ("changes", "short"),
    [
        ({"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0, "NumberOfFrames": 2}, 16),
        ({"NumberOfFrames": 3}, 384),
        ({"SamplesPerPixel": 3, "BitsAllocated": 8, "PhotometricInterpretation": "RGB"}, 192),
        (
            {"SamplesPerPixel": 3, "BitsAllocated": 8, "PhotometricInterpretation": "YBR_FULL_422"},
            128,
        ),
        (
            {
                "SamplesPerPixel": 3,
                "BitsAllocated": 8,
                "PhotometricInterpretation": "YBR_PARTIAL_420",
            },
            96,
        ),
    ],
)
def test_native_pixels_have_the_computed_length(changes: dict[str, object], short: int) -> None:
    """One byte pair less is refused, the computed length is taken."""
    assert walk(BytesIO(ct_slice(**changes, PixelData=bytes(short)))).warnings == ()
    assert refused(ct_slice(**changes, PixelData=bytes(short - 2))).code == "pixel-data-short"


def deflated(dataset: bytes, tail: bytes = b"") -> bytes:
    stream = zlib.compressobj(9, wbits=-15)
    body = stream.compress(dataset) + stream.flush()
    return part10(body + tail, b"1.2.840.10008.1.2.1.99")


def gzip_end(dataset: bytes) -> bytes:
    return pack("<LL", zlib.crc32(dataset), len(dataset))


def test_a_deflated_file_is_walked_inside() -> None:
    """Padded, or with the end of a gzip file behind it: seen in real files."""
    for tail in (b"", b"\0", gzip_end(NOTE)):
        assert text(walk(BytesIO(deflated(NOTE, tail))).elements[0x00081030]) == "ok"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (deflated(NOTE)[:-1], "deflate-cut"),
        (deflated(NOTE, b"x"), "bytes-after-end"),
        (deflated(NOTE, gzip_end(b"other")), "bytes-after-end"),
        (part10(b"\xff\xff\xff", b"1.2.840.10008.1.2.1.99"), "not-deflated"),
        (deflated(NOTE[:-1]), "value-past-end"),
    ],
)
def test_a_deflated_file_must_end_where_its_stream_does(content: bytes, code: str) -> None:
    """The stream is whole, and so is what comes out of it."""
    assert refused(content).code == code


def test_a_bomb_is_stopped_while_it_grows() -> None:
    """Far before it is inflated."""
    bomb = deflated(element(0x00091001, b"OB", bytes(64 << 20)))
    assert refused(bomb).code == "inflate-bomb"


def nested(depth: int) -> bytes:
    value = NOTE
    for _ in range(depth):
        value = element(0x00081140, b"SQ", item(value))
    return value


def test_limits_are_limits() -> None:
    """At each limit a file is taken, one past it, it is refused with the limit's name."""
    assert walk(BytesIO(part10(nested(32)))).elements
    assert refused(part10(nested(33))).code == "too-deep"

    few = Limits(elements=10, value=100, header=200, file=1000, fragments=2)
    assert refused(part10(element(0x00081140, b"SQ", item(b"") * 10)), few).code == (
        "too-many-elements"
    )
    assert refused(part10(element(0x00091001, b"OB", bytes(102))), few).code == "value-too-big"
    many = b"".join(element(0x00091000 + n, b"OB", bytes(90)) for n in range(3))
    assert refused(part10(many), few).code == "header-too-big"
    assert refused(bytes(1001), few).code == "file-too-big"
    assert refused(encapsulated(b"ab", b"cd", b"ef"), few).code == "too-many-fragments"


def test_every_limit_is_a_refusal_of_its_own_kind() -> None:
    """TooBig, so that an operator may raise it."""
    assert isinstance(refused(part10(nested(33))), TooBig)


def test_millions_of_empty_items_do_not_cost_the_day() -> None:
    """8 MB of them took another parser half a minute."""
    assert refused(part10(element(0x00081140, b"SQ", item(b"") * 1_000_000))).code == (
        "too-many-elements"
    )


def test_a_file_without_preamble_is_known_by_its_elements() -> None:
    """With meta information, or with nothing but a dataset, explicit or implicit."""
    whole = ct_slice()
    outline = walk(BytesIO(whole[132:]))
    assert (outline.preamble, outline.warnings) == (b"", ("preamble-missing",))

    bare = whole[walk(BytesIO(whole)).elements[0x00080016].offset - 8 :]
    outline = walk(BytesIO(bare))
    assert outline.transfer_syntax == "1.2.840.10008.1.2.1"
    assert outline.warnings == ("preamble-missing", "meta-missing", "transfer-syntax-missing")
    assert isinstance(refused(bare[:-1]), Truncated)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"hello", "no-dicom-magic"),
        (b"\x08\0\x05\0CS\x04\0abcd", "no-dicom-magic"),
        (b"\x08\0" * 100, "no-dicom-magic"),
        (bytes(4096), "no-dicom-magic"),
        (b'{"resourceType": "Bundle"}', "no-dicom-magic"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "no-dicom-magic"),
    ],
)
def test_other_files_are_no_dicom(content: bytes, code: str) -> None:
    """A guess is only made where several elements bear it out."""
    assert refused(content).code == code


def test_a_refusal_takes_along_what_was_found() -> None:
    """So that a person may still let the object in."""
    outline = refused(ct_slice()[:-1]).outline
    assert outline is not None
    assert text(outline.elements[SOP_UID]) == "1.2.3.4"


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=8), st.integers(0, len(ct_slice()) - 1))
def test_no_mutant_gets_out_of_hand(patch: bytes, at: int) -> None:
    """Whatever is in the bytes: an outline or a refusal, never another error."""
    content = ct_slice()
    cut_at(content[:at] + patch + content[at + len(patch) :], len(content))
