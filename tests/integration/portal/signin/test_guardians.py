"""services.portal.signin: a child is a person of their own, held by guardians until of age."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.portal.facts import Credential
from services.portal.reading import Hidden
from services.portal.signin import guarding
from shared.access import Action, codes
from tests.integration.portal.signin.conftest import Browser, Clinic

CHILD = datetime.now(UTC).date().replace(day=1) - timedelta(days=9 * 365)


class Story:
    """Pablo, nine years old, and his mother, to whose telephone the hospital wrote."""

    def __init__(self, clinic: Clinic, number: str) -> None:
        """Have the hospital write."""
        self.clinic, self.number = clinic, number
        self.record = self.patient("Pablo Quintero")
        self.mother = clinic.browser()
        self.mother.post("/language/en", back="/")

    def patient(self, name: str, born: date = CHILD) -> UUID:
        """Return the record of a patient with the mother's number."""
        return self.clinic.patient(self.number, name=name, born=born)

    def claimed(self, how: str = "guardian", name: str = "Maria Quintero") -> str:
        """Use the code as `how`, and return where that leads."""
        code = self.clinic.invited(self.record)
        return self.mother.claim(code, CHILD, how=how, name=name).url.path

    def study(self) -> str:
        """Return the UID of a released study of Pablo's."""
        study = f"1.2.{uuid4().int}"[:64]
        with self.clinic.owner.transaction() as connection:
            connection.execute(
                "INSERT INTO catalogue.study (site, study_uid, record, state, revision,"
                " released_at, reference) VALUES (%s, %s, %s, 'available', 1, now(), 'x')",
                (self.clinic.site, study, self.record),
            )
        return study

    def reads(self, browser: Browser, study: str) -> bool:
        """Say whether the pictures may be looked at from `browser` at this moment."""
        for value in browser.client.cookies.values():
            credential = Credential(session=codes.hashed(value))
            try:
                with self.clinic.edges.reading.opened(
                    credential, Action.LOOK, self.clinic.site, study
                ):
                    return True
            except Hidden:
                continue
        return False

    def owner(self, record: UUID) -> UUID:
        """Return the person who has claimed `record`."""
        query = b"SELECT person FROM access.claim WHERE record = %s AND ended_at IS NULL"
        (row,) = self.clinic.rows(query, record)
        return UUID(str(row["person"]))


@pytest.fixture
def story(clinic: Clinic, number: str) -> Story:
    return Story(clinic, number)


def test_it_is_asked_who_uses_a_childs_code(story: Story) -> None:
    """Before anything is given away; a guardian says their own name."""
    code = story.clinic.invited(story.record)
    page = story.mother.claim(code, CHILD)
    assert "I look after the patient" in page.text
    assert not story.mother.signed_in
    assert story.mother.claim(code, CHILD, how="guardian").status_code == 422
    assert not story.mother.signed_in
    assert story.clinic.entries(story.record) == []


def test_a_guardian_sees_and_decides_for_the_child(story: Story) -> None:
    """With a sign-in of her own; the child has none, and the log names her."""
    study = story.study()
    child_wish = story.claimed()
    child = story.owner(story.record)
    assert child_wish == f"/wish/{child}"
    assert story.clinic.entries(story.record) == ["claimed", "guardian-joined"]
    assert story.reads(story.mother, study)
    page = story.mother.post(child_wish, when="after-call")
    assert page.url.path == "/scans"
    assert not story.reads(story.mother, study)
    assert "Pablo" in story.mother.get("/settings").text
    looked = story.mother.get("/looked").text
    assert "Looks after the patient from now on" in looked
    assert "You" in looked
    (row,) = story.clinic.rows(
        b"SELECT (SELECT count(*) FROM access.session WHERE person = %s) AS sessions,"
        b" (SELECT count(*) FROM access.contact WHERE person = %s) AS contacts",
        *(child, child),
    )
    assert row == {"sessions": 0, "contacts": 0}


