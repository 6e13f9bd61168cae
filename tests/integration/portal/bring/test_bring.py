"""portal.bring: a disc arrives whole whatever is cut, apart from hospitals, and asked about."""

import socket
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import TypeAlias
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from services.portal import app
from services.portal.bring import dropping, owning, rules, uploads
from services.portal.credential import cookie_name
from services.portal.edges import Edges
from services.portal.reading import Hidden
from services.portal.server import Server
from shared.access import Action
from tests.integration.portal.bring.conftest import NAME, Stage, begun, carried, slice_of
from tests.integration.portal.conftest import credential

Browser: TypeAlias = Callable[[str | None], TestClient]
CUTS = 10


def new_study() -> str:
    """Return a UID that nobody has."""
    return f"2.25.{uuid4().int >> 72}"


def dropped(edges: Edges, stage: Stage) -> dict[str, bytes]:
    """Drop what is whole; return what lies in the drop for Maria's own site."""
    while dropping.drop(edges.database, edges.storage):
        pass
    storage, found = stage.received.storage, {}
    for each in storage.list("drop", f"{stage.brought()}/"):
        with storage.open("drop", each.key, each.version) as file:
            found[each.key.rpartition("/")[2]] = file.read()
    return found


def read(stage: Stage, edges: Edges, *files: bytes) -> str:
    """Let the pipeline read what was brought; return the site where it lies."""
    with edges.database.transaction() as connection:
        query = "SELECT access.brought_site(%s) AS site"
        ((site,),) = (row.values() for row in connection.execute(query, (stage.maria,)))
    stage.received.run("UPDATE sites.site SET quiet_seconds = 0 WHERE site = %s", site)
    stage.received.receive(site, files)
    stage.received.receipts(site)
    while owning.recognise(edges.database):
        pass
    return str(site)


