"""The SMTP receiver, on a thread of its own."""

import asyncio
import threading
from collections.abc import Mapping

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.post.http import HOST
from deploy.local.post.mailbox import Mailbox

LARGEST = 32 << 20  # bytes of one letter


class Receiver:
    """What is said to a client, and where its letter goes (the hooks are aiosmtpd's)."""

    def __init__(self, mailbox: Mailbox, answers: Mapping[str, int]) -> None:
        """Keep letters in `mailbox`; `answers` are codes for addresses not to be served."""
        self.mailbox, self.answers = mailbox, answers

    async def handle_RCPT(  # noqa: N802  the name is aiosmtpd's
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Answer for one recipient."""
        if address in self.answers:
            return f"{self.answers[address]} cannot deliver to this address"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Say 250 only when the letter is on the disk."""
        content = envelope.original_content or b""
        await asyncio.to_thread(
            self.mailbox.add, envelope.mail_from or "", envelope.rcpt_tos, content
        )
        return "250 kept"


class SmtpServer:
    """Listens on the loopback until stopped; can be started again, on the same port."""

    def __init__(self, receiver: Receiver, port: int) -> None:
        """Hand what comes to `receiver`; port 0 takes a free one."""
        self.receiver, self.port = receiver, port

    def start(self) -> None:
        """Return when connections are taken.

        Raises:
            OSError: the port is not free.

        """
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="smtp", daemon=True)
        self.thread.start()
        try:
            opening = self.loop.create_server(self.protocol, HOST, self.port)
            self.server = asyncio.run_coroutine_threadsafe(opening, self.loop).result()
        except OSError:
            self.end()
            raise
        self.port = self.server.sockets[0].getsockname()[1]

    def protocol(self) -> SMTP:
        """Return the protocol of one connection."""
        return SMTP(
            self.receiver, data_size_limit=LARGEST, enable_SMTPUTF8=True, hostname="localhost"
        )

    def stop(self) -> None:
        """Stop listening, and cut what is connected."""

        async def closing() -> None:
            self.server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(closing(), self.loop).result()
        self.end()

    def end(self) -> None:
        """End the thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
