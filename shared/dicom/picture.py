"""A series' thumbnail from one frame. Pure; pixels only, no text of the header is ever drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
from pydicom import Dataset

LONGEST_SIDE = 256  # pixels
QUALITY = 85  # of JPEG, 0 to 100
DARKEST, BRIGHTEST = 1, 99  # percentiles, where the header names no window
MAX_8_BIT = 255

Values = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Window:
    """How stored values become grey: the lowest and highest stored value shown, and which is white.

    `low` and `high` are None where the header says nothing useful.
    """

    low: float | None
    high: float | None
    inverted: bool


def window(header: Dataset) -> Window:
    """Return the first VOI window of `header` in stored values (PS3.3 C.11.2.1.2)."""
    inverted = header.get("PhotometricInterpretation") == "MONOCHROME1"
    try:
        centre, width = first(header.WindowCenter), first(header.WindowWidth)
        slope = float(header.get("RescaleSlope") or 1)
        intercept = float(header.get("RescaleIntercept") or 0)
        low = (centre - width / 2 - intercept) / slope
        high = (centre + width / 2 - intercept) / slope
    except (AttributeError, ArithmeticError, IndexError, TypeError, ValueError):
        return Window(None, None, inverted)
    usable = np.isfinite([low, high]).all() and high > low
    return Window(low, high, inverted) if usable else Window(None, None, inverted)


def first(value: Any) -> float:  # noqa: ANN401  pydicom gives a number or a list of them
    """Return the first of one or several numbers."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return float(value[0])
    return float(value)


def thumbnail(frame: Values, shown: Window) -> bytes:
    """Return `frame` (rows, columns) or (rows, columns, 3: RGB of 8 bits) as a small JPEG."""
    small = shrink(frame)
    if small.ndim == 2:  # noqa: PLR2004  rows and columns
        small = grey(small, shown)
    return bytes(imagecodecs.jpeg8_encode(np.rint(small).astype(np.uint8), level=QUALITY))


def shrink(frame: Values) -> Values:
    """Return `frame` at most LONGEST_SIDE long, each pixel the mean of the area it stands for."""
    ratio = min(1.0, LONGEST_SIDE / max(frame.shape[:2]))
    small: Values = frame.astype(np.float32)
    for axis in (0, 1):
        size = frame.shape[axis]
        starts = np.arange(max(1, round(size * ratio)))
        starts = starts * size // len(starts)
        widths = np.diff(np.append(starts, size)).astype(np.float32)
        shape = [1] * frame.ndim
        shape[axis] = -1
        small = np.add.reduceat(small, starts, axis=axis) / widths.reshape(shape)
    return small


def grey(values: Values, shown: Window) -> Values:
    """Return `values` as 0 to 255 through the window, or through their own range."""
    low, high = shown.low, shown.high
    if low is None or high is None or values.max() <= low or values.min() >= high:
        low, high = (float(each) for each in np.percentile(values, (DARKEST, BRIGHTEST)))
    scaled = np.clip((values - low) / max(high - low, 1e-6), 0, 1) * MAX_8_BIT
    return MAX_8_BIT - scaled if shown.inverted else scaled
