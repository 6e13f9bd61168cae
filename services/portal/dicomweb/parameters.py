"""What a path or query says beyond UIDs, or why it cannot be meant. Pure."""

import math
import re
from collections.abc import Mapping

from shared.dicom.draw import Drawing, Part
from shared.dicom.picture import Said

NUMBERS = re.compile(r"[0-9]{1,7}(,[0-9]{1,7})*")
MOST_FRAMES = 1000  # of one request
VIEWPORT = {2, 6}  # numbers of one
WINDOW = 3  # parts of one: centre, width, function
LARGEST = 16_384  # pixels of a viewport's side
TAG, ITEM = re.compile(r"[0-9A-F]{8}"), re.compile(r"[0-9]{1,6}")
DEEPEST = 65  # steps to a value: 32 sequences
DIGITS = re.compile(r"[0-9]{1,9}")
NUMBER = re.compile(r"[+-]?[0-9]{0,12}(\.[0-9]{0,12})?([eE][+-]?[0-9]{1,2})?")
# PS3.3 C.11.2.1.2: the lines are half a stored value apart, which nobody sees.
FUNCTIONS = {"", "linear", "linear-exact", "sigmoid"}
BEST = 100  # quality of JPEG


class Absurd(ValueError):
    """What was said cannot be meant; the text is a plain sentence, without what was said."""


def frame_numbers(said: str) -> list[int]:
    """Return the frames of a list as in `1,2,5`, numbered from 0.

    Raises:
        Absurd: it is none.

    """
    if len(said) > 8 * MOST_FRAMES or not NUMBERS.fullmatch(said):
        msg = "Frames are numbers with commas between them, as in 1,2,5."
        raise Absurd(msg)
    numbers = [int(each) - 1 for each in said.split(",")]
    if len(numbers) > MOST_FRAMES:
        msg = f"Ask for at most {MOST_FRAMES} frames at a time."
        raise Absurd(msg)
    return numbers


def bulk_path(said: str) -> tuple[str, ...]:
    """Return the way to a value: tags, and between them numbers of items.

    Raises:
        Absurd: it is none.

    """
    steps = tuple(said.split("/"))
    tags, items = steps[::2], steps[1::2]
    sound = len(steps) % 2 == 1 and len(steps) <= DEEPEST
    if not sound or not all(map(TAG.fullmatch, tags)) or not all(map(ITEM.fullmatch, items)):
        msg = "Bulk data is found by its tag, as in 00281201."
        raise Absurd(msg)
    return steps


def drawing(said: Mapping[str, str], *, png: bool) -> Drawing:
    """Return how `said`, a query, wants a picture (PS3.18 §8.3.5).

    Raises:
        Absurd: it asks for what there is not.

    """
    width, height, part = viewport(said.get("viewport"))
    return Drawing(
        width=width,
        height=height,
        part=part,
        window=window(said.get("window")),
        quality=whole(said.get("quality", "90"), "quality", 1, BEST),
        png=png,
    )


def viewport(said: str | None) -> tuple[int | None, int | None, Part | None]:
    """Return width and height that a picture must fit into, in pixels, and which part of it.

    PS3.18 §8.3.5.1.3: of the part, left, top, width and height may each be left out. It is never
    flipped.
    """
    if not said:
        return None, None, None
    sides = said.split(",")
    if len(sides) not in VIEWPORT:
        msg = "A viewport is as 512,512, a part of the picture as 512,512,0,0,256,256."
        raise Absurd(msg)
    width, height = (whole(each, "viewport", 1, LARGEST) for each in sides[:2])
    if len(sides) == min(VIEWPORT):
        return width, height, None
    left, top = (whole(each or "0", "viewport", 0, LARGEST) for each in sides[2:4])
    size = [whole(each, "viewport", 1, LARGEST) if each else None for each in sides[4:]]
    return width, height, Part(left, top, *size)


def window(said: str | None) -> Said | None:
    """Return a window, as a picture is drawn through it."""
    if not said:
        return None
    parts = said.split(",")
    centre, width, function = (*parts, "", "")[:WINDOW]
    numbers = number(centre), number(width)
    known = len(parts) <= WINDOW and function in FUNCTIONS
    if not known or None in numbers or (numbers[1] or 0) < 1:
        msg = "A window is a centre and a width of at least 1, as in 40,400,linear."
        raise Absurd(msg)
    return Said(numbers[0] or 0.0, numbers[1] or 1.0, function == "sigmoid")


def number(said: str) -> float | None:
    """Return a finite number, or None."""
    if not said or not NUMBER.fullmatch(said):
        return None
    try:
        found = float(said)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def whole(said: str, name: str, least: int, most: int) -> int:
    """Return a whole number between `least` and `most`; `name` is what a sentence calls it."""
    if DIGITS.fullmatch(said) and least <= int(said) <= most:
        return int(said)
    msg = f"For {name}, say a whole number from {least} to {most}."
    raise Absurd(msg)
