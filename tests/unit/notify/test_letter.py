"""notify.letter: who, from where and a reference in, words out."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import pytest

from services.notify import letter
from services.notify.gsm import is_gsm, parts
from services.notify.letter import Letter, Patient, Picture, Site, Way, write
from shared.wording import load
from tests.fakes.notify import SITE
from tests.judging.letters import CALLED, CODES

JAN = Patient("CITIZEN^JAN", "en")
SPANISH = Patient("GARCIA^ANA", "es-MX")
LOGO = Picture(b"\x89PNG", "image/png")


NOTIFY = Path(letter.__file__).parent
INVITED = Way("https://portal.example", "92QM-7F3K-C")
CLAIMED = Way("https://portal.example", None)


def written(
    patient: Patient = JAN, site: Site = SITE, way: Way = INVITED, studies: int | None = None
) -> Letter:
    return write(patient, site, "7F3K-92", way, load(NOTIFY, "notify"), studies)


class Page(HTMLParser):
    """What a reader of the HTML sees, and what it would fetch."""

    def __init__(self, html: str) -> None:
        """Read `html`."""
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag with its attributes."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note words."""
        self.words.extend(data.split())

    @property
    def text(self) -> str:
        """Return all words in a row."""
        return " ".join(self.words)


@pytest.mark.parametrize("patient", [JAN, SPANISH])
@pytest.mark.parametrize("studies", [None, 1, 24])
def test_the_letter_says_who_to_call_and_what_to_say(patient: Patient, studies: int | None) -> None:
    """Site, telephone, hours and reference stand in the HTML as real text, and in plain text."""
    said = written(patient, studies=studies)
    for text in (Page(said.html).text, said.text):
        for fact in ("North Hospital", "+1 555 0100", "Mon-Fri 8-18", "7F3K-92"):
            assert fact in text


def test_the_letter_speaks_the_patients_language() -> None:
    """Greeting, languages of the help desk and the page's own language follow."""
    english, spanish = written(JAN), written(SPANISH)
    assert (english.subject, spanish.subject) == (
        "New images from North Hospital",
        "Nuevas imágenes de North Hospital",
    )
    assert "Dear Jan Citizen," in english.text
    assert "English and Spanish" in english.text
    assert "Hola, Ana Garcia:" in spanish.text
    assert "inglés y español" in spanish.text
    assert ("html", {"lang": "es"}) in Page(spanish.html).tags


def test_the_same_words_stand_in_both_forms() -> None:
    """Whoever reads plain text misses nothing."""
    for patient, way, studies in product((JAN, SPANISH), (INVITED, CLAIMED), (None, 24)):
        said = written(patient, way=way, studies=studies)
        page = Page(said.html)
        seen = f"{page.text} {way.link}"  # which the button opens
        assert way.link in {values.get("href") for _, values in page.tags}
        for line in filter(None, map(str.strip, said.text.splitlines())):
            assert line.replace(": ", " ") in seen or line.rstrip(":") in seen or line in seen


@pytest.mark.parametrize(
    ("patient", "studies", "said"),
    [
        (JAN, 1, "1 older study"),
        (JAN, 24, "24 older studies"),
        (SPANISH, 1, "1 estudio anterior"),
        (SPANISH, 24, "24 estudios anteriores"),
    ],
)
def test_a_digest_says_how_many_older_studies_have_come(
    patient: Patient, studies: int, said: str
) -> None:
    """In the subject, the heading and the text message, with the right plural; and no more."""
    letter = written(patient, studies=studies)
    for text in (letter.subject, Page(letter.html).text, letter.short):
        assert re.search(rf"\b{said}\b", text)
    assert re.search(rf"\b{studies}\b.*(older studies|estudios? anterior)", letter.text)
    for text in (letter.text, letter.subject, Page(letter.html).text, letter.short):
        assert not re.search("new images|nuevas imágenes", text, re.IGNORECASE)
        assert not CODES.search(text)
        assert not CALLED.search(text)


def test_without_a_name_nobody_is_guessed() -> None:
    """A missing name gives a greeting without one."""
    assert "\nHello,\n" in written(Patient(None, None)).text


