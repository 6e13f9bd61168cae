"""Where the database's data lies when its own user cannot reach the checkout."""

import os
import shutil
from pathlib import Path

import pytest

from deploy.local import database
from deploy.local.environment import PASSWORDS
from deploy.local.setting import Setting, prepare

USER = "postgres"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another user")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.setattr(database, "ELSEWHERE", folder)
    return folder


@pytest.fixture
def hidden(tmp_path: Path) -> Setting:
    """Make a set under a folder of mode 0700."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return prepare(home / ".local", PASSWORDS)


@needs_root
def test_a_home_that_nobody_may_cross_keeps_no_data(hidden: Setting, elsewhere: Path) -> None:
    """The folder elsewhere is the database user's alone, and found again at the next start."""
    first, second = (database.home(hidden, USER) for _ in range(2))
    found = first.stat()
    assert first == second
    assert first.parent == elsewhere
    assert (first.owner(), found.st_mode & 0o777) == (USER, 0o700)


@needs_root
def test_a_folder_that_somebody_laid_there_is_not_used(hidden: Setting, elsewhere: Path) -> None:
    """A name in a folder that everybody may write to proves nothing."""
    (elsewhere / hidden.name).symlink_to("/etc")
    with pytest.raises(PermissionError, match="remove it"):
        database.home(hidden, USER)


@needs_root
def test_what_a_removed_set_left_is_removed(
    hidden: Setting, elsewhere: Path, tmp_path: Path
) -> None:
    """Only that of sets whose own folder is gone."""
    other = tmp_path / "home" / "other"
    gone = database.home(prepare(other, PASSWORDS), USER)
    shutil.rmtree(other)
    kept = database.home(hidden, USER)
    database.forget(USER)
    assert list(elsewhere.iterdir()) == [kept]
    assert not gone.exists()


def test_a_reachable_set_keeps_its_data_itself(tmp_path: Path) -> None:
    """As ourselves nothing lies elsewhere."""
    setting = prepare(tmp_path, PASSWORDS)
    assert database.home(setting, None) == tmp_path / "database"
