"""When everything that was dropped has come through: asked of the servers from outside."""

import time
from typing import Any
from urllib.error import URLError

import psycopg
from botocore.exceptions import BotoCoreError, ClientError

from tests.chaos import broker
from tests.chaos.standing import Standing

POLL = 0.25  # seconds

LEFT = """
SELECT
  (SELECT count(*) FROM ingest.receipt WHERE kind = 'instance' AND NOT EXISTS (
      SELECT FROM catalogue.content AS c JOIN catalogue.settlement USING (site, sop_uid, sha256)
      WHERE (c.site, c.sha256) = (receipt.site, receipt.sha256))) AS instances,
  (SELECT count(*) FROM ingest.receipt WHERE kind IN ('roster', 'declaration') AND NOT EXISTS (
      SELECT FROM catalogue.filed WHERE (filed.site, filed.sha256) = (receipt.site, receipt.sha256)
  )) AS documents,
  (SELECT count(*) FROM catalogue.study WHERE state = 'arriving' OR due_at IS NOT NULL) AS studies,
  (SELECT count(*) FROM catalogue.study LEFT JOIN notify.delivery USING (site, study_uid, record)
      WHERE study.released_at IS NOT NULL AND study.record IS NOT NULL
      AND coalesce(delivery.state, 'none') NOT IN ('sent', 'failed')) AS letters,
  (SELECT count(*) FROM catalogue.outbox WHERE sent_at IS NULL)
      + (SELECT count(*) FROM notify.outbox WHERE sent_at IS NULL)
      + (SELECT count(*) FROM access.outbox WHERE sent_at IS NULL) AS events,
  %s - (SELECT count(*) FROM catalogue.content JOIN catalogue.settlement
      USING (site, sop_uid, sha256)) AS missing
"""


class Stuck(Exception):
    """Something does not move any more; the text says how many of what are left."""


def left(stage: Standing) -> dict[str, Any] | None:
    """Return what is still on its way, as numbers; None where a server does not answer now."""
    try:
        found = stage.s3.list_object_versions(Bucket="drop", MaxKeys=1000)
        drop = len(found.get("Versions", []))
        (row,) = stage.rows(LEFT, stage.dropped)
        waiting = broker.waiting(stage)
    except (psycopg.Error, ClientError, BotoCoreError, URLError, ConnectionError):
        return None
    return {"drop": drop, **row, "queued": waiting}


def settled(stage: Standing, patience: float) -> None:
    """Wait until nothing is on its way.

    Raises:
        Stuck: nothing has moved for `patience` seconds, and something is left.

    """
    last, moved = left(stage), time.monotonic()
    while last is None or any(last.values()):
        time.sleep(POLL)
        now = left(stage)
        if now != last:
            last, moved = now, time.monotonic()
        elif time.monotonic() > moved + patience:
            raise Stuck(", ".join(f"{name} {count}" for name, count in (last or {}).items()))
