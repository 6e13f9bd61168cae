"""services.portal.signin: someone helps, for as long as both wish, and the log says so."""

from uuid import UUID, uuid4

import pytest

from services.portal.facts import Credential
from services.portal.reading import Hidden
from shared.access import Action, codes
from tests.integration.portal.signin.conftest import CODE, Browser, Clinic, first

LUCIA = "Lucía"


class Story:
    """Maria, who has claimed a record with one released study, and whoever helps her."""

    def __init__(self, clinic: Clinic, number: str) -> None:
        """Have her claim it."""
        self.clinic, self.number = clinic, number
        self.record = clinic.patient(number)
        self.maria = clinic.browser()
        self.maria.claim(clinic.invited(self.record))
        self.study = f"1.2.{uuid4().int}"[:64]
        with clinic.owner.transaction() as connection:
            connection.execute(
                "INSERT INTO catalogue.study (site, study_uid, record, state, released_at,"
                " reference) VALUES (%s, %s, %s, 'available', now(), 'x')",
                (clinic.site, self.study, self.record),
            )

    def ask(self, rights: str = "see") -> str:
        """Ask Lucía, and return the code in her message."""
        page = self.maria.post("/helpers", name=LUCIA, address=self.hers, rights=rights)
        assert LUCIA in page.text
        self.clinic.prompt()
        text = self.clinic.texts()[0]
        assert "Maria Quintero" in text
        found = CODE.search(text)
        assert found
        return found.group()

    @property
    def hers(self) -> str:
        """Return Lucía's number."""
        return f"{self.number[:-1]}{(int(self.number[-1]) + 1) % 10}"

    def reads(self, browser: Browser) -> bool:
        """Say whether the pictures may be looked at from `browser` at this moment."""
        secrets = [codes.hashed(value) for value in browser.client.cookies.values()]
        for secret in secrets:
            try:
                with self.clinic.edges.reading.opened(
                    Credential(session=secret), Action.LOOK, self.clinic.site, self.study
                ):
                    return True
            except Hidden:
                continue
        return False

    def events(self) -> list[str]:
        """Return what was told of helpers, in sequence."""
        query = b"SELECT type FROM access.outbox WHERE type LIKE 'helper.%%' ORDER BY id"
        return [row["type"] for row in self.clinic.rows(query)]


def ending(page: str) -> str:
    """Return where the button leads that ends it."""
    return first(r'action="(/helpers/[0-9a-f-]{36}/end)"', page)


@pytest.fixture
def story(clinic: Clinic, number: str) -> Story:
    return Story(clinic, number)


def test_a_helper_joins_and_sees(story: Story) -> None:
    """With a sign-in of her own, made by the code that came to her telephone."""
    lucia = story.clinic.browser()
    code = story.ask()
    assert not story.reads(lucia)
    assert lucia.post("/h", code=code).url.path == "/scans"
    assert story.reads(lucia)
    assert story.events() == ["helper.invited.v1", "helper.joined.v1"]
    assert story.clinic.entries(story.record)[:3] == ["claimed", "helper-invited", "helper-joined"]
    waiting = story.clinic.signin(again := story.clinic.browser(), story.hers)
    assert again.post(waiting.path, code=waiting.digits).url.path == "/scans"


@pytest.mark.parametrize("by", ["patient", "helper"])
def test_either_ends_it_at_once(story: Story, by: str) -> None:
    """The next read is refused, and both the log and the journal know who ended it."""
    lucia = story.clinic.browser()
    lucia.post("/h", code=story.ask())
    assert story.reads(lucia)
    browser = story.maria if by == "patient" else lucia
    page = browser.get("/helpers").text
    browser.post(ending(page))
    assert not story.reads(lucia)
    assert story.reads(story.maria)
    assert story.events()[-1] == "helper.left.v1"
    (entry,) = story.clinic.rows(
        b"SELECT actor_kind FROM access.entry WHERE record = %s AND action = 'helper-left'",
        story.record,
    )
    assert entry["actor_kind"] == by


def test_a_code_is_good_once(story: Story) -> None:
    """And what is taken back before is good for nothing."""
    first = story.ask()
    assert story.clinic.browser().post("/h", code=first).url.path == "/scans"
    late = story.clinic.browser()
    assert late.post("/h", code=first).status_code == 403
    assert not late.signed_in


def test_an_invitation_taken_back_or_too_old_lets_nobody_in(story: Story) -> None:
    """Both answer as a code that never was."""
    code = story.ask()
    page = story.maria.get("/helpers").text
    story.maria.post(ending(page))
    taken_back = story.clinic.browser().post("/h", code=code)
    old = story.ask()
    with story.clinic.owner.transaction() as connection:
        connection.execute("UPDATE access.helper SET expires_at = now()")
    expired, never = (story.clinic.browser().post("/h", code=one) for one in (old, "0000-0000-0"))
    assert {page.status_code for page in (taken_back, expired, never)} == {403}
    said = {
        page.text.replace(one, "")
        for page, one in ((taken_back, code), (expired, old), (never, "0000-0000-0"))
    }
    assert len(said) == 1


def test_a_helper_with_a_sign_in_uses_it(story: Story) -> None:
    """Her number is known already: she signs in first, and stays one person."""
    lucia = story.clinic.browser()
    own = story.clinic.patient(story.hers, name=LUCIA)
    story.clinic.browser().claim(story.clinic.invited(own))
    code = story.ask()
    page = lucia.post("/h", code=code)
    assert not lucia.signed_in
    story.clinic.prompt()
    digits = next(w for w in story.clinic.texts()[0].split() if w.isdigit() and len(w) == 6)
    assert lucia.post(page.url.path, code=digits).url.path == "/scans"
    assert story.reads(lucia)
    people = story.clinic.rows(b"SELECT person FROM access.contact WHERE address = %s", story.hers)
    assert len(people) == 1


def test_nobody_helps_themselves(story: Story) -> None:
    """The patient's own browser does not use up the code."""
    code = story.ask()
    assert story.maria.post("/h", code=code).status_code == 403
    assert story.clinic.browser().post("/h", code=code).url.path == "/scans"


def test_strangers_end_nothing(story: Story) -> None:
    """Whoever knows the number of a helper's row can do nothing with it."""
    lucia, stranger = story.clinic.browser(), story.clinic.browser()
    lucia.post("/h", code=story.ask())
    stranger.claim(story.clinic.invited(story.clinic.patient("+34622222222")))
    (row,) = story.clinic.rows(b"SELECT helper FROM access.helper WHERE address = %s", story.hers)
    helper: UUID = row["helper"]
    stranger.post(f"/helpers/{helper}/end")
    assert story.reads(lucia)


def test_messages_to_others_are_few(story: Story) -> None:
    """Five people a day may be asked, each of them once."""
    again = [story.maria.post("/helpers", name=LUCIA, address=story.hers) for _ in range(2)]
    assert [page.status_code for page in again] == [200, 409]
    more = [
        story.maria.post("/helpers", name="x", address=f"+3463333333{n}").status_code
        for n in range(4)
    ]
    assert more == [200, 200, 200, 429]
