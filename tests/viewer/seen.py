"""What a person must see of an image, by pydicom alone. Imports nothing of the product."""

from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut
from pydicom.pixels.utils import pixel_array

Picture = npt.NDArray[np.uint8]
DARKEST, BRIGHTEST = 1, 99  # percentiles, where the header names no window


def shown(ds: Dataset, frame: int) -> Picture:
    """Return frame `frame` (from 0) as (rows, columns, 3) or, grey, (rows, columns)."""
    photometric = str(ds.PhotometricInterpretation)
    values = pixel_array(ds, index=frame)  # colours are RGB already
    if photometric == "PALETTE COLOR":
        return high_byte(apply_color_lut(values, ds), 16)
    if ds.SamplesPerPixel > 1:
        return high_byte(values, int(ds.BitsStored))
    if "VOILUTSequence" in ds or ds.get("VOILUTFunction") == "SIGMOID":
        toned = apply_voi_lut(apply_modality_lut(values, ds), ds).astype(np.float64)
        return turned(ds, through(toned, 0, 2 ** int(ds.BitsStored) - 1))
    centre, width = first(ds, "WindowCenter"), first(ds, "WindowWidth")
    if centre is None or width is None or width < 1:
        rescaled = apply_modality_lut(values, ds)
        low, high = np.percentile(rescaled, (DARKEST, BRIGHTEST))
        return turned(ds, through(rescaled, low, high))
    return grey(ds, frame, centre, width)


def grey(ds: Dataset, frame: int, centre: float, width: float) -> Picture:
    """Return a frame through a window (PS3.3 C.11.2.1.2.1)."""
    rescaled = apply_modality_lut(pixel_array(ds, index=frame), ds)
    low = centre - 0.5 - (width - 1) / 2
    return turned(ds, through(rescaled, low, low + width - 1))


def through(values: npt.NDArray[Any], low: float, high: float) -> Picture:
    """Return values as 0 to 255."""
    scaled = (values.astype(np.float64) - low) / max(high - low, 1) * 255
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def turned(ds: Dataset, picture: Picture) -> Picture:
    """Return white as black where the header says so (PS3.3 C.7.6.3.1.2)."""
    return 255 - picture if ds.PhotometricInterpretation == "MONOCHROME1" else picture


def high_byte(values: npt.NDArray[Any], bits: int) -> Picture:
    """Return values of `bits` as 8 bits."""
    if values.dtype == np.uint8:
        return values.astype(np.uint8)
    return (values >> (bits - 8)).astype(np.uint8)


def first(ds: Dataset, keyword: str) -> float | None:
    """Return the first number of an attribute."""
    value = ds.get(keyword)
    if value is None or value == "":
        return None
    return float(value if isinstance(value, int | float | str) else value[0])
