"""A sample of `make authz`: the whole is run by itself."""

from collections.abc import Callable
from itertools import islice

import pytest

from deploy.local import Services
from tests.authz import table
from tests.authz.__main__ import mixed, requests
from tests.authz.asking import Came, asked, every, verdict
from tests.authz.routes import routes
from tests.authz.running import Tally, addressed, run
from tests.authz.scene import Scene
from tests.received.studies import Received

SAMPLE, AGAIN, FUZZED = 250, 60, 100


@pytest.fixture(scope="module")
def scene(received: Received) -> Scene:
    """Return two hospitals, and everybody who might look."""
    return Scene.set(received)


def test_every_route_stands_in_the_table() -> None:
    """A route that nobody thought of when they wrote down who may read it is an error."""
    pages, viewer = routes()
    assert table.unlisted(pages, viewer) == []
    assert table.unlisted(pages | {"/new"}, viewer) == ["/new"]


def test_nobody_sees_what_is_not_theirs(
    scene: Scene, portal: Services, environment: Callable[[str], dict[str, str]]
) -> None:
    """And everybody what is; from the moment somebody leaves, nothing."""
    del portal  # it runs
    tally = Tally()
    at = addressed(environment("portal"))
    whole = sum(1 for _ in every(scene))
    run(at, scene, islice(requests(scene, whole, 1), SAMPLE), tally)
    run(at, scene, islice(requests(scene, whole + FUZZED, 1), whole, None), tally)
    scene.end("owner")
    scene.part("helper")
    scene.withdraw("grantee")
    scene.withdraw("grantee who keeps")
    scene.withdraw("own viewer")
    scene.withdraw("clinician")
    gone = [one for one in every(scene, gone=True) if one.reader in table.LEAVING]
    run(at, scene, islice(mixed(gone, 1), AGAIN), tally)

    assert tally.requests == SAMPLE + FUZZED + AGAIN
    assert not tally.wrong, "\n".join(tally.offenders)


@pytest.mark.parametrize(
    ("reader", "where", "route", "came", "wrong"),
    [
        ("stranger", ("north", "own"), "/metadata", Came(200, b"[]"), "unauthorised"),
        ("stranger", ("north", "own"), "/metadata", Came(404, b""), ""),
        ("owner", ("north", "own"), "/metadata", Came(404, b""), "over_refused"),
        ("owner", ("north", "own"), "/metadata", Came(500, b""), "errors_5xx"),
        ("owner", ("north", "own"), "/metadata", Came(200, b"another's"), "unauthorised"),
        ("owner", ("south", "both"), "/metadata", Came(200, b""), "unauthorised"),
    ],
)
def test_the_judge_bites(  # noqa: PLR0913, PLR0917  each is an axis
    scene: Scene, reader: str, where: tuple[str, str], route: str, came: Came, wrong: str
) -> None:
    """Each kind of wrong answer is called what it is."""
    one = asked(scene, reader, where, table.STUDY + route, viewing=False)
    assert verdict(scene, one, came) == wrong
