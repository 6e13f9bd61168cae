"""An e-mail address or a telephone number, in the one form that is kept and compared. Pure."""

import re
from dataclasses import dataclass

import phonenumbers

from shared.events import Channel

LONGEST = 254  # characters (RFC 5321 §4.5.3.1.3, without the brackets)
ADDRESS = re.compile(r"[^\s@<>(),;:\"\\\x00-\x1f\x7f]+@[^\s@<>(),;:\"\\\x00-\x1f\x7f]+")
NUMBER = re.compile(r"\+?[0-9]{4,15}")  # ITU-T E.164: at most 15 digits
SPACED = str.maketrans("", "", " \t\u00a0-/.()")  # how people space a number


@dataclass(frozen=True, slots=True)
class Contact:
    """How a person is reached."""

    channel: Channel
    address: str  # in small letters, or E.164 where it is a number of any country


def read(written: str, region: str) -> Contact | None:
    """Return what a person, or a hospital, wrote down; None where it can be neither.

    `region` (ISO 3166-1) is the country of numbers that do not say theirs.
    """
    text = written.strip()
    if len(text) > LONGEST:
        return None
    if "@" in text:
        return Contact(Channel.EMAIL, folded(text)) if ADDRESS.fullmatch(text) else None
    number = numbered(text, region)
    return Contact(Channel.SMS, number) if number else None


def folded(address: str) -> str:
    """Return an address with small letters instead of capitals from A to Z, and of no others.

    The part before the @ may differ by case (RFC 5321 §2.4), but no person's does. Folding all of
    Unicode would make one of two people's addresses: `straße@…` and `strasse@…`.
    """
    return "".join(letter.lower() if letter.isascii() else letter for letter in address)


def numbered(text: str, region: str) -> str | None:
    """Return a number as E.164, or its digits where no country has numbers like it."""
    for written in (text, f"+{text.removeprefix('00')}" if text.startswith("00") else ""):
        try:
            number = phonenumbers.parse(written, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    plain = text.translate(SPACED)
    return plain if NUMBER.fullmatch(plain) else None


def masked(contact: Contact) -> str:
    """Return enough for its owner to know it, and too little for anybody else: `a…@example.org`."""
    if contact.channel is Channel.EMAIL:
        name, _, host = contact.address.rpartition("@")
        return f"{name[:1]}…@{host}"
    return f"… {contact.address[-3:]}"
