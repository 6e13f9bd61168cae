"""What transcode does with one stored instance."""

from collections.abc import Callable, Iterator

import structlog

from services.transcode.settings import Proof
from services.transcode.work import Result, Task
from shared import metrics
from shared.brought import label
from shared.children import ChildDied
from shared.crashpoint import reached
from shared.events import Event, InstanceStored, InstanceTranscoded, Outcome

log = structlog.get_logger()
VERSION = 1  # of the recoding; a new one is a new copy beside the old
ONE_IN = 16  # instances judged twice, where only a sample is

Run = Callable[[Task], Result]


def handle(event: InstanceStored, run: Run, proof: Proof) -> Iterator[Event]:
    """Make the fast copy of one instance, and say how it went.

    Safe to run twice: the key comes from the original's digest, so a redelivery writes the same
    bytes to the same place, and another content under the same UID never meets it. What cannot
    be recoded is a fact to tell, not an error: its study must be able to complete.
    """
    task = Task(
        original=event.object,
        copy_key=copy_key(event),
        thumbnail_key=f"{series(event)}/thumbnail.jpg",
        second_judge=judged_twice(event, proof),
    )
    result = survived(task, run)
    reached("transcode.result.had")
    metrics.INSTANCES_TRANSCODED.labels(site=label(event.site), outcome=result.outcome).inc()
    if result.outcome is Outcome.FAILED:
        log.warning("instance_failed", sop_uid=event.sop_uid, reason=result.reason)
    yield told(event, result)


def survived(task: Task, run: Run) -> Result:
    """Return the result of `task`, or that it kills whoever touches it (`run` has tried again)."""
    try:
        return run(task)
    except ChildDied as death:
        return Result(Outcome.FAILED, task.original, reason=death.code)


def judged_twice(event: InstanceStored, proof: Proof) -> bool:
    """Say whether a second decoder judges this copy: all, or a sample that is always the same."""
    return proof is Proof.ALL or int(event.object.sha256[:8], 16) % ONE_IN == 0


def series(event: InstanceStored) -> str:
    """Return where everything made of this series lies."""
    return f"v{VERSION}/{event.site}/{event.study_uid}/{event.series_uid}"


def copy_key(event: InstanceStored) -> str:
    """Return where the fast copy of this very content lies."""
    return f"{series(event)}/{event.sop_uid}/{event.object.sha256}.dcm"


def told(event: InstanceStored, result: Result) -> InstanceTranscoded:
    """Return the event that tells `result`."""
    return InstanceTranscoded(
        site=event.site,
        study_uid=event.study_uid,
        series_uid=event.series_uid,
        sop_uid=event.sop_uid,
        original_sha256=event.object.sha256,
        outcome=result.outcome,
        reason=result.reason,
        object=result.object,
        frames=result.frames,
        codec=result.codec,
        pixel_digest=result.pixel_digest,
        pipeline_version=VERSION,
    )
