"""What is written to a patient. Pure: who, from where, a way in and a reference; words out.

No letter says anything clinical: no study, no modality, no part of the body, no finding.
"""

from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from services.notify.gsm import parts
from services.notify.name import display
from shared.wording import Wording, Wordings, chosen, listed

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
class Way:
    """How the patient gets in: with the code of an invitation, or by signing in as before."""

    portal: str  # public address of the pages, `https://host`
    code: str | None  # as it is printed; None: someone has claimed the record already

    @property
    def link(self) -> str:
        """Return what is opened; the code is in the fragment, so that no log or proxy sees it."""
        return f"{self.portal}/c#{self.code}" if self.code else f"{self.portal}/scans"

    @property
    def typed(self) -> str:
        """Return where a code can be typed, as one says it."""
        return f"{urlsplit(self.portal).netloc}/claim"


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


def write(  # noqa: PLR0913, PLR0917  all that a letter says
    patient: Patient,
    site: Site,
    reference: str,
    way: Way,
    wordings: Wordings,
    studies: int | None = None,
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
        "link": way.link,
        "code": way.code,
        "typed": way.typed,
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

    A site's title that is too long even for that is cut: link, number and reference never are.
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


def one_line(text: str) -> str:
    """Return `text` without line breaks and control characters, fit for a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
