"""Why a file cannot be trusted as a whole. `code` is a word from a fixed list, never a value."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.dicom.outline import Outline


class Refusal(Exception):
    """The file is not what it must be."""

    def __init__(self, code: str) -> None:
        """Keep the reason as a code."""
        super().__init__(code)
        self.code = code
        self.outline: Outline | None = None  # what was found before, if anything was


class NotDicom(Refusal):
    """The bytes are no DICOM, or contradict themselves."""


class Truncated(Refusal):
    """The file ends before what it announces: it was cut, or its lengths lie."""


class TooBig(Refusal):
    """A limit is passed; `code` says which."""


class Unreadable(Exception):
    """The pixels cannot be had, or would not come back whole; `code` says why."""

    def __init__(self, code: str) -> None:
        """Keep the reason as a code."""
        super().__init__(code)
        self.code = code
