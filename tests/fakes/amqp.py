"""A broker of one queue that speaks AMQP 0-9-1 over a socket, and behaves as RabbitMQ 4.x does.

It says what 3.10 never says: it cancels consumers, and counts no delivery for what is given back.
What clients do is written down. Driven by the test: nothing happens here by itself but answers.
"""

import socket
from dataclasses import dataclass, field
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self

import pika
from pika import frame, spec

VERSION = "4.2.0"
FRAME_MAX = 131072
# What is asked for, and what is said to it; the rest has no answer.
ANSWERS: dict[type, Any] = {
    spec.Connection.StartOk: lambda _asked: spec.Connection.Tune(2047, FRAME_MAX, 0),
    spec.Connection.Open: lambda _asked: spec.Connection.OpenOk(),
    spec.Connection.Close: lambda _asked: spec.Connection.CloseOk(),
    spec.Channel.Open: lambda _asked: spec.Channel.OpenOk(),
    spec.Channel.Close: lambda _asked: spec.Channel.CloseOk(),
    spec.Exchange.Declare: lambda _asked: spec.Exchange.DeclareOk(),
    spec.Queue.Declare: lambda asked: spec.Queue.DeclareOk(asked.queue, 0, 0),
    spec.Basic.Qos: lambda _asked: spec.Basic.QosOk(),
    spec.Basic.Consume: lambda asked: spec.Basic.ConsumeOk(asked.consumer_tag),
    spec.Basic.Cancel: lambda asked: spec.Basic.CancelOk(asked.consumer_tag),
    spec.Confirm.Select: lambda _asked: spec.Confirm.SelectOk(),
}


@dataclass
class Published:
    """What a client has published, and was confirmed."""

    exchange: str
    routing_key: str
    headers: dict[str, Any]
    body: bytes = b""


@dataclass
class Seen:
    """What clients have done, in sequence."""

    consumed: list["Client"] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    acked: list[int] = field(default_factory=list)
    given_back: list[str] = field(default_factory=list)  # by which method


class Client:
    """One connection, served on a thread of its own."""

    def __init__(self, line: socket.socket, seen: Seen) -> None:
        """Begin with the handshake."""
        self.line, self.seen = line, seen
        self._lock = Lock()
        self._tag = self._confirms = 0
        self._consumer = ""
        self._pending: Published | None = None
        Thread(target=self._serve, daemon=True).start()

    def deliver(
        self, headers: dict[str, Any], body: bytes, routing_key: str, *, redelivered: bool = False
    ) -> int:
        """Deliver one message to the consumer; return its number on this channel."""
        self._tag += 1
        method = spec.Basic.Deliver(self._consumer, self._tag, redelivered, "", routing_key)
        properties = pika.BasicProperties(headers=headers, content_type="application/json")
        self.send(
            frame.Method(1, method), frame.Header(1, len(body), properties), frame.Body(1, body)
        )
        return self._tag

    def cancel(self) -> None:
        """Cancel the consumer, as 4.x does when a leader moves or a consumer takes too long."""
        self.send(frame.Method(1, spec.Basic.Cancel(self._consumer, nowait=True)))

    def send(self, *frames: Any) -> None:  # noqa: ANN401  pika's frames have no common type
        """Send frames in one piece."""
        with self._lock:
            self.line.sendall(b"".join(each.marshal() for each in frames))

    def _serve(self) -> None:
        with self.line:
            self.line.recv(8)  # `AMQP` and its version
            told = {
                "product": "RabbitMQ",
                "version": VERSION,
                "capabilities": {
                    "publisher_confirms": True,
                    "basic.nack": True,
                    "consumer_cancel_notify": True,
                    "connection.blocked": True,
                },
            }
            self.send(frame.Method(0, spec.Connection.Start(0, 9, told, "PLAIN", "en_US")))
            data = b""
            while more := self._received():
                data += more
                while True:
                    used, found = frame.decode_frame(data)
                    data = data[used:]
                    if found is None:
                        break
                    self._take(found)

    def _received(self) -> bytes:
        try:
            return self.line.recv(FRAME_MAX)
        except OSError:
            return b""

    def _take(self, found: Any) -> None:  # noqa: ANN401  as above
        """Write down what came, and answer."""
        if isinstance(found, frame.Header) and self._pending is not None:
            self._pending.headers = dict(found.properties.headers or {})
        elif isinstance(found, frame.Body) and self._pending is not None:
            self._pending.body = found.fragment
            self.seen.published.append(self._pending)
            self._confirms += 1
            self.send(frame.Method(found.channel_number, spec.Basic.Ack(self._confirms)))
        elif isinstance(found, frame.Method):
            self._asked(found)

    def _asked(self, found: Any) -> None:  # noqa: ANN401  as above
        method = found.method
        match method:
            case spec.Basic.Publish():
                self._pending = Published(method.exchange, method.routing_key, {})
            case spec.Basic.Ack():
                self.seen.acked.append(method.delivery_tag)
            case spec.Basic.Nack() | spec.Basic.Reject():
                self.seen.given_back.append(type(method).__name__)
        if answer := ANSWERS.get(type(method)):
            self.send(frame.Method(found.channel_number, answer(method)))
        if isinstance(method, spec.Basic.Consume):
            self._consumer = method.consumer_tag
            self.seen.consumed.append(self)


class Rabbit4:
    """The broker: listens on a free port until the end of its block."""

    def __enter__(self) -> Self:
        """Listen."""
        self.seen = Seen()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"amqp://guest:guest@127.0.0.1:{self._listener.getsockname()[1]}/%2F"
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Listen no more."""
        self._listener.close()

    def _accept(self) -> None:
        try:
            while True:
                Client(self._listener.accept()[0], self.seen)
        except OSError:
            return
