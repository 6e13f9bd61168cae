"""portal.reading: every read is decided from what is committed, and stands in the log before it."""

import pytest

from services.portal.edges import Edges
from services.portal.facts import Credential
from services.portal.logbook import Logbook, close_ended
from services.portal.pages.viewings import view
from services.portal.reading import Hidden, Reading
from shared.access import Action, codes
from tests.integration.portal.conftest import Hand, credential


def test_the_owner_reads_and_it_is_logged_once_a_quarter_of_an_hour(
    edges: Edges, hand: Hand, logbook: Logbook
) -> None:
    """However many pictures; the counts are told when the reading closes."""
    maria = hand.person()
    record = hand.record(maria)
    study, mine = hand.study(record), credential(hand.session(maria))
    for _ in range(5):
        with edges.reading.opened(mine, Action.LOOK, hand.site, study, "1.2") as opened:
            assert opened.record == record
    assert hand.log(record) == [("patient", "look-opened", "own")]
    logbook.flush(edges.database)
    hand.all("UPDATE access.reading SET until = now() RETURNING 1")
    while close_ended(edges.database):  # others' readings too, of which there may be many
        pass
    assert hand.log(record)[-1] == ("patient", "look-closed", "own")
    assert hand.one("SELECT max(reads) AS n FROM access.entry WHERE record = %s", record)["n"] == 5


def test_another_process_does_not_write_the_entry_again(edges: Edges, hand: Hand) -> None:
    """What is open stands in the table, not in a process."""
    maria = hand.person()
    record = hand.record(maria)
    study, mine = hand.study(record), credential(hand.session(maria))
    for _ in range(2):
        edges.reading._logbook = Logbook()  # noqa: SLF001  another process's
        with edges.reading.opened(mine, Action.LOOK, hand.site, study):
            pass
    assert len(hand.log(record)) == 1


def test_what_is_read_after_a_reading_closed_is_an_entry_of_its_own(
    edges: Edges, hand: Hand
) -> None:
    """Also by a process that came late to the reading and remembers that it was open."""
    maria = hand.person()
    record = hand.record(maria)
    study, mine = hand.study(record), credential(hand.session(maria))
    others = Reading(edges.database, Logbook())
    with others.opened(mine, Action.LOOK, hand.site, study):
        pass
    hand.all("UPDATE access.reading SET until = now() RETURNING 1")
    with edges.reading.opened(mine, Action.LOOK, hand.site, study):
        pass
    while close_ended(edges.database):  # others' readings too, of which there may be many
        pass
    with edges.reading.opened(mine, Action.LOOK, hand.site, study):
        pass
    assert [each[1] for each in hand.log(record)] == ["look-opened", "look-closed", "look-opened"]


def test_a_stranger_is_refused_and_the_owner_can_see_that(edges: Edges, hand: Hand) -> None:
    """The refusal stands in the owner's log."""
    record = hand.record(hand.person())
    study, eve = hand.study(record), credential(hand.session(hand.person("Eve")))
    for _ in range(3):
        with pytest.raises(Hidden), edges.reading.opened(eve, Action.LOOK, hand.site, study):
            pytest.fail("was let in")
    assert hand.log(record) == [("stranger", "refused", "not-yours")]


def test_a_helper_sees_until_it_ends(edges: Edges, hand: Hand) -> None:
    """The very next read is refused."""
    maria, lucia = hand.person(), hand.person("Lucía")
    record = hand.record(maria)
    study, hers = hand.study(record), credential(hand.session(lucia))
    hand.help(maria, lucia)
    with edges.reading.opened(hers, Action.LOOK, hand.site, study):
        pass
    hand.all("UPDATE access.helper SET ended_at = now() WHERE person = %s RETURNING 1", lucia)
    with pytest.raises(Hidden), edges.reading.opened(hers, Action.LOOK, hand.site, study):
        pytest.fail("was let in")
    assert [each[1] for each in hand.log(record)] == ["look-opened", "refused"]


@pytest.mark.parametrize("how", ["ended_at = now()", "ends_at = now()"])
def test_a_session_that_has_ended_reads_nothing(edges: Edges, hand: Hand, how: str) -> None:
    """And neither does a viewing that was opened by it."""
    maria = hand.person()
    study, secret = hand.study(hand.record(maria)), hand.session(maria)
    with edges.reading.opened(credential(secret), Action.LOOK, hand.site, study) as opened:
        viewing = Credential(viewing=codes.hashed(view(opened, 1.0, "en")))
    with edges.reading.opened(viewing, Action.LOOK, hand.site, study):
        pass
    hand.all(f"UPDATE access.session SET {how} WHERE person = %s RETURNING 1", maria)  # noqa: S608  our own
    for each in (credential(secret), viewing):
        with pytest.raises(Hidden), edges.reading.opened(each, Action.LOOK, hand.site, study):
            pytest.fail("was let in")


def test_a_viewing_is_for_one_patient_and_ends(edges: Edges, hand: Hand) -> None:
    """A helper's viewing of one patient shows nothing of another, nor of the helper's own."""
    maria, lucia = hand.person(), hand.person("Lucía")
    hers, own = hand.study(hand.record(maria)), hand.study(hand.record(lucia))
    hand.help(maria, lucia)
    session = credential(hand.session(lucia))
    with edges.reading.opened(session, Action.LOOK, hand.site, hers) as opened:
        viewing = Credential(viewing=codes.hashed(view(opened, 1.0, "en")))
    with edges.reading.opened(viewing, Action.LOOK, hand.site, hers):
        pass
    with pytest.raises(Hidden), edges.reading.opened(viewing, Action.LOOK, hand.site, own):
        pytest.fail("was let in")
    with edges.reading.visible(viewing) as visible:
        assert {row["owner"] for row in visible.records} == {maria}
    hand.all("UPDATE access.viewing SET ends_at = now() WHERE patient = %s RETURNING 1", maria)
    with pytest.raises(Hidden), edges.reading.opened(viewing, Action.LOOK, hand.site, hers):
        pytest.fail("was let in")


def test_what_is_held_is_listed_and_not_shown(edges: Edges, hand: Hand) -> None:
    """The patient knows that it is there."""
    maria = hand.person()
    study, mine = hand.study(hand.record(maria), released=False), credential(hand.session(maria))
    with edges.reading.opened(mine, Action.LIST, hand.site, study):
        pass
    with pytest.raises(Hidden), edges.reading.opened(mine, Action.LOOK, hand.site, study):
        pytest.fail("was let in")


def test_the_portal_cannot_change_its_log(edges: Edges, hand: Hand) -> None:
    """By rights: it may only append."""
    record = hand.record(hand.person())
    for statement in (
        "UPDATE access.entry SET because = 'x'",
        "DELETE FROM access.entry",
        "INSERT INTO access.chain (record, seq, head) VALUES (gen_random_uuid(), 1, '')",
        "UPDATE access.chain SET head = ''",
    ):
        with pytest.raises(Exception, match="42501"), edges.database.transaction() as connection:
            connection.execute(statement)
    assert hand.log(record) == []


def test_not_even_the_owner_of_the_schema_changes_it_by_accident(hand: Hand) -> None:
    """A trigger stands in the way."""
    with pytest.raises(Exception, match="append-only"):
        hand.all("DELETE FROM access.entry RETURNING 1")
