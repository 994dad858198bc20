"""Subscribing and unsubscribing (docs.cdp.coinbase.com/exchange/websocket-feed)."""

from collections.abc import Collection
from typing import Any

import orjson

CHANNELS = frozenset(
    {
        "auctions", "full", "heartbeat", "level2", "level2_batch", "level3", "matches", "rfq_matches", "status",
        "ticker", "ticker_batch", "user",
    }
)  # fmt: skip
"""Channels that a subscription may name; only matches and heartbeat say anything here."""

Subscription = tuple[str, str]
"""Channel and product."""


class ControlError(ValueError):
    """A message that the exchange answers with an error: ``message`` and its reason."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(reason)
        self.message = message


def parse_request(text: str, products: Collection[str]) -> tuple[str, list[Subscription]]:
    """``subscribe`` or ``unsubscribe``, and the channels and products that are named. Raises ControlError.

    An unsubscription that names no product means all of them: the product is then empty.
    """
    try:
        request = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ControlError("Malformed JSON", "not a JSON document") from None
    kind = request.get("type") if isinstance(request, dict) else None
    if kind not in ("subscribe", "unsubscribe"):
        raise ControlError("Failed to subscribe", "Type has to be either subscribe or unsubscribe")
    failure = f"Failed to {kind}"
    wanted: list[Subscription] = []
    for channel, named in _channels(request, failure):
        if channel not in CHANNELS:
            raise ControlError(failure, f"{channel} is not a valid channel")
        if kind == "subscribe" and not named and channel != "status":
            raise ControlError(failure, f"You need to specify at least one product ID for channel {channel}")
        for product in named:
            if product not in products:
                raise ControlError(failure, f"{product} is not a valid product")
        wanted += [(channel, product) for product in named or [""]]
    return kind, wanted


def _channels(request: dict[str, Any], failure: str) -> list[tuple[str, list[str]]]:
    """Channels with their own products, or those of the whole message."""
    common = _products(request.get("product_ids", []), failure)
    channels = request.get("channels")
    if not isinstance(channels, list) or not channels:
        raise ControlError(failure, "channels must be a list of channels")
    named = []
    for channel in channels:
        entry = channel if isinstance(channel, dict) else {"name": channel}
        named.append((str(entry.get("name")), _products(entry.get("product_ids", common), failure)))
    return named


def _products(value: Any, failure: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ControlError(failure, "product_ids must be a list of products")
    return list(dict.fromkeys(value))
