"""A picture of one frame. Pure; pixels only, no text of the header is ever drawn."""

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
FRAMEWISE = ("FrameVOILUTSequence", "PixelValueTransformationSequence")

Values = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Said:
    """A window that somebody asks for, in what the stored values are rescaled to."""

    centre: float
    width: float
    sigmoid: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """How stored values become grey: the lowest and highest stored value shown, and which is white.

    `low` and `high` are None where the header says nothing useful. Between them, grey rises as a
    line, or as a curve that goes on beyond them, or as `table` has it: 0 to 1, evenly spaced.
    """

    low: float | None
    high: float | None
    inverted: bool
    sigmoid: bool = False
    table: tuple[float, ...] | None = None


def window(header: Dataset, said: Said | None = None) -> Window:
    """Return the first VOI window of `header` in stored values (PS3.3 C.11.2.1.2), else its table.

    Or the window that is `said`.
    """
    inverted = header.get("PhotometricInterpretation") == "MONOCHROME1"
    nothing = Window(None, None, inverted)
    try:
        table = None
        if said is None and "WindowCenter" not in header and header.get("VOILUTSequence"):
            said, table = tabled(header.VOILUTSequence[0])
        elif said is None:
            curve = header.get("VOILUTFunction") == "SIGMOID"
            said = Said(first(header.WindowCenter), first(header.WindowWidth), curve)
        slope = float(header.get("RescaleSlope") or 1)
        middle = said.centre - float(header.get("RescaleIntercept") or 0)
        low, high = (middle - said.width / 2) / slope, (middle + said.width / 2) / slope
    except (AttributeError, ArithmeticError, IndexError, TypeError, ValueError):
        return nothing
    usable = np.isfinite([low, high]).all() and high > low
    return Window(low, high, inverted, said.sigmoid, table) if usable else nothing


def tabled(item: Dataset) -> tuple[Said, tuple[float, ...]]:
    """Return where a VOI LUT begins and ends, as a window, and what it makes of values between.

    PS3.3 C.11.2.1.1. Its brightest entry is white: writers are not at one about its bits.
    """
    entries, begin, _ = (int(each) for each in item.LUTDescriptor)
    told = item.LUTData
    content = np.frombuffer(told, "<u2") if isinstance(told, bytes) else np.asarray(told)
    greys = content[: entries or 65536] / content.max()
    width = len(greys) - 1
    return Said(begin + width / 2, width), tuple(greys.tolist())


def of_frame(header: Dataset, number: int) -> Dataset:
    """Return `header` with what its functional groups say of the frame `number`, from 0.

    PS3.3 C.7.6.16: what holds for all frames, and then what holds for this one.
    """
    groups = list(header.get("SharedFunctionalGroupsSequence") or ())[:1]
    groups += list(header.get("PerFrameFunctionalGroupsSequence") or ())[number : number + 1]
    if not groups:
        return header
    told = Dataset()
    told.update(header)
    for group in groups:
        for keyword in FRAMEWISE:
            for item in list(group.get(keyword) or ())[:1]:
                told.update(item)
    return told


def first(value: Any) -> float:  # noqa: ANN401  pydicom gives a number or a list of them
    """Return the first of one or several numbers."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return float(value[0])
    return float(value)


def thumbnail(frame: Values, shown: Window) -> bytes:
    """Return `frame` (rows, columns) or (rows, columns, 3: RGB of 8 bits) as a small JPEG."""
    return jpeg(toned(frame, shown, LONGEST_SIDE, LONGEST_SIDE), QUALITY)


def toned(frame: Values, shown: Window, width: int | None, height: int | None) -> Values:
    """Return `frame`, grey or RGB of 8 bits, as 8 bits that fit into `width` by `height`."""
    rows, columns = frame.shape[:2]
    small = shrink(frame, min(1.0, (width or columns) / columns, (height or rows) / rows))
    if small.ndim == 2:  # noqa: PLR2004  rows and columns
        small = grey(small, shown)
    return np.ascontiguousarray(np.rint(small), np.uint8)


def jpeg(picture: Values, quality: int) -> bytes:
    """Return a picture of 8 bits as JPEG; `quality` is 1 to 100."""
    return bytes(imagecodecs.jpeg8_encode(picture, level=quality))


def png(picture: Values) -> bytes:
    """Return a picture of 8 bits as PNG."""
    return bytes(imagecodecs.png_encode(picture))


def shrink(frame: Values, ratio: float) -> Values:
    """Return `frame` smaller by `ratio`, each pixel the mean of the area it stands for."""
    small: Values = frame.astype(np.float32)
    if ratio == 1:
        return small
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
    place = (values - low) / max(high - low, 1e-6)
    if shown.sigmoid:  # PS3.3 C.11.2.1.3.1
        scaled = MAX_8_BIT / (1 + np.exp(-4 * (place - 0.5)))
    elif shown.table:
        steps = np.linspace(0, 1, len(shown.table))
        scaled = np.interp(place, steps, shown.table) * MAX_8_BIT
    else:
        scaled = np.clip(place, 0, 1) * MAX_8_BIT
    return MAX_8_BIT - scaled if shown.inverted else scaled
