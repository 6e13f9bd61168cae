"""A big-endian dataset as a little-endian one: the same elements, each value turned by its VR.

PS3.5 §7.3, §A.3. With explicit VRs every head and every value keeps its length, so bytes are turned
where they stand, and what a parser would change stays as it was.
"""

from struct import Struct
from typing import BinaryIO

from services.transcode.unfit import Unfit

CODE = "big-endian"  # why it is kept
CHUNK = 1 << 20  # bytes; a multiple of every width
# PS3.5 §6.2: bytes of one number; text, OB and UN (always little endian, §6.2.2) have no order.
WIDTHS = {
    **dict.fromkeys(("US", "SS", "OW", "AT"), 2),
    **dict.fromkeys(("UL", "SL", "FL", "OF", "OL"), 4),
    **dict.fromkeys(("FD", "OD", "SV", "UV", "OV"), 8),
    **dict.fromkeys(("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN"), 1),
    **dict.fromkeys(("SH", "ST", "TM", "UC", "UI", "UR", "UT", "OB", "UN"), 1),
}
LONG = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}
UNDEFINED = 0xFFFFFFFF
DELIMITERS, ITEM_END, SEQUENCE_END = 0xFFFE, (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)
TAG = Struct(">HH"), Struct("<HH")
SHORT_LENGTH = Struct(">H"), Struct("<H")
LENGTH = Struct(">I"), Struct("<I")

Turn = tuple[Struct, Struct]


class Turner:
    """Reads big endian from `file`, and writes the same little endian to `out`."""

    def __init__(self, file: BinaryIO, out: BinaryIO) -> None:
        """Begin where both stand; the strict walker has found `file` whole."""
        self._file = file
        self._out = out

    def dataset(self, end: int) -> None:
        """Turn elements until the position `end`, or the end of an item of undefined length.

        Raises:
            Unfit: nobody can say how a value is to be turned.

        """
        while self._file.tell() < end:
            tag = self._number(TAG)
            if tag == ITEM_END:
                self._number(LENGTH)
                return
            vr = self._copied(2).decode("ascii", "replace")
            if vr not in WIDTHS and vr != "SQ":
                raise Unfit(CODE)
            if vr in LONG:
                self._copied(2)
            (length,) = self._number(LENGTH if vr in LONG else SHORT_LENGTH)
            if vr == "SQ":
                self._items(end if length == UNDEFINED else self._file.tell() + length)
            else:
                self._value(length, WIDTHS[vr])

    def _items(self, end: int) -> None:
        while self._file.tell() < end:
            tag = self._number(TAG)
            (length,) = self._number(LENGTH)
            if tag == SEQUENCE_END:
                return
            self.dataset(end if length == UNDEFINED else self._file.tell() + length)

    def _value(self, length: int, width: int) -> None:
        if length == UNDEFINED or length % width:
            raise Unfit(CODE)
        while length:
            chunk = self._file.read(min(CHUNK, length))
            self._out.write(turned(chunk, width))
            length -= len(chunk)

    def _copied(self, size: int) -> bytes:
        data = self._file.read(size)
        self._out.write(data)
        return data

    def _number(self, form: Turn) -> tuple[int, ...]:
        big, little = form
        numbers: tuple[int, ...] = big.unpack(self._file.read(big.size))
        self._out.write(little.pack(*numbers))
        return numbers


def turned(data: bytes, width: int) -> bytes:
    """Return `data`, numbers of `width` bytes, in the other byte order."""
    if width == 1:
        return data
    out = bytearray(len(data))
    for place in range(width):
        out[place::width] = data[width - 1 - place :: width]
    return bytes(out)
