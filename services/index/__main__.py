"""Run with `python -m services.index`."""

import sys
from functools import partial

from services.index import handler, header, releasing, roster, wishes
from services.index.due import scan
from services.index.releases import reconcile
from services.index.settings import Settings
from services.index.store import SCHEMA
from shared import config, outbox
from shared.children import Children
from shared.db import Database
from shared.events import (
    InstanceStored,
    InstanceTranscoded,
    PatientClaimed,
    PatientRegistered,
    PatientUnclaimed,
    ReleaseWished,
    StudyDeclared,
)
from shared.service import Service
from shared.storage.s3 import S3

RELAY_SECONDS = 0.2
PRUNE_SECONDS = 3600.0


def main() -> int:
    """Make the edges, and run until told to stop."""
    settings = config.read(Settings)
    store = (
        settings.s3_endpoint,
        settings.s3_access_key.get_secret_value(),
        settings.s3_secret_key.get_secret_value(),
        settings.s3_region,
    )
    storage, database = S3(*store), Database(settings.database_url.get_secret_value(), 8, "index")
    children = Children(
        settings.children,
        initializer=header.connect,
        initargs=store,
        service="index",
        log_level=settings.log_level,
        memory_bytes=settings.child_memory_mb << 20,
        preload=("services.index.header",),
    )
    in_child = partial(children.run, timeout=settings.child_seconds)
    service = Service("index", settings)
    service.consume_batches(
        "index.instances",
        {InstanceStored: handler.file, InstanceTranscoded: handler.settle},
        transaction=partial(handler.transaction, database),
        prepare=partial(
            handler.prepare,
            read=partial(in_child, header.read_in_child),
            record_of=handler.records(database),
        ),
    )
    contacts = partial(in_child, roster.contacts)
    register = partial(handler.register, storage=storage, database=database, contacts=contacts)
    declare = partial(handler.declare, database=database)
    claim = partial(wishes.claim, database=database)
    service.consume(
        "index.documents",
        {
            PatientRegistered: register,
            StudyDeclared: declare,
            PatientClaimed: claim,
            PatientUnclaimed: claim,
            ReleaseWished: partial(wishes.wish, database=database),
        },
        workers=1,
    )
    service.every(settings.due_seconds, "due", partial(scan, database, storage))
    service.every(settings.due_seconds, "review", partial(releasing.review, database))
    unheard = partial(reconcile, database, settings.reconcile_after_seconds)
    service.every(settings.reconcile_seconds, "reconcile", unheard)
    relay = partial(outbox.relay, database, SCHEMA, service.publisher.publish_many)
    service.every(RELAY_SECONDS, "relay", relay)
    service.every(PRUNE_SECONDS, "prune", partial(outbox.prune, database, SCHEMA))
    service.needs("database", database.answer)
    try:
        return service.run()
    finally:
        children.close()
        database.close()


if __name__ == "__main__":
    sys.exit(main())
