"""Run one service: settings in, signals handled, messages consumed, probes answered."""

import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event as Flag
from threading import Thread, current_thread, main_thread
from time import monotonic

import structlog

from shared import certificates, logs
from shared.batch import Batch, BatchRoutes, Prepare, Transaction, consume_batch
from shared.broker.publisher import Publisher
from shared.broker.subscription import Plan, Subscription
from shared.config import ServiceSettings
from shared.consumer import Judgement, Message, Routes, consume, consume_raw
from shared.loop import Loop
from shared.probes import Probes, Route

log = structlog.get_logger()

CERTIFICATES = 3600.0  # seconds between two looks at them
PREPARING = 4  # threads that fetch what a batch needs


class Service:
    """What `services/<name>/__main__.py` puts together, and then runs until it is told to stop."""

    def __init__(self, name: str, settings: ServiceSettings) -> None:
        """Configure the logs. The publisher starts with its first use, all else with `run`."""
        logs.configure(name, settings.log_level)
        self.name = name
        self.settings = settings
        self.stopping = Flag()
        self.probe_port = 0  # the real one, once it runs
        self._plans: list[Plan] = []
        self._loops: list[Loop] = []
        self._needs: dict[str, Callable[[], None]] = {}
        self._routes: dict[str, Route] = {}
        self._publisher: Publisher | None = None
        self._subscriptions: list[Subscription] = []

    @property
    def publisher(self) -> Publisher:
        """Return the one publisher of this process."""
        if self._publisher is None:
            self._publisher = Publisher(self._urls, self.name)
        return self._publisher

    def consume(
        self, queue: str, routes: Routes, *, workers: int, prefetch: int | None = None
    ) -> None:
        """Handle the messages of `queue` one by one, in `workers` threads.

        What a handler yields is published with the message as its cause, and confirmed before
        the handler goes on.
        """

        def handle(message: Message) -> Judgement:
            publish = partial(self.publisher.publish, causation=message.uuid)
            return consume(message, routes, publish)

        self._plans.append(
            Plan(
                queue,
                lambda messages: [handle(message) for message in messages],
                workers=workers,
                prefetch=prefetch or 2 * workers,
            )
        )

    def consume_raw(self, queue: str, handle: Callable[[bytes], None], *, workers: int) -> None:
        """Give the bodies of a queue that others than ours write to, one by one."""
        self._plans.append(
            Plan(
                queue,
                lambda messages: [consume_raw(message, handle) for message in messages],
                workers=workers,
                prefetch=4 * workers,
            )
        )

    def consume_batches(  # noqa: PLR0913  all that a queue needs, by name
        self,
        queue: str,
        routes: BatchRoutes,
        *,
        transaction: Transaction,
        prepare: Prepare,
        batch: int = 200,
        wait: float = 0.05,
    ) -> None:
        """Handle the messages of `queue` up to `batch` at once, `wait` seconds after the first.

        `prepare` is called with each event before the transaction, several at once; the handlers
        with the event, what `prepare` returned, and the transaction's connection.
        """
        pool = ThreadPoolExecutor(PREPARING, thread_name_prefix=f"prepare {queue}")
        how = Batch(routes, transaction, prepare, pool.map)
        handle = partial(consume_batch, batch=how)
        self._plans.append(Plan(queue, handle, prefetch=2 * batch, hand=batch, wait=wait))

    def every(self, seconds: float, name: str, task: Callable[[], object]) -> None:
        """Run `task` each `seconds`; at once again when it returns something true."""
        self._loops.append(Loop(seconds, name, task, self.stopping))

    def needs(self, name: str, check: Callable[[], None]) -> None:
        """Count as ready only while `check` does not raise."""
        self._needs[name] = check

    def route(self, path: str, handler: Route) -> None:
        """Answer POSTs to `path` of the probes' server."""
        self._routes[path] = handler

    def run(self) -> int:
        """Serve until SIGTERM, SIGINT or `stopping`; return the exit code.

        What is in hand then is finished, confirmed and acknowledged, or left to the broker.
        """
        self._catch_signals()
        probes = Probes(
            self.settings.probe_host,
            self.settings.probe_port,
            {"/livez": self.unlive, "/readyz": self.unready},
            self._routes,
        )
        self.probe_port = probes.port
        log.info("service_started", probe_port=probes.port)
        self._subscriptions = [
            Subscription(self._urls, self.name, plan, self.publisher) for plan in self._plans
        ]
        if asked := certificates.ends(self.settings):
            self.every(CERTIFICATES, "certificates", partial(certificates.watch, asked))
        for loop in self._loops:
            loop.thread.start()
        self.stopping.wait()
        drained = self._drain()
        probes.close()
        log.info("service_stopped", drained=drained)
        return 0

    @property
    def _urls(self) -> str:
        return self.settings.amqp_url.get_secret_value()

    def _catch_signals(self) -> None:
        """Stop on SIGTERM and SIGINT; under a test, in another thread, there are none."""
        if current_thread() is not main_thread():
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            # In a thread: the handler interrupts us anywhere, also where the flag's lock is held.
            signal.signal(number, lambda *_: Thread(target=self.stopping.set).start())

    def _drain(self) -> bool:
        """Finish what is in hand; False if that was cut short, and the broker delivers it again."""
        limit = monotonic() + self.settings.drain_seconds
        for subscription in self._subscriptions:
            subscription.stop()
        drained = [subscription.drained(limit) for subscription in self._subscriptions]
        for loop in self._loops:
            loop.thread.join(max(0.0, limit - monotonic()))
        if self._publisher is not None:
            self._publisher.close()
        return all(drained) and not any(loop.thread.is_alive() for loop in self._loops)

    def unlive(self) -> list[str]:
        """Return what has died or is stuck."""
        if self.stopping.is_set():
            return []
        stuck = self.settings.stuck_seconds
        dead = [one.queue for one in self._subscriptions if not one.alive(stuck)]
        return dead + [loop.name for loop in self._loops if not loop.thread.is_alive()]

    def unready(self) -> list[str]:
        """Return what is not there yet, or not any more."""
        missing = ["stopping"] if self.stopping.is_set() else []
        if self._publisher is not None and not self._publisher.connected:
            missing.append("broker")
        consuming = {one.queue for one in self._subscriptions if one.ready()}
        missing += [plan.queue for plan in self._plans if plan.queue not in consuming]
        for name, check in self._needs.items():
            try:
                check()
            except Exception:  # noqa: BLE001  whatever it raises, we are not ready
                missing.append(name)
        return missing
