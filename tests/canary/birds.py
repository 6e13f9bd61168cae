"""What is planted: names, numbers, birth dates, addresses, tokens; and how each is recognised."""

import base64
import re
import secrets
from dataclasses import dataclass, field
from datetime import date
from typing import Self

LETTERS = "bcdfghjkmnpqrstvwxz"
CORE = 10  # letters: by chance none stands in a gigabyte
MONTHS = (
    "January February March April May June July August September October November December",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
)
BIRTH_DATES = (  # strftime, and how people write it
    *("%Y%m%d", "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y"),
)


def core() -> str:
    """Return letters that stand nowhere else."""
    return "".join(secrets.choice(LETTERS) for _ in range(CORE))


@dataclass(frozen=True, slots=True)
class Bird:
    """One thing that was planted: of whom, and the forms in which it would be seen."""

    kind: str
    whose: str
    small: tuple[bytes, ...] = ()  # looked for in small letters
    exact: tuple[bytes, ...] = ()
    pattern: re.Pattern[bytes] | None = None

    def seen(self, text: bytes, lowered: bytes) -> bool:
        """Say whether it stands in `text`."""
        return (
            any(each in lowered for each in self.small)
            or any(each in text for each in self.exact)
            or (self.pattern is not None and self.pattern.search(text) is not None)
        )


def word(kind: str, whose: str, text: str, distinct: str) -> Bird:
    """Return what is recognised by the letters `distinct` within `text`, however it is encoded."""
    small = distinct.lower()
    forms = [small.encode(), small.encode("utf-16-le"), small.encode().hex().encode()]
    at = text.index(distinct)
    return Bird(kind, whose, tuple(forms), encoded(text[at : at + len(distinct)].encode()))


def encoded(text: bytes) -> tuple[bytes, ...]:
    """Return the middle of `text` in base 64, at each of the three places it may begin at."""
    found = []
    for before in range(3):
        whole = base64.b64encode(bytes(before) + text)
        found.append(whole[4 if before else 0 :][: 4 * ((len(text) - 3) // 3)])
    return tuple(found)


def secret(kind: str, whose: str, text: str) -> Bird:
    """Return a token or a code, with and without its dashes."""
    plain = text.replace("-", "") if len(text) < 20 else text
    return Bird(kind, whose, exact=tuple({text.encode(), plain.encode()}))


def born(whose: str, day: date) -> Bird:
    """Return a birth date, as programs and people write it."""
    forms = {day.strftime(each) for each in BIRTH_DATES}
    for language in MONTHS:
        month = language.split()[day.month - 1]
        forms |= {f"{month} {day.day}, {day.year}", f"{day.day} {month} {day.year}"}
        forms |= {f"{day.day} de {month} de {day.year}"}
    any_of = "|".join(map(re.escape, sorted(forms)))
    pattern = re.compile(rf"(?<!\d)(?:{any_of})(?!\d)".encode())
    return Bird("birth date", whose, pattern=pattern)


def number(whose: str, text: str) -> Bird:
    """Return a telephone number: its last ten digits, together or in groups."""
    digits = re.sub(r"\D", "", text)[-10:]
    return Bird("number", whose, pattern=re.compile(r"[ ().-]{0,2}".join(digits).encode()))


@dataclass
class Flock:
    """All that was planted so far."""

    birds: list[Bird] = field(default_factory=list)

    @classmethod
    def empty(cls) -> Self:
        """Begin with nothing."""
        return cls()

    def name(self, whose: str, before: str, after: str = "", kind: str = "name") -> str:
        """Return an odd text around letters of its own, and remember it."""
        own = core()
        text = f"{before}{own.capitalize()}{after}"
        self.birds.append(word(kind, whose, text, own.capitalize()))
        return text

    def birth_date(self, whose: str) -> date:
        """Return a birth date, and remember it."""
        day = date(
            1921 + secrets.randbelow(28), 1 + secrets.randbelow(12), secrets.randbelow(9) + 20
        )
        self.birds.append(born(whose, day))
        return day

    def number(self, whose: str) -> str:
        """Return a telephone number that is set aside for stories."""
        text = f"+1202555{100 + secrets.randbelow(100):04d}"
        self.birds.append(number(whose, text))
        return text

    def token(self, whose: str, text: str, kind: str = "token") -> str:
        """Remember what opens something."""
        self.birds.append(secret(kind, whose, text))
        return text

    def hits(self, text: bytes, *, but: frozenset[str] = frozenset()) -> list[Bird]:
        """Return what stands in `text`, of all kinds but some."""
        lowered = text.lower()
        return [each for each in self.birds if each.kind not in but and each.seen(text, lowered)]
