"""notify.prompt: the message to whom a patient shares with: who shares, and a link. No more."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from services.notify.gsm import parts
from services.notify.prompt import Kind, write
from services.notify.prompting import shared
from shared.access import Purpose
from shared.events import GivenScope, Grantee, ShareCreated
from tests.unit.notify.test_prompt import LINK, WORDINGS, a_prompt
from tests.unit.notify.test_prompting import MemoryPrompts


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("patient", ["Maria Quintero", None])
def test_it_bears_the_link_and_a_name_where_the_patient_wants_that(
    language: str, patient: str | None
) -> None:
    """And says what else is needed, which it never holds."""
    asked = replace(a_prompt(Kind.SHARE, language), patient=patient, link=LINK)
    letter = write(asked, WORDINGS)
    for text in (letter.text, letter.html, letter.short):
        assert LINK in text
        assert ("Maria Quintero" in text) is (patient is not None)
    assert parts(letter.short) <= 2
    assert "  " not in letter.short
    assert letter.subject


def created(link: UUID | None) -> ShareCreated:
    """Return the event of a share."""
    maria = uuid4()
    return ShareCreated(
        person=maria,
        seq=1,
        grant=uuid4(),
        version=1,
        grantee_kind=Grantee.BEARER,
        grantee=None,
        actions=(),
        scope=GivenScope(),
        purpose=Purpose.TREATMENT,
        starts=datetime(2026, 5, 1, tzinfo=UTC),
        ends=None,
        most_uses=None,
        conditions=(),
        given_by=maria,
        by=maria,
        link=link,
    )


def test_it_is_owed_where_an_address_was_given() -> None:
    """A link that was only shown is nobody's letter."""
    table, link = MemoryPrompts(), uuid4()
    for event in (created(None), created(link)):
        assert shared(event, table.transaction) == ()
    assert table.added == [(Kind.SHARE, link)]
