"""Which files there are: those of three public test sets, and those that are made."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from tests.every_file.generate import generated

# Package, and the folders in it; what is below them is data.
FOLDERS = {
    "pydicom": ("pydicom", "data/test_files", "data/charset_files"),
    "pydicom-data": ("data_store", "data"),
    "deid-data": ("deid_data", "data"),
}
CODE = {".py", ".pyc", ".pyi"}


def installed(name: str) -> list[Path]:
    """Return the folders of a test set, or none where it is not installed."""
    module, *folders = FOLDERS[name]
    spec = find_spec(module)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return [Path(place) / folder for place in places for folder in folders]


def files(name: str) -> Iterator[tuple[str, Path]]:
    """Yield the name (`<set>/<path>`) and the place of every file of a test set."""
    for folder in installed(name):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix not in CODE:
                yield f"{name}/{path.relative_to(folder).as_posix()}", path


def every() -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of every file."""
    for name in FOLDERS:
        for label, path in files(name):
            yield label, path.read_bytes()
    for label, content in generated():
        yield f"generated/{label}", content


def absent() -> list[str]:
    """Return the test sets that are not installed."""
    return [name for name in FOLDERS if not installed(name)]
