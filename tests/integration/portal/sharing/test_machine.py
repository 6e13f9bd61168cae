"""portal.sharing: whatever patients do in whatever order, a model by hand reads the same.

The model knows nothing of SQL, of the policy or of the ledger; the ledger, replayed, agrees too.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from services.ops.access import applied
from services.portal.edges import Edges
from services.portal.facts import Credential
from services.portal.reading import Hidden
from services.portal.sharing import asking, deciding, grants, links
from services.portal.sharing.grants import Consent, Share, TooWide
from services.portal.sharing.ledger import Ledger
from services.portal.sharing.links import Door, Opened
from services.portal.signin.entries import Actor
from services.portal.staff import opening
from services.portal.staff.sessions import Staff
from shared.access import Action, Purpose, codes
from tests.integration.portal.conftest import Hand
from tests.integration.portal.sharing.conftest import BORN, KEY, OKAFOR

EXAMPLES, STEPS = 8, 20
COLUMNS = ("version", "keep", "ended_as", "everything")


@dataclass
class Given:
    """One share or consent, as the model has it."""

    giver: int
    studies: set[int]
    keep: bool
    stands: bool = True
    uses: int | None = None  # left; None: no limit
    consent: bool = False  # to the hospital, whose staff read by it


@dataclass
class Came:
    """A guest, with what they bring."""

    grant: UUID
    viewing: Credential
    client: Credential | None
    session: UUID | None = None  # of staff


@dataclass
class World:
    """Two patients with two studies each, and a helper of the first; by number."""

    people: list[UUID] = field(default_factory=list)
    records: list[UUID] = field(default_factory=list)
    studies: list[str] = field(default_factory=list)  # two of each patient
    released: list[bool] = field(default_factory=list)
    claimed: list[bool] = field(default_factory=list)


class Machine(RuleBasedStateMachine):
    """What may happen."""

    given = Bundle("given")
    hand: Hand
    edges: Edges

    @initialize()
    def begin(self) -> None:
        """Let everybody be who they are."""
        self.world, self.model, self.guests = World(), dict[UUID, Given](), list[Came]()
        for name in ("Maria", "Otto"):
            person = self.hand.person(name)
            record = self.hand.record(person)
            self.world.people.append(person)
            self.world.records.append(record)
            self.world.claimed.append(True)
            self.world.studies += [self.hand.study(record) for _ in range(2)]
            self.world.released += [True, True]
        self.lucia = self.hand.person("Lucía")
        self.hand.help(self.world.people[0], self.lucia)
        self.rights = "see"
        self.signed_in()

    def signed_in(self) -> None:
        """Let one of the hospital's staff sign in, anew."""
        staff = self.hand.one(
            "INSERT INTO access.staff VALUES (gen_random_uuid(), 'Ada') RETURNING staff"
        )["staff"]
        session = self.hand.one(
            "INSERT INTO access.staff_session (secret_hash, staff, sites, ends_at)"
            " VALUES (%s, %s, %s, now() + interval '1 hour') RETURNING session",
            codes.hashed(codes.token()),
            staff,
            [self.hand.site],
        )["session"]
        self.staff = Staff(session, staff, "Ada", (self.hand.site,), ())

    def own(self, giver: int, study: int) -> bool:
        """Say whether a patient may look at a study."""
        world = self.world
        return study // 2 == giver and world.claimed[giver] and world.released[study]

    @rule(
        target=given,
        giver=st.integers(0, 1),
        studies=st.sets(st.integers(0, 3), max_size=3),
        keep=st.booleans(),
        once=st.booleans(),
        helped=st.booleans(),
    )
    def share(  # type: ignore[no-untyped-def]  # noqa: ANN201  Hypothesis's own
        self,
        giver: int,
        studies: set[int],
        keep: bool,  # noqa: FBT001
        once: bool,  # noqa: FBT001
        helped: bool,  # noqa: FBT001
    ):
        """Share, as the patient or as the helper: never more than the patient has."""
        by = self.lucia if helped else self.world.people[giver]
        wish = Share(
            grant=uuid4(),
            patient=self.world.people[giver],
            studies=frozenset((self.hand.site, self.world.studies[each]) for each in studies),
            purpose=Purpose.TREATMENT,
            term=timedelta(days=1),
            keep=keep,
            most_uses=1 if once else None,
        )
        may = bool(studies) and all(self.own(giver, each) for each in studies)
        may = may and (not helped or (giver == 0 and self.rights != "see"))
        try:
            with self.edges.database.transaction() as connection:
                ledger = Ledger(connection, self.edges.reading.known)
                grants.share(ledger, wish, Actor(by, uuid4()))
        except TooWide:
            assert not may
            return multiple()
        assert may
        self.model[wish.grant] = Given(giver, studies, keep, uses=1 if once else None)
        return wish.grant

    @rule(target=given, giver=st.integers(0, 1), keep=st.booleans())
    def let(self, giver: int, keep: bool):  # type: ignore[no-untyped-def]  # noqa: ANN201, FBT001  Hypothesis's own
        """Let the hospital's staff look at everything; once, as long as that stands."""
        patient = self.world.people[giver]
        with self.edges.database.transaction() as connection:
            ledger = Ledger(connection, self.edges.reading.known)
            wish = Consent(patient, self.hand.site, keep=keep, future=True)
            grant = grants.consent(ledger, wish, Actor(patient, uuid4()))
        theirs = [each for each in self.model.values() if each.consent and each.giver == giver]
        if grant is None:
            assert theirs or not self.world.claimed[giver]
            return multiple()
        assert not any(each.stands for each in theirs)
        self.model[grant] = Given(giver, {2 * giver, 2 * giver + 1}, keep, consent=True)
        return grant

    @rule()
    def leave(self) -> None:
        """Let staff sign out, and somebody else of them in: what was open is over."""
        query = "UPDATE access.staff_session SET ended_at = now() WHERE session = %s RETURNING 1"
        self.hand.all(query, self.staff.session)
        self.signed_in()

    @rule(grant=given)
    def lengthen(self, grant: UUID) -> None:
        """Let a guest ask for more time, and be given it: nothing that has ended comes back."""
        model = self.model[grant]
        query = "SELECT guest FROM access.guest WHERE grant_id = %s ORDER BY opened_at LIMIT 1"
        guests = self.hand.all(query, grant)
        patient = self.world.people[model.giver]
        if not guests:
            return
        with self.edges.database.transaction() as connection:
            guest = guests[0]["guest"]
            if not asking.longer(connection, guest, 30, "", "en"):
                return
        assert model.stands
        assert not model.consent
        with self.edges.database.transaction() as connection:
            ledger = Ledger(connection, self.edges.reading.known)
            row = deciding.inbox(connection, patient)[0]
            given = deciding.Given(None, keep=True, future=True, days=30)
            assert deciding.approve(ledger, row, given, Actor(patient, uuid4())) == grant

    def visit(self, grant: UUID, model: Given) -> None:
        """Let staff open a consent: only while it stands."""
        with self.edges.database.transaction() as connection:
            known = self.edges.reading.known
            came = opening.opened(connection, grant, self.staff, "en", 1.0, KEY, known)
        assert (came is not None) is model.stands
        if came is not None:
            client = codes.hashed(links.client_of(came, KEY))
            self.guests.append(
                Came(
                    grant,
                    Credential(viewing=codes.hashed(came)),
                    Credential(client=client) if model.keep else None,
                    self.staff.session,
                )
            )

    @rule(grant=given)
    def open(self, grant: UUID) -> None:
        """Come by a link: as often as was given, and only while it stands."""
        model = self.model[grant]
        if model.consent:
            self.visit(grant, model)
            return
        born = self.world.claimed[model.giver]  # or nobody knows a birth date
        may = model.stands and model.uses != 0 and born
        with self.edges.database.transaction() as connection:
            door = Door(secret=codes.hashed(links.mint(connection, grant, "en")))
            known = self.edges.reading.known
            came = links.opened(connection, door, BORN, OKAFOR, 1.0, KEY, known)
        assert isinstance(came, Opened) is may
        if isinstance(came, Opened):
            if model.uses is not None:
                model.uses -= 1
            client = codes.hashed(links.client_of(came.viewing, KEY))
            self.guests.append(
                Came(
                    grant,
                    Credential(viewing=codes.hashed(came.viewing)),
                    Credential(client=client) if model.keep else None,
                )
            )

    @rule(grant=given, who=st.sampled_from(["giver", "other", "helper"]))
    def withdraw(self, grant: UUID, who: str) -> None:
        """Take it back: the giver, or who helps them and may; again is nothing."""
        model = self.model[grant]
        patient = self.world.people[model.giver]
        by = {
            "giver": patient,
            "other": self.world.people[1 - model.giver],
            "helper": self.lucia,
        }[who]
        may = who == "giver" or (who == "helper" and model.giver == 0 and self.rights != "see")
        try:
            with self.edges.database.transaction() as connection:
                ledger = Ledger(connection, self.edges.reading.known)
                done = grants.withdraw(ledger, grant, patient, Actor(by, uuid4()))
        except TooWide:
            assert not may
            return
        assert may
        assert done is model.stands
        model.stands = False

    @rule(grant=consumes(given), scanned=st.booleans())
    def lapse(self, grant: UUID, scanned: bool) -> None:  # noqa: FBT001  Hypothesis's own
        """Let its time be over, before or after the scan has found it."""
        query = "UPDATE access.grants SET ends_at = now() WHERE grant_id = %s RETURNING 1"
        self.hand.all(query, grant)
        self.model[grant].stands = False
        if scanned:
            while grants.ended(self.edges.database, self.edges.reading.known):
                pass

    @rule(study=st.integers(0, 3))
    def hold_or_release(self, study: int) -> None:
        """Let the hospital hold a study, or release it."""
        self.world.released[study] = not self.world.released[study]
        query = (
            "UPDATE catalogue.study SET released_at = CASE WHEN %s THEN now() END"
            " WHERE study_uid = %s RETURNING 1"
        )
        self.hand.all(query, self.world.released[study], self.world.studies[study])

    @rule(giver=st.integers(0, 1))
    def give_back_or_claim(self, giver: int) -> None:
        """Let a patient give a record back, or claim it."""
        person, record = self.world.people[giver], self.world.records[giver]
        if self.world.claimed[giver]:
            query = "UPDATE access.claim SET ended_at = now() WHERE record = %s RETURNING 1"
            self.hand.all(query, record)
        else:
            self.hand.claim(person, record)
        self.world.claimed[giver] = not self.world.claimed[giver]

    @rule(rights=st.sampled_from(["see", "share", "everything"]))
    def change_rights(self, rights: str) -> None:
        """Let the helper do more or less."""
        self.rights = rights
        query = "UPDATE access.helper SET rights = %s WHERE person = %s RETURNING 1"
        self.hand.all(query, rights, self.lucia)

    def reads(self, brought: Credential, study: int, action: Action) -> bool:
        """Say whether a study is read."""
        place = (self.hand.site, self.world.studies[study])
        try:
            with self.edges.reading.opened(brought, action, *place):
                return True
        except Hidden:
            return False

    @invariant()
    def the_model_reads_the_same(self) -> None:
        """Every guest, by both of their addresses, every study, both actions."""
        for came in getattr(self, "guests", ())[-4:]:
            model = self.model[came.grant]
            for study in range(4):
                may = model.stands and study in model.studies and self.own(model.giver, study)
                may = may and came.session in {None, self.staff.session}
                assert self.reads(came.viewing, study, Action.LOOK) is may
                assert not self.reads(came.viewing, study, Action.KEEP)
                if came.client is not None:
                    assert self.reads(came.client, study, Action.KEEP) is may

    def teardown(self) -> None:
        """Replay the ledger: its last word on each grant is how the grant stands."""
        while grants.ended(self.edges.database, self.edges.reading.known):
            pass
        for grant, model in getattr(self, "model", {}).items():
            rows = self.hand.all(
                "SELECT * FROM access.ledger WHERE grant_id = %s ORDER BY position", grant
            )
            assert [row["version"] for row in rows] == list(range(1, len(rows) + 1))
            last = applied(rows[-1])
            row = self.hand.one("SELECT * FROM access.grants WHERE grant_id = %s", grant)
            assert {name: last[name] for name in COLUMNS} == {name: row[name] for name in COLUMNS}
            assert (row["ended_as"] is None) is model.stands
        for person in getattr(self, "world", World()).people:
            query = "SELECT seq FROM access.ledger WHERE person = %s ORDER BY position"
            seqs = [row["seq"] for row in self.hand.all(query, person)]
            assert seqs == list(range(1, len(seqs) + 1))


def test_whatever_is_done_the_model_reads_the_same(hand: Hand, edges: Edges) -> None:
    """Giving, opening, taking back, lapsing, holding, unclaiming: in any order."""
    made = type("Here", (Machine,), {"hand": hand, "edges": edges})
    run_state_machine_as_test(
        made,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
