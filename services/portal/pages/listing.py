"""A person's studies, with what a page says of each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from babel.dates import format_date

from services.portal.pages import plain
from services.portal.pages.meant import meant
from services.portal.pages.plain import N_
from services.portal.reading import Visible
from shared import catalogue
from shared.brought import brought
from shared.catalogue import Position, StudyRow
from shared.db import Connection, Row
from shared.events import Held
from shared.wording import Wording

PAGE = 30  # studies
MOST_TEXTS = 1000  # of which words are guessed

BESIDE = """
    SELECT s.site, s.study_uid, site.title,
        array(SELECT DISTINCT body_part FROM catalogue.series AS r
            WHERE r.site = s.site AND r.study_uid = s.study_uid AND body_part IS NOT NULL
            ORDER BY body_part) AS body_parts,
        EXISTS (SELECT FROM access.reading AS r WHERE r.record = s.record AND r.actor = %(person)s
            AND r.study_uid = s.study_uid AND r.action = 'look') AS looked,
        claim.person = %(person)s OR EXISTS (SELECT FROM access.helper AS h
            WHERE h.patient = claim.person AND h.person = %(person)s AND h.guardian
                AND h.joined_at IS NOT NULL AND h.ended_at IS NULL) AS own,
        access.unheeded(claim.claim, claim.person) AS unheeded,
        EXISTS (SELECT FROM access.wish AS w WHERE w.person = claim.person
            AND (w.site, w.study_uid) = (s.site, s.study_uid)) AS asked
    FROM catalogue.study AS s JOIN sites.site USING (site)
    LEFT JOIN access.claim ON claim.record = s.record AND claim.ended_at IS NULL
    WHERE (s.site, s.study_uid) IN (SELECT * FROM unnest(%(sites)s::text[], %(uids)s::text[]))
"""
NAMES = "SELECT record, name FROM catalogue.contact WHERE record = ANY (%s)"
TEXTS = "SELECT search FROM catalogue.study WHERE record = ANY (%s) LIMIT %s"


NOT_YET = N_("The hospital has not released this scan yet.")
WHY: Mapping[str, str] = {
    Held.SITE_REPORT: N_("Your hospital shows this when the report is there."),
    Held.SITE_TERM: N_("Your hospital shows this some days after it came."),
    Held.WISH_REPORT: N_("This waits for the report, as the patient has chosen."),
    Held.WISH_CALL: N_("This waits until the doctor has called, as the patient has chosen."),
}
OF_WISH = {Held.WISH_REPORT, Held.WISH_CALL}


@dataclass(frozen=True, slots=True)
class Scan:
    """One study as a page shows it."""

    site: str
    study_uid: str
    reference: str
    title: str  # in plain words
    code: str  # the modality
    hospital: str
    day: str
    received: str  # how many images, in words
    waits: str  # a word on why it cannot be looked at yet, or empty
    why: str  # the same as a sentence
    may_show: bool  # nothing but the reader's own wish holds it
    whose: str  # the patient's name, where the reader helps them
    words: str  # the hospital's own
    doctor: str
    new: bool
    brought: bool = False  # by the patient, not by a hospital


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of scans."""

    scans: tuple[Scan, ...]
    last: Position | None  # where the next page begins, None at the end
    understood: bool  # words were taken for others


def listed(visible: Visible, said: str, after: Position | None, wording: Wording) -> Listed:
    """Return the newest studies that answer `said`, and of misspelt words what is near."""
    records = [row["record"] for row in visible.records]
    found = find(visible.connection, records, said, after)
    understood = False
    if said and not found and after is None:
        texts = visible.connection.execute(TEXTS, (records, MOST_TEXTS)).fetchall()
        near = meant(said, (row["search"] for row in texts))
        found = find(visible.connection, records, near, None) if near else []
        understood = bool(found)
    shown = found[:PAGE]
    last = shown[-1].position if len(found) > PAGE else None
    return Listed(tuple(scans(visible, shown, wording)), last, understood)


def find(
    connection: Connection, records: Collection[UUID], said: str, after: Position | None
) -> list[StudyRow]:
    """Return a page of studies and one more."""
    return catalogue.find(connection, said, records=records, limit=PAGE + 1, after=after)


