"""services.portal.pages.history: one sentence that is true of the whole log."""

from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import services.portal
from services.portal.pages import history
from services.portal.pages.history import Entry, Visits
from shared.wording import load

WORDS = load(Path(services.portal.__file__).parent, "portal")
ME, LUCIA, EVE = (UUID(int=number) for number in range(1, 4))
NAMES = {LUCIA: "Lucía"}


def visits(actor: UUID, day: int, days: int = 1, *, refused: bool = False) -> Visits:
    because = "not-yours" if refused else "own" if actor == ME else "helper"
    return Visits(actor, refused, because, date(2026, 5, day), days, days)


def test_the_sentence_names_everyone_who_looked() -> None:
    """The person first, then who came first; those who were refused did not look."""
    told = [visits(LUCIA, 3), visits(ME, 9), visits(EVE, 1, refused=True)]
    english = history.sentence(told, ME, NAMES, WORDS["en"])
    assert english == "Since May 3, 2026: you and Lucía. Nobody else."
    spanish = history.sentence(told, ME, NAMES, WORDS["es"])
    assert spanish == "Desde el 3 de mayo de 2026: usted y Lucía. Nadie más."


def test_nobody_looked_yet() -> None:
    """A try that was refused is no look."""
    told = [visits(EVE, 1, refused=True)]
    assert "Nobody has looked" in history.sentence(told, ME, NAMES, WORDS["en"])
    assert history.refusals(told, ME, WORDS["en"]) == "1 try by somebody else was refused."


def test_people_come_with_days_and_reason() -> None:
    """On how many days, and why they could."""
    mine, hers = history.people([visits(LUCIA, 3, 2), visits(ME, 9)], ME, NAMES, WORDS["en"])
    assert (mine.name, mine.times) == ("You", "on 1 day")
    assert (hers.name, hers.times) == ("Lucía", "on 2 days")
    assert hers.why == "Helps the patient, who asked for it"


def test_every_entry_is_told_by_the_hospitals_clock() -> None:
    """In words, with the study; somebody nobody knows is called so."""
    at = datetime(2026, 5, 3, 22, 30, tzinfo=UTC)
    entries = [
        Entry(at, LUCIA, "look-closed", "helper", "MRI of the head", 181, "Europe/Madrid"),
        Entry(at, EVE, "refused", "not-yours", "", 0, "Europe/Madrid"),
    ]
    looked, refused = history.lines(entries, ME, NAMES, WORDS["en"])
    assert looked.when.startswith("May 4, 2026")
    assert "181 requests" in looked.what
    assert "MRI of the head" in looked.what
    assert refused.who == "Someone unknown to you"
    assert refused.what == "Was refused: a scan"
