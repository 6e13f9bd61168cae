"""Run with `python -m services.transcode`."""

import sys
from functools import partial

from services.transcode.handler import handle
from services.transcode.settings import Settings
from services.transcode.work import Result, Task, set_up, work
from shared import config
from shared.children import CPU, Children
from shared.events import InstanceStored
from shared.service import Service
from shared.storage import Storage
from shared.storage.s3 import S3

QUEUE = "transcode.instances"
SLOWEST = 8e6  # bytes a second: 4 GiB in 840 s, before a consumer counts as stuck


def main() -> int:
    """Run until told to stop."""
    settings = config.read(Settings)
    service = Service("transcode", settings)
    store = (
        settings.s3_endpoint,
        settings.s3_access_key.get_secret_value(),
        settings.s3_secret_key.get_secret_value(),
        settings.s3_region,
    )
    children = Children(
        settings.children,
        initializer=set_up,
        initargs=store,
        service="transcode",
        log_level=settings.log_level,
        memory_bytes=settings.child_memory_mb << 20,
        preload=("services.transcode.work",),
    )
    children.run(bool)  # nothing: they are up, and within their limits, before the first message
    run = partial(patient, children, settings.child_seconds)
    service.consume(
        QUEUE,
        {InstanceStored: partial(handle, run=run, proof=settings.proof)},
        # Two for each child: while one is at work, the next message is at its door.
        workers=2 * settings.children,
    )
    service.needs("s3", partial(reachable, S3(*store)))
    try:
        return service.run()
    finally:
        children.close()


def patient(children: Children, seconds: float, task: Task) -> Result:
    """Do `task` in a child: in so many `seconds`, and more where there is much to read."""
    more = task.original.size / SLOWEST
    return children.run(work, task, timeout=seconds + more, cpu=CPU + more)


def reachable(storage: Storage) -> None:
    """Raise what a child would raise, as long as the object store does not answer."""
    storage.look("derived", "readiness")


if __name__ == "__main__":
    sys.exit(main())
