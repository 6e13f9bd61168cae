"""notify.wording: every word has its translation, and nothing has to be compiled by hand."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from services.notify.wording import LOCALE, TEMPLATES, chosen, load

LANGUAGES = [path.name for path in sorted(LOCALE.iterdir())]
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def said() -> Iterator[object]:
    """Yield every text that the templates say; what has a plural as a pair."""
    found = extract_from_dir(
        TEMPLATES,
        method_map=[
            ("**.html", "jinja2.ext:babel_extract"),
            ("**.txt", "jinja2.ext:babel_extract"),
        ],
        options_map={"**.html": {"trimmed": "true"}, "**.txt": {"trimmed": "true"}},
    )
    for _, _, message, _, _ in found:
        yield message


def catalog(language: str) -> Catalog:
    with Path(LOCALE, language, "LC_MESSAGES", "notify.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def words(text: object) -> tuple[str, ...]:
    """Return a text, or each form of one that has a plural."""
    return tuple(map(str, text)) if isinstance(text, tuple) else (str(text),)


def test_english_and_spanish_are_spoken() -> None:
    """Both are read from their `.po` files, which is all that a fresh clone has."""
    assert set(load()) == {"en", "es"}
    assert not list(LOCALE.rglob("*.mo"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogs_hold_what_the_templates_say(language: str) -> None:
    """No text is missing, and none is left over."""
    assert {message.id for message in catalog(language) if message.id} == set(said())


def test_everything_is_said_in_spanish() -> None:
    """Each text is translated, surely, and with the same places to fill."""
    for message in catalog("es"):
        if message.id:
            assert all(words(message.string)), message.id
            assert not message.fuzzy, message.id
            for there, here in zip(words(message.id), words(message.string), strict=True):
                places = (sorted(PLACEHOLDER.findall(text)) for text in (there, here))
                assert len(set(map(tuple, places))) == 1, message.id


@pytest.mark.parametrize(
    ("wishes", "language"),
    [
        (("es", "en"), "es"),
        (("es-MX", "en"), "es"),
        (("ES_es", "en"), "es"),
        (("fr", "es"), "es"),
        ((None, "es"), "es"),
        (("", "tlh"), "en"),
    ],
)
def test_the_patients_language_comes_before_the_sites(
    wishes: tuple[str | None, ...], language: str
) -> None:
    """Where neither is spoken here, it is English."""
    assert chosen(load(), *wishes).language == language
