"""The mailbox and the telephone: whoever can be reached was told once, and nothing clinical."""

import re
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydicom import dcmread

from tests.judging.doors import Doors
from tests.judging.dropped import Dropped, Kind, contacts
from tests.judging.edges import Edges

SAID = {"en": re.compile(r"\bimages\b"), "es": re.compile(r"\bim[áa]genes\b")}
# Modalities, as codes (PS3.3 C.7.3.1.1.1) and as people call them in both languages.
CODES = re.compile(r"\b(CT|MRI?|CR|DX|US|NM|OT|SEG|PET|PT|MG|RM|RMN|TAC|TC)\b")
REFERENCE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{2}\b")  # drawn by lot: one may end in CR
CALLED = re.compile(
    r"\b(x-?ray|ultrasound|scan|tomogra\w+|resonan\w+|radiogra\w+|ecogra\w+|mamogra\w+|magnetic"
    r"|diagnos\w+|finding|hallazgo)\b",
    re.IGNORECASE,
)
DESCRIBED_BY = ("StudyDescription", "SeriesDescription", "BodyPartExamined", "ProtocolName")
SHORT = 5  # letters; shorter words of a description say nothing by themselves
BENIGN = {"derived", "study", "images", "series"}


# A study is told by a letter of its own, or with others by a digest, which has its own reference.
QUERY = """
    SELECT study.site, study.study_uid, coalesce(delivery.reference, study.reference) AS reference,
        issuer, patient_id, study.record, delivery.state, delivery.attempts
    FROM catalogue.study LEFT JOIN catalogue.record ON record.record = study.record
    LEFT JOIN notify.digested AS d
        ON (d.site, d.study_uid, d.record) = (study.site, study.study_uid, study.record)
    LEFT JOIN notify.delivery ON delivery.delivery = d.delivery
        OR (delivery.site, delivery.study_uid, delivery.record)
            = (study.site, study.study_uid, study.record)
"""


@dataclass(frozen=True, slots=True)
class Message:
    """One letter or text message that came out at the far end."""

    to: str
    text: str  # all parts, headers that a person sees among them
    id: str  # Message-ID, or the gateway's key

    @property
    def is_letter(self) -> bool:
        """Say whether it came by mail."""
        return "@" in self.to


def told(  # noqa: PLR0913, PLR0917  all that a letter is judged by
    edges: Edges,
    files: list[Dropped],
    sites: Mapping[str, Mapping[str, str]],
    messages: Iterable[Message],
    doors: Doors,
    refused: Collection[str] = (),
) -> Iterator[str]:
    """Find patients who were not told, told twice, or in the wrong language, name or way in."""
    bearing: dict[str, list[Message]] = {}
    seen: set[tuple[str, str]] = set()
    unused = list(messages)
    reached = contacts(files)
    for row in edges.rows(QUERY):
        key = (row["site"], row["study_uid"])
        if key in seen:
            yield f"letter: {'/'.join(key)} is in two letters"
        seen.add(key)
        if row["reference"] not in bearing:
            bearing[row["reference"]] = [one for one in unused if row["reference"] in one.text]
            unused = [one for one in unused if row["reference"] not in one.text]
        contact = reached.get((row["site"], row["issuer"] or "", row["patient_id"] or ""), {})
        title, came = sites[row["site"]]["title"], bearing[row["reference"]]
        name = f"{row['site']}/{row['study_uid']}"
        if contact.get("email") in refused:
            if row["state"] != "failed" or came:
                yield f"letter: {name} was refused, and is {row['state']}"
            continue
        yield from of_study(row, contact, title, came)
        for one in came:
            yield from doors.of_message(name, row["record"], one.to, one.text)
    yield from (f"letter: about nothing we know, to {one.to}" for one in unused)


def of_study(
    row: Mapping[str, Any], contact: Mapping[str, str], title: str, came: list[Message]
) -> Iterator[str]:
    """Find what is wrong with the messages about one study."""
    name = f"{row['site']}/{row['study_uid']}"
    to = contact.get("email") or contact.get("phone")
    if row["record"] is None or to is None:
        wanted = None if row["record"] is None else "owed"
        if row["state"] != wanted:
            yield f"letter: {name} is {row['state']}, not {wanted}"
        if came:
            yield f"letter: {name} was written about to someone"
        return
    if row["state"] != "sent" or not came:
        yield f"letter: {name} is {row['state']}, {len(came)} came"
        return
    # A crash between sending and committing may repeat one, and the record says so.
    if len(came) > 1 and (len({one.id for one in came}) > 1 or len(came) > row["attempts"]):
        yield f"letter: {name} was told {len(came)} times in {row['attempts']} attempts"
    for one in came:
        if one.to != to:
            yield f"letter: {name} went to {one.to}, not to {to}"
        if title not in one.text:
            yield f"letter: {name} does not say {title}"
        spoken = {language for language, word in SAID.items() if word.search(one.text)}
        if spoken != {contact["language"]}:
            yield f"letter: {name} speaks {sorted(spoken)}, not {contact['language']}"


def clinical(files: Iterable[Dropped], messages: Iterable[Message]) -> Iterator[str]:
    """Find words in the messages that say what was examined, or how, or who is who by number."""
    words, numbers = set(), set()
    for file in files:
        if file.kind is Kind.INSTANCE:
            found = described(file)
            words |= found
            numbers |= {file.study, file.series, file.sop}
    phrases = [re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE) for word in sorted(words)]
    for one in messages:
        text = REFERENCE.sub(" ", one.text)
        for pattern in (CODES, CALLED, *phrases):
            hit = pattern.search(text)
            if hit:
                yield f"letter: to {one.to} says {hit.group()!r}"
        if any(number in one.text for number in numbers):
            yield f"letter: to {one.to} bears a UID"


def described(file: Dropped) -> set[str]:
    """Return the words by which a file's header tells what was examined."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = dcmread(file.path, force=True, stop_before_pixels=True)
        texts = [str(ds.get(tag) or "") for tag in DESCRIBED_BY]
    words = {word.lower() for text in texts for word in re.findall(r"[^\W\d_]+", text)}
    return {word for word in words if len(word) >= SHORT} - BENIGN
