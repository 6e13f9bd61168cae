"""The drill: each Deployment of an overlay is ended in the middle of its work: nothing is lost."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import client
from pathlib import Path
from threading import Event, Thread

from deploy.local.setting import HOST
from deploy.local.waiting import NotUp, until
from tests.chaos import load, verdict
from tests.chaos.settling import Stuck, settled
from tests.chaos.standing import Standing, standing
from tests.k8s.manifests import Document, deployments, workloads
from tests.k8s.pods import Ending, Machine, Pod
from tests.k8s.scraping import Scraper, scraping
from tests.rebuild.filling import Slice

STUDIES, SLICES, ODD, ROSTERS = 120, 2, 3, 2
ORDER = ("ingest", "transcode", "index", "notify", "portal")
LONGEST = 240.0  # seconds until a service is in the middle of its work, and until all is done
LOOK = 0.01
SHOWN = 60.0  # seconds until every panel shows something
READERS = 8


@dataclass
class Told:
    """What the drill has found."""

    run: int = 0
    drained: int = 0
    lost: int = 0
    findings: list[str] = field(default_factory=list)
    used: dict[str, dict[str, float]] = field(default_factory=dict)


def study_load() -> load.Load:
    """Return many small studies of two hospitals, each of a patient of its own, and odd files."""
    found = load.Load()
    reached: dict[str, dict[str, str]] = {"north": {}, "sur": {}}
    for study in range(STUDIES):
        for number in range(SLICES):
            one = Slice(study, number, f"K{study:04d}")
            found.files[f"2-studies/{one.site}/{study}/{number}.dcm"] = one.content()
            reached[one.site][f"K{study:04d}"] = load.address(f"K{study:04d}", one.site)
    for site, language in (("north", "en"), ("sur", "es")):
        found.files[f"1-rosters/{site}/roster.json"] = load.roster(reached[site], language)
    odd = Slice(0, 900, "K0000")
    found.files["2-studies/north/cut.dcm"] = odd.content()[:-9]
    found.files["2-studies/north/bad.dcm"] = load.bad_uid(odd)
    found.files["2-studies/sur/note.txt"] = b"no DICOM"
    found.instances = STUDIES * SLICES
    return found


def say(line: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def drill(root: Path, documents: list[Document]) -> Told:
    """Run an overlay's Jobs and Deployments over a small load; end each in mid-work."""
    told = Told()
    with standing(root, quiet=1.0, names=()) as stage, scraping(stage.servers) as scraper:
        machine = Machine(stage.servers, documents)
        for each in workloads(documents):
            if each.kind == "Job":
                machine.finish(each)
        mine = study_load()
        mine.lay_out(stage.data)
        stage.dropped = mine.instances
        stage.drop(mine.wave("1-rosters"))
        stage.drop(mine.wave("2-studies"))
        with ExitStack() as running:
            try:
                _in_turn(stage, machine, told, running)
                _judge(stage, told)
                for each in workloads(documents):
                    if each.kind == "CronJob":
                        machine.finish(each)
                told.findings += shown(scraper, documents)
            except NotUp as error:
                told.findings.append(str(error))
    return told


def shown(scraper: Scraper, documents: list[Document]) -> list[str]:
    """Return the panels that show nothing, also after a while: gauges are set each 15 s."""
    try:
        until(lambda: not scraper.silent(documents), SHOWN, "panels")
    except NotUp:
        return [f"shows nothing: {panel}" for panel in scraper.silent(documents)]
    return []


def _in_turn(stage: Standing, machine: Machine, told: Told, running: ExitStack) -> None:
    """Start one after the other with work waiting; end it in mid-work, and start another."""
    found = {each.name: each for each in deployments(machine.documents)}
    for name in ORDER:
        pod = Pod(machine, found[name])
        told.run += 1
        ending = _ended(stage, pod, told)
        say(f"{name:10} {ending}")
        told.drained += ending.drained and not ending.killed
        again = Pod(machine, found[name])
        running.callback(again.end)
        watch = Usage(again)
        running.callback(watch.stop)
        again.come_up()
        told.used[name] = watch.peak
        waited(again, partial(through, stage, name), "not through")


