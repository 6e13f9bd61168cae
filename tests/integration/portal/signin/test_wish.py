"""services.portal.signin: when results are shown is asked once, and binds who helps."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from services.index import wishes
from services.portal.facts import Credential
from services.portal.reading import Hidden
from services.portal.signin import tell_again
from shared import outbox
from shared.access import Action, codes
from shared.events import Event, PatientClaimed, ReleaseWished
from tests.integration.portal.signin.conftest import CODE, Browser, Clinic


class Story:
    """Maria, whose study was released before she claimed it."""

    def __init__(self, clinic: Clinic, number: str) -> None:
        """Have her claim it, and not say yet when she wants to see results."""
        self.clinic, self.number = clinic, number
        self.record = clinic.patient(number, language="en")
        self.study = f"1.2.{uuid4().int}"[:64]
        with clinic.owner.transaction() as connection:
            connection.execute(
                "INSERT INTO catalogue.study (site, study_uid, record, state, revision,"
                " released_at, reference)"
                " VALUES (%s, %s, %s, 'available', 1, now(), 'x')",
                (clinic.site, self.study, self.record),
            )
            connection.execute(
                "INSERT INTO told.study (site, study_uid, record, revision, composition, because,"
                " completeness, available_at, released_at, release)"
                " VALUES (%s, %s, %s, 1, '', 'quiet', 'complete', now(), now(), 1)",
                (clinic.site, self.study, self.record),
            )
        self.maria = clinic.browser()
        self.asked = self.maria.claim(clinic.invited(self.record))
        self.maria.post("/language/en", back="/")
        self.heed()

    @property
    def path(self) -> str:
        """Return the page of the study."""
        return f"/scans/{self.clinic.site}/{self.study}"

    def heed(self) -> None:
        """Have index handle what portal told of claims and wishes, twice."""

        def publish(events: Sequence[Event], causations: Sequence[UUID | None]) -> None:
            assert len(events) == len(causations)
            for event in (*events, *events):
                if isinstance(event, ReleaseWished):
                    wishes.wish(event, self.clinic.owner)
                elif isinstance(event, PatientClaimed):
                    wishes.claim(event, self.clinic.owner)

        outbox.relay(self.clinic.portal, "access", publish)

    def told(self) -> list[tuple[str, str | None]]:
        """Return what was told of wishes: each with the study that it is about."""
        rows = self.clinic.rows(
            b"SELECT body FROM access.outbox WHERE type = 'release.wished.v1' ORDER BY id"
        )
        return [(row["body"]["wish"], row["body"]["study_uid"]) for row in rows]

    def reads(self, browser: Browser) -> bool:
        """Say whether the pictures may be looked at from `browser` at this moment."""
        for value in browser.client.cookies.values():
            credential = Credential(session=codes.hashed(value))
            try:
                with self.clinic.edges.reading.opened(
                    credential, Action.LOOK, self.clinic.site, self.study
                ):
                    return True
            except Hidden:
                continue
        return False

    def helper(self) -> Browser:
        """Return the browser of Lucía, who may do everything for Maria."""
        hers = f"{self.number[:-1]}{(int(self.number[-1]) + 1) % 10}"
        self.maria.post("/helpers", name="Lucía", address=hers, rights="everything")
        self.clinic.prompt()
        found = CODE.search(self.clinic.texts()[0])
        assert found
        lucia = self.clinic.browser()
        lucia.post("/language/en", back="/")
        assert lucia.post("/h", code=found.group()).url.path == "/scans"
        return lucia


@pytest.fixture
def story(clinic: Clinic, number: str) -> Story:
    return Story(clinic, number)


def test_one_screen_asks_at_the_claim(story: Story) -> None:
    """At once is chosen, one press goes on, and nobody is asked a second time."""
    assert story.asked.url.path == "/wish"
    assert story.asked.text.count(" checked") == 1
    assert 'value="at-once" aria-describedby="at-once-what" checked' in story.asked.text
    assert story.maria.post("/wish", when="at-once").url.path == "/scans"
    assert story.told() == [("at-once", None)]
    second = story.clinic.patient(story.study[-9:])
    assert story.maria.claim(story.clinic.invited(second)).url.path == "/scans"


def test_who_never_said_sees_at_once(story: Story) -> None:
    """Nothing waits for an answer, neither hers nor index's."""
    assert story.reads(story.maria)
    assert story.told() == []


