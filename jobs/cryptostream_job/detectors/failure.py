"""A detector that raises: which one it was, on which symbol, and why."""


class DetectorFailedError(Exception):
    """A detector has raised where it must not: it is wrong, not the market. The cause is chained."""

    def __init__(self, detector: str, symbol: str, cause: Exception) -> None:
        self.detector = detector
        self.symbol = symbol
        self.reason = f"{type(cause).__name__}: {cause}"
        super().__init__(f"detector {detector} failed on {symbol}: {self.reason}")
