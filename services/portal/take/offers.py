"""What can be taken, said before anybody asks for it: whose, how many files, how large."""

from dataclasses import dataclass
from uuid import UUID

from babel.numbers import format_decimal

from services.portal.reading import Visible
from shared.wording import Wording

OFFERS = """
    SELECT claim.person AS owner, count(*) AS files, sum(c.size)::bigint AS size
    FROM catalogue.study AS s
    JOIN catalogue.content AS c ON c.site = s.site AND c.study_uid = s.study_uid
        AND c.standing = 'presented'
    JOIN access.claim AS claim ON claim.record = s.record AND claim.ended_at IS NULL
    WHERE s.record = ANY (%s) AND s.state = 'available' AND s.released_at IS NOT NULL
        AND NOT access.unheeded(claim.claim, claim.person)
    GROUP BY claim.person
"""
NAMES = "SELECT record, name FROM catalogue.contact WHERE record = ANY (%s)"
STEP = 1000
UNITS = ("kB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class Offer:
    """One person's scans; `whose` is a name where it is not the reader; the rest in words."""

    owner: UUID
    whose: str
    files: str
    size: str


def offers(visible: Visible, wording: Wording) -> list[Offer]:
    """Return what the reader may take, their own first."""
    own = {row["owner"] for row in visible.records if row["own"]}
    records = [row["record"] for row in visible.records]
    others = [row["record"] for row in visible.records if not row["own"]]
    named = {row["record"]: row["name"] for row in visible.connection.execute(NAMES, (others,))}
    names = {
        row["owner"]: named.get(row["record"]) or "" for row in visible.records if not row["own"]
    }
    found = visible.connection.execute(OFFERS, (records,)).fetchall()
    return [
        Offer(
            row["owner"],
            "" if row["owner"] in own else names[row["owner"]],
            many(row["files"], wording),
            large(row["size"], wording.language),
        )
        for row in sorted(found, key=lambda row: (row["owner"] not in own, str(row["owner"])))
    ]


def many(files: int, wording: Wording) -> str:
    """Return how many files there are, in words."""
    number = format_decimal(files, locale=wording.language)
    text = wording.words.ngettext("%(count)s file", "%(count)s files", files)
    return str(text % {"count": number})


def large(size: int, language: str) -> str:
    """Return a size in bytes as people say it: `34 MB`."""
    value, unit = size / STEP, 0
    while value >= STEP and unit < len(UNITS) - 1:
        value, unit = value / STEP, unit + 1
    pattern = "#,##0.0" if value < 10 else "#,##0"  # noqa: PLR2004  one digit says too little
    return f"{format_decimal(max(value, 0.1), pattern, locale=language)} {UNITS[unit]}"
