"""A helper who vouches: a code, with the patient's birth date, for who has lost their number."""

from datetime import date
from uuid import UUID

from tests.integration.portal.signin.conftest import CODE, Browser, Clinic

LUCIA = "+34699000333"


def helped(
    clinic: Clinic, number: str, rights: str = "everything", born: date | None = None
) -> tuple[UUID, Browser, Browser]:
    """Return a record, its patient's browser, and the browser of Lucía, who helps."""
    record = clinic.patient(number, born=born) if born else clinic.patient(number)
    maria, lucia = clinic.browser(), clinic.browser()
    code = clinic.invited(record)
    maria.claim(code, born, how="self") if born else maria.claim(code)
    before = len(clinic.texts())
    maria.post("/helpers", name="Lucía", address=f"{LUCIA}{number[-3:]}", rights=rights)
    clinic.prompt()
    (text,) = clinic.texts()[: len(clinic.texts()) - before]
    found = CODE.search(text)
    assert found
    assert lucia.post("/h", code=found.group()).url.path == "/scans"
    return record, maria, lucia


def path(clinic: Clinic) -> str:
    """Return where the newest helper asks for a code."""
    (row,) = clinic.rows(b"SELECT helper FROM access.helper ORDER BY invited_at DESC LIMIT 1")
    return f"/helpers/{row['helper']}/vouch"


def vouched(clinic: Clinic, lucia: Browser) -> str:
    """Return the code that Lucía is shown."""
    assert path(clinic) in lucia.get("/helpers").text
    found = CODE.search(lucia.post(path(clinic)).text)
    assert found
    return found.group()


def test_her_code_lets_back_in_who_lost_their_number(clinic: Clinic, number: str) -> None:
    """The same person, once; signed out elsewhere, told by whose code, and all of it is logged."""
    record, maria, lucia = helped(clinic, number)
    code = vouched(clinic, lucia)
    assert code not in str(clinic.rows(b"SELECT * FROM access.invitation"))
    before, back = len(clinic.texts()), clinic.browser()
    assert back.claim(code).url.path == "/contact"
    assert back.signed_in
    assert not maria.signed_in
    assert lucia.signed_in
    clinic.prompt()
    (told,) = clinic.texts()[: len(clinic.texts()) - before]
    assert "Lucía" in told
    assert "+1 555 0100" in told
    assert clinic.browser().claim(code).status_code == 403
    assert clinic.entries(record) == [
        *("claimed", "helper-invited", "helper-joined", "vouched", "recovered-by-helper")
    ]
    query = (
        b"SELECT recovered_at FROM access.person JOIN access.claim USING (person) WHERE record = %s"
    )
    assert clinic.rows(query, record)[0]["recovered_at"]


def test_who_was_not_given_everything_cannot_vouch(clinic: Clinic, number: str) -> None:
    """Nor somebody else's helper, nor who has ended it, nor the patient for herself."""
    _, maria, lucia = helped(clinic, number, rights="share")
    assert "/vouch" not in lucia.get("/helpers").text
    assert lucia.post(path(clinic)).status_code == 404
    _, otto, carla = helped(clinic, f"{number}1")
    assert lucia.post(path(clinic)).status_code == 404
    assert otto.post(path(clinic)).status_code == 404
    assert maria.post(path(clinic)).status_code == 404
    carla.post(path(clinic).replace("vouch", "end"))
    assert carla.post(path(clinic)).status_code == 404
    assert (
        clinic.rows(b"SELECT FROM access.invitation WHERE site = %s AND recovers", clinic.site)
        == []
    )


def test_her_code_ends_with_her_help_and_with_the_claim(clinic: Clinic, number: str) -> None:
    """It lets nobody in afterwards, and gives nobody the record."""
    record, maria, lucia = helped(clinic, number)
    code = vouched(clinic, lucia)
    maria.post(path(clinic).replace("vouch", "end"))
    assert clinic.browser().claim(code).status_code == 403
    other, otto, carla = helped(clinic, f"{number}1")
    code = vouched(clinic, carla)
    (claim,) = clinic.rows(b"SELECT claim FROM access.claim WHERE record = %s", other)
    otto.post(f"/settings/records/{claim['claim']}/end")
    stranger = clinic.browser()
    assert stranger.claim(code).status_code == 403
    assert not stranger.signed_in
    assert "recovered-by-helper" not in clinic.entries(record) + clinic.entries(other)


def test_a_wrong_birth_date_locks_it_and_a_day_has_few(clinic: Clinic, number: str) -> None:
    """Five tries a code, three codes a day."""
    _, maria, lucia = helped(clinic, number)
    code = vouched(clinic, lucia)
    for _ in range(5):
        clinic.browser().claim(code, date(1900, 1, 1))
    page = clinic.browser().claim(code)
    assert page.status_code == 403
    assert "+1 555 0100" in page.text
    vouched(clinic, lucia)
    vouched(clinic, lucia)
    assert lucia.post(path(clinic)).status_code == 429
    assert maria.signed_in


def test_nobody_vouches_for_who_is_not_of_age(clinic: Clinic, number: str) -> None:
    """A code with a child's birth date would make a guardian of whoever has it."""
    born = date(date.today().year - 9, 3, 14)  # noqa: DTZ011  a year more or less is all the same
    _, _, lucia = helped(clinic, number, born=born)
    assert lucia.post(path(clinic)).status_code == 404
