"""What reaches a partition's inbox besides live trades. Connections are numbered within the process."""

from dataclasses import dataclass

from cryptostream_producer.needs import Answer, Need


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The connection delivers every symbol from here on."""

    connection: int


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is gone."""

    connection: int


@dataclass(frozen=True, slots=True)
class HandedOver:
    """``old`` has delivered everything up to a moment after ``new`` had subscribed."""

    old: int
    new: int


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The connection has delivered every trade up to ``time`` (UTC microseconds, exchange)."""

    connection: int
    time: int


@dataclass(frozen=True, slots=True)
class Doubted:
    """A frame could not be read; ``symbol`` is None where it may have been any symbol's."""

    symbol: str | None


@dataclass(frozen=True, slots=True)
class Announced:
    """The exchange says that ``last_id`` is the symbol's last trade; the stream may have lost it."""

    symbol: str
    last_id: int


@dataclass(frozen=True, slots=True)
class Healed:
    """REST's answer to what ``symbol`` needed, under the number of the request."""

    symbol: str
    number: int
    need: Need
    answer: Answer


Event = Subscribed | Lost | HandedOver | Confirmed | Doubted | Announced | Healed
