"""Small file systems under the servers' folders, so that a disk can be full for a while."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.chaos.faults import Ring

PIECE = 1 << 20  # bytes


@contextmanager
def small(root: Path, sizes: Mapping[str, int]) -> Iterator[None]:
    """Lay a file system in memory, of so many MiB, under each of these folders of `root`.

    Raises:
        PermissionError: only root may.

    """
    if os.geteuid():
        msg = "only root may mount"
        raise PermissionError(msg)
    with ExitStack() as mounted:
        for name, size in sizes.items():
            folder = root / name
            folder.mkdir(parents=True, exist_ok=True)
            mount("-t", "tmpfs", "-o", f"size={size}m,mode=0700", "tmpfs", str(folder))
            mounted.callback(shutil.rmtree, root, ignore_errors=True)
            mounted.callback(unmount, folder)
        yield


def mount(*words: str) -> None:
    """Mount as root may.

    Raises:
        PermissionError: not here.

    """
    if subprocess.run(["/bin/mount", *words], capture_output=True, check=False).returncode:  # noqa: S603  our own words
        msg = "may not mount"
        raise PermissionError(msg)


def unmount(folder: Path) -> None:
    """Take a file system away, once nobody uses it any more."""
    subprocess.run(["/bin/umount", "-l", str(folder)], check=False)  # noqa: S603  as above


def filled(made: Ring, folder: str, seconds: float) -> None:
    """Fill the file system of a folder, and leave it so for some seconds.

    What the server frees meanwhile is filled again.
    """
    place = made.stage.servers.root / folder / "filler"
    end = time.monotonic() + seconds
    with place.open("wb", buffering=0) as filler:
        while time.monotonic() < end:
            size = PIECE
            while size:
                try:
                    size = filler.write(bytes(size))
                except OSError:
                    size //= 2
            time.sleep(0.1)
    place.unlink()
