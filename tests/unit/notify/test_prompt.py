"""notify.prompt: what somebody waits for, in words that cost little and say enough."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

import services.notify
from services.notify.gsm import is_gsm, parts
from services.notify.letter import Letter
from services.notify.prompt import Kind, Prompt, write
from shared.events import Channel
from shared.wording import load

WORDINGS = load(Path(services.notify.__file__).parent, "notify")
LINK = f"https://portal.example/l#{'x' * 43}"


def a_prompt(
    kind: Kind = Kind.SIGNIN,
    language: str = "en",
    patient: str = "Maria Quintero",
    prompt: UUID | None = None,
    attempt: int = 1,
) -> Prompt:
    return Prompt(
        id=prompt or uuid4(),
        kind=kind,
        channel=Channel.SMS,
        attempt=attempt,
        to="+15550199",
        language=language,
        link=LINK if kind is Kind.SIGNIN else "https://portal.example/h",
        code="123456" if kind is Kind.SIGNIN else "92QM-7F3K-C",
        patient=patient,
    )


def forms(letter: Letter) -> tuple[str, str, str]:
    return letter.text, letter.html, letter.short


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", [Kind.SIGNIN, Kind.HELPER])
def test_every_form_bears_link_and_code(kind: Kind, language: str) -> None:
    """Whichever the channel carries."""
    prompt = a_prompt(kind, language)
    for text in forms(write(prompt, WORDINGS)):
        assert prompt.link in text
        assert prompt.code in text


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_proves_an_address_has_digits_and_no_link(language: str) -> None:
    """They are typed where somebody is signed in; nothing can be opened by mistake."""
    prompt = replace(a_prompt(Kind.CONTACT, language), code="123456")
    letter = write(prompt, WORDINGS)
    assert "123456" in letter.subject
    for text in forms(letter):
        assert "123456" in text
        assert "://" not in text.replace("http://www.w3.org", "")
    assert is_gsm(letter.short)
    assert parts(letter.short) == 1


@pytest.mark.parametrize("language", ["en", "es"])
def test_who_came_back_by_a_sheet_is_told_whom_to_call(language: str) -> None:
    """The hospital and its telephone, and nothing that opens anything."""
    prompt = replace(a_prompt(Kind.RECOVERED, language), hospital="North", phone="+15550100")
    letter = write(prompt, WORDINGS)
    for text in forms(letter):
        assert "North" in text
        assert "+15550100" in text
        assert prompt.code not in text
    assert is_gsm(letter.short)
    assert parts(letter.short) <= 2


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("helper", ["Lucía", "Wolfeschlegelsteinhausen " * 3])
def test_who_came_back_by_a_helpers_code_is_told_by_whose(language: str, helper: str) -> None:
    """The helper instead of the hospital, and whom to call all the same."""
    prompt = replace(a_prompt(Kind.RECOVERED, language), hospital="North", phone="+15550100")
    letter = write(replace(prompt, helper=helper), WORDINGS)
    for text in forms(letter):
        assert helper[:5] in text
        assert "+15550100" in text
        assert "North" not in text
    assert helper[:5] in letter.subject
    assert parts(letter.short) <= 2


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", [Kind.OPENED, Kind.LOCKED, Kind.ENDING])
def test_what_becomes_of_a_share_is_told_with_its_page(kind: Kind, language: str) -> None:
    """And without a name: what a reader says of themselves is nothing for a letter of ours."""
    prompt = replace(a_prompt(kind, language), patient="Eve", link=LINK, code="123456")
    letter = write(prompt, WORDINGS)
    for text in (letter.text, letter.html, letter.short):
        assert LINK in text
        assert "Eve" not in text
        assert "123456" not in text
    assert letter.subject
    assert is_gsm(letter.short)
    assert parts(letter.short) <= 2


@pytest.mark.parametrize("language", ["en", "es"])
def test_to_sign_in_takes_few_parts(language: str) -> None:
    """In the 7-bit alphabet in both languages, so that a link fits."""
    short = write(a_prompt(language=language), WORDINGS).short
    assert is_gsm(short)
    assert parts(short) <= 2


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("patient", ["Maria Quintero", "Wolfeschlegelsteinhausen " * 3, "山田太郎"])
def test_who_asks_for_help_is_named_and_costs_no_third_part(language: str, patient: str) -> None:
    """A long name is cut; link and code never are."""
    letter = write(a_prompt(Kind.HELPER, language, patient), WORDINGS)
    assert patient[:10] in letter.short
    assert parts(letter.short) <= 2
    assert "92QM-7F3K-C" in letter.short


def test_each_try_is_a_message_of_its_own() -> None:
    """It says something new, so a gateway that knows the first must not swallow the second."""
    first, second = (a_prompt(prompt=UUID(int=1), attempt=attempt) for attempt in (1, 2))
    assert first.message != second.message
    assert first.message == a_prompt(prompt=UUID(int=1), attempt=1).message


def test_markup_in_a_name_is_only_text() -> None:
    """Nobody puts a link into a message that bears our name."""
    html = write(a_prompt(Kind.HELPER, patient='<a href="x">y</a>'), WORDINGS).html
    assert '<a href="x">' not in html


def test_a_prompt_does_not_show_what_it_bears() -> None:
    """A line of a log that holds one holds no secret."""
    shown = repr(a_prompt())
    for secret in (LINK, "123456", "+15550199", "Maria"):
        assert secret not in shown
