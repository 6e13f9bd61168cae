"""ingest.zipped: what is in an archive, and why one is refused as a whole."""

import json
from collections.abc import Callable
from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_STORED, ZipFile

import pytest

from services.ingest.inspect import Refused, inspect
from services.ingest.zipped import Archive, Bounds, NotUnpacked, archive_of, directory, read
from shared.reasons import Reason
from tests.unit.ingest import zips
from tests.unit.shared.dicom.files import ct_slice

CT = ct_slice()
ROSTER = json.dumps({"resourceType": "Patient", "name": [{"text": "A B"}]}).encode()
GOOD = zips.zipped({"DICOM/IM0": CT, "DICOM/IM1": ct_slice(SOPInstanceUID="1.2.3.5")})


def contents(body: bytes) -> list[bytes]:
    file = BytesIO(body)
    return [b"".join(read(member, file)) for member in archive_of(file).members]


def refused(body: bytes) -> Reason:
    found = inspect(BytesIO(body))
    assert isinstance(found, Refused)
    return found.reason


@pytest.mark.parametrize("write", [zips.zipped, zips.wide, lambda one: zips.zipped(one, 0)])
def test_what_is_ours_comes_out_byte_for_byte(write: Callable[[dict[str, bytes]], bytes]) -> None:
    """Deflated, stored, and as a pipe writes it with ZIP64 all over: the viewer stays behind."""
    ours = {"DICOM/IM0": CT, "DICOM/IM1": CT + b"more", "a/_COMPLETE.json": b"x", "r": ROSTER}
    body = write(zips.FOREIGN | ours)

    assert contents(body) == list(ours.values())
    found = inspect(BytesIO(body))
    assert isinstance(found, Archive)
    assert found.foreign == len(zips.FOREIGN)


@pytest.mark.parametrize(
    "content",
    [CT[:200], CT[132:], zips.zipped({"IM": CT})],
    ids=["cut", "without preamble", "nested"],
)
def test_what_is_nearly_ours_goes_on_to_the_door(content: bytes) -> None:
    """The door says what is wrong with it."""
    assert contents(zips.zipped({"x.ZIP": content})) == [content]


def test_a_comment_and_folders_are_no_obstacle() -> None:
    """Even a comment that looks like an end."""
    out = BytesIO(GOOD)
    with ZipFile(out, "a") as archive:
        archive.mkdir("folder")
        archive.comment = b"PK\5\6" + bytes(30)
    assert len(contents(out.getvalue())) == 2


def test_every_cut_is_found() -> None:
    """At whatever byte it was cut, nothing of it is taken."""
    body = zips.zipped({"IM": CT}, ZIP_STORED)
    assert contents(body) == [CT]
    for length in range(4, len(body)):
        assert refused(body[:length]) in {Reason.TRUNCATED, Reason.ARCHIVE_MALFORMED}


def test_every_changed_byte_of_a_content_is_found() -> None:
    """By its CRC, at 500 places."""
    body = zips.zipped({"IM": CT}, ZIP_STORED)
    start = body.index(CT)
    for at in range(start, start + len(CT), max(1, len(CT) // 500)):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        assert refused(changed) is Reason.ARCHIVE_MALFORMED


@pytest.mark.parametrize("name", ["../IM", "a/../../IM", "/etc/IM", "C:\\IM", "..\\IM", "a\\..\\b"])
def test_a_name_that_leads_out_is_refused(name: str) -> None:
    """By whichever system's way of writing it."""
    assert refused(zips.zipped({"IM": CT, name: CT})) is Reason.ARCHIVE_UNSAFE


LENGTH, SIZE, OFFSET, FLAGS, METHOD = 20, 24, 42, 8, 10  # in an entry of the directory


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (zips.link("IM", "/etc/passwd"), Reason.ARCHIVE_UNSAFE),
        (zips.bent(GOOD, FLAGS, "<H", 1), Reason.ARCHIVE_ENCRYPTED),
        (zips.zipped({"IM": CT}, ZIP_BZIP2), Reason.ARCHIVE_METHOD),
        (zips.zipped(zips.FOREIGN), Reason.ARCHIVE_FOREIGN),
        (zips.bent(GOOD, SIZE, "<L", len(CT) - 1), Reason.ARCHIVE_MALFORMED),
        (zips.bent(GOOD, SIZE, "<L", len(CT) + 1), Reason.ARCHIVE_MALFORMED),
        (zips.bent(GOOD, LENGTH, "<L", 9), Reason.ARCHIVE_MALFORMED),
        (zips.bent(GOOD, LENGTH, "<L", 0xFFFFFFF0), Reason.ARCHIVE_MALFORMED),
        (zips.bent(GOOD, OFFSET, "<L", 0, entry=1), Reason.ARCHIVE_MALFORMED),
        (zips.bent(GOOD, OFFSET, "<L", 0xFFFFFFF0), Reason.ARCHIVE_MALFORMED),
        (zips.bent(GOOD, METHOD, "<H", 0), Reason.ARCHIVE_MALFORMED),
        (GOOD + b"behind", Reason.TRUNCATED),
        (GOOD[:-6] + b"\xff\xff\xff\x7f\0\0", Reason.ARCHIVE_MALFORMED),
        (zips.bent(GOOD, SIZE, "<L", 0xFFFFFFFE), Reason.ARCHIVE_BOMB),
        (zips.many(60_000), Reason.ARCHIVE_TOO_MANY),
        (zips.zipped({"IM": CT, "zeros": bytes(65 << 20)}), Reason.ARCHIVE_BOMB),
    ],
)
def test_an_archive_past_a_limit_or_with_a_lie_is_refused(body: bytes, reason: Reason) -> None:
    """As a whole, with one code for each."""
    assert refused(body) is reason


def test_the_sum_of_all_members_is_limited() -> None:
    """However small each is."""
    with pytest.raises(NotUnpacked) as no:
        archive_of(BytesIO(GOOD), Bounds(unpacked=2 * len(CT) - 1))
    assert no.value.reason is Reason.ARCHIVE_TOO_BIG


def test_no_member_lies_in_another() -> None:
    """Many entries of one body, which a ratio of each would let through, are refused."""
    body = GOOD
    at, end = body.index(zips.CENTRAL), body.rindex(zips.END)
    entry = body[at : body.index(zips.CENTRAL, at + 1)]
    record = bytearray(body[end:])
    record[8:12] = (2).to_bytes(2, "little") * 2
    record[12:16] = (2 * len(entry)).to_bytes(4, "little")
    assert refused(body[:at] + 2 * entry + bytes(record)) is Reason.ARCHIVE_MALFORMED


def test_never_more_is_unpacked_than_announced() -> None:
    """A member that says one byte and would be 10 MiB gives none of them."""
    body = zips.bent(zips.zipped({"IM": bytes(10 << 20)}), SIZE, "<L", 1)
    given: list[bytes] = []
    (member,) = directory(BytesIO(body), Bounds())
    with pytest.raises(NotUnpacked):
        given.extend(read(member, BytesIO(body)))
    assert given == []
