"""Who looked, from the access log: one sentence, then people, then every entry. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from babel.dates import format_date, format_datetime, get_timezone
from babel.lists import format_list

from services.portal.pages.plain import N_
from shared.wording import Wording

Names: TypeAlias = Mapping[UUID, str]  # what the patient calls people


@dataclass(frozen=True, slots=True)
class Grantee:
    """By what somebody could look whom the patient has not called anything."""

    grant: UUID
    purpose: str  # in words


Grantees: TypeAlias = Mapping[UUID, Grantee]
NOBODY: Grantees = {}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a log, and what is known of its study."""

    at: datetime
    actor: UUID | None
    action: str
    because: str
    title: str  # of the study in plain words, or empty
    reads: int
    timezone: str  # of the hospital


@dataclass(frozen=True, slots=True)
class Visits:
    """All that one person looked at, or tried to: over the whole log, not a page of it."""

    actor: UUID | None
    refused: bool
    because: str
    since: date
    days: int  # on which they did
    tries: int


@dataclass(frozen=True, slots=True)
class Looker:
    """One person in the list of people."""

    name: str
    times: str
    why: str
    grant: UUID | None = None  # by which they could


@dataclass(frozen=True, slots=True)
class Line:
    """One entry in words."""

    when: str
    who: str
    what: str
    why: str


WHAT = {
    "list-opened": N_("Opened the page of %(scan)s"),
    "list-closed": N_("Closed the page of %(scan)s"),
    "look-opened": N_("Began to look at %(scan)s"),
    "look-closed": N_("Looked at %(scan)s: %(reads)s requests for pictures and their data"),
    "keep-opened": N_("Began to download %(scan)s"),
    "keep-closed": N_("Downloaded %(scan)s"),
    "refused": N_("Was refused: %(scan)s"),
    "brought": N_("Brought scans from a disc"),
    "taken-elsewhere": N_("Fetched scans on another computer, by a code"),
    "claimed": N_("Connected this hospital with the account"),
    "unclaimed": N_("Took this hospital out of the account"),
    "contact-added": N_("Added a way to sign in"),
    "contact-ended": N_("Removed a way to sign in"),
    "passkey-added": N_("Set up fingerprint or face to sign in"),
    "passkey-ended": N_("Removed fingerprint or face to sign in"),
    "passkey-copied": N_("A sign-in by fingerprint or face was ended: its key seemed copied"),
    "identity-added": N_("Connected another account to sign in"),
    "identity-ended": N_("Removed another account to sign in"),
    "recovered": N_("Came back with a sheet from the hospital's desk"),
    "vouched": N_("Vouched for the patient, who had lost their number"),
    "recovered-by-helper": N_("Came back with a code from someone who helps"),
    "wished": N_("Chose when to see results"),
    "guardian-joined": N_("Looks after the patient from now on"),
    "guardian-left": N_("Guardians see no more: the patient is of age"),
    "helper-invited": N_("Asked someone to help"),
    "helper-joined": N_("Joined as someone who helps"),
    "helper-left": N_("Does not help any more"),
    "share-created": N_("Shared scans"),
    "share-opened": N_("Opened what is shared"),
    "share-revoked": N_("Took a share back"),
    "share-expired": N_("The time of a share was over"),
    "share-answered": N_("Answered about %(scan)s"),
    "share-amended": N_("Gave a share more time"),
    "access-requested": N_("Asked to look"),
    "access-declined": N_("Declined what somebody had asked for"),
    "consent-granted": N_("Let a hospital look"),
    "consent-amended": N_("Let a hospital see less"),
    "consent-withdrawn": N_("Let a hospital look no more"),
    "consent-opened": N_("Opened what they may look at"),
    "consent-list-opened": N_("Saw in a list that they may look"),
    "consent-list-closed": N_("Closed the list in which they saw that they may look"),
    "consent-expired": N_("The time was over for which a hospital could look"),
    "address-granted": N_("Made an address for a viewer of their own"),
    "address-withdrawn": N_("Ended the address of a viewer of their own"),
    "address-expired": N_("The time was over of an address for a viewer"),
}
WHY = {
    "own": N_("They are the patient's own scans"),
    "helper": N_("Helps the patient, who asked for it"),
    "not-yours": N_("They could not: refused"),
    "not-released": N_("They could not yet: not released"),
    "viewing-looks": N_("They could not: this address only shows pictures"),
    "granted": N_("The patient shared it"),
    "asked": N_("They asked the patient, who decides"),
    "own-address": N_("By an address that the patient made for a viewer of their own"),
    "withdrawn": N_("They could not: it was taken back"),
    "expired": N_("Its time was over"),
    "not-begun": N_("They could not: its time had not begun"),
    "not-given": N_("They could not: something else was shared"),
    "look-only": N_("They could not: looking was shared, not keeping"),
    "held": N_("They could not: sharing was paused"),
    "uncertain": N_("They could not: the list of what is shared was being checked"),
}


