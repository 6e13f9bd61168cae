"""shared.storage.short: where buckets do not stand in the path, the client is asked."""

import pytest

from shared.storage.short import Short

KEYS, PATIENCE = ("access", "secret"), (1.0, 1.0)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://s3.eu-central-1.amazonaws.com",
        "https://s3.cn-north-1.amazonaws.com.cn",
        "https://oss-eu-central-1.aliyuncs.com",
        "http://127.0.0.1:1/below",
    ],
)
def test_who_names_buckets_by_hosts_is_not_asked(endpoint: str) -> None:
    """Nothing is sent: nobody listens there, and that would be an error."""
    assert Short(endpoint, KEYS, "region", PATIENCE, 1).read("archive", "key", 0, 1) is None


def test_nobody_who_answers_is_an_error() -> None:
    """It is the caller's to say what that means."""
    short = Short("http://127.0.0.1:1", KEYS, "region", PATIENCE, 1)
    with pytest.raises(ConnectionError):
        short.read("archive", "key", 0, 1)
