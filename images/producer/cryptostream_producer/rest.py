"""The exchange's REST side: one client, one weight budget, Retry-After obeyed."""

import threading
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic

import httpx

from cryptostream_model.logs import get_logger
from cryptostream_producer.backoff import WindowBudget
from cryptostream_producer.exchanges.base import Exchange, RestRequest
from cryptostream_producer.metrics import ProducerMetrics

_LOG = get_logger(__name__)
_DEFAULT_RETRY_AFTER = 5.0
_LONGEST_RETRY_AFTER = 3 * 86_400.0


class RestUnavailableError(Exception):
    """The exchange gave no usable answer now; trying again later may help. ``delay``: not before that many seconds."""

    def __init__(self, reason: str, delay: float = 0.0) -> None:
        super().__init__(reason)
        self.delay = delay


class WeightUsedUpError(RestUnavailableError):
    """Our own budget has no room now; nothing was sent."""


class RestRefusedError(Exception):
    """The exchange refused the request itself (a 4xx other than rate limits)."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"HTTP {status}: {body[:200].decode(errors='replace')}")
        self.status = status
        self.body = body


class RestClient:
    """Thread-safe. All symbols of the process share one budget of weight, which is its part of what the exchange allows
    an address; a second one holds what everybody behind that address uses, as far as the exchange tells."""

    def __init__(
        self,
        exchange: Exchange,
        base_url: str,
        timeout: float,
        weight_per_minute: int,
        weight_of_address: int,
        metrics: ProducerMetrics,
    ) -> None:
        self._exchange = exchange
        self._client = httpx.Client(
            base_url=base_url.rstrip("/"), timeout=timeout, headers=dict(exchange.rest_headers), follow_redirects=True
        )
        window = exchange.limits.rest_window
        self._own = budget(weight_per_minute, window)
        self._address = budget(weight_of_address, window)
        self._metrics = metrics
        self._lock = threading.Lock()
        self._barred_until = 0.0

    def close(self) -> None:
        self._client.close()

    def get(self, request: RestRequest) -> bytes:
        """The body of a successful answer. Raises RestUnavailableError or RestRefusedError; never waits for weight."""
        self._reserve(request.weight)
        try:
            response = self._client.get(request.path, params=dict(request.parameters))
        except httpx.HTTPError as error:
            self._metrics.rest_requests.labels("unreachable").inc()
            raise RestUnavailableError(f"{type(error).__name__}: {error}") from None
        self._observe(response)
        status = response.status_code
        if status in (429, 418):
            self._metrics.rest_requests.labels("limited").inc()
            raise RestUnavailableError(f"HTTP {status}", self._bar(status, response.headers.get("Retry-After")))
        if status >= 500 or status == 403:
            self._metrics.rest_requests.labels("failed").inc()
            raise RestUnavailableError(f"HTTP {status}")
        if status >= 400:
            self._metrics.rest_requests.labels("refused").inc()
            raise RestRefusedError(status, response.content)
        self._metrics.rest_requests.labels("ok").inc()
        return response.content

    def _reserve(self, weight: int) -> None:
        with self._lock:
            now = monotonic()
            wait = max(self._barred_until - now, self._own.wait(weight, now), self._address.wait(weight, now))
            if wait > 0:
                raise WeightUsedUpError("request weight used up", wait)
            self._own.use(weight, now)
            self._address.use(weight, now)

    def _observe(self, response: httpx.Response) -> None:
        used = self._exchange.used_weight(response.headers)
        with self._lock:
            now = monotonic()
            if used is not None:
                self._address.observe(used, now)
            self._metrics.rest_used_weight.set(self._address.used(now))

    def _bar(self, status: int, retry_after: str | None) -> float:
        delay = min(parse_retry_after(retry_after), _LONGEST_RETRY_AFTER)
        with self._lock:
            self._barred_until = max(self._barred_until, monotonic() + delay)
        _LOG.warning("exchange limits REST requests", status=status, retry_after_seconds=delay)
        return delay


def budget(weight_per_minute: int, window: float) -> WindowBudget:
    """At most so much weight a minute, counted in windows of so many seconds, or longer ones that hold a whole unit."""
    longer = max(window, 60 / weight_per_minute)
    return WindowBudget(max(1, int(weight_per_minute * longer / 60)), longer)


def parse_retry_after(value: str | None) -> float:
    """Seconds of a Retry-After header: a number, or an HTTP date; 5 s where it is absent or unreadable."""
    if value is None:
        return _DEFAULT_RETRY_AFTER
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return _DEFAULT_RETRY_AFTER
