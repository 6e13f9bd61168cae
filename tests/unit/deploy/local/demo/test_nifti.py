"""deploy.local.demo.nifti, with small volumes made here."""

import struct

import numpy as np
import pytest

from deploy.local.demo.nifti import NotVolume, parse


def nifti(voxels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], sform: int = 4) -> bytes:
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, *voxels.shape, 1, 1, 1, 1)
    struct.pack_into("<hh", header, 70, 2, 8)
    struct.pack_into("<f", header, 108, 352)
    struct.pack_into("<hh", header, 252, 0, sform)
    struct.pack_into("<12f", header, 280, 1, 0, 0, -2, 0, 2, 0, -3, 0, 0, 3, -4)
    header[344:348] = b"n+1\0"
    return bytes(header) + voxels.tobytes(order="F")


VOXELS = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def test_voxels_and_place_come_back() -> None:
    """The first axis runs fastest in the file, and the affine has its origin in the last column."""
    volume = parse(nifti(VOXELS))
    assert np.array_equal(volume.voxels, VOXELS)
    assert volume.affine[:, 3].tolist() == [-2, -3, -4]
    assert np.diag(volume.affine).tolist() == [1, 2, 3]


@pytest.mark.parametrize("content", [b"", b"n+1\0", nifti(VOXELS, sform=0), bytes(400)])
def test_anything_else_is_refused(content: bytes) -> None:
    """A volume whose place in space is not known would come out mirrored."""
    with pytest.raises(NotVolume):
        parse(content)
