"""What a symbol asks of the exchange's REST side, and the answers: values passed between sequencer and healing."""

from dataclasses import dataclass

from cryptostream_producer.exchanges.base import ExchangeTrade


@dataclass(frozen=True, slots=True)
class Anchor:
    """What an answer may vouch for: that a connection misses nothing, unless a frame was unreadable since.

    ``doubts`` counts the unreadable frames up to the request.
    """

    connection: int
    doubts: int


@dataclass(frozen=True, slots=True)
class FindStart:
    """Which id comes first? ``resumed`` is true where the stream has written of this symbol before (but no id).

    ``anchor`` is what the answer "no trade at all" vouches for.
    """

    resumed: bool
    anchor: Anchor | None


@dataclass(frozen=True, slots=True)
class Fetch:
    """The trades from ``from_id`` to ``to_id`` inclusive, or to the newest one where ``to_id`` is None.

    ``clock`` is the symbol's clock (UTC microseconds, 0 while nothing is written). ``anchor`` is what an answer that
    reaches the newest trade vouches for, None where it was asked too early to vouch for anything. ``limited`` is
    true where ``from_id`` is what an answer BeyondLimit has just led to.
    """

    from_id: int
    to_id: int | None
    clock: int
    anchor: Anchor | None
    limited: bool = False


Need = FindStart | Fetch


@dataclass(frozen=True, slots=True)
class StartFound:
    """The first id to expect; None where the exchange knows no trade of the symbol yet."""

    next_id: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the exchange has of ids ``from_id`` to ``through_id``.

    ``trades`` ascend by id; an id of the range in neither ``trades`` nor ``invalid`` is not to be had. An empty
    range has ``through_id = from_id - 1``. ``at_newest`` is true where the exchange has nothing beyond ``through_id``.
    """

    from_id: int
    through_id: int
    trades: tuple[ExchangeTrade, ...]
    invalid: frozenset[int]
    at_newest: bool


@dataclass(frozen=True, slots=True)
class BeyondLimit:
    """Ids ``from_id`` to ``to_id`` are older than the longest time that is healed."""

    from_id: int
    to_id: int


Answer = StartFound | Page | BeyondLimit
