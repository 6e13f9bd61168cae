"""services.portal: every word that is said to people is there in every language."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

PORTAL = Path(__file__).parents[3] / "services" / "portal"
LOCALE = PORTAL / "locale"
LANGUAGES = [path.name for path in sorted(LOCALE.iterdir())]
PLACEHOLDER = re.compile(r"%\(\w+\)s")
KEYWORDS = {"_": None, "N_": None, "n_": (1, 2), "gettext": None, "ngettext": (1, 2)}


def said() -> Iterator[str | tuple[str, ...]]:
    """Yield every text that templates and modules say; with its plural where it has one."""
    for method, suffix in (("jinja2.ext:babel_extract", "html"), ("python", "py")):
        found = extract_from_dir(
            PORTAL,
            method_map=[(f"**.{suffix}", method)],
            options_map={f"**.{suffix}": {"trimmed": "true"}},
            keywords=KEYWORDS,
        )
        yield from (message for _, _, message, _, _ in found)


def catalog(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / "portal.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogs_hold_what_is_said(language: str) -> None:
    """No text is missing, and none is left over."""
    assert {message.id for message in catalog(language) if message.id} == set(said())


def test_everything_is_said_in_spanish() -> None:
    """Each text is translated, surely, and with the same places to fill."""
    for message in catalog("es"):
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        texts = [message.string] if isinstance(message.string, str) else [*(message.string or ())]
        assert len(ids) == len(texts), message.id
        assert not message.fuzzy, message.id
        for there, here in zip(ids, texts, strict=True):
            assert here, message.id
            assert set(PLACEHOLDER.findall(here)) == set(PLACEHOLDER.findall(there)), message.id
