"""What the API server answers when it does not do what it is asked."""

import json
from typing import Any


class RequestError(Exception):
    """A request that was answered with an error. ``code`` is the HTTP status, 0 when there was no answer."""

    def __init__(self, code: int, reason: str, message: str, causes: tuple[dict[str, Any], ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.causes = causes
        self.retry_after: float | None = None
        """Seconds that the API server asks to wait."""

    @property
    def is_refusal(self) -> bool:
        """Whether the object itself is refused: trying the same again would not help."""
        return self.code in (400, 403, 405, 413, 422) or (self.code == 500 and "webhook" in self.message)


def read_error(code: int, body: Any, reason: str) -> RequestError:
    """The error of an answer; its body is a Status object, mostly."""
    text = body.decode(errors="replace") if isinstance(body, bytes) else str(body or "")
    try:
        status = json.loads(text)
    except ValueError:
        return RequestError(code, reason, text[:500] or reason)
    if not isinstance(status, dict):
        return RequestError(code, reason, text[:500])
    causes = tuple((status.get("details") or {}).get("causes") or ())
    return RequestError(code, str(status.get("reason") or reason), str(status.get("message") or reason), causes)
