"""Answers as pages and takes show them: whose words they are, and that they are no hospital's."""

from services.portal.sharing.presets import PROVEN, ROLES
from services.portal.take.offers import large
from shared.db import Row
from shared.wording import Wording


def in_words(row: Row, wording: Wording) -> Row:
    """Return an answer as it is shown."""
    role = (ROLES | PROVEN)[row["role"]]
    return row | {
        "role": wording.words.gettext(role),
        "when": f"{row['answered_at']:%Y-%m-%d %H:%M} UTC",
        "lines": [line for line in row["words"].split("\n") if line],
        "size": large(row["size"], wording.language) if row["size"] else "",
    }
