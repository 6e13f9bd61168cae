"""The portal with a name in a log line: `python -m tests.canary.planted`."""

import sys

import structlog

from services.portal import __main__ as portal
from services.portal.sharing import links

LET_IN = links.let_in


def talkative() -> None:
    """Say who came."""

    def let_in(connection, row, guest, hours, key):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  as there
        structlog.get_logger().info("share_opened", reader=guest.name)
        return LET_IN(connection, row, guest, hours, key)

    links.let_in = let_in


if __name__ == "__main__":
    talkative()
    sys.exit(portal.main())
