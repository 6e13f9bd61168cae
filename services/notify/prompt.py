"""What is written to somebody who waits for it: to sign in, or to help a patient. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID, uuid5

from services.notify.letter import Letter, one_line
from services.notify.name import display
from shared.events import Channel
from shared.events.event import NAMESPACE
from shared.wording import Wordings, chosen

SENDER = "Scanpass"
LONGEST = 40  # characters of a name in a text message


class Kind(StrEnum):
    """What it is for."""

    SIGNIN = "signin"
    CONTACT = "contact"  # of a request like one to sign in: proves one more address
    HELPER = "helper"
    SHARE = "share"
    OPENED = "opened"  # what a patient shares, for the first time
    LOCKED = "locked"  # the same: its birth date was wrong too often
    STAFF_OPENED = "staff-opened"  # one of a hospital's staff, for the first time
    ENDING = "ending"  # the same: within three days
    LOOKS = "looks"  # others have come since, all in one letter
    ANSWERED = "answered"  # a reader has sent a patient a note or a PDF
    REQUESTED = "requested"  # somebody asks a patient to let them look
    DECIDED = "decided"  # to who asked: the patient has answered
    ELSEWHERE = "elsewhere"  # the patient's scans were fetched on another computer
    RECOVERED = "recovered"  # a sheet, or a helper, let them in; there is nothing to be typed


@dataclass(frozen=True, slots=True)
class Prompt:
    """One message, with what was minted for this try to send it."""

    id: UUID
    kind: Kind
    channel: Channel
    attempt: int
    to: str = field(repr=False)
    language: str | None
    link: str = field(repr=False)
    # Six digits, or the code of an invitation to help; of a share nothing.
    code: str = field(repr=False)
    patient: str | None = field(default=None, repr=False)  # who asks for help, or shares
    hospital: str = ""  # whose desk it was
    phone: str = ""  # of its help desk
    helper: str = field(default="", repr=False)  # whose code it was, where it was no desk's

    @property
    def message(self) -> UUID:
        """Return its identity: each try says something new, so each is a message of its own."""
        return uuid5(NAMESPACE, f"prompt|{self.id}|{self.attempt}")


def write(prompt: Prompt, wordings: Wordings) -> Letter:
    """Return the message in every form that a channel may need."""
    wording = chosen(wordings, prompt.language)
    name = display(prompt.patient)
    values: dict[str, object] = {
        "language": wording.language,
        "kind": prompt.kind.value,
        "link": prompt.link,
        "code": prompt.code,
        "patient": name,
        "hospital": prompt.hospital,
        "phone": prompt.phone,
        "helper": prompt.helper,
    }
    brief = values | {"patient": name[:LONGEST], "helper": prompt.helper[:LONGEST]}
    return Letter(
        sender=SENDER,
        language=wording.language,
        subject=one_line(wording.render("prompt-subject.txt", values)),
        text=wording.render("prompt.txt", values),
        html=wording.render("prompt.html", values),
        logo=None,
        short=one_line(wording.render("prompt-message.txt", brief)),
    )