def _ended(stage: Standing, pod: Pod, told: Told) -> Ending:
    """End a pod in the middle of its work: the portal while readers ask."""
    if pod.workload.name != "portal":
        waited(pod, partial(in_the_middle, stage, pod), "no work")
        return pod.end()
    pod.come_up()
    with readers(stage) as (torn, leave):
        ending = pod.end(leave)
    told.lost += len(torn)
    told.findings += torn
    return ending


def waited(pod: Pod, done: Callable[[], bool], what: str) -> None:
    """Wait for something of a pod's; where it does not come, say what the pod has said.

    Raises:
        NotUp: it does not come.

    """
    try:
        until(done, LONGEST, what)
    except NotUp as error:
        msg = f"{pod.workload}: {error}: {pod.said()}"
        raise NotUp(msg) from None


# How far a service is, and how far it has to come: asked of the database as its owner.
FAR = {
    "ingest": "SELECT count(*) AS far FROM ingest.receipt",
    "index": """SELECT (SELECT count(*) FROM catalogue.content)
        + (SELECT count(*) FROM catalogue.settlement) AS far""",
    "notify": "SELECT count(*) AS far FROM notify.delivery WHERE state = 'sent'",
}
RELEASED = "SELECT count(*) AS far FROM catalogue.study WHERE released_at IS NOT NULL"


def goal(name: str) -> int:
    """Return how far a service has to come: files, copies, contents and copies filed, letters."""
    instances = STUDIES * SLICES
    wanted = {"ingest": instances + ODD + ROSTERS, "transcode": instances, "index": 2 * instances}
    return {**wanted, "notify": STUDIES}[name]


def far(stage: Standing, name: str) -> int:
    """Return how far it is; of transcode, how many of its copies are there."""
    if name == "transcode":
        pages = stage.s3.get_paginator("list_objects_v2").paginate(Bucket="derived")
        keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
        return sum(key.endswith(".dcm") for key in keys)
    (row,) = stage.rows(FAR[name])
    return int(row["far"])


def in_the_middle(stage: Standing, pod: Pod) -> bool:
    """Say whether a service has begun with what waits, and is not done."""
    pod.alive()
    done = far(stage, pod.workload.name)
    if done >= goal(pod.workload.name):
        msg = f"{pod.workload} was done before it could be ended"
        raise NotUp(msg)
    return done > 0


def through(stage: Standing, name: str) -> bool:
    """Say whether all that waited for a service is done, so that the next one finds it waiting."""
    if name == "portal":
        return True
    if name == "index":
        (row,) = stage.rows(RELEASED)
        return bool(row["far"] >= STUDIES)
    return far(stage, name) >= goal(name)


def _judge(stage: Standing, told: Told) -> None:
    try:
        settled(stage, LONGEST)
    except Stuck as stuck:
        told.findings.append(f"stuck: {stuck}")
        told.lost += 1
    findings, numbers = verdict.found(stage)
    told.findings += findings
    told.lost += int(numbers["lost"])


class Usage:
    """The most memory that a pod has taken, and its CPU time."""

    def __init__(self, pod: Pod) -> None:
        """Look each half second."""
        self.peak: dict[str, float] = {"mib": 0.0, "cpu_s": 0.0}
        self._pod, self._stop = pod, Event()
        self._thread = Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._stop.wait(0.5):
            for name, value in self._pod.used().items():
                self.peak[name] = round(max(self.peak[name], value), 1)

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()


@contextmanager
def readers(stage: Standing) -> Iterator[tuple[list[str], Callable[[], None]]]:
    """Let readers ask for a page until they are told to leave; collect the answers cut off."""
    torn: list[str] = []
    stop, answered = Event(), Event()

    def read(_number: int) -> None:
        while not stop.is_set():
            connection = client.HTTPConnection(HOST, stage.servers.ports["portal.pages"])
            try:
                connection.request("GET", "/signin")
                answer = connection.getresponse()
                answer.read()
                answered.set()
                if answer.status >= 500:
                    torn.append(f"portal: {answer.status} while it ends")
            except (OSError, client.HTTPException) as error:
                torn.append(f"portal: {type(error).__name__} while it ends")
            connection.close()
            stop.wait(0.05)

    with ThreadPoolExecutor(READERS) as threads:
        asked = [threads.submit(read, number) for number in range(READERS)]
        if not answered.wait(LONGEST):
            torn.append("portal: nobody was answered")
        try:
            yield torn, stop.set
        finally:
            stop.set()
            for each in asked:
                each.result()
