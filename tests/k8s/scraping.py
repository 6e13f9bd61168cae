"""Debian's Prometheus, looking at the services as it would at pods, so that panels can be asked."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode
from urllib.request import urlopen

from deploy.local.environment import SERVICES
from deploy.local.processes import Child, Command, end
from deploy.local.servers import Servers
from deploy.local.setting import HOST, choose
from deploy.local.waiting import listening, until
from tests.k8s import promql
from tests.k8s.manifests import Document
from tests.k8s.tools import PLACE

START = 60.0  # seconds


@dataclass(frozen=True)
class Scraper:
    """A Prometheus at a port of its own."""

    port: int

    def asked(self, expression: str) -> list[object]:
        """Return the series that an expression comes to now."""
        words = urlencode({"query": expression})
        with urlopen(f"http://{HOST}:{self.port}/api/v1/query?{words}", timeout=30) as answer:
            found: list[object] = json.load(answer)["data"]["result"]
        return found

    def silent(self, documents: Sequence[Document]) -> list[str]:
        """Return the panels that show nothing."""
        return [
            f"{title}: {expression}"
            for title, expressions in promql.panels(documents).items()
            for expression in expressions
            if not self.asked(expression)
        ]


@contextmanager
def scraping(servers: Servers) -> Iterator[Scraper]:
    """Look at every service and at the broker each second."""
    home = servers.setting.folder("prometheus")
    port = choose({})["demo.web"]
    jobs = [
        {"job_name": name, "static_configs": [{"targets": [f"{HOST}:{servers.ports[name]}"]}]}
        for name in SERVICES
    ]
    broker = {
        "job_name": "broker",
        "metrics_path": "/metrics/detailed",
        "params": {"family": ["queue_coarse_metrics"]},
        "static_configs": [{"targets": [f"{HOST}:{servers.ports['broker.prometheus']}"]}],
    }
    told = {"global": {"scrape_interval": "1s"}, "scrape_configs": [*jobs, broker]}
    (home / "prometheus.json").write_text(json.dumps(told))
    words = [str(PLACE / "prometheus"), f"--config.file={home / 'prometheus.json'}"]
    words += [f"--storage.tsdb.path={home / 'data'}", f"--web.listen-address={HOST}:{port}"]
    command = Command(words, {"PATH": os.defpath}, home)
    log = servers.setting.logs / "prometheus.log"
    child = Child("prometheus", command, servers.setting.records, log)
    try:
        until(lambda: listening(port), START, "Prometheus does not come up")
        yield Scraper(port)
    finally:
        end([child])
