"""`scanpass sites apply`: hospitals are as the files say."""

from pathlib import Path
from uuid import uuid4

import pytest

from shared.db import Database
from tests.integration.ops.conftest import Scanpass

FILE = 'site = "{}"\ntitle = "{}"\nhelp_phone = "+15550100"\n'


@pytest.fixture
def name() -> str:
    return f"site-{uuid4().hex[:8]}"


@pytest.fixture
def received(database: Database) -> str:
    """Return a site that a file came from."""
    site = f"site-{uuid4().hex[:8]}"
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO ingest.receipt (site, drop_digest, drop_version, kind, sha256, crc32,"
            " size, bucket, key, door, lane, dropped_at, event_type, event, reference) VALUES"
            " (%s, %s, 'v1', 'quarantined', %s, 0, 1, 'quarantine', 'k', 'bucket', 'live', now(),"
            " 't', '{}', %s)",
            (site, "c" * 64, "d" * 64, uuid4().hex[:7]),
        )
    return site


def known(scanpass: Scanpass, name: str) -> dict[str, object] | None:
    found = scanpass("site", "list", "--json").json["sites"]
    return next((each for each in found if each["site"] == name), None)


def test_a_site_is_as_its_file_says(scanpass: Scanpass, tmp_path: Path, name: str) -> None:
    """New, changed, and back to what is usual once the file says no more; again is no change."""
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    file = tmp_path / "here.toml"
    file.write_text(FILE.format(name, "Old") + 'release_days = 7\nlogo = "logo.png"\n')
    done = scanpass("sites", "apply", "-f", str(tmp_path), "--json")
    assert done.code == 0, done.err
    assert done.json["changes"] == [{"site": name, "change": "new"}]
    first = known(scanpass, name)
    assert first is not None
    assert (first["release_days"], first["logo_type"]) == (7, "image/png")

    file.write_text(FILE.format(name, "New"))
    done = scanpass("sites", "apply", "-f", str(file))
    assert "title Old -> New" in done.out
    assert "logo a picture -> none" in done.out
    assert "release_days 7 -> 30" in done.out
    second = known(scanpass, name)
    assert second is not None
    assert (second["title"], second["release_days"], second["logo_type"]) == ("New", 30, None)
    assert second["created_at"] == first["created_at"]

    assert scanpass("sites", "apply", "-f", str(file), "--json").json["changes"] == []


def test_a_dry_run_changes_nothing(scanpass: Scanpass, tmp_path: Path, name: str) -> None:
    """It tells what would be done."""
    (tmp_path / "one.toml").write_text(FILE.format(name, "One"))
    done = scanpass("sites", "apply", "-f", str(tmp_path), "--dry-run")
    assert (done.code, f"{name}: new" in done.out) == (0, True)
    assert known(scanpass, name) is None


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ('title = "No name"\n', "site: Field required"),
        (FILE.format("{name}", "Twice"), "both declare"),
        (FILE.format("other", "Logo") + 'logo = "none.png"\n', "The logo cannot be read"),
    ],
    ids=["malformed", "twice", "logo"],
)
def test_one_wrong_file_changes_nothing(
    scanpass: Scanpass, tmp_path: Path, name: str, second: str, said: str
) -> None:
    """All of the hospitals, or none."""
    (tmp_path / "a.toml").write_text(FILE.format(name, "One"))
    (tmp_path / "b.toml").write_text(second.replace("{name}", name))
    done = scanpass("sites", "apply", "-f", str(tmp_path))
    assert done.code == 2
    assert said in done.err
    assert known(scanpass, name) is None


def test_prune_keeps_whom_files_came_from(
    scanpass: Scanpass, tmp_path: Path, name: str, received: str
) -> None:
    """A site without a file goes, unless something came from it: that is said, with exit code 1."""
    for site in (name, received):
        (tmp_path / f"{site}.toml").write_text(FILE.format(site, "Was here"))
    assert scanpass("sites", "apply", "-f", str(tmp_path)).code == 0
    others = [each["site"] for each in scanpass("site", "list", "--json").json["sites"]]
    for site in {*others} - {name, received}:  # of other tests: they stay declared
        (tmp_path / f"{site}.toml").write_text(FILE.format(site, "Another test's"))
    (tmp_path / f"{name}.toml").unlink()
    (tmp_path / f"{received}.toml").unlink()
    done = scanpass("sites", "apply", "-f", str(tmp_path), "--prune", "--dry-run", "--json")
    assert done.code == 1
    assert done.json["kept"] == [received]
    assert {"site": name, "change": "removed"} in done.json["changes"]
    assert known(scanpass, name) is not None