def test_a_disc_cut_ten_times_arrives_whole(edges: Edges, browser: Browser, stage: Stage) -> None:
    """The line breaks at any byte of a piece; what was answered counts, and nothing else."""
    random = Random(6)  # noqa: S311  no secret: the same cuts each time
    files = [random.randbytes(2 * rules.PIECE + 4321), slice_of(new_study(), NAME)]
    client = browser(stage.cookies["maria"])
    upload = begun(client, stage.maria, files).json()["upload"]
    server = Server(app.pages(edges), "127.0.0.1", 0, "TEST_PORTAL")
    server.start()
    cookie = f"{cookie_name(edges.settings)}={stage.cookies['maria']}"
    try:
        for number, content in enumerate(files):
            at = 0
            while at < len(content):
                part = content[at : at + rules.PIECE]
                for _ in range(CUTS // 4 + 1):
                    cut(server.port, f"/bring/{upload}/{number}?at={at}", cookie, part, random)
                safe = client.get(f"/bring/{upload}").json()["received"][number]
                assert safe == at
                put = client.put(f"/bring/{upload}/{number}?at={at}", content=part)
                at = put.json()["received"]
    finally:
        server.stop()
    assert client.get(f"/bring/{upload}").json()["state"] == "whole"
    assert dropped(edges, stage) == {f"{number:06}": each for number, each in enumerate(files)}
    assert client.get(f"/bring/{upload}").json()["state"] == "dropped"
    assert not list(stage.received.storage.list("bring", f"{upload}/"))
    assert not dropping.drop(edges.database, edges.storage)


def cut(port: int, path: str, cookie: str, body: bytes, random: Random) -> None:
    """Send a part of a piece, and hang up."""
    head = (
        f"PUT {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: {cookie}\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(head.encode() + body[: random.randrange(len(body))])


def test_the_same_disc_is_gone_on_with(browser: Browser, stage: Stage) -> None:
    """After a new page too: by its fingerprint; another disc is another upload."""
    files = [b"a" * (rules.PIECE + 5), b"b" * 9]
    client = browser(stage.cookies["maria"])
    first = begun(client, stage.maria, files).json()
    client.put(f"/bring/{first['upload']}/0?at=0", content=files[0][: rules.PIECE])
    again = begun(client, stage.maria, files).json()
    assert again == {**first, "received": [rules.PIECE, 0]}
    assert begun(client, stage.maria, [b"c"]).json()["upload"] != first["upload"]


def test_a_piece_out_of_turn_moves_nothing(browser: Browser, stage: Stage) -> None:
    """Too early, again, too long or too short: what is safe is said, and stays."""
    content = b"a" * (rules.PIECE + 5)
    client = browser(stage.cookies["maria"])
    upload = begun(client, stage.maria, [content]).json()["upload"]
    address = f"/bring/{upload}/0?at="
    assert client.put(f"{address}{rules.PIECE}", content=b"a" * 5).json() == {"received": 0}
    assert client.put(f"{address}0", content=b"short").status_code == 400
    assert client.put(f"{address}0", content=content).status_code == 413
    carried(client, upload, [content])
    assert client.put(f"{address}0", content=content[: rules.PIECE]).status_code == 404  # whole
    assert client.put(f"/bring/{upload}/1?at=0", content=b"a").status_code == 404
    assert client.put(f"/bring/{uuid4()}/0?at=0", content=b"a").status_code == 404


@pytest.mark.parametrize("who", ["sven", "otto", None])
def test_who_may_not_bring(browser: Browser, stage: Stage, who: str | None) -> None:
    """A helper without everything, another patient, nobody: there is no such thing for them."""
    files = [b"a" * 9]
    upload = begun(browser(stage.cookies["maria"]), stage.maria, files).json()["upload"]
    client = browser(stage.cookies[who] if who else None)
    gone = {303, 404} if who is None else {404}
    assert begun(client, stage.maria, files).status_code in gone
    assert client.get(f"/bring/{upload}").status_code in gone
    assert client.put(f"/bring/{upload}/0?at=0", content=files[0]).status_code in gone
    assert client.get(f"/bring/{upload}").status_code in gone


def test_who_helps_with_everything_brings(edges: Edges, browser: Browser, stage: Stage) -> None:
    """Lucía brings for Maria, whose log says so; with her right the upload ends."""
    client = browser(stage.cookies["lucia"])
    files = [slice_of(new_study(), NAME)]
    upload = begun(client, stage.maria, files).json()["upload"]
    carried(client, upload, files)
    assert len(dropped(edges, stage)) == 1
    query = "SELECT actor_kind, because FROM access.entry WHERE action = 'brought' AND actor = %s"
    (entry,) = stage.received.rows(query, stage.lucia)
    assert entry == {"actor_kind": "helper", "because": "helper"}
    second = begun(client, stage.maria, [b"more"]).json()["upload"]
    stage.received.run("UPDATE access.helper SET ended_at = now() WHERE person = %s", stage.lucia)
    assert client.put(f"/bring/{second}/0?at=0", content=b"more").status_code == 404


def test_there_is_a_limit(
    edges: Edges, browser: Browser, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of bytes for one person, of discs on their way; what was given up counts no more."""
    client = browser(stage.cookies["maria"])
    most = edges.settings.bring_gigabytes * 10**9
    told = {"whose": str(stage.maria), "fingerprint": "0" * 64}
    tall = client.post("/bring", json={**told, "sizes": [most + 1]})
    assert (tall.status_code, tall.json()) == (422, {"refused": "too-much"})
    first = client.post("/bring", json={**told, "sizes": [most - 5]}).json()["upload"]
    assert begun(client, stage.maria, [b"123456"]).json() == {"refused": "too-much"}
    client.post(f"/bring/{first}/end")
    for count in range(rules.MOST_OPEN):
        assert "upload" in begun(client, stage.maria, [b"%d" % count]).json()
    assert begun(client, stage.maria, [b"x"]).json() == {"refused": "too-often"}
    monkeypatch.setattr("services.portal.bring.uploads.DAYS", timedelta(seconds=-60))
    uploads.forget(edges.database, edges.storage)
    assert "upload" in begun(client, stage.maria, [b"x"]).json()


def test_her_own_disc_is_hers(edges: Edges, browser: Browser, stage: Stage) -> None:
    """Name and birth date are those of her hospital's record: it is shown, and marked."""
    study = new_study()
    site = read(stage, edges, slice_of(study, "CASE^MARÍA^ELENA", number="77"))
    assert stage.answers() == ["same"]
    client = browser(stage.cookies["maria"])
    page = client.get("/scans").text
    assert f"/scans/{site}/{study}" in page
    assert "Brought by you" in page
    one = client.get(f"/scans/{site}/{study}")
    assert "This came from a disc" in one.text
    assert "as it was on the disc" in one.text
    for address, marked in (
        (f"/fhir/{site}/ImagingStudy", True),
        (f"/fhir/{stage.site}/Patient", False),
    ):
        assert ("PATAST" in client.get(address).text) is marked


@pytest.mark.parametrize("mine", [True, False])
def test_somebody_elses_disc_is_asked_about(
    edges: Edges, browser: Browser, stage: Stage, *, mine: bool
) -> None:
    """Until it is answered, and after a no, it does not exist for her."""
    study = new_study()
    site = read(stage, edges, slice_of(study, "Case^Otto"))
    client = browser(stage.cookies["maria"])
    assert stage.answers() == ["asked"]
    assert study not in client.get("/scans").text
    assert "A disc names somebody else" in client.get("/scans").text
    with (
        pytest.raises(Hidden),
        edges.reading.opened(credential(stage.cookies["maria"]), Action.LOOK, site, study),
    ):
        pass
    asked = client.get("/bring").text
    assert "Otto Case" in asked
    query = "SELECT record FROM catalogue.record WHERE site = %s"
    ((record,),) = (row.values() for row in stage.received.rows(query, site))
    for other in ("otto", "sven"):
        form = {"mine": "true"}
        assert (
            browser(stage.cookies[other]).post(f"/bring/records/{record}", data=form).status_code
            == 404
        )
    assert (
        client.post(f"/bring/records/{record}", data={"mine": str(mine).lower()}).status_code == 303
    )
    assert (study in client.get("/scans").text) is mine
    assert "Otto Case" not in client.get("/bring").text
    assert stage.answers() == ["mine" if mine else "other"]


def test_it_never_mixes_with_what_a_hospital_sent(
    edges: Edges, browser: Browser, stage: Stage
) -> None:
    """The same UIDs stay apart, and where there is one place for both the hospital's stands."""
    site = read(stage, edges, slice_of(stage.study, NAME, number="77"))
    client = browser(stage.cookies["maria"])
    page = client.get("/scans").text
    assert f"/scans/{site}/{stage.study}" in page
    assert f"/scans/{stage.site}/{stage.study}" in page
    rows = stage.received.rows(
        "SELECT site, record FROM catalogue.study WHERE study_uid = %s", stage.study
    )
    assert len({row["record"] for row in rows}) == len(rows) == 2
    # It has more of it, and is preferred nevertheless.
    stage.received.run(
        "UPDATE catalogue.study SET instance_count = 99, completeness = 'complete' WHERE site = %s",
        site,
    )
    found = client.get("/dicomweb/me/studies").json()
    assert [each["00201206"]["Value"] for each in found] == [[1]]
