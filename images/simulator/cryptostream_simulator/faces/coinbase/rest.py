"""Coinbase's REST endpoints: products, their trades, time."""

import time
from collections.abc import Mapping

from aiohttp import web

from cryptostream_simulator.decimals import text
from cryptostream_simulator.faces.coinbase.messages import time_text, trade_row
from cryptostream_simulator.history import rows_between
from cryptostream_simulator.limits import BucketLimiter, RequestLimiter, Verdict
from cryptostream_simulator.market import Listing
from cryptostream_simulator.rest import RestEndpoint, json_response

_REQUESTS_A_MINUTE = 600
_BURST = 1.5
"""A bucket holds one and a half times what a second refills: 10 requests a second, 15 at once."""
_LARGEST_PAGE = 1000
_NEWEST = 2**62


class CoinbaseRest(RestEndpoint):
    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/time", self.handler("time", 1, self._time)),
            web.get("/products", self.handler("products", 1, self._products)),
            web.get("/products/{product}", self.handler("product", 1, self._product)),
            web.get("/products/{product}/trades", self.handler("trades", 1, self._trades)),
        ]

    def new_limiter(self) -> RequestLimiter:
        rate = (self.exchange.settings.weight_limit or _REQUESTS_A_MINUTE) / 60
        return BucketLimiter(rate, max(1.0, rate * _BURST), time.monotonic)

    def symbol_of(self, request: web.Request) -> str | None:
        return request.match_info.get("product")

    def too_much(self, verdict: Verdict) -> web.Response:
        """The exchange does not say how long to wait; a fault may."""
        headers = {"Retry-After": str(verdict.retry_after)} if verdict.retry_after else None
        return json_response({"message": "Public rate limit exceeded"}, verdict.status, headers)

    def _time(self, _: web.Request) -> web.Response:
        now = self.exchange.market.clock.now() // 1000
        return json_response({"iso": f"{time_text(now * 1000)[:-4]}Z", "epoch": now / 1000})

    def _products(self, _: web.Request) -> web.Response:
        return json_response([self._listed(listing) for listing in self.exchange.market.listings.values()])

    def _product(self, request: web.Request) -> web.Response:
        listing = self.exchange.market.listings.get(request.match_info["product"])
        return _not_found() if listing is None else json_response(self._listed(listing))

    def _trades(self, request: web.Request) -> web.Response:
        """Newest first; CB-BEFORE and CB-AFTER are the ids of the first and last row."""
        product = request.match_info["product"]
        if product not in self.exchange.market.tapes:
            return _not_found()
        try:
            limit = min(_number(request.query, "limit", _LARGEST_PAGE), _LARGEST_PAGE)
            after = _number(request.query, "after", _NEWEST)
            before = _number(request.query, "before", 0)
        except ValueError as error:
            return json_response({"message": str(error)}, 400)
        hidden = self.hidden(product, "trade")
        found = rows_between(
            self.exchange.market, "trade", product, limit, self.now(), hidden, newer_than=before, older_than=after
        )
        rows = [trade_row(row, is_bad) for row, is_bad in self.with_malformed(product, "trade", reversed(found))]
        cursors = {"CB-BEFORE": str(found[-1].id), "CB-AFTER": str(found[0].id)} if found else None
        return json_response(rows, headers=cursors)

    def _listed(self, listing: Listing) -> dict[str, object]:
        market = self.exchange.market
        base, _, quote = listing.symbol.partition("-")
        return {
            "id": listing.symbol,
            "base_currency": base,
            "quote_currency": quote,
            "quote_increment": text(listing.tick),
            "base_increment": text(listing.lot),
            "display_name": f"{base}/{quote}",
            "post_only": False,
            "limit_only": False,
            "cancel_only": False,
            "status": "online",
            "status_message": "",
            "trading_disabled": market.is_halted(listing.symbol, market.clock.now()),
        }


def _not_found() -> web.Response:
    return json_response({"message": "NotFound"}, 404)


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    given = query.get(name)
    if given is None:
        return default
    if not given.isascii() or not given.isdigit() or len(given) > 18 or int(given) < 1:
        raise ValueError(f"Invalid {name}")
    return int(given)