def scans(visible: Visible, rows: Sequence[StudyRow], wording: Wording) -> list[Scan]:
    """Return what a page shows of each of `rows`."""
    asked = {
        "person": visible.reader.person,
        "sites": [row.site for row in rows],
        "uids": [row.study_uid for row in rows],
    }
    beside = {
        (row["site"], row["study_uid"]): row for row in visible.connection.execute(BESIDE, asked)
    }
    others = [row["record"] for row in visible.records if not row["own"]]
    names = {
        row["record"]: row["name"] or "" for row in visible.connection.execute(NAMES, (others,))
    }
    return [
        scan(row, beside[row.site, row.study_uid], names, wording)
        for row in rows
        if (row.site, row.study_uid) in beside
    ]


def scan(row: StudyRow, beside: Row, names: dict[UUID, str], wording: Wording) -> Scan:
    """Return one study as a page shows it."""
    _ = wording.words.gettext
    waits, why = waiting(row, beside, wording)
    shown = [code for code in row.modalities if code not in plain.BESIDE] or [*row.modalities, "?"]
    return Scan(
        site=row.site,
        study_uid=row.study_uid,
        reference=row.reference,
        title=plain.title(row.modalities, beside["body_parts"], row.description, _),
        code=shown[0][:4],
        hospital=plain.sender(row.site, beside["title"], _, own=beside["own"]),
        day=day(row.study_date, wording),
        received=received(row, wording),
        waits=waits,
        why=why,
        may_show=(row.held_because or "") in OF_WISH and beside["own"] and not beside["asked"],
        whose=names.get(row.record, "") if row.record else "",
        words=row.description or "",
        doctor=" ".join((row.referring_physician or "").split("=")[0].split("^")[1::-1]).strip(),
        new=not waits and not beside["looked"],
        brought=brought(row.site),
    )


def waiting(row: StudyRow, beside: Row, wording: Wording) -> tuple[str, str]:
    """Return a word and a sentence on why it cannot be looked at yet; both empty where it can."""
    _ = wording.words.gettext
    if row.state != "available" and not row.revision:
        return _("Arriving"), _(
            "The hospital is still sending this scan. You can look at it as soon as all is here."
        )
    if row.released_at is not None and not beside["unheeded"]:
        return "", ""
    if row.released_at is not None or (beside["asked"] and row.held_because in OF_WISH):
        return _("In a moment"), _("This takes some seconds. Please open this page again then.")
    why = _(WHY.get(row.held_because or "", NOT_YET))
    if row.held_until is not None:
        until = format_date(row.held_until, "long", locale=wording.language)
        why += " " + _("It is shown on %(day)s at the latest.") % {"day": until}
    return _("Not yet"), why


def received(row: StudyRow, wording: Wording) -> str:
    """Return how many images there are, of how many, and whether any could not be read."""
    n_, _ = wording.words.ngettext, wording.words.gettext
    count, whole = row.instance_count, row.expected or row.instance_count
    if count < whole:
        text = n_(
            "%(count)s of %(whole)s image so far", "%(count)s of %(whole)s images so far", whole
        )
    elif brought(row.site):
        text = n_(
            "%(count)s of %(whole)s image, as it was on the disc",
            "%(count)s of %(whole)s images, as they were on the disc",
            whole,
        )
    else:
        text = n_(
            "%(count)s of %(whole)s image, as the hospital sent it",
            "%(count)s of %(whole)s images, as the hospital sent them",
            whole,
        )
    told = text % {"count": count, "whole": max(whole, count)}
    if row.failed_count:
        odd = n_(
            "%(count)s file cannot be shown, but is kept",
            "%(count)s files cannot be shown, but are kept",
            row.failed_count,
        )
        told += "; " + odd % {"count": row.failed_count}
    return told


def day(when: date | None, wording: Wording) -> str:
    """Return a day as people write it."""
    return format_date(when, "long", locale=wording.language) if when else ""


def place(after: Position) -> dict[str, str]:
    """Return a position as parameters of an address."""
    return {
        "day": after.study_date.isoformat() if after.study_date else "",
        "site": after.site,
        "study": after.study_uid,
    }


def position(day: str | None, site: str | None, study: str | None) -> Position | None:
    """Return the position that an address names; None where it names none, or nonsense."""
    if site is None or study is None:
        return None
    try:
        return Position(date.fromisoformat(day) if day else None, site, study)
    except ValueError:
        return None
