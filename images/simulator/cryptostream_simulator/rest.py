"""REST endpoints /api/v3, with weights, limits and faults."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import orjson
from aiohttp import web

from cryptostream_model.settings import microseconds
from cryptostream_simulator.decimals import text
from cryptostream_simulator.exchange import Exchange
from cryptostream_simulator.history import page_rows
from cryptostream_simulator.market import Feed, Listing
from cryptostream_simulator.messages import aggregate_row, fill_row
from cryptostream_simulator.rest_errors import Page, RestError, read_page

_QUOTES = ("USDT", "USDC", "FDUSD", "EUR", "TRY", "BTC", "ETH", "BNB")
Answer = Callable[[web.Request], object]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class RestEndpoint:
    """Answers REST calls from the market's truth, less what faults hide."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[web.RouteDef]:
        answers: dict[str, tuple[int, Answer]] = {
            "ping": (1, lambda _: {}),
            "time": (1, self._time),
            "exchangeInfo": (20, self._exchange_info),
            "aggTrades": (4, self._aggregates),
            "historicalTrades": (25, self._historical_trades),
            "trades": (25, self._recent_trades),
        }
        return [web.get(f"/api/v3/{path}", self._handler(path, *answer)) for path, answer in answers.items()]

    def _handler(self, path: str, weight: int, answer: Answer) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            symbol = request.query.get("symbol")
            board = self._exchange.board
            if board.strike("rest_outage", symbol):
                if request.transport is not None:
                    request.transport.abort()
                return web.Response(status=503)
            if slow := board.strike("rest_slow", symbol):
                await asyncio.sleep(slow.request.delay_ms / 1000)
            response = self._respond(request, weight, answer)
            self._exchange.metrics.rest_calls.labels(path, str(response.status)).inc()
            return response

        return handle

    def _respond(self, request: web.Request, weight: int, answer: Answer) -> web.Response:
        board, symbol = self._exchange.board, request.query.get("symbol")
        verdict = self._exchange.weights.charge(request.remote or "", weight)
        headers = {"X-MBX-USED-WEIGHT": str(verdict.used), "X-MBX-USED-WEIGHT-1M": str(verdict.used)}
        if verdict.status != 200:
            return _too_much(verdict.status, verdict.retry_after, headers)
        if limited := board.strike("rest_429", symbol):
            return _too_much(429, limited.request.retry_after, headers)
        if failure := board.strike("rest_5xx", symbol):
            return web.Response(status=failure.request.status, text="<html>Service Unavailable</html>", headers=headers)
        try:
            return _json(answer(request), 200, headers)
        except RestError as error:
            return _json({"code": error.code, "msg": str(error)}, error.status, headers)

    def _time(self, request: web.Request) -> object:
        return {"serverTime": self._exchange.market.clock.now() // _per_unit(request)}

    def _exchange_info(self, request: web.Request) -> object:
        market = self._exchange.market
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
                    "limit": self._exchange.settings.weight_limit,
                }
            ],
            "exchangeFilters": [],
            "symbols": [_listing(market.listings[name], market.is_halted(name, now)) for name in chosen],
        }

    def _aggregates(self, request: web.Request) -> object:
        return self._rows(request, "aggTrade", read_page(request.query, self._exchange.market.tapes))

    def _historical_trades(self, request: web.Request) -> object:
        page = read_page(request.query, self._exchange.market.tapes)
        return self._rows(request, "trade", Page(page.symbol, page.limit, page.from_id, None, None))

    def _recent_trades(self, request: web.Request) -> object:
        page = read_page(request.query, self._exchange.market.tapes)
        return self._rows(request, "trade", Page(page.symbol, page.limit, None, None, None))

    def _rows(self, request: web.Request, feed: Feed, page: Page) -> list[dict[str, object]]:
        board = self._exchange.board
        missing = [fault for fault in board.of("rest_missing") if fault.request.symbol == page.symbol]
        malformed = [fault for fault in board.of("rest_malformed") if fault.request.symbol == page.symbol]
        now = self._exchange.market.clock.now() - microseconds(self._exchange.settings.rest_lag)

        def is_missing(trade_id: int) -> bool:
            is_hidden = any(fault.holds(page.symbol, feed, trade_id) for fault in missing)
            if is_hidden:
                board.done["rest_missing"] += 1
            return is_hidden

        hidden = sum((fault.request.to_id or 0) - (fault.request.from_id or 0) + 1 for fault in missing)
        found = page_rows(self._exchange.market, feed, page, now, is_missing=is_missing, hidden=hidden)
        render = aggregate_row if feed == "aggTrade" else fill_row
        rows = []
        for row in found:
            is_malformed = any(fault.holds(page.symbol, feed, row.id) for fault in malformed)
            if is_malformed:
                board.done["rest_malformed"] += 1
            rows.append(render(row, _per_unit(request), is_malformed))
        return rows


def _per_unit(request: web.Request) -> int:
    return 1 if request.headers.get("X-MBX-TIME-UNIT", "").upper() == "MICROSECOND" else 1000


def _json(body: object, status: int, headers: Mapping[str, str]) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, headers=headers, content_type="application/json")


def _too_much(status: int, retry_after: int, headers: Mapping[str, str]) -> web.Response:
    message = (
        "Too much request weight used; please use WebSocket Streams for live updates to avoid polling the API."
        if status == 429
        else "Way too much request weight used; IP banned. Please use WebSocket Streams for live updates to avoid bans."
    )
    return _json({"code": -1003, "msg": message}, status, {**headers, "Retry-After": str(retry_after)})


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
