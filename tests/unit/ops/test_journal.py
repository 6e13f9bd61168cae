"""ops.journal: a broken drop goes on where it stopped, and never claims too much."""

from pathlib import Path
from threading import Thread

import pytest

from services.ops.journal import Journal, Uploaded, journal_path

ONE = Uploaded("north/a.dcm", 3, 17, "a" * 64)


def test_an_upload_is_known_to_the_next_run(tmp_path: Path) -> None:
    """The same file with the same size and time need not be sent again."""
    first = Journal(tmp_path / "j" / "drop.jsonl")
    first.add(ONE)
    first.close()

    again = Journal(tmp_path / "j" / "drop.jsonl")
    assert again.has("north/a.dcm", 3, 17) == ONE
    again.close()


@pytest.mark.parametrize(("size", "modified"), [(4, 17), (3, 18)])
def test_a_file_that_changed_is_not_known(tmp_path: Path, size: int, modified: int) -> None:
    """Another size or time may be another content: it is sent."""
    journal = Journal(tmp_path / "drop.jsonl")
    journal.add(ONE)
    assert journal.has("north/a.dcm", size, modified) is None
    journal.close()


def test_a_line_cut_by_a_crash_costs_one_upload_and_no_neighbour(tmp_path: Path) -> None:
    """The half line is ignored, and what is added after it can be read."""
    path = tmp_path / "drop.jsonl"
    path.write_bytes(b'{"key": "north/b.dcm", "si')
    journal = Journal(path)
    journal.add(ONE)
    journal.close()

    again = Journal(path)
    assert list(again.known) == ["north/a.dcm"]
    again.close()


def test_nobody_else_may_read_the_keys(tmp_path: Path) -> None:
    """Hospitals put names into file names."""
    journal = Journal(tmp_path / "j" / "drop.jsonl")
    journal.close()
    assert journal.path.stat().st_mode & 0o077 == 0


def test_threads_do_not_mix_their_lines(tmp_path: Path) -> None:
    """Four upload at once."""
    path = tmp_path / "drop.jsonl"
    journal = Journal(path)

    def note(thread: int) -> None:
        for count in range(50):
            journal.add(Uploaded(f"north/{thread}/{count}", count, 0, "b" * 64))

    threads = [Thread(target=note, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()

    again = Journal(path)
    assert len(again.known) == 200
    again.close()


def test_each_drop_has_its_own_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another folder, site, server or lane is another drop."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    here, there = tmp_path / "a", tmp_path / "b"
    paths = {
        journal_path(here, "north", "http://s3", backfill=False),
        journal_path(there, "north", "http://s3", backfill=False),
        journal_path(here, "south", "http://s3", backfill=False),
        journal_path(here, "north", "http://other", backfill=False),
        journal_path(here, "north", "http://s3", backfill=True),
    }
    assert len(paths) == 5
    assert all(path.is_relative_to(tmp_path / "scanpass") for path in paths)
