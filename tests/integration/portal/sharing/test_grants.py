"""portal.sharing: what is given is read until it ends, and every change is a message."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from time import monotonic
from uuid import UUID, uuid4

import pytest
from prometheus_client import REGISTRY
from pydantic import ValidationError

from services.portal import measuring
from services.portal.facts import Credential
from services.portal.reading import Hidden
from services.portal.sharing import grants, mirror
from services.portal.sharing.cuts import Cuts
from services.portal.sharing.grants import Consent, Narrower, TooMany, TooWide
from services.portal.sharing.known import Known
from services.portal.sharing.ledger import Ledger
from services.portal.sharing.links import Opened, Wrong
from services.portal.signin.entries import Actor
from shared.access import MOST_NAMED, Action
from shared.errors import EdgeDown
from shared.events import ConsentAmended, GivenScope, ShareCreated
from shared.storage.s3 import S3
from tests.integration.portal.sharing.conftest import Maria


def reads(
    maria: Maria, credential: Credential, action: Action = Action.LOOK, study: str = ""
) -> bool:
    """Say whether a study is read by `credential` at this moment."""
    try:
        site, uid = maria.hand.site, study or maria.study
        with maria.edges.reading.opened(credential, action, site, uid):
            return True
    except Hidden:
        return False


def test_a_doctor_reads_what_is_shared_and_nothing_else(maria: Maria) -> None:
    """Not another study of hers, not the files, not after it was taken back."""
    other = maria.hand.study(maria.record)
    grant = maria.share()
    doctor = maria.viewing(grant)
    assert reads(maria, doctor)
    assert not reads(maria, doctor, study=other)
    assert not reads(maria, doctor, Action.KEEP)
    with maria.edges.reading.visible(doctor) as visible:
        assert [row["record"] for row in visible.records] == [maria.record]
        assert visible.grant == grant
    assert maria.withdraw(grant)
    assert not reads(maria, doctor)
    with pytest.raises(Hidden), maria.edges.reading.visible(doctor):
        pytest.fail("was shown a list")
    assert maria.open(maria.link(grant)) is None


def test_every_change_is_one_message_in_the_persons_sequence(maria: Maria) -> None:
    """With the whole grant in opaque ids, in ledger and outbox alike."""
    first, second = maria.share(), maria.share(keep=True)
    assert maria.withdraw(first)
    assert maria.withdraw(second)
    types = ["share.created.v1", "share.created.v1", "share.revoked.v1", "share.revoked.v1"]
    assert maria.ledger() == list(enumerate(types, 1))
    assert maria.told() == types
    row = maria.hand.one("SELECT body FROM access.ledger WHERE grant_id = %s LIMIT 1", second)
    event = ShareCreated.model_validate(row["body"])
    assert event.person == maria.person
    assert event.actions == ("look", "keep")
    assert [each.study_uid for each in event.scope.studies] == [maria.study]
    assert event.subject == f"person/{maria.person}"
    assert event.sequence == 2


def test_the_log_says_what_was_given_opened_and_taken_back(maria: Maria) -> None:
    """In the record's own chain, the doctor as a guest of the grant."""
    grant = maria.share()
    doctor = maria.viewing(grant)
    assert reads(maria, doctor)
    maria.withdraw(grant)
    assert not reads(maria, doctor)
    assert maria.hand.log(maria.record) == [
        ("patient", "share-created", "own"),
        ("guest", "share-opened", "granted"),
        ("guest", "look-opened", "granted"),
        ("patient", "share-revoked", "own"),
        ("guest", "refused", "withdrawn"),
    ]
    told = ["share.created.v1", "share.opened.v1", "share.revoked.v1"]
    assert maria.told() == told


def test_what_flows_is_cut_by_a_change_and_not_by_a_new_share(maria: Maria) -> None:
    """A doctor may begin to read before the portal has heard that it is shared."""
    cuts, since = Cuts(), monotonic()
    cuts.poll(maria.edges.database)
    grant = maria.share()
    maria.viewing(grant)
    guest = maria.hand.one("SELECT guest FROM access.guest WHERE grant_id = %s", grant)["guest"]
    cuts.poll(maria.edges.database)
    assert not cuts.over(guest, since, begun=False)
    assert maria.withdraw(grant)
    cuts.poll(maria.edges.database)
    assert cuts.over(guest, since, begun=False)


def test_two_withdrawals_at_once_are_one(maria: Maria) -> None:
    """One of them takes it back, both find it taken back, and one message goes out."""
    grant = maria.share()
    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(lambda _: maria.withdraw(grant), range(2)))
    assert sorted(done) == [False, True]
    assert maria.told() == ["share.created.v1", "share.revoked.v1"]


