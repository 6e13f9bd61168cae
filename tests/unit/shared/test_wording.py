"""shared.wording: every word has its translation, and nothing has to be compiled by hand."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from shared.wording import chosen, load

SERVICES = Path(__file__).parents[3] / "services"
DOMAINS = ("notify", "portal")  # the services that speak to people, and their catalogs' names
KEYWORDS = {"_": None, "N_": None, "n_": (1, 2), "gettext": None, "ngettext": (1, 2)}
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def said(domain: str) -> Iterator[str]:
    """Yield every text that templates and modules say; of a plural both forms."""
    for method, suffix in (
        ("jinja2.ext:babel_extract", "html"),
        ("jinja2.ext:babel_extract", "txt"),
        ("python", "py"),
    ):
        found = extract_from_dir(
            SERVICES / domain,
            method_map=[(f"**.{suffix}", method)],
            options_map={f"**.{suffix}": {"trimmed": "true"}},
            keywords=KEYWORDS,
        )
        for _, _, message, _, _ in found:
            yield from (message,) if isinstance(message, str) else message


def catalog(domain: str, language: str) -> Catalog:
    path = SERVICES / domain / "locale" / language / "LC_MESSAGES" / f"{domain}.po"
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def forms(text: object) -> tuple[str, ...]:
    """Return one form, or those of a plural."""
    return (text,) if isinstance(text, str) else tuple(text)  # type: ignore[arg-type]  # Babel's


@pytest.mark.parametrize("domain", DOMAINS)
def test_english_and_spanish_are_spoken(domain: str) -> None:
    """Both are read from their `.po` files, which is all that a fresh clone has."""
    assert set(load(SERVICES / domain, domain)) == {"en", "es"}
    assert not list((SERVICES / domain / "locale").rglob("*.mo"))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("domain", DOMAINS)
def test_catalogs_hold_what_the_templates_say(domain: str, language: str) -> None:
    """No text is missing, and none is left over."""
    held = {form for one in catalog(domain, language) if one.id for form in forms(one.id)}
    assert held == set(said(domain))


@pytest.mark.parametrize("domain", DOMAINS)
def test_everything_is_said_in_spanish(domain: str) -> None:
    """Each text is translated, surely, and with the same places to fill."""
    for message in catalog(domain, "es"):
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        for there, here in zip(forms(message.id), forms(message.string), strict=True):
            assert here, message.id
            assert sorted(PLACEHOLDER.findall(there)) == sorted(PLACEHOLDER.findall(here)), there


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
def test_the_first_wish_that_is_spoken_wins(wishes: tuple[str | None, ...], language: str) -> None:
    """Where none is, it is English."""
    assert chosen(load(SERVICES / "notify", "notify"), *wishes).language == language
