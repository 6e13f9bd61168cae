"""portal.sharing.answers: a reader answers, the patient sees whose words it is, and takes it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias
from uuid import uuid4

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from services.portal import app
from services.portal.sharing import answers, pdf
from services.portal.sharing.links import Opened
from services.portal.take import beside
from shared.wording import chosen
from tests.integration.portal.sharing.conftest import Maria

Browser: TypeAlias = Callable[[str | None], TestClient]
PDF = b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\nxref\n0 1\ntrailer << >>\nstartxref\n30\n%%EOF\n"
PAGE = b"<html><script>alert(1)</script></html>"


@dataclass
class Reader:
    """Somebody who has opened what María shares."""

    maria: Maria
    screen: TestClient
    place: str

    def answer(self, file: bytes = b"", **said: str) -> Response:
        """Send the form."""
        told = {"answer": str(uuid4()), "study": f"{self.maria.hand.site}|{self.maria.study}"}
        files = {"file": ("report.pdf", file, "application/pdf")} if file else None
        return self.screen.post(f"{self.place}/answer", data=told | said, files=files)


@pytest.fixture
def reader(maria: Maria) -> Iterator[Reader]:
    maria.reached("maria@patients.example")
    opened = maria.open(maria.link(maria.share()))
    assert isinstance(opened, Opened)
    url = maria.edges.settings.viewer_url
    with TestClient(app.viewer(maria.edges), base_url=url, follow_redirects=False) as screen:
        yield Reader(maria, screen, f"/v/{opened.viewing}")


def kept(maria: Maria) -> int:
    """Return how many answers she has."""
    query = "SELECT count(*) AS count FROM access.answer WHERE person = %s"
    count: int = maria.hand.one(query, maria.person)["count"]
    return count


def test_an_answer_stands_beside_the_scan_and_goes_along(reader: Reader, browser: Browser) -> None:
    """As the reader's own, escaped; its PDF is a file to be saved and nothing else."""
    maria = reader.maria
    words = "No fracture.\n<b>See you</b> in May."
    answer = reader.answer(PDF, words=words)
    assert answer.headers["location"] == f"{reader.place}?answered=yes"
    assert "has reached the patient" in reader.screen.get(answer.headers["location"]).text
    hers = browser(maria.hand.session(maria.person))
    page = hers.get(f"/scans/{maria.hand.site}/{maria.study}").text
    assert "From Dr. Okafor (Doctor), not from the hospital" in page
    assert "&lt;b&gt;See you&lt;/b&gt;" in page
    path = page.partition('href="/answers/')[2].partition('"')[0]
    saved = hers.get(f"/answers/{path}")
    assert saved.content == PDF
    assert saved.headers["content-disposition"].startswith("attachment")
    assert saved.headers["content-type"] == "application/pdf"
    assert saved.headers["x-content-type-options"] == "nosniff"
    assert ("answered", "maria@patients.example") in maria.notices()
    assert "share.answered.v1" in maria.told()
    assert ("guest", "share-answered", "granted") in maria.hand.log(maria.record)
    with maria.edges.database.transaction() as connection:
        wording = chosen(maria.edges.wordings, "en")
        taken = beside.answers(connection, [(maria.hand.site, maria.study)], wording)
    assert [each.path for each in taken] == ["ANSWERS/00000001.TXT", "ANSWERS/00000001.PDF"]
    assert "not from the hospital" in taken[0].content.decode()
    assert "<b>See you</b>" in taken[0].content.decode()
    assert taken[1].content == PDF


def test_nobody_else_reads_an_answer(reader: Reader, browser: Browser) -> None:
    """Neither a stranger, nor who is signed out, nor another who claims the record later."""
    maria = reader.maria
    reader.answer(PDF)
    row = maria.hand.one("SELECT answer FROM access.answer WHERE person = %s", maria.person)
    path = f"/answers/{row['answer']}"
    eve = maria.hand.person("Eve")
    assert browser(maria.hand.session(eve)).get(path).status_code == 404
    assert browser(None).get(path).headers["location"] == "/signin"
    query = "UPDATE access.claim SET ended_at = now() WHERE record = %s RETURNING 1"
    maria.hand.all(query, maria.record)
    maria.hand.claim(eve, maria.record)
    hers = browser(maria.hand.session(eve))
    assert hers.get(path).status_code == 404
    assert "Okafor" not in hers.get(f"/scans/{maria.hand.site}/{maria.study}").text


@pytest.mark.parametrize(
    ("file", "words", "outcome"),
    [(PAGE, "", "file"), (PDF[:-8], "", "file"), (b"", " \n", "empty"), (PAGE, "x", "file")],
)
def test_what_is_no_answer_is_not_kept(
    reader: Reader, file: bytes, words: str, outcome: str
) -> None:
    """And the page says why."""
    answer = reader.answer(file, words=words)
    assert answer.headers["location"].endswith(f"?answered={outcome}")
    assert 'role="alert"' in reader.screen.get(answer.headers["location"]).text
    assert kept(reader.maria) == 0


def test_a_body_past_the_limit_is_not_read(reader: Reader) -> None:
    """And no other form takes as much."""
    large = PDF[:9] + bytes(pdf.LARGEST + (128 << 10)) + PDF[9:]
    assert reader.answer(large).status_code == 413
    answer = reader.screen.post(f"{reader.place}/longer", data={"words": "x" * (80 << 10)})
    assert answer.status_code == 413


def test_an_answer_is_about_what_was_given(reader: Reader) -> None:
    """Not about another study of hers, nor by who has no right any more."""
    maria = reader.maria
    other = maria.hand.study(maria.record)
    for study in (f"{maria.hand.site}|{other}", "", "|", f"{maria.hand.site}|\0"):
        assert reader.answer(words="x", study=study).status_code == 404
    row = maria.hand.one("SELECT grant_id FROM access.grants WHERE person = %s", maria.person)
    maria.withdraw(row["grant_id"])
    assert reader.answer(words="x").status_code == 404
    assert kept(maria) == 0


def test_a_form_that_is_sent_twice_answers_once_and_there_is_an_end(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of answers by one reader, and of bytes to one patient."""
    same = str(uuid4())
    for _ in range(2):
        reader.answer(words="x", answer=same)
    assert kept(reader.maria) == 1
    monkeypatch.setattr(answers, "ROOM", len(PDF))
    outcomes = [reader.answer(PDF).headers["location"].rpartition("=")[2] for _ in range(2)]
    assert outcomes == ["yes", "no"]
    monkeypatch.setattr(answers, "MOST", 2)
    assert reader.answer(words="y").headers["location"].endswith("=no")
    assert kept(reader.maria) == 2
