"""One connection with one channel, on an I/O thread of its own."""

from collections.abc import Callable
from threading import Event as Flag
from threading import Lock, Thread
from typing import Any

import pika
import structlog
from pika.channel import Channel

from shared.broker.hosts import HEARTBEAT
from shared.logs import told

log = structlog.get_logger()

FORSAKEN = 3 * HEARTBEAT  # seconds until a connection nobody uses any more is closed at last


class Link:
    """Opens at once; `over` is set when it is gone, and then it never comes back.

    `on_channel` is called on the I/O thread with the open channel. Whatever is done with the
    channel later goes through `call`: pika's classes belong to one thread.
    """

    def __init__(
        self, parameters: pika.URLParameters, on_channel: Callable[["Link", Channel], None]
    ) -> None:
        """Start connecting to the one host in `parameters`."""
        self.over = Flag()
        self.host = f"{parameters.host}:{parameters.port}"
        self._on_channel = on_channel
        self._lock = Lock()
        self._loop_ended = False
        self._connection = pika.SelectConnection(
            parameters,
            on_open_callback=self._opened,
            on_open_error_callback=self._failed,
            on_close_callback=self._closed,
        )
        name = parameters.client_properties["connection_name"]
        self.thread = Thread(target=self._run, name=f"link {name}", daemon=True)
        self.thread.start()

    def call(self, callback: Callable[[], Any]) -> bool:
        """Run `callback` on the I/O thread; False if the link is over and it never will be."""
        with self._lock:
            if self.over.is_set() or self._loop_ended:
                return False
            self._connection.ioloop.add_callback_threadsafe(callback)
            return True

    def close(self) -> None:
        """Close it; whatever was called before is done first."""
        self.call(self._close)

    def forsake(self) -> None:
        """Call it over without waiting: the peer may be frozen, and answer no close.

        The heartbeat ends the connection later; one that thaws before is closed then.
        """
        self.call(lambda: self._connection.ioloop.call_later(FORSAKEN, self._close))
        self.over.set()

    def _run(self) -> None:
        try:
            self._connection.ioloop.start()
        except Exception as error:  # noqa: BLE001  a link that fails in any way is over
            log.error("broker_link_failed", host=self.host, error=told(error))
        with self._lock:
            self._loop_ended = True
            self.over.set()
        self._connection.ioloop.close()

    def _opened(self, connection: pika.SelectConnection) -> None:
        connection.channel(on_open_callback=self._channel_opened)

    def _channel_opened(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._channel_closed)
        self._on_channel(self, channel)

    def _channel_closed(self, _channel: Channel, reason: Exception) -> None:
        code = getattr(reason, "reply_code", None)
        if self._connection.is_open:
            log.warning("broker_channel_closed", host=self.host, code=code)
        self._close()

    def _failed(self, connection: pika.SelectConnection, error: Exception) -> None:
        log.warning("broker_not_reached", host=self.host, error=type(error).__name__)
        connection.ioloop.stop()

    def _closed(self, connection: pika.SelectConnection, reason: Exception) -> None:
        log.info("broker_connection_closed", host=self.host, error=type(reason).__name__)
        connection.ioloop.stop()

    def _close(self) -> None:
        if not (self._connection.is_closing or self._connection.is_closed):
            self._connection.close()
