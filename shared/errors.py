"""The two failures that a handler may raise on purpose."""


class Malformed(Exception):
    """The message is at fault, so a retry cannot help. Goes to the dead letters."""


class EdgeDown(Exception):
    """S3, the database, the broker or a mail server does not answer. Not the message's fault."""

    def __init__(self, edge: str) -> None:
        """Keep the edge's name (`s3`, `database`, `broker`, `smtp`, …), never the driver's text."""
        super().__init__(edge)
        self.edge = edge
