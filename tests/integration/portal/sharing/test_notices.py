"""portal.sharing.notices: a patient is told of a first opening, of a lock, and of an end."""

from datetime import date, timedelta

from services.portal.sharing import notices
from services.portal.sharing.links import Opened, Wrong
from tests.integration.portal.sharing.conftest import Maria


def warned(maria: Maria) -> list[tuple[str, str]]:
    """Return her notices, when all that end soon were looked for."""
    while notices.warn(maria.edges.database):
        pass
    return maria.notices()


def test_the_first_opening_is_told_at_every_address(maria: Maria) -> None:
    """Once, by the event that tells it; who comes later stands on the page."""
    maria.reached("m@example.org")
    maria.reached("z@example.org")
    door = maria.link(maria.share())
    assert maria.open(door, date(1970, 1, 1)) == Wrong(4)
    assert maria.notices() == []
    for _ in range(2):
        assert isinstance(maria.open(door), Opened)
    assert sorted(maria.notices()) == [("opened", "m@example.org"), ("opened", "z@example.org")]
    query = (
        "SELECT count(*) AS n FROM access.outbox JOIN access.notice AS n"
        " ON n.cause = (body->>'viewing')::uuid WHERE n.person = %s"
    )
    assert maria.hand.one(query, maria.person)["n"] == 2


def test_a_lock_is_told(maria: Maria) -> None:
    """Once, at the last wrong birth date."""
    maria.reached("m@example.org")
    door = maria.link(maria.share())
    for _ in range(7):
        maria.open(door, date(1970, 1, 1))
    assert maria.notices() == [("locked", "m@example.org")]


def test_an_end_is_told_once_three_days_before(maria: Maria) -> None:
    """Not of what ends later, was given for less, or has ended."""
    maria.reached("m@example.org")
    terms = (timedelta(days=days) for days in (30, 3, 20, 20))
    _later, _short, taken, soon = (maria.share(term=term) for term in terms)
    near = (
        "UPDATE access.grants SET starts_at = now() - interval '9 days',"
        " ends_at = now() + interval '71 hours' WHERE grant_id = ANY (%s) RETURNING 1"
    )
    maria.hand.all(near, [taken, soon])
    maria.withdraw(taken)
    assert warned(maria) == warned(maria) == [("ending", "m@example.org")]
    row = maria.hand.one("SELECT grant_id FROM access.notice WHERE person = %s", maria.person)
    assert row["grant_id"] == soon


def gathered(maria: Maria) -> list[tuple[str, str]]:
    """Return her notices, when whoever came since was looked for."""
    while notices.gather(maria.edges.database):
        pass
    return maria.notices()


def test_whoever_comes_later_is_told_of_in_one_letter_a_day(maria: Maria) -> None:
    """However many, of whichever share; once they have waited for a day, and once."""
    maria.reached("m@example.org")
    doors = [maria.link(maria.share()) for _ in range(2)]
    first = [("opened", "m@example.org")] * 2
    for door in doors * 3:
        assert isinstance(maria.open(door), Opened)
    assert gathered(maria) == first
    query = (
        "UPDATE access.guest SET opened_at = opened_at - interval '25 hours' WHERE guest = ("
        "SELECT min(guest::text)::uuid FROM access.guest JOIN access.grants USING (grant_id)"
        " WHERE person = %s AND told_at IS NULL) RETURNING 1"
    )
    maria.hand.all(query, maria.person)
    assert gathered(maria) == gathered(maria) == [*first, ("looks", "m@example.org")]
    assert isinstance(maria.open(doors[0]), Opened)
    assert gathered(maria) == [*first, ("looks", "m@example.org")]
