"""Run with `python -m services.portal`."""

import sys
from functools import partial
from pathlib import Path

from services.portal import anchors, app, logbook, measuring, signin
from services.portal.bring import dropping, owning, uploads
from services.portal.dicomweb.pictures import Pictures
from services.portal.edges import Edges
from services.portal.reading import Reading
from services.portal.server import Server
from services.portal.settings import Settings
from services.portal.sharing import grants, mirror, notices
from services.portal.sharing.known import Known
from services.portal.signin import guarding
from services.portal.signin.identity import Provider
from services.portal.take import freezing, turning
from shared import config, outbox, wording
from shared.db import Database
from shared.service import Service
from shared.storage.s3 import S3

RELAY_SECONDS = 0.2
FLUSH_SECONDS = 1.0
CLOSE_SECONDS = 5.0
ANCHOR_SECONDS = 60.0
CUT_SECONDS = 0.05
MIRROR_SECONDS = 0.3
EXPIRE_SECONDS = 1.0
WARN_SECONDS = 60.0
MEASURE_SECONDS = 15.0
PRUNE_SECONDS = 3600.0
BRING_SECONDS = 2.0
TURN_SECONDS = 1.0
HAND_OVER_SECONDS = 60.0
UNHEEDED_SECONDS = 600.0  # what index should have heeded long since is told again
THREADS = 40  # that answer at the same time


def main() -> int:
    """Make the edges, and run until told to stop."""
    settings = config.read(Settings)
    service = Service("portal", settings)
    database = Database(
        settings.database_url.get_secret_value(), settings.connections, name="portal"
    )
    book = logbook.Logbook()
    storage = S3(
        settings.s3_endpoint,
        settings.s3_access_key.get_secret_value(),
        settings.s3_secret_key.get_secret_value(),
        settings.s3_region,
        pool=THREADS,
    )
    pictures = Pictures(storage, settings)
    pictures.warm()
    known = Known()
    edges = Edges(
        settings=settings,
        database=database,
        storage=storage,
        pictures=pictures,
        reading=Reading(database, book, known),
        wordings=wording.load(Path(__file__).parent, "portal"),
        identity=Provider.of(settings),
        staff=Provider.of_staff(settings),
    )
    relay = partial(outbox.relay, database, logbook.SCHEMA, service.publisher.publish_many)
    service.every(RELAY_SECONDS, "relay", relay)
    service.every(FLUSH_SECONDS, "flush", partial(book.flush, database))
    service.every(CLOSE_SECONDS, "close", partial(logbook.close_ended, database))
    service.every(ANCHOR_SECONDS, "anchor", partial(anchors.anchor, database, edges.storage))
    copy = partial(mirror.mirror, database, edges.storage, known)
    service.every(CUT_SECONDS, "cut", partial(edges.cuts.poll, database))
    service.every(MIRROR_SECONDS, "mirror", copy)
    service.every(EXPIRE_SECONDS, "expire", partial(grants.ended, database, known))
    service.every(MEASURE_SECONDS, "measure", partial(measuring.grants, database))
    service.every(WARN_SECONDS, "warn", partial(notices.warn, database))
    service.every(WARN_SECONDS, "gather", partial(notices.gather, database))
    unheeded = partial(signin.tell_again, database, UNHEEDED_SECONDS)
    service.every(UNHEEDED_SECONDS, "unheeded", unheeded)
    service.every(HAND_OVER_SECONDS, "hand over", partial(guarding.hand_over, database))
    service.every(PRUNE_SECONDS, "forget", partial(signin.forget, database))
    service.every(PRUNE_SECONDS, "takes", partial(freezing.forget, database))
    service.every(BRING_SECONDS, "drop", partial(dropping.drop, database, storage))
    service.every(BRING_SECONDS, "recognise", partial(owning.recognise, database))
    turn = partial(turning.turn, database, pictures)
    service.every(TURN_SECONDS, "turn", turn)
    service.every(PRUNE_SECONDS, "plain", partial(turning.forget, database, storage))
    service.every(PRUNE_SECONDS, "pieces", partial(uploads.forget, database, storage))
    service.every(PRUNE_SECONDS, "prune", partial(outbox.prune, database, logbook.SCHEMA))
    service.needs("database", database.answer)
    servers = [
        Server(app.pages(edges), settings.portal_host, settings.portal_port, "SCANPASS_PORTAL"),
        Server(app.viewer(edges), settings.viewer_host, settings.viewer_port, "SCANPASS_VIEWER"),
    ]
    for server in servers:
        server.start()
        service.needs(server.name, server.answer)
    try:
        return service.run()
    finally:
        for server in servers:
            server.stop()
        pictures.close()
        book.flush(database)
        database.close()


if __name__ == "__main__":
    sys.exit(main())