def others(maria: Maria) -> frozenset[tuple[str, str]]:
    """Return a study that is somebody else's."""
    record = maria.hand.record(maria.hand.person("Otto"))
    return frozenset({(maria.hand.site, maria.hand.study(record))})


def held(maria: Maria) -> frozenset[tuple[str, str]]:
    """Return a study of hers that she may not look at yet herself."""
    return frozenset({(maria.hand.site, maria.hand.study(maria.record, released=False))})


def nothing(_maria: Maria) -> frozenset[tuple[str, str]]:
    """Return no study."""
    return frozenset()


@pytest.mark.parametrize("what", [others, held, nothing])
def test_a_grant_is_never_wider_than_what_the_giver_has(
    maria: Maria, what: Callable[[Maria], frozenset[tuple[str, str]]]
) -> None:
    """What is not hers, or not hers yet, cannot be shared; nothing is written then."""
    with pytest.raises(TooWide):
        maria.share(studies=what(maria) | {(maria.hand.site, maria.study)} if what(maria) else ())
    assert maria.ledger() == []


def test_a_share_names_so_many_studies_that_its_event_stays_small(maria: Maria) -> None:
    """One more is refused before anything is written, and the event could not tell it."""
    more = {(maria.hand.site, f"1.2.{number}") for number in range(MOST_NAMED)}
    with pytest.raises(TooMany):
        maria.share(studies=frozenset({(maria.hand.site, maria.study), *more}))
    assert maria.ledger() == []
    with pytest.raises(ValidationError):
        GivenScope(studies=[{"site": "north", "study_uid": "1.2"}] * (MOST_NAMED + 1))  # type: ignore[arg-type]  # as JSON has it


@pytest.mark.parametrize(("rights", "may"), [("see", False), ("share", True)])
def test_a_helper_shares_by_the_right_they_have(maria: Maria, rights: str, may: object) -> None:
    """Who may only see shares nothing, and takes nothing back."""
    lucia = maria.hand.person("Lucía")
    maria.hand.help(maria.person, lucia)
    maria.hand.all(
        "UPDATE access.helper SET rights = %s WHERE person = %s RETURNING 1", rights, lucia
    )
    hers = Actor(lucia, uuid4())
    if may:
        grant = maria.share(who=hers)
        assert maria.hand.log(maria.record) == [("helper", "share-created", "helper")]
        assert maria.withdraw(grant, hers)
    else:
        grant = maria.share()
        for act in (lambda: maria.share(who=hers), lambda: maria.withdraw(grant, hers)):
            with pytest.raises(TooWide):
                act()


def test_strangers_neither_give_nor_take(maria: Maria) -> None:
    """Whoever knows all ids can do nothing with them."""
    eve = Actor(maria.hand.person("Eve"), uuid4())
    grant = maria.share()
    with pytest.raises(TooWide):
        maria.share(who=eve)
    with pytest.raises(TooWide):
        maria.withdraw(grant, eve)
    with maria.edges.database.transaction() as connection:
        ledger = Ledger(connection, maria.known)
        assert not grants.withdraw(ledger, grant, eve.person, eve)  # as if it were Eve's
    assert reads(maria, maria.viewing(grant))


def test_what_is_over_ends_by_itself_and_is_told(maria: Maria) -> None:
    """It is refused at once, and the message follows; setting a clock back does not help."""
    grant = maria.share(term=timedelta(hours=1))
    doctor = maria.viewing(grant)
    maria.hand.all(
        "UPDATE access.grants SET ends_at = now() WHERE grant_id = %s RETURNING 1", grant
    )
    assert not reads(maria, doctor)
    while grants.ended(maria.edges.database, maria.known):
        pass
    assert maria.told()[-1] == "share.expired.v1"
    maria.hand.all("UPDATE access.grants SET ends_at = ends_at + interval '1 day' RETURNING 1")
    assert not reads(maria, doctor)
    assert ("service", "share-expired", "expired") in maria.hand.log(maria.record)


def test_a_record_that_is_given_back_is_shared_no_more(maria: Maria) -> None:
    """The grant gives what the giver has, and she has it no more."""
    doctor = maria.viewing(maria.share())
    maria.hand.all(
        "UPDATE access.claim SET ended_at = now() WHERE person = %s RETURNING 1", maria.person
    )
    assert not reads(maria, doctor)


def test_wrong_birth_dates_count_exactly_under_parallel_guessing(maria: Maria) -> None:
    """Five for the share's whole life, however many guess at once; then she is told, once."""
    grant = maria.share()
    door = maria.link(grant)
    with ThreadPoolExecutor(8) as threads:
        tries = list(threads.map(lambda n: maria.open(door, date(1970, 1, 1 + n % 28)), range(40)))
    assert sum(isinstance(each, Wrong) for each in tries) == 5
    assert maria.open(door) is None
    assert maria.told() == ["share.created.v1", "share.refused.v1"]


