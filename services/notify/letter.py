"""What is written to a patient. Pure: who, from where and a reference in, words out.

No letter says anything clinical: no study, no modality, no part of the body, no finding.
"""

from dataclasses import dataclass
from hashlib import sha256

from babel import Locale
from babel.lists import format_list

from services.notify.gsm import parts
from services.notify.name import display
from services.notify.wording import Wording, Wordings, chosen

MOST_PARTS = 2  # of a text message


@dataclass(frozen=True, slots=True)
class Picture:
    """A site's logo, as PNG or SVG."""

    content: bytes
    type: str  # `image/png`

    @property
    def cid(self) -> str:
        """Return the Content-ID (RFC 2392) that the letter shows it by: nothing is ever fetched."""
        return f"logo.{sha256(self.content).hexdigest()[:16]}@scanpass"


@dataclass(frozen=True, slots=True)
class Patient:
    """Whom the letter is for."""

    name: str | None  # PN, or as the roster writes it
    language: str | None  # BCP 47


@dataclass(frozen=True, slots=True)
class Site:
    """The hospital, as its patients know it."""

    title: str
    help_phone: str
    help_hours: str
    help_languages: tuple[str, ...]
    language: str
    logo: Picture | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """One message in every form that a channel may need."""

    sender: str  # the site's title
    language: str
    subject: str
    text: str
    html: str
    logo: Picture | None
    short: str  # as a text message, of at most two parts


def write(
    patient: Patient, site: Site, reference: str, wordings: Wordings, studies: int | None = None
) -> Letter:
    """Tell `patient` that new images have arrived, in their language or else the site's.

    `studies` makes it a digest: so many older studies have come at once.
    """
    wording = chosen(wordings, patient.language, site.language)
    values: dict[str, object] = {
        "language": wording.language,
        "name": display(patient.name),
        "site": one_line(site.title),
        "phone": one_line(site.help_phone),
        "dial": "".join(c for c in site.help_phone if c in "+0123456789"),
        "hours": one_line(site.help_hours),
        "languages": listed(site.help_languages, wording.language),
        "reference": reference,
        "studies": studies,
        "logo": site.logo.cid if site.logo else None,
    }
    return Letter(
        sender=one_line(site.title),
        language=wording.language,
        subject=one_line(wording.render("subject.txt", values)),
        text=wording.render("letter.txt", values),
        html=wording.render("letter.html", values),
        logo=site.logo,
        short=fitting(wording, values),
    )


def fitting(wording: Wording, values: dict[str, object]) -> str:
    """Return the text message: the warm form, or the brief one where that costs less.

    A site's title that is too long even for that is cut: the number and the reference never are.
    """
    title = str(values["site"])
    for length in range(len(title), -1, -1):
        shown = title if length == len(title) else title[:length].rstrip() + "..."
        forms = [
            one_line(wording.render(form, values | {"site": shown}))
            for form in ("message.txt", "message-brief.txt")
        ]
        best = min(forms, key=parts)  # of equals the first
        if parts(best) <= MOST_PARTS:
            return best
    return best


def listed(codes: tuple[str, ...], language: str) -> str:
    """Return `English and Spanish` for `("en", "es")`; a code nobody knows stands as it is."""
    locale = Locale(language)
    names = [locale.languages.get(code.lower(), code) for code in codes]
    return format_list(names, locale=locale) if names else ""


def one_line(text: str) -> str:
    """Return `text` without line breaks and control characters, fit for a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
