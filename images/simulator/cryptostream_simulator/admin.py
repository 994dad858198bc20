"""Admin endpoints: faults, the truth, labels, state and metrics. Neither weighed nor subject to faults."""

import asyncio
from typing import Any

import orjson
from aiohttp import web
from pydantic import ValidationError

from cryptostream_simulator.exchange import Exchange
from cryptostream_simulator.faults import ActiveFault, FaultRequest
from cryptostream_simulator.outgoing import truth_row
from cryptostream_simulator.tape import FEEDS, Feed
from cryptostream_simulator.websocket import WebSocketEndpoint

_ROWS_A_WRITE = 2000


class AdminEndpoint:
    """For tests and demonstrations: asks for faults and tells what is true."""

    def __init__(self, exchange: Exchange, sockets: WebSocketEndpoint[Any]) -> None:
        self._exchange = exchange
        self._sockets = sockets
        own = exchange.wire.feeds
        self._first_feed = next(iter(own.values()))
        self._feeds: dict[str, Feed] = {**{feed: feed for feed in FEEDS}, **own}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/admin/faults", self._list_faults),
            web.post("/admin/faults", self._add_fault),
            web.delete("/admin/faults", self._clear_faults),
            web.get("/admin/tape", self._tape),
            web.get("/admin/labels", self._labels),
            web.get("/admin/state", self._state),
            web.get("/metrics", self._metrics),
        ]

    async def _list_faults(self, _: web.Request) -> web.Response:
        board = self._exchange.board
        now = board.clock()
        return _json({"active": [fault.describe(now) for fault in board.active()], "done": dict(board.done)})

    async def _add_fault(self, request: web.Request) -> web.Response:
        try:
            asked = FaultRequest.model_validate_json(await request.read())
        except ValidationError as error:
            return _refusal("; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()))
        if asked.symbol is not None and asked.symbol not in self._exchange.market.tapes:
            return _refusal(f"symbol: {asked.symbol!r} is not traded here")
        if asked.feed is not None and asked.feed not in self._feeds:
            return _refusal(f"feed: {asked.feed!r} is not one of {', '.join(self._feeds)}")
        feed = self._first_feed if asked.feed is None else self._feeds[asked.feed]
        fault = self._exchange.board.add(self._resolved(asked, feed), feed)
        self._carry_out_at_once(fault)
        return _json(fault.describe(self._exchange.board.clock()))

    async def _clear_faults(self, request: web.Request) -> web.Response:
        number = request.query.get("id")
        if number is not None and not number.isdigit():
            return _refusal("id: a number is needed")
        return _json({"cleared": self._exchange.board.clear(None if number is None else int(number))})

    async def _labels(self, _: web.Request) -> web.Response:
        market = self._exchange.market
        return _json(market.labels(market.clock.now()))

    async def _state(self, _: web.Request) -> web.Response:
        exchange = self._exchange
        market, now = exchange.market, exchange.market.clock.now()
        return _json(
            {
                "now": now,
                "liveStart": market.live_start,
                "speed": market.clock.speed,
                "tapeEnd": market.tape_end,
                "symbols": {
                    symbol: {
                        "status": "BREAK" if market.is_halted(symbol, now) else "TRADING",
                        "lastId": market.last_id(symbol, now),
                        "lastFill": market.last_id(symbol, now, "trade"),
                    }
                    for symbol in market.tapes
                },
                "connections": [
                    {
                        "streams": list(connection.streams),
                        "eventsSent": connection.events_sent,
                    }
                    for connection in exchange.connections
                ],
                "sent": dict(exchange.feed.sent),
            }
        )

    async def _tape(self, request: web.Request) -> web.StreamResponse:
        market, query = self._exchange.market, request.query
        symbol, feed = query.get("symbol", ""), query.get("feed", self._first_feed)
        bounds = (query.get("fromId", "0"), query.get("toId", str(2**62)))
        if symbol not in market.tapes or feed not in self._feeds or not all(bound.isdigit() for bound in bounds):
            return _refusal(
                f"symbol (one that is traded), feed={'|'.join(self._feeds)}, fromId, toId (numbers) are the parameters"
            )
        kind = self._feeds[feed]
        first, last = map(int, bounds)
        stop = market.tapes[symbol].position_at(market.clock.now())
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        lines: list[bytes] = []
        for row in market.rows(symbol, kind, min(market.position_of(symbol, kind, first), stop), stop):
            if row.id > last:
                break
            if row.id >= first:
                lines.append(orjson.dumps(truth_row(row), option=orjson.OPT_APPEND_NEWLINE))
            if len(lines) >= _ROWS_A_WRITE:
                await response.write(b"".join(lines))
                lines.clear()
                await asyncio.sleep(0)
        await response.write(b"".join(lines))
        return response

    async def _metrics(self, _: web.Request) -> web.Response:
        exchange, metrics = self._exchange, self._exchange.metrics
        metrics.connections.set(len(exchange.connections))
        metrics.clock.set(exchange.market.clock.now() / 1e6)
        metrics.events.set(exchange.feed.sent.total())
        for kind, count in exchange.board.done.items():
            metrics.faults.labels(kind).set(count)
        return web.Response(body=metrics.render(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    def _resolved(self, asked: FaultRequest, feed: Feed) -> FaultRequest:
        """Complete the range of ids: ``next`` are those about to be published, a lone ``from_id`` is a range of one."""
        if asked.symbol is None or (asked.next is None and asked.from_id is None):
            return asked
        if asked.next is None:
            return asked.model_copy(update={"to_id": asked.to_id or asked.from_id})
        market = self._exchange.market
        last = market.last_id(asked.symbol, market.clock.now(), feed) or 0
        return asked.model_copy(update={"from_id": last + 1, "to_id": last + asked.next})

    def _carry_out_at_once(self, fault: ActiveFault) -> None:
        request = fault.request
        if request.kind == "cut":
            fault.done = self._sockets.cut(request.symbol)
        elif request.kind == "server_shutdown":
            fault.done = self._sockets.announce_shutdown(request.close_after)
        self._exchange.board.done[request.kind] += fault.done


def _json(body: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


def _refusal(reason: str) -> web.Response:
    return _json({"error": reason}, 400)
