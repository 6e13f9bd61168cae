"""A file of many frames costs the memory of a few, however it is encoded."""

import tracemalloc
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pydicom import uid

from services.transcode.part10 import take_apart
from services.transcode.recode import recode
from tests.every_file.making import big_endian, coded, image, in_syntax, written

FRAMES, SIDE = 80, 256
FRAME_BYTES = SIDE * SIDE * 3
# What is spooled before it goes to disk (8 MiB), and what is turned, read ahead or encoded at once.
MOST = (8 << 20) + 20 * FRAME_BYTES


def pictures() -> npt.NDArray[Any]:
    noise = np.random.default_rng(5).integers(0, 255, (FRAMES, SIDE, SIDE, 3), np.uint8)
    return noise & 0x03


FILES = {
    "by plane": lambda: written(image("planes", pictures(), "RGB", planar=1)),
    "deflated": lambda: in_syntax(
        image("deflated", pictures(), "RGB"), uid.DeflatedExplicitVRLittleEndian
    ),
    "big-endian": lambda: big_endian(image("turned", pictures(), "RGB")),
    "RLE": lambda: coded("rle", uid.RLELossless, pictures(), "RGB"),
    "JPEG-LS": lambda: coded("jpeg-ls", uid.JPEGLSLossless, pictures(), "RGB"),
}


@pytest.mark.parametrize("kind", FILES)
def test_memory_does_not_grow_with_the_frames(kind: str, tmp_path: Path) -> None:
    """Frames go one at a time from a file to a file."""
    original = tmp_path / "original"
    original.write_bytes(FILES[kind]())

    with original.open("rb") as file, (tmp_path / "copy").open("wb+") as copy:
        tracemalloc.start()
        try:
            parts = take_apart(file)
            with closing(parts.file):
                recode(parts, copy, second_judge=False)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak < MOST < FRAMES * FRAME_BYTES
    assert take_apart(BytesIO((tmp_path / "copy").read_bytes())).outline.pixels is not None
