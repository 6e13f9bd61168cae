"""Run with `python -m services.notify`."""

import sys
from datetime import timedelta
from functools import partial
from pathlib import Path

from services.notify import deliveries, handler, prompting, prompts
from services.notify.channels import email, sms
from services.notify.dispatch import Channels, dispatch
from services.notify.invitation import Invitations
from services.notify.settings import Settings
from shared import config, metrics, outbox, wording
from shared.db import Database
from shared.events import (
    AccessApproved,
    AccessDeclined,
    AccessRequested,
    Channel,
    ConsentOpened,
    HelperInvited,
    PatientRegistered,
    PersonRecovered,
    ShareAnswered,
    ShareCreated,
    ShareOpened,
    ShareRefused,
    SigninRequested,
    StudyHeld,
    StudyReleased,
)
from shared.service import Service

SETTLE_SECONDS = 3.0
PROMPT_SECONDS = 0.25  # somebody waits at a page
BY_TIME_SECONDS = 60.0
RELAY_SECONDS = 0.2
PRUNE_SECONDS = 3600.0


def settle(database: Database) -> None:
    """Ask again who can be reached by now, and show how many wait."""
    with deliveries.transaction(database) as table:
        table.settle()
        table.unsettle()
        for state, letters in table.waiting().items():
            metrics.LETTERS_WAITING.labels(state=state).set(letters)


def main() -> int:
    """Make the edges, and run until told to stop."""
    settings = config.read(Settings)
    database = Database(settings.database_url.get_secret_value(), name="notify")
    transaction = partial(deliveries.transaction, database)
    key = settings.code_key.get_secret_value()
    prompted = partial(prompts.transaction, database, prompts.Door(settings.portal_url, key))
    channels: Channels = {
        Channel.EMAIL: email.Email(
            email.server(settings.smtp_url.get_secret_value()), settings.mail_from
        ),
        Channel.SMS: sms.Sms(sms.gateway(settings.sms_gateway_url), settings.sms_gateway_token),
    }
    pace = handler.Pace(
        timedelta(seconds=settings.digest_quiet_seconds),
        timedelta(seconds=settings.digest_longest_seconds),
    )
    service = Service("notify", settings)
    service.consume(
        "notify.events",
        {
            StudyReleased: partial(handler.released, transaction=transaction, pace=pace),
            StudyHeld: partial(handler.held, transaction=transaction),
            PatientRegistered: partial(handler.registered, transaction=transaction),
            SigninRequested: partial(prompting.requested, transaction=prompted),
            PersonRecovered: partial(prompting.recovered, transaction=prompted),
            HelperInvited: partial(prompting.invited, transaction=prompted),
            ShareAnswered: partial(prompting.answered, transaction=prompted),
            ShareCreated: partial(prompting.shared, transaction=prompted),
            AccessRequested: partial(prompting.asked, transaction=prompted),
            AccessApproved: partial(prompting.asked, transaction=prompted),
            AccessDeclined: partial(prompting.asked, transaction=prompted),
            ConsentOpened: partial(prompting.opened, transaction=prompted),
            ShareOpened: partial(prompting.opened, transaction=prompted),
            ShareRefused: partial(prompting.refused, transaction=prompted),
        },
        workers=2,
    )
    ways = Invitations(database, settings.portal_url, key).way
    wordings = wording.load(Path(__file__).parent, "notify")
    send = partial(dispatch, transaction, channels, ways, wordings)
    service.every(settings.delivery_seconds, "dispatch", send)
    prompt = partial(prompting.dispatch, prompted, channels, wordings)
    service.every(PROMPT_SECONDS, "prompt", prompt)
    service.every(SETTLE_SECONDS, "settle", partial(settle, database))
    service.every(BY_TIME_SECONDS, "by time", partial(prompts.by_time, database))
    relay = partial(outbox.relay, database, deliveries.SCHEMA, service.publisher.publish_many)
    service.every(RELAY_SECONDS, "relay", relay)
    service.every(PRUNE_SECONDS, "prune", partial(outbox.prune, database, deliveries.SCHEMA))
    service.every(PRUNE_SECONDS, "forget", partial(prompts.prune, database))
    service.needs("database", database.answer)
    try:
        return service.run()
    finally:
        database.close()


if __name__ == "__main__":
    sys.exit(main())
