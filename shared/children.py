"""Child processes for bytes from outside: limited, killed at a deadline, and started anew."""

import os
import resource
import signal
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import connection, get_context, parent_process
from threading import Lock, Thread
from typing import Any, TypeVar

import structlog
from pebble import CONSTS, ProcessExpired, ProcessFuture, ProcessPool

from shared import logs, metrics

log = structlog.get_logger()

Result = TypeVar("Result")

MEMORY = 1 << 30  # bytes of address space
CPU = 120  # seconds of processor time for one call
DEADLINE = 300.0  # seconds for one call
DEATHS = 2  # a kill may be meant for someone else; the second is the bytes' fault

# Children ignore SIGTERM, which a whole process group may get; so asking first is no use.
CONSTS.term_timeout = 0.1

DEADLY = (TimeoutError, MemoryError, ProcessExpired, BrokenProcessPool, CancelledError)


class ChildDied(Exception):
    """The call ended with its process: `child-timeout`, `child-killed`, `child-out-of-memory`."""

    def __init__(self, code: str) -> None:
        """Keep the reason as a code."""
        super().__init__(code)
        self.code = code


class Children:
    """A pool of processes, safe to share between threads. What they are given must be pickled.

    Pass keys, or a file's few bytes, and let them fetch: every byte given is copied.
    """

    def __init__(  # noqa: PLR0913  what a child is made of
        self,
        count: int,
        initializer: Callable[..., object] | None = None,
        initargs: Sequence[Any] = (),
        *,
        service: str,
        log_level: str = "INFO",
        memory_bytes: int = MEMORY,
        preload: Sequence[str] = (),
    ) -> None:
        """Start `count` processes when first asked.

        Each writes its logs as `service`, and calls `initializer(*initargs)` once. The modules in
        `preload` are imported once for all of them, in the process they are forked from.
        """
        self._count = count
        self._initargs = (memory_bytes, (service, log_level), initializer, tuple(initargs))
        self._context = get_context("forkserver")
        if preload:
            self._context.set_forkserver_preload(list(preload))
        self._lock = Lock()
        self._closed = False
        self._pool: ProcessPool = self._new_pool()

    def run(
        self,
        function: Callable[..., Result],
        *args: object,
        timeout: float = DEADLINE,
        cpu: float = CPU,
    ) -> Result:
        """Return `function(*args)`, run in a child; what it raises comes through by its type.

        Raises:
            ChildDied: it took longer than `timeout` seconds or `cpu` seconds of processor time,
                took more memory than it may, or was killed twice.

        """
        code = "child-killed"
        for _ in range(DEATHS):
            try:
                return self._schedule(function, args, timeout, int(cpu)).result()
            except DEADLY as error:
                code = _code(error)
            metrics.CHILDREN_DIED.labels(code=code).inc()
            log.warning("child_died", code=code)
            if code != "child-killed":
                break
        raise ChildDied(code)

    def close(self) -> None:
        """Kill them all."""
        with self._lock:
            self._closed = True
            _end(self._pool)

    def _schedule(
        self, function: Callable[..., Result], args: tuple[object, ...], timeout: float, cpu: int
    ) -> ProcessFuture[Result]:
        """Queue one call. An idle child that is killed breaks a pool for good: then a new one."""
        with self._lock:
            if self._closed:
                code = "child-killed"
                raise ChildDied(code)
            if not self._pool.active:
                _end(self._pool)
                self._pool = self._new_pool()
            return self._pool.schedule(limited, args=(cpu, function, *args), timeout=timeout)

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self._count,
            initializer=_begin,
            initargs=self._initargs,
            context=self._context,
        )


def limited(cpu: int, function: Callable[..., Result], *args: object) -> Result:
    """Run in a child: call `function` with `cpu` seconds of processor time from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + cpu, hard))
    return function(*args)


def _begin(
    memory: int,
    log_as: tuple[str, str],
    initializer: Callable[..., object] | None,
    initargs: tuple[Any],
) -> None:
    """Run in a child, once: set its limits and its logs, and let it die with its parent."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # of the group; the service drains us
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold patients
    Thread(target=_die_with_parent, daemon=True).start()
    logs.configure(*log_as)
    warnings.simplefilter("ignore")  # libraries' quote what stands in the bytes
    if initializer is not None:
        initializer(*initargs)


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _code(error: BaseException) -> str:
    match error:
        case TimeoutError():
            return "child-timeout"
        case MemoryError():
            return "child-out-of-memory"
        case ProcessExpired() if error.exitcode == -signal.SIGXCPU:
            return "child-timeout"
    return "child-killed"


def _end(pool: ProcessPool) -> None:
    with suppress(RuntimeError):  # it was never started
        pool.stop()  # type: ignore[no-untyped-call]  # pebble has no annotation there
        pool.join()
