"""What the caller of a verification chooses."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """How to verify.

    ``tape``: what the topic must equal: base URL of a simulated exchange, or a folder with its saved tape.
    ``wait``: seconds to wait until the database has all that the topic held at the start.
    ``allow_lag``: compare only up to what each symbol has reached in the database.
    ``from_oldest_stored``: the database's retention is at work, so what lies before its oldest rows is not missing.
    ``cap``: how many differences of one kind are kept for the report.
    """

    tape: str | None = None
    wait: float = 0.0
    allow_lag: bool = False
    from_oldest_stored: bool = False
    cap: int = 20
