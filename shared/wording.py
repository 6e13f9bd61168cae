"""Templates and their translations, read once when a process starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TypeAlias

from babel import Locale
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from jinja2 import DictLoader, Environment, StrictUndefined, select_autoescape

FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Wording:
    """What is said in one language."""

    language: str  # ISO 639-1
    environment: Environment
    words: Translations

    def render(self, template: str, values: Mapping[str, object]) -> str:
        """Fill `template`; what is for HTML is escaped, and a missing value is an error."""
        return self.environment.get_template(template).render(values)


Wordings: TypeAlias = Mapping[str, Wording]  # by language


def load(folder: Path, domain: str) -> Wordings:
    """Read `templates/` and every `locale/<language>/LC_MESSAGES/<domain>.po` of `folder`.

    A `.po` file is enough: nothing has to be compiled by hand.
    """
    found = {}
    for catalog in sorted((folder / "locale").glob(f"*/LC_MESSAGES/{domain}.po")):
        words, language = translations(catalog), catalog.parts[-3]
        found[language] = Wording(language, environment(folder / "templates", words), words)
    return found


def translations(catalog: Path) -> Translations:
    """Compile one `.po` file in memory."""
    compiled = BytesIO()
    with catalog.open("rb") as source:
        write_mo(compiled, read_po(source, locale=catalog.parts[-3], abort_invalid=True))
    compiled.seek(0)
    return Translations(compiled)


def environment(templates: Path, words: Translations) -> Environment:
    """Return the templates, speaking `words`."""
    made = Environment(
        loader=DictLoader({path.name: path.read_text("utf-8") for path in templates.iterdir()}),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]  # set by the extension
    return made


def chosen(wordings: Wordings, *wishes: str | None) -> Wording:
    """Return the first of `wishes` (`es`, `es-MX`, `es_ES`) that is spoken here, else English."""
    for wish in wishes:
        language = (wish or "").replace("_", "-").split("-")[0].lower()
        if language in wordings:
            return wordings[language]
    return wordings[FALLBACK]


def listed(codes: tuple[str, ...], language: str) -> str:
    """Return `English and Spanish` for `("en", "es")`; a code nobody knows stands as it is."""
    locale = Locale(language)
    names = [locale.languages.get(code.lower(), code) for code in codes]
    return format_list(names, locale=locale) if names else ""
