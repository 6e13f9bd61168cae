"""shared.dicom.walk on every real file there is: no good one is refused, and each bad one is."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import data_manager

from shared.dicom import Refusal, walk

NO_FILES = {".py", ".pyc", ".json", ".typed", ".hashes", ".md", ".txt"}
PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")

# Every file that is refused, and why. The header of the ones under `pixel-data-missing` is that of
# a picture, and there is none: a viewer could not show them either.
REFUSED = {
    "DICOMDIR-nooffset": "value-past-end",  # its last record is not all there
    "MR_truncated.dcm": "value-past-end",
    "README": "no-dicom-magic",
    "chrJapMulti.dcm": "pixel-data-missing",
    "chrJapMultiExplicitIR6.dcm": "pixel-data-missing",
    "chrKoreanMulti.dcm": "pixel-data-missing",
    "chrSQEncoding.dcm": "pixel-data-missing",
    "chrSQEncoding1.dcm": "pixel-data-missing",
    "crayons.icc": "no-dicom-magic",
    "emri_small_jpeg_2k_lossless_too_short.dcm": "value-past-end",
    "no_meta.dcm": "no-dicom-magic",  # begins with a byte that is not there for anything
    "no_meta_group_length.dcm": "pixel-data-missing",
    "priv_SQ.dcm": "pixel-data-missing",
    "rtplan.dump": "no-dicom-magic",  # text
    "rtplan_truncated.dcm": "value-past-end",
    "rtstruct.dump": "no-dicom-magic",
    "UN_sequence.dcm": "pixel-data-missing",
    "zipMR.gz": "no-dicom-magic",
}
HEADERS_ONLY = "TINY_ALPHA"  # 50 CT headers of a file-set, all without their pictures


def local() -> Iterator[Path]:
    """Yield what is installed; nothing is ever fetched."""
    roots = [Path(data_manager.__file__).parent]
    spec = find_spec("data_store")
    if spec is not None and spec.origin is not None:
        roots.append(Path(spec.origin).parent)
    for root in roots:
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix not in NO_FILES:
                yield path


FILES = list(local())


def outcome(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            walk(file)
    except Refusal as why:
        return why.code
    return None


def expected(path: Path) -> str | None:
    if HEADERS_ONLY in path.parts and path.name.startswith("IM"):
        return "pixel-data-missing"
    return REFUSED.get(path.name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_real_file_has_its_outcome(path: Path) -> None:
    """Whole, or refused as the table says."""
    assert outcome(path) == expected(path)


@pytest.mark.filterwarnings("ignore")
def test_no_good_file_is_refused() -> None:
    """Good is what pydicom can decode; it is another judge than the table."""
    good = [path for path in FILES if outcome(path) is not None and decodable(path)]
    assert good == []
    assert len(FILES) > 180


def decodable(path: Path) -> bool:
    try:
        dataset = dcmread(path)
        if any(keyword in dataset for keyword in PIXELS):
            return bool(dataset.pixel_array.size)
    except Exception:  # noqa: BLE001  pydicom raises whatever it meets
        return False
    return False
