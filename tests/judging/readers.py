"""What other people's readers say of a fast copy: DCMTK's `dcmdump`, and `dciodvfy`.

Debian's of both are older than HTJ2K. DCMTK takes a transfer syntax that it does not know for
Explicit VR Little Endian, which is how the dataset is written. `dciodvfy` would refuse the pixel
data, so it is shown the copy as JPEG 2000: only the UID is another.
"""

import re
import subprocess
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.judging.pixels import HTJ2K_LOSSLESS_RPCL

JPEG_2000_LOSSLESS = b"1.2.840.10008.1.2.4.90"
DEFLATED, EXPLICIT = b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.1"
GROUP_LENGTH = slice(140, 144)  # the value of (0002,0000), which comes first (PS3.10 §7.1)
META = 144  # bytes before what (0002,0000) counts
ERROR = re.compile(r"Error - .*")
SECONDS = 60.0


def unread(copy: bytes) -> list[str]:
    """Return what keeps `dcmdump` from reading all of `copy`."""
    code, told = run("/usr/bin/dcmdump", copy)
    last = [line for line in told.splitlines() if line.startswith("E:")][-1:]
    return [] if code == 0 else [f"dcmdump: {line}" for line in last or [f"exit code {code}"]]


def new_errors(original: bytes, copy: bytes) -> list[str]:
    """Return the errors that `dciodvfy` finds in `copy` and not in `original`.

    The original's own are not the copy's fault. Only of public test data: a message may quote.
    """
    before = errors(renamed(inflated(original), HTJ2K_LOSSLESS_RPCL, JPEG_2000_LOSSLESS))
    after = errors(renamed(copy, HTJ2K_LOSSLESS_RPCL, JPEG_2000_LOSSLESS))
    return [f"dciodvfy: {each}" for each in sorted(after - before)]


def errors(content: bytes) -> set[str]:
    """Return the errors that `dciodvfy` finds."""
    code, told = run("/usr/bin/dciodvfy", content)
    if code not in {0, 1}:  # 1: it has found some
        return {f"Error - exit code {code}"}
    return set(ERROR.findall(told))


def run(program: str, content: bytes) -> tuple[int, str]:
    """Return the exit code of `program`, and all it prints, about a file of `content`."""
    if not Path(program).exists():
        msg = f"{program} is missing: apt-get install dcmtk dicom3tools"
        raise FileNotFoundError(msg)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        file.write_bytes(content)
        done = subprocess.run(  # noqa: S603  a program of Debian's, and a file of ours
            [program, str(file)], capture_output=True, check=False, timeout=SECONDS
        )
    return done.returncode, (done.stdout + done.stderr).decode("latin-1")


def renamed(content: bytes, old: bytes, new: bytes) -> bytes:
    """Return a file with another transfer syntax, padded to the same length, if it has `old`."""
    head = content[:1024].replace(old.ljust(24, b"\0"), new.ljust(24, b"\0"), 1)
    return head + content[1024:]


def inflated(content: bytes) -> bytes:
    """Return a deflated file as Explicit VR Little Endian, any other as it is (PS3.5 §A.5)."""
    if DEFLATED not in content[:1024]:
        return content
    end = META + int.from_bytes(content[GROUP_LENGTH], "little")
    head = content[:end].replace(DEFLATED, EXPLICIT.ljust(len(DEFLATED), b"\0"), 1)
    return head + zlib.decompressobj(-zlib.MAX_WBITS).decompress(content[end:])
