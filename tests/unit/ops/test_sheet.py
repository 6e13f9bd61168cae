"""ops.sheet: one page of paper, in two languages, that says all that is needed and nothing more."""

from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from pypdf import PdfReader

from services.ops.sheet import Sheet, drawn

SHEET = Sheet(
    hospital="Hospital del Niño Jesús",
    phone="+34 91 555 01 00",
    hours="Mon-Fri 8-18",
    speaks=("es", "en"),
    portal="https://scans.example.org",
    code="7F3K-92QM-C",
    until=date(2026, 12, 24),
    name="María Quintero",
)


def read(content: bytes) -> str:
    """Return the text of the one page, as one line."""
    (page,) = PdfReader(BytesIO(content)).pages
    assert [round(float(each)) for each in page.mediabox[2:]] == [595, 842]  # A4, in points
    return " ".join(page.extract_text().split())


def test_it_says_what_to_do_in_both_languages() -> None:
    """Code, address, end and help, for whom and from whom."""
    text = read(drawn(SHEET))
    for words in (
        *("Hospital del Niño Jesús", "María Quintero", "7F3K-92QM-C", "scans.example.org/claim"),
        *("See your images", "December 24, 2026", "We speak Spanish and English."),
        *("Vea sus imágenes", "24 de diciembre de 2026", "Hablamos español"),
        "+34 91 555 01 00",
    ):
        assert words in text
    assert text.index("See your") < text.index("Vea sus")
    assert "come back" not in text.partition("See your")[0]


def test_the_patients_language_stands_first() -> None:
    """The other one follows."""
    text = read(drawn(SHEET, ("es", "en")))
    assert text.index("Vea sus") < text.index("See your")


@pytest.mark.parametrize(("recovers", "count"), [(True, 1), (False, 0)])
def test_who_comes_back_is_told_what_happens(*, recovers: bool, count: int) -> None:
    """Other devices are signed out; who is new need not read that."""
    text = read(drawn(replace(SHEET, recovers=recovers)))
    assert text.count("On all other devices you are signed out") == count


@pytest.mark.parametrize("name", [None, "山田太郎"])
def test_a_name_that_cannot_be_printed_is_written_by_hand(name: str | None) -> None:
    """There is a line for it, and no wrong letters."""
    assert "____" in read(drawn(replace(SHEET, name=name)))


def test_a_long_text_stays_on_its_page() -> None:
    """Nothing is lost below the edge."""
    long = replace(SHEET, hospital="Hospital " * 12, hours="Mon-Fri 8-18, " * 8, recovers=True)
    (page,) = PdfReader(BytesIO(drawn(long))).pages
    heights: list[float] = []

    def visit(text: str, _matrix: object, at: list[float], _font: object, _size: object) -> None:
        if text.strip():
            heights.append(at[5])

    page.extract_text(visitor_text=visit)
    assert min(heights) > 20


def test_a_sheet_is_made_of_nothing_but_what_it_says() -> None:
    """No time, no program's name of a machine: the same sheet is the same bytes."""
    assert drawn(SHEET) == drawn(SHEET)
    assert "7F3K" not in repr(SHEET)
    assert "Quintero" not in repr(SHEET)
