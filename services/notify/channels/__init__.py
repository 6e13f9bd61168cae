"""The ways to a person. Only the modules here know SMTP and the gateway's HTTP."""

from typing import Protocol
from uuid import UUID

from services.notify.letter import Letter


class Refused(Exception):
    """Nobody can be reached there, ever: trying again would not help."""

    def __init__(self, code: str) -> None:
        """Keep the reason as a code: a server's own text may quote the address."""
        super().__init__(code)
        self.code = code


class Channel(Protocol):
    """Carries a letter to one address or number."""

    def send(self, delivery: UUID, to: str, letter: Letter) -> None:
        """Hand `letter` over; when this returns, the server has taken it.

        Sent again under the same `delivery` it bears the same identity, so that whoever
        receives it twice can tell. Ends, one way or another, within 45 seconds.

        Raises:
            Refused: the address or number was refused for good.
            EdgeDown: the server does not answer, refuses us, or asks to come again later.

        """
