"""DICOM as far as every service needs it: is a file whole, what lies where, what is it."""

from shared.dicom.limits import LIMITS, Limits
from shared.dicom.outline import Element, Outline, Pixels, text
from shared.dicom.refusal import NotDicom, Refusal, TooBig, Truncated
from shared.dicom.walker import walk

__all__ = [
    "LIMITS",
    "Element",
    "Limits",
    "NotDicom",
    "Outline",
    "Pixels",
    "Refusal",
    "TooBig",
    "Truncated",
    "text",
    "walk",
]
