"""What operators see of the portal: how much is asked, how soon it is answered, what is shared."""

from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import metrics
from shared.db import Database

# From the start, so that the first of a kind is an increase too.
CLASSES = ("2xx", "3xx", "4xx", "5xx")
GRANTS = """
    SELECT CASE grantee_kind WHEN 'app' THEN 'address' ELSE kind END AS kind, count(*) AS open
    FROM access.grants WHERE ended_at IS NULL GROUP BY 1
"""
KINDS = ("share", "consent", "address")


class Measured:
    """Counts the answers of an origin by their class, and times them until they begin.

    No address is a label: it may hold a viewing, and says who looks at what.
    """

    def __init__(self, app: ASGIApp, origin: str) -> None:
        """Measure `app`, which is called `origin`."""
        self._app = app
        self._answers = {
            each: metrics.REQUESTS.labels(origin=origin, status=each) for each in CLASSES
        }
        self._seconds = metrics.REQUEST_SECONDS.labels(origin=origin)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._answers[f"{message['status'] // 100}xx"].inc()
                self._seconds.observe(perf_counter() - began)
            await send(message)

        await self._app(scope, receive, sending)


def grants(database: Database) -> None:
    """Tell how many grants are open, of each kind."""
    with database.transaction() as connection:
        rows = connection.execute(GRANTS).fetchall()
    found = {row["kind"]: row["open"] for row in rows}
    for kind in KINDS:
        metrics.GRANTS_OPEN.labels(kind=kind).set(found.get(kind, 0))
