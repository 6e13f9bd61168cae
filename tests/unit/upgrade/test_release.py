"""The release before is named once, and who cannot have it is told what is missing."""

import subprocess
from pathlib import Path

import pytest

from tests.upgrade import release


def test_a_commit_that_is_not_here_is_named(tmp_path: Path) -> None:
    """Whoever has a clone without history is told so, and not shown a program's error."""
    with pytest.raises(release.NotHad, match=r"git fetch --unshallow"):
        release.checked_out(tmp_path, "0" * 40)


def test_the_code_of_a_commit_is_laid_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in the commit is there, and nothing that is only in the working tree."""
    clone = tmp_path / "clone"
    who = ("-c", "user.name=x", "-c", "user.email=x@x.example")
    step = clone / "services/ops/migrations/1.sql"
    step.parent.mkdir(parents=True)
    step.write_text("a")

    def git(*words: str) -> str:
        done = subprocess.run(  # noqa: S603  our own words
            ["/usr/bin/git", "-C", clone, *who, *words], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    commit = git("rev-parse", "HEAD")
    step.write_text("edited")
    (clone / "later").write_text("b")
    monkeypatch.setattr(release, "ROOT", clone)
    place = release.checked_out(tmp_path / "before", commit)
    assert release.migrations(place) == {"1.sql": b"a"}
    assert not (place / "later").exists()
    assert release.edited(release.migrations(place), release.migrations(clone)) == ["1.sql"]