def test_nobody_else_wishes_for_a_child(story: Story) -> None:
    """Neither a stranger, nor the guardian once it has ended."""
    path = story.claimed()
    stranger = story.clinic.browser()
    stranger.claim(story.clinic.invited(story.clinic.patient(f"{story.number}9")))
    assert stranger.get(path).status_code == 404
    assert stranger.post(path, when="after-call").status_code == 404
    with story.clinic.owner.transaction() as connection:
        connection.execute("UPDATE access.helper SET ended_at = now() WHERE guardian")
    assert story.mother.post(path, when="after-call").status_code == 404


def test_a_second_hospital_of_the_same_child_is_the_same_person(story: Story) -> None:
    """A twin is another one."""
    story.claimed()
    again, twin = story.patient("Pablo Quintero"), story.patient("Lucas Quintero")
    for record in (again, twin):
        story.mother.claim(story.clinic.invited(record), CHILD, how="guardian")
    assert story.owner(again) == story.owner(story.record)
    assert story.owner(twin) != story.owner(story.record)


def test_who_is_known_by_the_number_signs_in_first(story: Story) -> None:
    """The mother is a patient herself: she stays one person, and her child is another."""
    mine = story.patient("Maria Quintero", date(1968, 3, 14))
    story.clinic.browser().claim(story.clinic.invited(mine))
    before = len(story.clinic.texts()) + 1  # the letter comes first
    path = story.claimed()
    assert path.startswith("/signin/")
    assert not story.mother.signed_in
    story.clinic.prompt()
    text = "".join(story.clinic.texts()[: len(story.clinic.texts()) - before])
    digits = next(word for word in text.split() if word.isdigit() and len(word) == 6)
    onwards = story.mother.post(path, code=digits).url.path
    assert onwards in {"/wish", f"/wish/{story.owner(story.record)}"}
    assert story.reads(story.mother, story.study())
    assert story.owner(mine) != story.owner(story.record)


def test_of_age_they_see_alone(story: Story, desk: Callable[..., str]) -> None:
    """From that day the guardian reads nothing; a sheet lets in the person that was held."""
    study = story.study()
    story.claimed()
    guarding.hand_over(story.clinic.portal)
    assert story.reads(story.mother, study)
    with story.clinic.owner.transaction() as connection:
        connection.execute("UPDATE access.helper SET until = current_date - 1 WHERE guardian")
        connection.execute(
            "UPDATE catalogue.roster_entry SET birth_date = '2000-01-02' WHERE patient_id = %s",
            (str(story.record),),
        )
    guarding.hand_over(story.clinic.portal)
    guarding.hand_over(story.clinic.portal)
    assert story.clinic.entries(story.record)[-1] == "guardian-left"
    assert story.clinic.entries(story.record).count("guardian-left") == 1
    assert not story.reads(story.mother, study)
    pablo = story.clinic.browser()
    page = pablo.claim(desk(story.record, "--recover"), date(2000, 1, 2))
    assert page.url.path == "/contact"
    assert story.reads(pablo, study)


def test_a_second_guardian_comes_by_a_sheet(story: Story, desk: Callable[..., str]) -> None:
    """And puts nobody out."""
    study = story.study()
    story.claimed()
    father = story.clinic.browser()
    code = desk(story.record, "--recover")
    father.claim(code, CHILD, how="guardian", name="Juan Quintero")
    assert story.reads(father, study)
    assert story.reads(story.mother, study)
    assert story.clinic.browser().claim(code, CHILD, how="self").status_code == 403


def test_who_is_nearly_of_age_may_be_the_patient(story: Story) -> None:
    """They say so, and nobody holds them."""
    study = story.study()
    assert story.claimed("self") == "/wish"
    assert story.reads(story.mother, study)
    assert (
        story.clinic.rows(
            b"SELECT FROM access.helper WHERE patient = %s", story.owner(story.record)
        )
        == []
    )