def test_uses_count_viewings_that_passed(maria: Maria) -> None:
    """A share for one viewing is opened once; wrong tries before it take nothing away."""
    grant = maria.share(most_uses=1)
    door = maria.link(grant)
    assert maria.open(door, date(1970, 1, 1)) == Wrong(4)
    assert isinstance(maria.open(door), Opened)
    assert maria.open(door) is None


def test_the_ledger_stays(maria: Maria) -> None:
    """By rights and by a trigger: nobody changes what was given when."""
    maria.share()
    for statement in ("UPDATE access.ledger SET body = '{}'", "DELETE FROM access.ledger"):
        with pytest.raises(Exception, match="42501"), maria.edges.database.transaction() as one:
            one.execute(statement)
        with pytest.raises(Exception, match="append-only"):
            maria.hand.all(statement + " RETURNING 1")


def consent(maria: Maria, **wish: object) -> UUID | None:
    """Let her hospital see everything."""
    told: dict[str, object] = {"keep": True, "future": True} | wish
    with maria.edges.database.transaction() as connection:
        made = Consent(maria.person, maria.hand.site, **told)  # type: ignore[arg-type]  # what a test says
        return grants.consent(Ledger(connection, maria.known), made, maria.who)


def narrow(maria: Maria, grant: UUID, less: Narrower) -> bool:
    """Make a consent narrower."""
    with maria.edges.database.transaction() as connection:
        ledger = Ledger(connection, maria.known)
        return grants.narrow(ledger, grant, maria.person, less, maria.who)


def test_a_consent_stands_is_narrowed_and_withdrawn(maria: Maria) -> None:
    """Only one at a time for an organisation; narrowing never widens, and twice is once."""
    grant = consent(maria)
    assert grant is not None
    assert consent(maria) is None
    assert narrow(maria, grant, Narrower(keep=False, future=True))
    assert narrow(maria, grant, Narrower(keep=True, future=False))
    assert not narrow(maria, grant, Narrower(keep=True, future=True))
    row = maria.hand.one(
        "SELECT body FROM access.ledger WHERE grant_id = %s AND version = 3", grant
    )
    event = ConsentAmended.model_validate(row["body"])
    assert event.actions == ("look",)
    assert event.scope.arrived_before is not None
    assert narrow(maria, grant, Narrower(keep=False, future=False, term=timedelta(days=1)))
    assert maria.withdraw(grant)
    assert [each for _, each in maria.ledger()] == [
        "consent.granted.v1",
        *["consent.amended.v1"] * 3,
        "consent.withdrawn.v1",
    ]
    assert consent(maria) is not None


def test_what_changed_is_mirrored_outside(maria: Maria) -> None:
    """Each change once or more, none left out."""
    maria.withdraw(maria.share())
    known = Known()
    while mirror.mirror(maria.edges.database, maria.edges.storage, known):
        pass
    left = maria.hand.one("SELECT count(*) AS n FROM access.ledger WHERE NOT mirrored")
    assert left["n"] == 0
    end = maria.hand.one("SELECT position FROM access.ledger_end")["position"]
    assert known.position == end
    assert isinstance(maria.edges.storage, S3)
    assert mirror.newest(maria.edges.storage) == end


def test_a_database_that_is_older_than_the_mirror_gives_nothing(maria: Maria) -> None:
    """Nothing is read by a grant, given or withdrawn, until it was brought up to date."""
    grant = maria.share()
    doctor, door = maria.viewing(grant), maria.link(grant)
    end = maria.hand.one("SELECT position FROM access.ledger_end")["position"]
    assert reads(maria, doctor)
    maria.known.saw(end + 1)
    assert not reads(maria, doctor)
    for act in (maria.share, lambda: maria.withdraw(grant), lambda: maria.open(door)):
        with pytest.raises(EdgeDown):
            act()


def test_what_is_open_and_what_changed_is_measured(maria: Maria) -> None:
    """A share counts as open until it is taken back, and both are changes."""

    def seen(name: str, label: str, value: str) -> float:
        return REGISTRY.get_sample_value(name, {label: value}) or 0.0

    measuring.grants(maria.edges.database)
    before = seen("scanpass_grants_open", "kind", "share")
    revoked = seen("scanpass_grants_changed_total", "change", "share-revoked")
    grant = maria.share()
    measuring.grants(maria.edges.database)
    assert seen("scanpass_grants_open", "kind", "share") == before + 1
    assert maria.withdraw(grant)
    measuring.grants(maria.edges.database)
    assert seen("scanpass_grants_open", "kind", "share") == before
    assert seen("scanpass_grants_changed_total", "change", "share-revoked") == revoked + 1
