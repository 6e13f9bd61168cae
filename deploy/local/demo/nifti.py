"""Read a NIfTI-1 volume. Pure: bytes in, an array and its place in space out."""

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

HEADER = 348  # bytes; https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
SINGLE_FILE = b"n+1\0"
# `datatype` codes of the header; the others are not needed here.
DTYPES = {2: "<u1", 4: "<i2", 512: "<u2"}
THREE_DIMENSIONS = 3


class NotVolume(ValueError):
    """The bytes are no little-endian NIfTI-1 volume of a kind that is read here."""


@dataclass(frozen=True, slots=True)
class Volume:
    """Voxels as (x, y, z), x fastest in the file.

    `affine` (3, 4) takes (i, j, k, 1) to millimetres, x to the right, y to the front, z up.
    """

    voxels: npt.NDArray[np.integer]
    affine: npt.NDArray[np.float64]


def parse(content: bytes) -> Volume:
    """Return the volume that `content`, an unpacked `.nii`, holds.

    Raises:
        NotVolume: it is something else, or has no affine of its own (`sform_code` 0).

    """
    if len(content) < HEADER or content[344:348] != SINGLE_FILE:
        msg = "no NIfTI-1 file"
        raise NotVolume(msg)
    dimensions, *shape = struct.unpack_from("<8h", content, 40)
    (datatype,) = struct.unpack_from("<h", content, 70)
    (offset,) = struct.unpack_from("<f", content, 108)
    (sform,) = struct.unpack_from("<h", content, 254)
    if dimensions != THREE_DIMENSIONS or datatype not in DTYPES or sform == 0:
        msg = "a volume of another kind"
        raise NotVolume(msg)
    size = shape[:THREE_DIMENSIONS]
    voxels = np.frombuffer(content, DTYPES[datatype], int(np.prod(size)), int(offset))
    affine = np.array(struct.unpack_from("<12f", content, 280), np.float64).reshape(3, 4)
    return Volume(voxels.reshape(size, order="F"), affine)
