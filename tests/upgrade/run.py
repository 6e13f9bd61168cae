"""One release follows another under load, then the one before comes back: what is found."""

import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from deploy.local.demo.scanpass import ROOT
from deploy.local.environment import SERVICES
from deploy.local.waiting import NotUp, until
from tests.chaos import load, verdict
from tests.chaos.run import part
from tests.chaos.settling import Stuck, settled
from tests.chaos.standing import Standing, standing
from tests.chaos.visitor import SIGN_IN, VISIBLE
from tests.upgrade import planted
from tests.upgrade.events import refused, schemas
from tests.upgrade.release import checked_out, edited, migrations
from tests.upgrade.replicas import Fleet, Release, fleet, of_release, setup
from tests.upgrade.visitors import Visitors

NEW, OLD = "new", "old"
PORTALS = 2
PARTS = 5  # of the load: old, both, new, both, old
# What only a receipt can heal is healed within the run; a pause would hide nothing.
SOON = {"SCANPASS_RECONCILE_SECONDS": "3", "SCANPASS_RECONCILE_AFTER_SECONDS": "15"}
SITE = "north"
POLL = 0.2
BESIDE = 90.0  # seconds in which each service of both must have handled something
LONGEST = 240.0  # seconds until something is seen that must come
RECEIPTS = "SELECT count(*) AS receipts FROM ingest.receipt"


@dataclass
class Found:
    """What a run has found, and the numbers of its last line."""

    instances: int = 0
    lost: int = 0
    portal_requests: int = 0
    portal_5xx: int = 0
    findings: list[str] = field(default_factory=list)

    def numbers(self) -> dict[str, int]:
        """Return the last line."""
        names = ("instances", "lost", "portal_requests", "portal_5xx")
        return {name: getattr(self, name) for name in names}


