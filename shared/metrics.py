"""Every metric, named once, with unit and meaning. Labels never carry a person.

The processes' own (memory, CPU time, open files) come from `prometheus_client` itself.
"""

from dataclasses import dataclass
from typing import Literal

from prometheus_client import Counter, Gauge, Histogram, generate_latest

# From a cached answer to a child's deadline.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


@dataclass(frozen=True, slots=True)
class Row:
    """One metric, as the documentation lists it."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    unit: str
    meaning: str
    labels: tuple[str, ...]


TABLE: tuple[Row, ...] = (
    Row(
        "scanpass_messages_handled_total",
        "counter",
        "messages",
        "Messages by what became of them: ack, retry, dead, pause.",
        ("queue", "type", "verdict"),
    ),
    Row(
        "scanpass_handling_seconds",
        "histogram",
        "seconds",
        "Time a handler took for one message, or for one batch of them.",
        ("queue",),
    ),
    Row(
        "scanpass_messages_redelivered_total",
        "counter",
        "messages",
        "Messages the broker delivered again, because nobody had acknowledged them.",
        ("queue",),
    ),
    Row(
        "scanpass_confirm_seconds",
        "histogram",
        "seconds",
        "Time from publishing a message to the broker's confirm.",
        (),
    ),
    Row(
        "scanpass_publishes_failed_total",
        "counter",
        "messages",
        "Messages the broker did not confirm in time, refused, or could not route.",
        ("reason",),
    ),
    Row(
        "scanpass_paused",
        "gauge",
        "workers",
        "Workers that wait with their messages in hand, because an edge is down.",
        ("queue", "edge"),
    ),
    Row(
        "scanpass_site_paused",
        "gauge",
        "1 or 0",
        "Whether a site has made so many dead letters that its messages wait instead.",
        ("queue", "site"),
    ),
    Row(
        "scanpass_consumers",
        "gauge",
        "consumers",
        "Consumers the broker knows of, of those this process should have.",
        ("queue",),
    ),
    Row(
        "scanpass_outbox_unsent",
        "gauge",
        "rows",
        "Events that are committed and not yet confirmed by the broker.",
        ("schema",),
    ),
    Row(
        "scanpass_outbox_age_seconds",
        "gauge",
        "seconds",
        "Age of the oldest of them.",
        ("schema",),
    ),
    Row(
        "scanpass_loop_errors_total",
        "counter",
        "errors",
        "Errors in a repeated task, by type; the task goes on.",
        ("loop", "error"),
    ),
    Row(
        "scanpass_children_died_total",
        "counter",
        "processes",
        "Child processes that were killed or ended while they parsed or decoded.",
        ("code",),
    ),
    Row(
        "scanpass_s3_requests_total",
        "counter",
        "requests",
        "Requests to the object store.",
        ("operation",),
    ),
    Row(
        "scanpass_objects_received_total",
        "counter",
        "objects",
        "Dropped objects that have their receipt, by what they are.",
        ("site", "kind"),
    ),
    Row(
        "scanpass_objects_quarantined_total",
        "counter",
        "objects",
        "Dropped objects that could not be let in.",
        ("site", "reason"),
    ),
    Row(
        "scanpass_originals_scrubbed_total",
        "counter",
        "originals",
        "Originals that were read again, by what was found: sound, other-bytes, missing.",
        ("outcome",),
    ),
    Row(
        "scanpass_originals_damaged",
        "gauge",
        "originals",
        "Originals that are not what was received, and have not come back.",
        (),
    ),
    Row(
        "scanpass_drop_pending",
        "gauge",
        "objects",
        "Objects the last listing of the drop found; of an old archive at least so many.",
        ("site",),
    ),
    Row(
        "scanpass_instances_transcoded_total",
        "counter",
        "instances",
        "Instances by what became of the wish for a fast copy.",
        ("site", "outcome"),
    ),
    Row(
        "scanpass_studies_available_total",
        "counter",
        "studies",
        "Studies that counted as complete, by why; later revisions included.",
        ("site", "because"),
    ),
    Row(
        "scanpass_study_late_seconds",
        "histogram",
        "seconds",
        "Time from when a study could count as complete until it did; later revisions included.",
        ("site",),
    ),
    Row(
        "scanpass_letters_total",
        "counter",
        "letters",
        "Letters and text messages by what became of each try to send them.",
        ("site", "channel", "state"),
    ),
    Row(
        "scanpass_letters_waiting",
        "gauge",
        "letters",
        "Letters not sent yet: owed to a patient nobody can reach, due, or gathering studies.",
        ("state",),
    ),
    Row(
        "scanpass_prompts_total",
        "counter",
        "attempts",
        "Tries to send a message that somebody waits for (signin, helper), by how they went.",
        ("kind", "channel", "state"),
    ),
    Row(
        "scanpass_canary_age_seconds",
        "gauge",
        "seconds",
        "Time since the canary of a hospital was last available; none yet: since it was sent.",
        ("site",),
    ),
    Row(
        "scanpass_canary_seconds",
        "gauge",
        "seconds",
        "Time the last canary that came through took, from the drop until it was available.",
        ("site",),
    ),
    Row(
        "scanpass_certificate_seconds",
        "gauge",
        "seconds",
        "How long the TLS certificate of a server is still good, as it was within the last hour.",
        ("edge",),
    ),
    Row(
        "scanpass_studies_arriving",
        "gauge",
        "studies",
        "Studies of which something is on its way, or that are not complete yet.",
        ("site",),
    ),
    Row(
        "scanpass_study_oldest_seconds",
        "gauge",
        "seconds",
        "How long the oldest of them has waited; 0 where there is none.",
        ("site",),
    ),
    Row(
        "scanpass_studies_held",
        "gauge",
        "studies",
        "Studies that are available and not shown yet, by why.",
        ("because",),
    ),
    Row(
        "scanpass_requests_total",
        "counter",
        "answers",
        "Answers of the portal, by origin (pages, viewer) and class of status.",
        (
            "origin",
            "status",
        ),
    ),
    Row(
        "scanpass_request_seconds",
        "histogram",
        "seconds",
        "Time from a request's head until its answer begins.",
        ("origin",),
    ),
    Row(
        "scanpass_reads_total",
        "counter",
        "reads",
        "Reads of pictures and pages about them that were allowed, by who reads.",
        ("reader",),
    ),
    Row(
        "scanpass_grants_open",
        "gauge",
        "grants",
        "Shares, standing consents and viewers' addresses that are open.",
        ("kind",),
    ),
    Row(
        "scanpass_grants_changed_total",
        "counter",
        "changes",
        "What was given, narrowed, taken back or has ended, by event.",
        ("change",),
    ),
    Row(
        "scanpass_claims_total",
        "counter",
        "tries",
        "Tries to claim a record with a code and a birth date, by how they went.",
        ("outcome",),
    ),
    Row(
        "scanpass_signins_total",
        "counter",
        "tries",
        "Tries to sign in with a link, six digits, a passkey or a provider, by how they went.",
        ("outcome",),
    ),
)
_ROWS = {row.name: row for row in TABLE}


def _counter(name: str) -> Counter:
    return Counter(name, _ROWS[name].meaning, _ROWS[name].labels)


def _gauge(name: str) -> Gauge:
    return Gauge(name, _ROWS[name].meaning, _ROWS[name].labels)


def _histogram(name: str) -> Histogram:
    return Histogram(name, _ROWS[name].meaning, _ROWS[name].labels, buckets=SECONDS)


MESSAGES_HANDLED = _counter("scanpass_messages_handled_total")
HANDLING_SECONDS = _histogram("scanpass_handling_seconds")
MESSAGES_REDELIVERED = _counter("scanpass_messages_redelivered_total")
CONFIRM_SECONDS = _histogram("scanpass_confirm_seconds")
PUBLISHES_FAILED = _counter("scanpass_publishes_failed_total")
PAUSED = _gauge("scanpass_paused")
SITE_PAUSED = _gauge("scanpass_site_paused")
CONSUMERS = _gauge("scanpass_consumers")
OUTBOX_UNSENT = _gauge("scanpass_outbox_unsent")
OUTBOX_AGE = _gauge("scanpass_outbox_age_seconds")
LOOP_ERRORS = _counter("scanpass_loop_errors_total")
CHILDREN_DIED = _counter("scanpass_children_died_total")
S3_REQUESTS = _counter("scanpass_s3_requests_total")
OBJECTS_RECEIVED = _counter("scanpass_objects_received_total")
OBJECTS_QUARANTINED = _counter("scanpass_objects_quarantined_total")
ORIGINALS_SCRUBBED = _counter("scanpass_originals_scrubbed_total")
ORIGINALS_DAMAGED = _gauge("scanpass_originals_damaged")
DROP_PENDING = _gauge("scanpass_drop_pending")
INSTANCES_TRANSCODED = _counter("scanpass_instances_transcoded_total")
STUDIES_AVAILABLE = _counter("scanpass_studies_available_total")
STUDY_LATE = _histogram("scanpass_study_late_seconds")
LETTERS = _counter("scanpass_letters_total")
PROMPTS = _counter("scanpass_prompts_total")
LETTERS_WAITING = _gauge("scanpass_letters_waiting")
CANARY_AGE = _gauge("scanpass_canary_age_seconds")
CANARY_SECONDS = _gauge("scanpass_canary_seconds")
CERTIFICATE = _gauge("scanpass_certificate_seconds")
STUDIES_ARRIVING = _gauge("scanpass_studies_arriving")
STUDY_OLDEST = _gauge("scanpass_study_oldest_seconds")
STUDIES_HELD = _gauge("scanpass_studies_held")
REQUESTS = _counter("scanpass_requests_total")
REQUEST_SECONDS = _histogram("scanpass_request_seconds")
READS = _counter("scanpass_reads_total")
GRANTS_OPEN = _gauge("scanpass_grants_open")
GRANTS_CHANGED = _counter("scanpass_grants_changed_total")
CLAIMS = _counter("scanpass_claims_total")
SIGNINS = _counter("scanpass_signins_total")


def exposition() -> bytes:
    """Return every metric of this process in Prometheus's text format."""
    return generate_latest()
