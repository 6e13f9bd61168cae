"""ZIP files, good and hostile, written by `zipfile` and then bent by hand."""

import stat
from collections.abc import Mapping
from io import BytesIO
from struct import pack, pack_into
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

CENTRAL, END = b"PK\1\2", b"PK\5\6"
FOREIGN = {
    "AUTORUN.INF": b"[autorun]\r\nopen=viewer.exe\r\n",
    "VIEWER/viewer.exe": b"MZ" + bytes(4000),
    "README.TXT": b"Put the disc in.",
    "VIEWER/lib.jar": b"PK\3\4" + bytes(60),
    "VIEWER/settings.json": b'{"window": 400}',
    "EMPTY": b"",
}


def zipped(files: Mapping[str, bytes], method: int = ZIP_DEFLATED) -> bytes:
    """Return a ZIP file of `files`."""
    out = BytesIO()
    with ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def wide(files: Mapping[str, bytes]) -> bytes:
    """Return a ZIP file written to a pipe, every size of it in ZIP64 fields and records."""

    class Pipe(BytesIO):
        def seekable(self) -> bool:
            return False

    out = Pipe()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, content in files.items():
            with archive.open(ZipInfo(name), "w", force_zip64=True) as member:
                member.write(content)
    return widened(out.getvalue())


def widened(body: bytes) -> bytes:
    """Return `body` with its end record told in ZIP64, and the old one all ones."""
    at = body.rindex(END)
    count = int.from_bytes(body[at + 10 : at + 12], "little")
    size = int.from_bytes(body[at + 12 : at + 16], "little")
    offset = int.from_bytes(body[at + 16 : at + 20], "little")
    record = pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = pack("<4sLQL", b"PK\6\7", 0, at, 1)
    ones = pack("<4s4H2LH", END, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return body[:at] + record + locator + ones


def link(name: str, target: str) -> bytes:
    """Return a ZIP file with a symbolic link in it."""
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        info = ZipInfo(name)
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, target)
    return out.getvalue()


def bent(body: bytes, field: int, form: str, value: int, entry: int = 0) -> bytes:
    """Return `body` with one field of one entry of its central directory set to `value`."""
    at = -1
    for _ in range(entry + 1):
        at = body.index(CENTRAL, at + 1)
    out = bytearray(body)
    pack_into(form, out, at + field, value)
    return bytes(out)


def many(count: int) -> bytes:
    """Return a ZIP file of so many empty files."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as archive:
        for number in range(count):
            archive.writestr(ZipInfo(str(number)), b"")
    return out.getvalue()
