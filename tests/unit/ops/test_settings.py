"""ops.settings: variables of the embedded servers are taken where the environment is silent."""

from pathlib import Path

import pytest

from services.ops.settings import adopt, variables

FILE = """
# a comment
SCANPASS_AMQP_URL=amqp://ops:a=b@127.0.0.1:5672/
export SCANPASS_S3_ENDPOINT='http://127.0.0.1:8333'
SCANPASS_S3_REGION=""
PATH=/evil
no equals
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ops.env"
    path.write_text(FILE)
    return path


def test_the_file_speaks_where_the_environment_does_not(file: Path) -> None:
    """What a person has set wins, and nothing but our own variables is taken."""
    environment = {"SCANPASS_S3_ENDPOINT": "http://mine", "PATH": "/bin"}

    taken = adopt(file, environment)

    assert environment == {
        "SCANPASS_S3_ENDPOINT": "http://mine",
        "PATH": "/bin",
        "SCANPASS_AMQP_URL": "amqp://ops:a=b@127.0.0.1:5672/",
        "SCANPASS_S3_REGION": "",
    }
    assert set(taken) == {"SCANPASS_AMQP_URL", "SCANPASS_S3_REGION"}


def test_no_file_is_no_trouble(tmp_path: Path) -> None:
    """Production has none; neither does a file that is no text."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    assert list(variables(tmp_path / "nowhere")) == []
    assert list(variables(tmp_path / "binary")) == []
    assert list(variables(tmp_path)) == []
