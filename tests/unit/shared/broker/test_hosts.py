"""shared.broker.hosts: one setting, one or several hosts, and a password nobody sees."""

import pytest

from shared.broker.hosts import hosts


@pytest.mark.parametrize(
    "urls",
    [
        "amqp://ingest:s%2Cecret@one:5672/,amqp://ingest:s%2Cecret@two:5673/",
        "amqp://ingest:s%2Cecret@one:5672,two:5673/",
        "amqp://ingest:s%2Cecret@one:5672, two:5673",
    ],
)
def test_several_hosts_are_one_cluster(urls: str) -> None:
    """Whole URLs, or one URL with several addresses."""
    one, two = hosts(urls, "ingest publishes")
    assert [(one.host, one.port), (two.host, two.port)] == [("one", 5672), ("two", 5673)]
    assert {one.credentials.password, two.credentials.password} == {"s,ecret"}
    assert {one.virtual_host, two.virtual_host} == {"/"}
    assert one.client_properties == {"connection_name": "ingest publishes"}


@pytest.mark.parametrize("urls", ["", "http://h/", "h:5672", "amqp://u:hunter2@h:port/"])
def test_a_wrong_url_is_refused_without_quoting_it(urls: str) -> None:
    """It bears the password."""
    with pytest.raises(ValueError, match="not an AMQP URL") as wrong:
        hosts(urls, "ingest")
    assert "hunter2" not in str(wrong.value)


def test_no_wait_is_without_end() -> None:
    """Deadlines are ours, not the peer's."""
    (one,) = hosts("amqp://u:p@h/", "ingest")
    assert 0 < one.heartbeat <= 15
    assert 0 < one.blocked_connection_timeout <= 60
    assert 0 < one.socket_timeout <= 10
