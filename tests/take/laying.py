"""What one patient's hospital drops: many small slices, one file of every kind, one large one."""

from collections.abc import Iterator
from hashlib import file_digest, sha256
from pathlib import Path

from pydicom import dcmread

from benchmarks import cine
from tests.received.files import ct_slice, public, relabelled

PATIENT = "P-TAKE"
ROOT = "2.25.4714"
SLICES = 250  # of a study
KINDS = (
    *("CT_small.dcm", "MR_small_bigendian.dcm", "SC_rgb_small_odd.dcm", "color-pl.dcm"),
    *("examples_palette.dcm", "emri_small.dcm", "JPEG2000.dcm", "color3d_jpeg_baseline.dcm"),
    *("liver.dcm", "SC_rgb_32bit.dcm", "test-SR.dcm", "SC_rgb_dcmtk_+eb+cy+s2.dcm"),
)


def lay(folder: Path, instances: int, gigabytes: float) -> set[str]:
    """Write the files, and return their SHA-256."""
    folder.mkdir(parents=True)
    digests = set()
    for number, content in enumerate(small(instances)):
        (folder / f"{number}.dcm").write_bytes(content)
        digests.add(sha256(content).hexdigest())
    if gigabytes:
        digests.add(large(folder / "large.dcm", int(gigabytes * 1e9)))
    return digests


def small(instances: int) -> Iterator[bytes]:
    """Yield the small files."""
    for number in range(instances):
        study = f"{ROOT}.{number // SLICES + 1}"
        yield ct_slice(study, f"{study}.{number % 2 + 1}", number, PATIENT)
    for place, name in enumerate(KINDS):
        series = f"{ROOT}.9999.{place + 1}"
        yield relabelled(public(name), PATIENT, f"{ROOT}.9999", series, f"{series}.1")


def large(file: Path, size: int) -> str:
    """Write one file of about `size` bytes, of the same patient; return its SHA-256."""
    cine.write(file, size)
    head = dcmread(file, stop_before_pixels=True)
    pixels = file.stat().st_size - (size // cine.FRAME * cine.FRAME + 12)
    with file.open("r+b") as out:  # a number of the same length stands in its place
        start = out.read(pixels)
        was, now = str(head.PatientID).encode(), PATIENT.encode()
        out.seek(start.index(was))
        out.write(now.ljust(len(was)))
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()