def test_a_wish_counts_from_its_commit(story: Story) -> None:
    """Also while index has not heard of it: neither she nor who helps her sees the pictures."""
    lucia = story.helper()
    assert story.reads(lucia)
    story.maria.post("/wish", when="after-call")
    assert not story.reads(story.maria)
    assert not story.reads(lucia)
    assert "In a moment" in story.maria.get("/scans").text
    story.heed()
    assert not story.reads(story.maria)
    page = story.maria.get(story.path).text
    assert "This waits until the doctor has called" in page
    assert "at the latest" in page
    assert story.clinic.entries(story.record)[-1] != "look-opened"


def test_only_she_has_it_shown(story: Story) -> None:
    """Who helps her sees what she has chosen to see, and has no button for more."""
    lucia = story.helper()
    story.maria.post("/wish", when="after-call")
    story.heed()
    show = story.path + "/show"
    assert show not in lucia.get(story.path).text
    lucia.post(show)
    lucia.post("/wish", when="at-once")
    story.heed()
    assert not story.reads(lucia)
    assert show in story.maria.get(story.path).text
    assert "This takes some seconds" in story.maria.post(show).text
    story.maria.post(show)  # a second press
    story.heed()
    assert story.reads(story.maria)
    assert story.reads(lucia)
    assert story.told() == [
        *(("after-call", None), ("at-once", None)),  # the second is Lucía's own
        ("at-once", story.study),
    ]


def test_what_the_hospital_holds_is_not_hers_to_show(story: Story) -> None:
    """It has no button, and pressing it all the same tells nothing."""
    with story.clinic.owner.transaction() as connection:
        connection.execute(
            "UPDATE catalogue.study SET released_at = NULL, held_because = 'site-report',"
            " held_until = now() + interval '3 days' WHERE study_uid = %s",
            (story.study,),
        )
    page = story.maria.get(story.path).text
    assert "Your hospital shows this when the report is there." in page
    assert story.path + "/show" not in page
    story.maria.post(story.path + "/show")
    assert story.told() == []


def test_it_is_changed_in_the_settings(story: Story) -> None:
    """Each change is told once, and stands in her log."""
    for when in ("with-report", "with-report", "at-once"):
        story.maria.post("/wish", when=when)
    assert story.told() == [("with-report", None), ("at-once", None)]
    assert story.clinic.entries(story.record) == ["claimed", "wished", "wished"]
    assert "At once" in story.maria.get("/settings").text
    story.heed()
    assert story.reads(story.maria)


def test_a_wish_that_there_is_not_is_refused(story: Story) -> None:
    """With a plain page, and nothing kept."""
    assert story.maria.post("/wish", when="never").status_code == 400
    assert story.told() == []
    assert story.clinic.browser().get("/wish").url.path == "/signin"


def test_what_index_never_heard_is_told_again(story: Story) -> None:
    """The same facts, under the same ids, until it has heeded them; the newest wish only."""
    story.maria.post("/wish", when="with-report")
    story.maria.post("/wish", when="after-call")
    wished = b"SELECT event_id FROM access.outbox WHERE type LIKE 'release.%%' ORDER BY id"
    older, newest = story.clinic.rows(wished)
    with story.clinic.owner.transaction() as connection:
        connection.execute("DELETE FROM access.outbox")
        connection.execute("DELETE FROM told.claim WHERE record = %s", (story.record,))
    tell_again(story.clinic.portal, 600)
    assert newest not in story.clinic.rows(wished)  # it may be on its way
    tell_again(story.clinic.portal, 0)
    assert newest in story.clinic.rows(wished)
    assert older not in story.clinic.rows(wished)
    story.heed()
    assert "This waits until the doctor has called" in story.maria.get(story.path).text
    tell_again(story.clinic.portal, 0)
    assert story.clinic.told(story.record) == ["patient.claimed.v1"]
