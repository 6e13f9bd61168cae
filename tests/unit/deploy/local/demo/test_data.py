"""deploy.local.demo.data, with the real files."""

from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from deploy.local.demo.data import AGAIN, STUDIES, contents, lay_out
from deploy.local.demo.files import real_files
from tests.judging.dropped import Dropped, Kind, read_all


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    lay_out(folder)
    return folder


@pytest.fixture(scope="module")
def dropped(laid_out: Path) -> list[Dropped]:
    return read_all(laid_out)


def test_real_files_are_never_rewritten(dropped: list[Dropped]) -> None:
    """All but the head, the rosters and what is broken on purpose is as it was published."""
    published = {sha256(file.path.read_bytes()).hexdigest() for file in real_files()}
    made = {"head", "rosters"}
    for file in dropped:
        broken = file.kind in {Kind.CUT, Kind.FOREIGN, Kind.ROSTER}
        if not broken and made.isdisjoint(file.path.parts):
            assert file.sha256 in published, file.path.name


def test_every_sop_instance_uid_is_there_once(dropped: list[Dropped]) -> None:
    """One file each, but for the one group that comes with two contents."""
    wanted = {file.sop_uid for file in real_files() if file.sop_uid}
    count = Counter(file.sop for file in dropped if file.kind is Kind.INSTANCE)
    malformed = sum(file.kind is Kind.BAD_UID for file in dropped)
    assert len(wanted - count.keys()) == malformed
    assert [number for number in count.values() if number > 1] == [2]
    again = [file for file in dropped if AGAIN in file.path.parts]
    assert len(again) == 1
    assert count[again[0].sop] == 2


def test_the_head_has_all_its_slices(dropped: list[Dropped]) -> None:
    """181 instances of one series, at the hospital where Spanish is spoken."""
    head = [file for file in dropped if file.path.parent.name == "head"]
    assert len({file.sop for file in head}) == 181
    assert {(file.site, file.kind) for file in head} == {("sur", Kind.INSTANCE)}
    assert len({file.series for file in head}) == 1


def test_a_patient_goes_to_one_hospital(dropped: list[Dropped]) -> None:
    """Both have some, and nobody's files are split."""
    sites = {(file.patient, file.site) for file in dropped if file.patient[1]}
    assert len(sites) == len({patient for patient, _ in sites})
    assert {site for _, site in sites} == {"north", "sur"}


def test_a_second_run_touches_nothing(laid_out: Path) -> None:
    """The same bytes, and files that are right already are left alone."""
    before = {path: path.stat().st_mtime_ns for path in laid_out.rglob("*") if path.is_file()}
    stranger = laid_out / STUDIES / "north" / "left over.dcm"
    stranger.write_bytes(b"")
    lay_out(laid_out)
    assert {p: p.stat().st_mtime_ns for p in laid_out.rglob("*") if p.is_file()} == before
    assert dict(contents()) == {
        path.relative_to(laid_out).as_posix(): path.read_bytes() for path in before
    }
