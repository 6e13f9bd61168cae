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