def sentence(visits: Sequence[Visits], me: UUID, names: Names, wording: Wording) -> str:
    """Return the one sentence that is read first."""
    _ = wording.words.gettext
    looks = looked(visits, me)
    if not looks:
        return _("Nobody has looked at your scans yet, not even you.")
    since = format_date(min(each.since for each in looks), "long", locale=wording.language)
    told = [_("you") if each.actor == me else name(each.actor, names, wording) for each in looks]
    listed = format_list(list(dict.fromkeys(told)), locale=wording.language)
    return _("Since %(day)s: %(people)s. Nobody else.") % {"day": since, "people": listed}


def people(
    visits: Iterable[Visits], me: UUID, names: Names, wording: Wording, grantees: Grantees = NOBODY
) -> list[Looker]:
    """Return everyone who looked, the person first, with on how many days."""
    _, n_ = wording.words.gettext, wording.words.ngettext
    return [
        Looker(
            _("You") if each.actor == me else name(each.actor, names, wording),
            n_("on %(days)s day", "on %(days)s days", each.days) % {"days": each.days},
            why(each.because, grantee, wording),
            grantee.grant if grantee else None,
        )
        for each in looked(visits, me)
        for grantee in (grantees.get(each.actor or me),)
    ]


def looked(visits: Iterable[Visits], me: UUID) -> list[Visits]:
    """Return who did look, the person first, then whoever came first."""
    found = [each for each in visits if not each.refused]
    return sorted(found, key=lambda each: (each.actor != me, each.since))


def lines(
    entries: Iterable[Entry], me: UUID, names: Names, wording: Wording, grantees: Grantees = NOBODY
) -> list[Line]:
    """Return every entry in words, in the order given, by the hospital's clock."""
    _ = wording.words.gettext
    return [
        Line(
            when=format_datetime(local(each), "medium", locale=wording.language),
            who=_("You") if each.actor == me else name(each.actor, names, wording),
            what=_(WHAT.get(each.action, each.action))
            % {"scan": each.title or _("a scan"), "reads": each.reads},
            why=why(each.because, grantees.get(each.actor or me), wording),
        )
        for each in entries
    ]


def refusals(visits: Iterable[Visits], me: UUID, wording: Wording) -> str:
    """Return a sentence on others who tried and were refused, or nothing."""
    count = sum(each.tries for each in visits if each.refused and each.actor != me)
    if not count:
        return ""
    text = wording.words.ngettext(
        "%(count)s try by somebody else was refused.",
        "%(count)s tries by somebody else were refused.",
        count,
    )
    return str(text % {"count": count})


def name(who: UUID | None, names: Names, wording: Wording) -> str:
    """Return what the patient calls someone."""
    if who is None:
        return "Scanpass"  # time, or a service
    known = names.get(who)
    return known or wording.words.gettext("Someone unknown to you")


def why(code: str, grantee: Grantee | None, wording: Wording) -> str:
    """Return a reason in words, of a grantee with what it was shared for."""
    if grantee is None or code != "granted":
        return because(code, wording)
    return f"{because(code, wording)}: {grantee.purpose}"


def because(code: str, wording: Wording) -> str:
    """Return a reason in words."""
    return str(wording.words.gettext(WHY.get(code, code)))


def local(entry: Entry) -> datetime:
    """Return when it was by the hospital's clock."""
    return entry.at.astimezone(get_timezone(entry.timezone))
