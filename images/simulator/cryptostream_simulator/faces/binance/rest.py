"""Binance's REST endpoints, /api/v3."""

import time
from collections.abc import Callable, Mapping

import orjson
from aiohttp import web

from cryptostream_simulator.decimals import text
from cryptostream_simulator.faces.binance.messages import aggregate_row, fill_row
from cryptostream_simulator.faces.binance.parameters import RestError, read_page
from cryptostream_simulator.history import Page, page_rows
from cryptostream_simulator.limits import RequestLimiter, Verdict, WeightLimiter
from cryptostream_simulator.market import Listing
from cryptostream_simulator.rest import Answer, RestEndpoint, json_response
from cryptostream_simulator.tape import Feed

_QUOTES = ("USDT", "USDC", "FDUSD", "EUR", "TRY", "BTC", "ETH", "BNB")
_WEIGHT_A_MINUTE = 6000
Body = Callable[[web.Request], object]


class BinanceRest(RestEndpoint):
    def routes(self) -> list[web.RouteDef]:
        answers: dict[str, tuple[int, Body]] = {
            "ping": (1, lambda _: {}),
            "time": (1, self._time),
            "exchangeInfo": (20, self._exchange_info),
            "aggTrades": (4, self._aggregates),
            "historicalTrades": (25, self._historical_trades),
            "trades": (25, self._recent_trades),
        }
        return [
            web.get(f"/api/v3/{path}", self.handler(path, weight, _answering(body)))
            for path, (weight, body) in answers.items()
        ]

    def new_limiter(self) -> RequestLimiter:
        settings = self.exchange.settings
        limit = settings.weight_limit or _WEIGHT_A_MINUTE
        return WeightLimiter(limit, settings.ban_after, settings.ban.total_seconds(), time.time)

    def symbol_of(self, request: web.Request) -> str | None:
        return request.query.get("symbol")

    def weight_headers(self, verdict: Verdict) -> Mapping[str, str]:
        return {"X-MBX-USED-WEIGHT": str(verdict.used), "X-MBX-USED-WEIGHT-1M": str(verdict.used)}

    def too_much(self, verdict: Verdict) -> web.Response:
        message = (
            "Too much request weight used; please use WebSocket Streams for live updates to avoid polling the API."
            if verdict.status == 429
            else "Way too much request weight used; IP banned. "
            "Please use WebSocket Streams for live updates to avoid bans."
        )
        return json_response({"code": -1003, "msg": message}, verdict.status, {"Retry-After": str(verdict.retry_after)})

    def _time(self, request: web.Request) -> object:
        return {"serverTime": self.exchange.market.clock.now() // _per_unit(request)}

    def _exchange_info(self, request: web.Request) -> object:
        market = self.exchange.market
        now = market.clock.now()
        chosen = _chosen_symbols(request.query, market.listings)
        return {
            "timezone": "UTC",
            "serverTime": now // _per_unit(request),
            "rateLimits": [
                {
                    "rateLimitType": "REQUEST_WEIGHT",
                    "interval": "MINUTE",
                    "intervalNum": 1,
                    "limit": self.exchange.settings.weight_limit or _WEIGHT_A_MINUTE,
                }
            ],
            "exchangeFilters": [],
            "symbols": [_listing(market.listings[name], market.is_halted(name, now)) for name in chosen],
        }

    def _aggregates(self, request: web.Request) -> object:
        return self._rows(request, "aggTrade", read_page(request.query, self.exchange.market.tapes))

    def _historical_trades(self, request: web.Request) -> object:
        page = read_page(request.query, self.exchange.market.tapes)
        return self._rows(request, "trade", Page(page.symbol, page.limit, page.from_id, None, None))

    def _recent_trades(self, request: web.Request) -> object:
        page = read_page(request.query, self.exchange.market.tapes)
        return self._rows(request, "trade", Page(page.symbol, page.limit, None, None, None))

    def _rows(self, request: web.Request, feed: Feed, page: Page) -> list[dict[str, object]]:
        found = page_rows(self.exchange.market, feed, page, self.now(), self.hidden(page.symbol, feed))
        render = aggregate_row if feed == "aggTrade" else fill_row
        per_unit = _per_unit(request)
        return [render(row, per_unit, is_bad) for row, is_bad in self.with_malformed(page.symbol, feed, found)]


def _answering(body: Body) -> Answer:
    def answer(request: web.Request) -> web.Response:
        try:
            return json_response(body(request))
        except RestError as error:
            return json_response({"code": error.code, "msg": str(error)}, error.status)

    return answer


def _per_unit(request: web.Request) -> int:
    return 1 if request.headers.get("X-MBX-TIME-UNIT", "").upper() == "MICROSECOND" else 1000


def _chosen_symbols(query: Mapping[str, str], listings: Mapping[str, Listing]) -> list[str]:
    chosen = list(listings)
    if "symbol" in query:
        chosen = [query["symbol"]]
    elif "symbols" in query:
        try:
            parsed = orjson.loads(query["symbols"])
        except orjson.JSONDecodeError:
            parsed = None
        if not isinstance(parsed, list) or not all(isinstance(name, str) for name in parsed):
            raise RestError(-1100, "Illegal characters found in parameter 'symbols'.")
        chosen = parsed
    if any(name not in listings for name in chosen):
        raise RestError(-1121, "Invalid symbol.")
    return chosen


def _listing(listing: Listing, is_halted: bool) -> dict[str, object]:
    name = listing.symbol
    quote = next((quote for quote in _QUOTES if name.endswith(quote) and name != quote), "")
    return {
        "symbol": name,
        "status": "BREAK" if is_halted else "TRADING",
        "baseAsset": name.removesuffix(quote),
        "baseAssetPrecision": 8,
        "quoteAsset": quote,
        "quotePrecision": 8,
        "isSpotTradingAllowed": True,
        "filters": [
            {"filterType": "PRICE_FILTER", "tickSize": text(listing.tick)},
            {"filterType": "LOT_SIZE", "stepSize": text(listing.lot)},
        ],
    }
