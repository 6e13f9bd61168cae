"""The viewer inside a ZIP: one page and JPEGs beside it, which any browser opens from a disc."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from babel.dates import format_date

from services.portal.dicomweb.instances import ALL
from services.portal.dicomweb.pictures import Pictures
from services.portal.dicomweb.served import Served
from services.portal.pages import plain
from services.portal.pages.listing import Scan
from services.portal.take.beside import Made
from services.portal.take.spreading import spread
from shared.db import Connection
from shared.dicom.draw import Drawing
from shared.dicom.refusal import Unreadable
from shared.wording import Wording

MOST = 300  # pictures of one take: it is asked for in a browser, which waits
DRAWING = Drawing(width=640, height=640, quality=80)
AT_ONCE = 4

SERIES = """
    SELECT series_uid, modality, description FROM catalogue.series
    WHERE site = %s AND study_uid = %s
"""
WHO = """
    SELECT s.site, s.study_uid, r.display_name AS name, r.birth_date
    FROM catalogue.study AS s JOIN catalogue.record AS r USING (record)
    JOIN unnest(%s::text[], %s::text[]) AS asked (site, study_uid)
        ON (asked.site, asked.study_uid) = (s.site, s.study_uid)
"""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One picture that could be shown: a frame, numbered from 0."""

    served: Served
    frame: int


@dataclass(frozen=True, slots=True)
class Part:
    """A series with pictures: of which scan (from 0), what it is called, what there is."""

    scan: int
    title: str
    leaves: tuple[Leaf, ...]


def parts(connection: Connection, scans: Sequence[Scan], wording: Wording) -> list[Part]:
    """Return every series of `scans` that has pictures, in their order."""
    found = []
    for number, scan in enumerate(scans):
        names = {"site": scan.site, "study": scan.study_uid, "series": ""}
        titles = {
            row["series_uid"]: row["description"]
            or plain.title([row["modality"] or ""], [], None, wording.words.gettext)
            for row in connection.execute(SERIES, (scan.site, scan.study_uid))
        }
        series: dict[str, list[Leaf]] = {}
        for row in connection.execute(ALL.encode(), names):
            frames = row["frames"] or 0
            leaves = (Leaf(Served.of(row), frame) for frame in range(frames))
            series.setdefault(row["series_uid"], []).extend(leaves)
        found += [
            Part(number, titles.get(uid, ""), tuple(leaves))
            for uid, leaves in series.items()
            if leaves
        ]
    return found


def who(connection: Connection, scans: Sequence[Scan]) -> dict[tuple[str, str], tuple[str, Any]]:
    """Return name and birth date of whom each scan is of, by site and UID."""
    asked = [[scan.site for scan in scans], [scan.study_uid for scan in scans]]
    return {
        (row["site"], row["study_uid"]): (row["name"] or "", row["birth_date"])
        for row in connection.execute(WHO, asked)
    }


def viewer(
    pictures: Pictures,
    found: Sequence[Part],
    scans: Sequence[Scan],
    people: dict[tuple[str, str], tuple[str, Any]],
    wording: Wording,
) -> list[Made]:
    """Return the page and its pictures; nothing where none can be drawn.

    Raises:
        EdgeDown: an object is not there, or is not what it was.

    """
    chosen = spread([len(part.leaves) for part in found], MOST)
    wanted = [(place, number) for place, numbers in enumerate(chosen) for number in numbers]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="leaf") as pool:
        leaves = [found[place].leaves[number] for place, number in wanted]
        images = list(pool.map(lambda leaf: drawn(pictures, leaf), leaves))
    made: list[Made] = []
    shown: dict[int, list[dict[str, Any]]] = {}
    for (place, number), image in zip(wanted, images, strict=True):
        if image is not None:
            made.append(Made(f"viewer/{len(made) + 1:08}.jpg", image))
            shown.setdefault(place, []).append({"path": made[-1].path, "n": number + 1})
    if not made:
        return []
    told = list(listed(found, shown, scans, people, wording))
    page = wording.render("disc.html", {"scans": told, "language": wording.language})
    return [Made("index.html", page.encode()), *made]


def drawn(pictures: Pictures, leaf: Leaf) -> bytes | None:
    """Return a picture as a JPEG; None where it cannot be drawn: its file is in the ZIP anyway."""
    try:
        return pictures.drawn(leaf.served, leaf.frame, DRAWING)
    except (Unreadable, IndexError):
        return None


def listed(
    found: Sequence[Part],
    shown: dict[int, list[dict[str, Any]]],
    scans: Sequence[Scan],
    people: dict[tuple[str, str], tuple[str, Any]],
    wording: Wording,
) -> Iterator[dict[str, Any]]:
    """Yield each scan as the page shows it."""
    for number, scan in enumerate(scans):
        name, born = people.get((scan.site, scan.study_uid), ("", None))
        series = [
            {"title": part.title, "count": len(part.leaves), "pictures": shown[place]}
            for place, part in enumerate(found)
            if part.scan == number and place in shown
        ]
        if series:
            yield {
                "title": scan.title,
                "from": ", ".join(filter(None, (scan.hospital, scan.day))),
                "name": name,
                "born": format_date(born, "long", locale=wording.language) if born else "",
                "series": series,
            }
