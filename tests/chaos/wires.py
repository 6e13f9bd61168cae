"""An asyncio proxy between services and servers: slow, silent, cut, reset, refused or corrupt."""

import asyncio
from concurrent.futures import Future
from threading import Thread
from types import TracebackType
from typing import Self

from deploy.local.setting import HOST

CHUNK = 1 << 16  # bytes
BODY = 4096  # bytes; a smaller chunk may be all header, which no checksum covers
LOOK = 0.02  # seconds between two looks whether a stall is over


class Wire:
    """The way from one service to one server. What is set here holds for every byte from now on."""

    def __init__(self, target: int) -> None:
        """Lead to the port `target` of this machine; `port` is where to come in."""
        self.target, self.port = target, 0
        self.delay = 0.0  # seconds for each chunk
        self.stalled = False
        self.refusing = False
        self.cut_after: int | None = None  # bytes until the connection is gone
        self.flips = 0  # chunks from the server in which a bit is turned over
        self.hits = 0  # cuts and flips that were made
        self._open: set[asyncio.StreamWriter] = set()

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        if self.refusing:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self.target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, far_writer}
        self._open |= both
        try:
            await asyncio.gather(
                self._pass(reader, far_writer, both, back=False),
                self._pass(far_reader, writer, both, back=True),
            )
        finally:
            self._open -= both
            for each in both:
                each.close()

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        both: set[asyncio.StreamWriter],
        *,
        back: bool,
    ) -> None:
        """Pass bytes on until there are no more; where one half is gone, both are."""
        try:
            while chunk := await reader.read(CHUNK):
                while self.stalled:  # noqa: ASYNC110  set from another thread
                    await asyncio.sleep(LOOK)
                await asyncio.sleep(self.delay)
                piece = self._harmed(chunk, back=back)
                writer.write(piece)
                if len(piece) < len(chunk):
                    raise ConnectionAbortedError
                await writer.drain()
            writer.write_eof()
        except OSError:
            for each in both:
                each.transport.abort()

    def _harmed(self, chunk: bytes, *, back: bool) -> bytes:
        """Return what arrives of `chunk`: all of it, less, or with one bit turned over."""
        if back and self.flips and len(chunk) > BODY:
            self.flips -= 1
            self.hits += 1
            middle = len(chunk) // 2
            chunk = chunk[:middle] + bytes([chunk[middle] ^ 1]) + chunk[middle + 1 :]
        if self.cut_after is None:
            return chunk
        left, self.cut_after = self.cut_after, self.cut_after - len(chunk)
        if len(chunk) <= left:
            return chunk
        self.cut_after = None
        self.hits += 1
        return chunk[:left]

    def reset(self) -> None:
        """Abort every connection; to be called on the loop."""
        for each in list(self._open):
            each.transport.abort()


class Wires:
    """All wires, on a thread of their own."""

    def __init__(self) -> None:
        """Start the thread."""
        self.loop = asyncio.new_event_loop()
        self._thread = Thread(target=self.loop.run_forever, name="wires", daemon=True)
        self._thread.start()
        self._listening: list[asyncio.Server] = []

    def __enter__(self) -> Self:
        """Return them."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Cut everything."""

        async def end() -> None:
            for server in self._listening:
                server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def wire(self, target: int, port: int = 0) -> Wire:
        """Return a new wire to a port of this machine, which listens at `port` or a free one."""
        wire = Wire(target)

        async def listen() -> asyncio.Server:
            return await asyncio.start_server(wire.meet, HOST, port)

        server = asyncio.run_coroutine_threadsafe(listen(), self.loop).result()
        self._listening.append(server)
        wire.port = server.sockets[0].getsockname()[1]
        return wire

    def reset(self, wire: Wire) -> None:
        """Abort every connection of `wire`."""
        done: Future[None] = Future()

        def act() -> None:
            wire.reset()
            done.set_result(None)

        self.loop.call_soon_threadsafe(act)
        done.result()
