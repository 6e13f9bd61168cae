"""Run with `python -m services.ingest`."""

import sys
from functools import partial

from services.ingest import decisions, handler, webhook
from services.ingest.arrivals import Dropped, aws, ceph, minio, seaweedfs, stores
from services.ingest.receipts import Receipts
from services.ingest.recent import Recent
from services.ingest.reconcile import reconcile, while_short
from services.ingest.scrub import scrub
from services.ingest.settings import Settings
from services.ingest.sites import Sites
from services.ingest.sweeper import BACKFILL, LIVE, Sweeper, tell
from services.ingest.unpack import Unpacking
from shared import config
from shared.broker.depth import depths
from shared.db import Database
from shared.events import ObjectDecided
from shared.service import Service
from shared.storage.s3 import S3

ADMIT_SECONDS = 1.0  # between two looks whether backfill may go on
DAY = 86_400.0  # seconds

# What is posted to `/arrivals/<name>`, and who understands it.
DIALECTS = {
    "seaweedfs": seaweedfs.hints,
    "minio": minio.hints,
    "ceph": ceph.hints,
    "aws": aws.hints,
}


def main() -> int:
    """Make the edges, and run until told to stop."""
    settings = config.read(Settings)
    access, secret = settings.s3_access_key, settings.s3_secret_key
    storage = S3(
        settings.s3_endpoint,
        access.get_secret_value(),
        secret.get_secret_value(),
        settings.s3_region,
    )
    database = Database(settings.database_url.get_secret_value(), name="ingest")
    receipts, sites = Receipts(database), Sites(database)
    service = Service("ingest", settings)
    recent = Recent()
    dropped = partial(
        handler.dropped,
        storage=storage,
        ledger=receipts,
        open_for=sites.open,
        unpacking=Unpacking(storage, receipts.received, recent.forget),
    )
    for queue, workers in ((LIVE, settings.workers), (BACKFILL, max(1, settings.workers // 2))):
        service.consume(queue, {Dropped: dropped}, workers=workers, prefetch=4 * workers)
    decided = partial(decisions.decided, storage=storage, quarantine=decisions.Desk(database))
    service.consume("ingest.decisions", {ObjectDecided: decided}, workers=1)
    depth = partial(depths, settings.amqp_url.get_secret_value())
    sweeper = Sweeper(
        database, storage, sites, recent, depth, partial(tell, publisher=service.publisher)
    )
    service.needs("edges", sweeper.check)
    service.every(settings.sweep_seconds, "sweep", sweeper.sweep)
    service.every(ADMIT_SECONDS, "admit", sweeper.admit)
    publish, after = service.publisher.publish_many, settings.reconcile_after_seconds
    retell = partial(while_short, depth, partial(reconcile, database, publish, after))
    service.every(settings.reconcile_seconds, "reconcile", retell)
    reread = partial(scrub, database, storage, service.publisher.publish)
    service.every(settings.scrub_seconds, "scrub", partial(reread, DAY * settings.scrub_days))
    for name, dialect in DIALECTS.items():
        receive = partial(webhook.receive, dialect=dialect, arrived=sweeper.arrived, name=name)
        service.route(f"/arrivals/{name}", receive)
    delivered = partial(webhook.delivered, dialect=stores.hints, arrived=sweeper.arrived)
    service.consume_raw("ingest.arrivals", delivered, workers=settings.workers)
    try:
        return service.run()
    finally:
        receipts.close()
        database.close()


if __name__ == "__main__":
    sys.exit(main())
