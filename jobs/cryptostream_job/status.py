"""What the job says of itself on /readyz and /healthz."""

import threading


class Status:
    """The reason why the job is not ready, shared between the runner and the probes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reason: str | None = "starting"

    def ready(self) -> None:
        with self._lock:
            self._reason = None

    def not_ready(self, reason: str) -> None:
        with self._lock:
            self._reason = reason

    def why_not_ready(self) -> str | None:
        """The probe: None when the query runs."""
        with self._lock:
            return self._reason

    def why_not_live(self) -> str | None:
        """The process serves this answer, which is all that liveness asks: a job that waits must not be restarted."""
        return None
