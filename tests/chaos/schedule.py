"""Which faults are made, and in which order: the same for the same seed. Pure."""

from random import Random

from tests.chaos.cluster import OTHERS
from tests.chaos.faults import SERVICES, Fault
from tests.chaos.standing import SERVERS

WIRES = (
    *((service, "broker") for service in SERVICES),
    *((service, "s3") for service in ("ingest", "transcode", "index")),
    *((service, "database") for service in ("ingest", "index", "notify")),
)
OF_PORTAL = tuple(("portal", server) for server in ("broker", "s3", "database"))
QUEUES = ("transcode.instances", "index.instances", "index.documents", "notify.events")
BETWEEN = (
    ("ingest", "ingest.receipts.told"),
    ("ingest", "ingest.original.kept"),
    ("transcode", "transcode.copy.stored"),
    ("index", "batch.committed"),
    ("index", "outbox.events.told"),
    ("notify", "notify.letter.sent"),
)


def every_kind(random: Random) -> list[Fault]:
    """Return each kind of fault at least once, and each process killed, in some order."""
    wires = [*("slow", "stall", "refuse", "reset") * 2, *("cut",) * 3]
    whole = ("hints-lost", "hints-tenfold", "republish", "everybody", "flip")
    faults = [
        *(Fault("kill", (name,)) for name in (*SERVICES, *SERVERS)),
        *(Fault("kill", (name,)) for name in ("transcode", "index")),
        *(Fault("freeze", (name,)) for name in (*SERVICES, *SERVERS)),
        *(Fault("kill-between", each) for each in random.sample(BETWEEN[:-1], 2)),
        Fault("kill-between", BETWEEN[-1]),
        *(Fault(kind, random.choice(WIRES)) for kind in wires),
        Fault("corrupt", ("transcode", "s3")),
        *(Fault("delete-queue", (queue,)) for queue in QUEUES[:2]),
        Fault("unbind", ("index.instances",)),
        *map(Fault, whole),
        *(Fault("alarm", (which,)) for which in ("memory", "disk")),
    ]
    random.shuffle(faults)
    return faults


def any_fault(random: Random) -> Fault:
    """Return some fault, where RabbitMQ has three nodes."""
    of_nodes = [Fault(kind, (node,)) for kind in ("kill", "freeze") for node in OTHERS]
    return random.choice([*every_kind(random), *of_nodes])
