"""Elements of text as DICOM JSON (PS3.18 §F.2), in UTF-8. Pure."""

from collections.abc import Iterable
from typing import Any, TypeAlias

from services.index.repertoire import UNDECLARED, Repertoire, repertoire
from services.index.text import decoded

Json: TypeAlias = dict[str, Any]

# PS3.5 §6.1.2.2: what Specific Character Set is about. All others are ASCII.
FREE = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
PLAIN = frozenset({"AE", "AS", "CS", "DA", "DT", "TM", "UR"})
REPERTOIRES = FREE | PLAIN
ONE_VALUE = frozenset({"LT", "ST", "UR", "UT"})  # a backslash is a letter of theirs
PADDING = " \0"
GROUPS = ("Alphabetic", "Ideographic", "Phonetic")  # PS3.18 §F.2.2, PS3.5 §6.2.1
LONGEST_GROUP, COMPONENTS = 64, 5  # characters, and parts between carets (PS3.5 §6.2)


def declared(value: object, outer: Repertoire) -> Repertoire:
    """Return what a dataset's own (0008,0005) declares, or the `outer` one where it has none.

    `value` is what came: bytes, or what pydicom has made of them; None where nothing did.
    """
    if value is None:
        return outer
    if isinstance(value, bytes):
        value = value.decode("latin_1")
    terms = value.split("\\") if isinstance(value, str) else value
    if not isinstance(terms, Iterable):
        return repertoire(["?"])
    return repertoire(str(term).strip(PADDING) for term in terms)


def element(vr: str, value: bytes, declared: Repertoire, marks: set[str]) -> Json:
    """Return one element; what is odd about its text goes into `marks`."""
    delimiters = b"\\^=" if vr == "PN" else b"" if vr in ONE_VALUE else b"\\"
    text, odd = decoded(
        value.rstrip(PADDING.encode()), declared if vr in FREE else UNDECLARED, delimiters
    )
    marks |= odd
    parts = [text] if vr in ONE_VALUE else text.split("\\")
    parts = [part.strip(PADDING) if vr == "AE" else part.rstrip(PADDING) for part in parts]
    found = [(name(part, marks) if vr == "PN" else part) or None for part in parts]
    return {"vr": vr, "Value": found} if any(found) else {"vr": vr}  # PS3.18 §F.2.5


def name(text: str, marks: set[str]) -> dict[str, str]:
    """Return a PN value by its groups; a fourth one means nothing (PS3.5 §6.2.1)."""
    groups = [group.rstrip(PADDING) for group in text.split("=")]
    long = any(len(group) > LONGEST_GROUP or group.count("^") >= COMPONENTS for group in groups)
    if long or len(groups) > len(GROUPS):
        marks.add("bad-name")
    return {title: group for title, group in zip(GROUPS, groups, strict=False) if group}
