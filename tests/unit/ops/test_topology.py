"""ops.topology: what an operator is told to do when the broker does not do as it is told."""

from services.ops.topology import remedy


def test_a_broken_node_is_to_be_restarted() -> None:
    """No administrator and no second try helps there."""
    assert "Restart its node" in remedy("INTERNAL_ERROR")


def test_another_refusal_is_the_askers_or_the_queues_fault() -> None:
    """Such as a queue of another kind, or a user who may not configure."""
    told = remedy("PRECONDITION_FAILED - inequivalent arg 'x-queue-type'")
    assert "administrator" in told
    assert "Restart" not in told
