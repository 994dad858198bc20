"""REST: limits and faults alike whatever protocol is spoken; each protocol has its own paths and errors."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping

import orjson
from aiohttp import web

from cryptostream_model.settings import microseconds
from cryptostream_simulator.exchange import Exchange
from cryptostream_simulator.history import Hidden
from cryptostream_simulator.limits import RequestLimiter, Verdict
from cryptostream_simulator.tape import Feed
from cryptostream_simulator.trades import TradeRow

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Answer = Callable[[web.Request], web.Response]


class RestEndpoint(ABC):
    """Answers REST calls from the market's truth, less what faults hide."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self._limiter = self.new_limiter()

    @abstractmethod
    def routes(self) -> list[web.RouteDef]: ...

    @abstractmethod
    def new_limiter(self) -> RequestLimiter: ...

    @abstractmethod
    def symbol_of(self, request: web.Request) -> str | None:
        """The symbol that a call is about, which decides whether a symbol's fault strikes it."""

    @abstractmethod
    def too_much(self, verdict: Verdict) -> web.Response:
        """The refusal of a call over the limit; ``retry_after`` 0 where nothing is told."""

    def weight_headers(self, verdict: Verdict) -> Mapping[str, str]:  # noqa: ARG002
        """Headers by which every answer tells how much of the limit is used."""
        return {}

    def handler(self, path: str, weight: int, answer: Answer) -> Handler:
        """The handler of a path (as metrics name it), with faults and limits before the answer."""

        async def handle(request: web.Request) -> web.StreamResponse:
            symbol, board = self.symbol_of(request), self.exchange.board
            if board.strike("rest_outage", symbol):
                if request.transport is not None:
                    request.transport.abort()
                return web.Response(status=503)
            if slow := board.strike("rest_slow", symbol):
                await asyncio.sleep(slow.request.delay_ms / 1000)
            verdict = self._limiter.charge(request.remote or "", weight)
            response = self._respond(request, symbol, verdict, answer)
            response.headers.update(self.weight_headers(verdict))
            self.exchange.metrics.rest_calls.labels(path, str(response.status)).inc()
            return response

        return handle

    def now(self) -> int:
        """Up to when REST knows the market, UTC microseconds."""
        return self.exchange.market.clock.now() - microseconds(self.exchange.settings.rest_lag)

    def hidden(self, symbol: str, feed: Feed) -> Hidden:
        """The ids of a symbol that REST pretends not to have."""
        board = self.exchange.board
        missing = [fault for fault in board.of("rest_missing") if fault.request.symbol == symbol]

        def hides(trade_id: int) -> bool:
            is_hidden = any(fault.holds(symbol, feed, trade_id) for fault in missing)
            if is_hidden:
                board.done["rest_missing"] += 1
            return is_hidden

        count = sum((fault.request.to_id or 0) - (fault.request.from_id or 0) + 1 for fault in missing)
        return Hidden(hides, count)

    def with_malformed(self, symbol: str, feed: Feed, rows: Iterable[TradeRow]) -> Iterable[tuple[TradeRow, bool]]:
        """Rows, and whether each is to be served with a price that is none."""
        board = self.exchange.board
        malformed = [fault for fault in board.of("rest_malformed") if fault.request.symbol == symbol]
        for row in rows:
            is_malformed = any(fault.holds(symbol, feed, row.id) for fault in malformed)
            if is_malformed:
                board.done["rest_malformed"] += 1
            yield row, is_malformed

    def _respond(self, request: web.Request, symbol: str | None, verdict: Verdict, answer: Answer) -> web.Response:
        board = self.exchange.board
        if verdict.status != 200:
            return self.too_much(verdict)
        if limited := board.strike("rest_429", symbol):
            return self.too_much(Verdict(verdict.used, 429, limited.request.retry_after))
        if failure := board.strike("rest_5xx", symbol):
            return web.Response(status=failure.request.status, text="<html>Service Unavailable</html>")
        return answer(request)


def json_response(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, headers=headers, content_type="application/json")
