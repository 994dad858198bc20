"""The exchange's time, asked over REST in the background, and whether a trade's time can be true."""

import threading
from dataclasses import dataclass
from time import monotonic

from cryptostream_model.logs import get_logger
from cryptostream_producer.exchanges.base import BadMessageError, Exchange
from cryptostream_producer.rest import RestClient, RestRefusedError, RestUnavailableError

_LOG = get_logger(__name__)
_REFRESH_SECONDS = 30.0
_AHEAD = 3600 * 1_000_000
_FRESH_SECONDS = 5.0
_AFTER_FAILURE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class TimeReading:
    """The exchange's time (UTC microseconds) and when it was read (monotonic seconds)."""

    time: int
    read_at: float


class ExchangeTime:
    """Keeps the last reading. Thread-safe; only its own thread and ``ask`` wait for the network."""

    def __init__(self, exchange: Exchange, rest: RestClient) -> None:
        self._exchange = exchange
        self._rest = rest
        self._reading: TimeReading | None = None
        self._failure = "not asked yet"
        self._asking = threading.Lock()
        self._last_ask = 0.0
        self._wanted = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="exchange-time", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._wanted.set()

    @property
    def reading(self) -> TimeReading | None:
        return self._reading

    @property
    def failure(self) -> str | None:
        """Why there is no reading; None once there is one."""
        return None if self._reading else self._failure

    def want(self) -> None:
        """Have a new reading taken soon, without waiting for it."""
        self._wanted.set()

    def ask(self) -> int:
        """The exchange's time now. Raises RestUnavailableError or RestRefusedError."""
        with self._asking:
            self._last_ask = monotonic()
            try:
                time = self._exchange.parse_server_time(self._rest.get(self._exchange.server_time()))
            except BadMessageError as error:
                raise RestUnavailableError(error.reason) from None
            return self.learn(time)

    def learn(self, time: int) -> int:
        """The exchange has just said that it is ``time``."""
        self._reading = TimeReading(time, monotonic())
        return time

    def recent(self, age: float) -> int | None:
        """The exchange's time, if it was read at most ``age`` seconds ago."""
        reading = self._reading
        return reading.time if reading is not None and monotonic() - reading.read_at <= age else None

    def plausible(self, time: int) -> bool:
        """Whether ``time`` is at most 1 h beyond the exchange's; asks anew before it says no.

        Without an answer the last reading plus the host's elapsed time stands in, so an outage of REST does not make
        good trades look wrong.
        """
        if self._within(time):
            return True
        if monotonic() - self._last_ask < _FRESH_SECONDS:
            return False
        try:
            self.ask()
        except (RestUnavailableError, RestRefusedError) as error:
            _LOG.warning("cannot check a time that seems ahead", time=time, error=str(error))
        return self._within(time)

    def _within(self, time: int) -> bool:
        reading = self._reading
        if reading is None:
            return False
        return time <= reading.time + int((monotonic() - reading.read_at) * 1e6) + _AHEAD

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wanted.clear()
            try:
                self.ask()
                delay = _REFRESH_SECONDS
            except (RestUnavailableError, RestRefusedError) as error:
                self._failure = str(error)
                self._stopping.wait(_AFTER_FAILURE_SECONDS)
                delay = getattr(error, "delay", 0.0)
            self._wanted.wait(delay)
