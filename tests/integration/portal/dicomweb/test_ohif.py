"""portal.pages.ohif over real studies: whether its button is there, and what its page says."""

import re
from html import unescape

import httpx2

from services.portal import headers
from tests.integration.portal.dicomweb.conftest import Stage

BUTTON = re.compile(r'id="ohif" href="([^"]+)"')


def of(stage: Stage, path: str) -> httpx2.Response:
    """Ask the viewer's origin for a page."""
    return httpx2.get(f"{stage.viewer}{path}", timeout=60)


def test_ohif_opens_what_it_shows_as_it_is(stage: Stage) -> None:
    """The viewer's page leads to it; both know one study, one hospital, one viewing."""
    above = f"/v/{stage.viewing}/{stage.north}/{stage.slices}"
    (address,) = BUTTON.findall(of(stage, above).text)
    page = of(stage, unescape(address))
    assert page.status_code == 200
    assert page.headers["content-security-policy"] == headers.OHIF
    assert f'data-above="{above}"' in page.text
    assert f'data-dicomweb="/v/{stage.viewing}/dicomweb/{stage.north}"' in page.text


def test_ohif_is_not_offered_for_what_it_shows_otherwise(stage: Stage) -> None:
    """Neither its button nor its page is there for a study with such a series."""
    above = f"/v/{stage.viewing}/{stage.north}/{stage.study}"
    assert of(stage, above).status_code == 200
    assert not BUTTON.search(of(stage, above).text)
    assert of(stage, f"{above}/viewer").status_code == 404
