"""portal.sharing.square: what is shown for a camera is the link, the whole link."""

from urllib.parse import unquote

import pytest
import segno

from services.portal.sharing.square import square


@pytest.mark.parametrize(
    "text", ["http://localhost:8080/s#7F3K-92QM-C", "https://portal.example/s#" + "a" * 43]
)
def test_it_stands_in_the_page_and_asks_nobody(text: str) -> None:
    """A picture of its own, which no other address is asked for; another text looks otherwise."""
    found = square(text)
    assert found.startswith("data:image/svg+xml")
    drawn = unquote(found)
    assert drawn.count("http") == drawn.count("http://www.w3.org")
    size = segno.make(text, error="m", micro=False).symbol_size(scale=5)
    assert f'width="{size[0]}"' in drawn.replace("'", '"')
    assert square(text + "b") != found