def test_the_letter_fetches_nothing() -> None:
    """Its one picture is carried along; there is no script or style sheet, and one way in."""
    page = Page(written(site=replace(SITE, logo=LOGO)).html)
    assert [values["src"] for tag, values in page.tags if tag == "img"] == [f"cid:{LOGO.cid}"]
    assert [values["href"] for tag, values in page.tags if tag == "a"] == [
        INVITED.link,
        "tel:+15550100",
    ]
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "form", "object"}
    assert "http" not in page.text


def test_without_a_logo_there_is_no_hole() -> None:
    """No picture is asked for that is not there."""
    assert "img" not in {tag for tag, _ in Page(written().html).tags}


def test_names_and_titles_are_only_text() -> None:
    """Markup in a name is shown, not obeyed, and a header stays one line."""
    said = written(
        Patient("<b>x</b>^Jan", "en"), replace(SITE, title="A & B\r\nBcc: all@example.org")
    )
    assert "b" not in {tag for tag, _ in Page(said.html).tags}
    assert "<b>x</b>" in Page(said.html).text
    assert "<b>x</b>" in said.text
    assert said.subject == "New images from A & B Bcc: all@example.org"
    assert said.sender == "A & B Bcc: all@example.org"


def test_the_reader_needs_no_magnifying_glass() -> None:
    """No text is smaller than 16 px."""
    sizes = [
        int(rule.split(":")[1].removesuffix("px"))
        for _, values in Page(written().html).tags
        for rule in (values.get("style") or "").split(";")
        if rule.strip().startswith("font-size:")
    ]
    assert sizes
    assert min(sizes) >= 16


@pytest.mark.parametrize("studies", [None, 2400])
def test_an_english_text_message_takes_one_part(studies: int | None) -> None:
    """160 letters of the 7-bit alphabet, with everything that has to be said."""
    short = written(studies=studies).short
    assert is_gsm(short)
    assert parts(short) == 1
    facts = ("North Hospital", "+1 555 0100", "7F3K-92", INVITED.link)
    assert all(fact in short for fact in facts)


@pytest.mark.parametrize("studies", [None, 1, 2400])
def test_a_spanish_text_message_takes_two_parts(studies: int | None) -> None:
    """Its accents are not in the 7-bit alphabet, and are worth the second part."""
    short = written(SPANISH, studies=studies).short
    assert "imágenes" in short
    assert parts(short) == 2


@pytest.mark.parametrize("patient", [JAN, SPANISH])
@pytest.mark.parametrize("title", ["Hospital " * 5, "Hospital Universitario " * 8, "病院" * 90])
@pytest.mark.parametrize("studies", [None, 24])
def test_a_long_title_costs_no_third_part(
    patient: Patient, title: str, studies: int | None
) -> None:
    """The title is cut; the link, the telephone and the reference never are."""
    short = written(patient, replace(SITE, title=title), studies=studies).short
    assert parts(short) <= 2
    assert "+1 555 0100" in short
    assert "7F3K-92" in short
    assert INVITED.link in short


def test_the_brief_form_is_used_where_it_saves_a_part() -> None:
    """A title that makes the warm form too long does not make it two parts."""
    title = "St. Elizabeth and St. Barbara Community Hospital"
    short = written(site=replace(SITE, title=title)).short
    assert parts(short) == 1
    assert f"new images {INVITED.link}" in short


@pytest.mark.parametrize("patient", [JAN, SPANISH])
def test_who_has_claimed_the_record_is_asked_to_sign_in(patient: Patient) -> None:
    """No code, and no talk of a birth date: the link leads to what they know."""
    said = written(patient, way=CLAIMED)
    for text in (said.text, said.short):
        assert "https://portal.example/scans" in text
        assert "birth" not in text
        assert "nacimiento" not in text


def test_an_invitation_can_be_typed() -> None:
    """Address and code stand in the letter in full, for whoever copies them from another screen."""
    said = written()
    for text in (Page(said.html).text, said.text):
        assert "portal.example/claim" in text
        assert "92QM-7F3K-C" in text
