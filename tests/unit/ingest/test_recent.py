"""ingest.Recent: a short memory."""

from services.ingest.recent import Recent


def test_a_version_is_remembered_for_a_while() -> None:
    """Only that version of that key, and not for ever."""
    recent = Recent()
    recent.add("north/1", "v1")
    assert recent.holds("north/1", "v1")
    assert not recent.holds("north/1", "v2")

    forgetful = Recent(remembered=-1)
    forgetful.add("north/1", "v1")
    assert not forgetful.holds("north/1", "v1")
