"""Run with `python -m tests.integration.broker.census`."""

import json
import sys
from collections import Counter
from functools import partial

from shared.config import ServiceSettings, read
from shared.events import StudyAvailable
from shared.service import Service
from tests.integration.broker.census.handler import count

if __name__ == "__main__":
    studies: Counter[str] = Counter()
    service = Service("census", read(ServiceSettings))
    service.consume(
        "census.studies", {StudyAvailable: partial(count, seen=set(), studies=studies)}, workers=1
    )
    service.route("/count", lambda _body: (200, json.dumps(studies)))
    sys.exit(service.run())
