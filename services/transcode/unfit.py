"""Why an instance gets no fast copy, though its pixels can be had."""


class Unfit(Exception):
    """The instance is sound, and its original is already the best copy of it."""

    def __init__(self, code: str) -> None:
        """Keep the reason as a code."""
        super().__init__(code)
        self.code = code