class Upgrade:
    """Both releases over one set of servers, and the load that is dropped meanwhile."""

    def __init__(
        self, stage: Standing, ships: Fleet, before: Path, instances: int, plant: str
    ) -> None:
        """Know the releases; the fault, if any, is built into the new one."""
        extra = {"ingest": SOON, "index": SOON}
        fault = plant if plant == planted.FIELD else ""
        self.stage, self.ships, self.plant = stage, ships, plant
        self.old = Release(OLD, before, stage.servers, extra)
        self.new = Release(NEW, ROOT, stage.servers, extra, fault)
        self.mine = load.waves(instances)
        self.mine.lay_out(stage.data)
        self.findings: list[str] = []
        self._parts = 0
        self._began = time.monotonic()

    def say(self, line: str) -> None:
        """Print what has happened, and when."""
        sys.stdout.write(f"{time.monotonic() - self._began:6.1f} s {line}\n")
        sys.stdout.flush()

    def drop(self) -> None:
        """Drop the next part of the studies."""
        some = part(self.mine.wave("2-studies"), self._parts, PARTS)
        self._parts += 1
        self.stage.dropped += sum(map(load.counts, some))
        self.stage.drop(some)

    def come(self, release: Release) -> None:
        """Start all services of a release beside what runs, and see each of them at work."""
        made = [release.start(each) for each in SERVICES if each != "portal"]
        made += [release.start("portal", number) for number in range(1, 1 + PORTALS)]
        self.ships.add(made)
        self.say(f"the {release.name} one runs" + (" beside the other" * self.both()))

    def both(self) -> bool:
        """Say whether both releases run."""
        return bool(self.ships.of(OLD) and self.ships.of(NEW))

    def at_work(self, visitors: Visitors) -> None:
        """Drop, and wait until each service of both has had its part; who has none is a finding."""
        before = {id(each): each.handled() for each in self.ships.replicas}
        asked = visitors.asked_together
        self.drop()
        end = time.monotonic() + BESIDE
        waiting = [each for each in self.ships.replicas if each.service != "portal"]
        while waiting and time.monotonic() < end:
            time.sleep(POLL)
            waiting = [each for each in waiting if each.handled() <= before[id(each)]]
        self.findings += [f"{each} has handled nothing beside the other" for each in waiting]
        if not visitors.until(lambda: visitors.asked_together > asked + PORTALS, BESIDE):
            self.findings.append("nobody looks while portals of both answer")
        self.say(
            "each of both has worked beside the other" if not waiting else "not all have worked"
        )

    def go(self, release: Release) -> None:
        """End the services of a release one after the other."""
        for each in self.ships.of(release.name):
            self.ships.end(each)
        self.say(f"the {release.name} one has ended")

    def set_up(self) -> None:
        """Do what comes before the new pods: its queues, and its steps of the schema."""
        servers = self.stage.servers
        setup(ROOT, servers.environment("ops"), "topology", "apply")
        setup(ROOT, servers.environment("owner"), "db", "migrate")
        if self.plant == planted.CONTRACT:
            self.stage.run(planted.TOO_EARLY)
        self.say("queues and tables are the new one's")

    def visitors(self) -> Visitors:
        """Return patients of one who has something to look at: pages, searches, metadata."""
        whose = load.patient(0)
        until(lambda: bool(self.stage.rows(VISIBLE, SITE, whose)), LONGEST, "nothing to be seen")
        url = self.stage.servers.environment("portal")["SCANPASS_PORTAL_URL"]
        secret = secrets.token_urlsafe(32)
        self.stage.rows(SIGN_IN, SITE, whose, sha256(secret.encode()).digest())
        study = f"/dicomweb/{SITE}/studies/{load.uid(0)}"
        name = f"scanpass-{sha256(url.encode()).hexdigest()[:8]}"
        paths = (
            *("/scans", f"/scans/{SITE}/{load.uid(0)}", "/looked"),
            *(f"{study}/metadata", f"{study}/series"),
            f"/dicomweb/{SITE}/studies?PatientName=Synthetic*",
        )
        return Visitors(self.ships, f"{name}={secret}", paths)

    def there_and_back(self, enough: int) -> Visitors:
        """Go to the new release and back while patients look; return what they were answered.

        Raises:
            NotUp: something did not come that must.
            RuntimeError: a process had to be killed.

        """
        self.come(self.old)
        self.stage.drop(self.mine.wave("1-rosters"))
        self.drop()
        visitors = self.visitors()
        with visitors.looking():
            self.set_up()
            self.come(self.new)
            self.at_work(visitors)
            self.go(self.old)
            self.drop()
            self.come(self.old)
            self.at_work(visitors)
            self.go(self.new)
            self.drop()
            self._once_more()
            visitors.until(lambda: visitors.requests >= enough, LONGEST)
        return visitors

    def _once_more(self) -> None:
        """Drop what comes a second time, once all of the first has its receipt."""
        first = len(self.mine.files) - len(self.mine.wave("3-again")) - 3  # those are quarantined

        def all_there() -> bool:
            return bool(self.stage.rows(RECEIPTS)[0]["receipts"] >= first)

        until(all_there, LONGEST, "not all is received")
        again = self.mine.wave("3-again")
        self.stage.dropped += sum(map(load.counts, again))
        self.stage.drop(again)


@contextmanager
def upgrading(root: Path, instances: int, plant: str = "") -> Iterator[Upgrade]:
    """Have servers with what the release before makes in them, and nothing that runs on them.

    Raises:
        NotHad: the release before is not in this checkout.

    """
    before = checked_out(root.parent / "upgrade-before")
    kind = of_release(before)
    with standing(root, quiet=1.0, names=(), kind=kind, checkout=before) as stage, fleet() as ships:
        yield Upgrade(stage, ships, before, instances, plant)


def run(root: Path, instances: int, requests: int, patience: float, plant: str = "") -> Found:
    """Return what a whole upgrade and its way back have found."""
    found = Found()
    with upgrading(root, instances, plant) as both:
        changed = edited(migrations(both.old.checkout), migrations(ROOT))
        found.findings += [f"schema: {name} is not what it was" for name in changed]
        found.findings += refused(schemas(both.old.checkout), schemas(ROOT))
        try:
            visitors = both.there_and_back(requests)
            found.portal_requests, found.portal_5xx = visitors.requests, visitors.broken
            found.findings += [*both.findings, *visitors.offenders]
            for release in (OLD, NEW):
                both.say(f"{release}: {visitors.told(release)}")
            settled(both.stage, patience)
        except (NotUp, Stuck, RuntimeError) as stuck:
            found.findings.append(f"stuck: {stuck}")
        findings, numbers = verdict.found(both.stage)
        found.instances, found.lost = both.stage.dropped, int(numbers["lost"])
        found.findings += findings
    return found
