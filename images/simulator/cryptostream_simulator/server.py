"""One port for WebSocket, REST and admin; start, run and stop."""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator

from aiohttp import web

from cryptostream_model.logs import get_logger
from cryptostream_simulator.admin import AdminEndpoint
from cryptostream_simulator.exchange import Exchange, open_exchange
from cryptostream_simulator.market import open_market
from cryptostream_simulator.rest import RestEndpoint
from cryptostream_simulator.settings import SimulatorSettings
from cryptostream_simulator.websocket import WebSocketEndpoint

log = get_logger(__name__)


def run_simulator(settings: SimulatorSettings) -> None:
    """Serve until SIGTERM or SIGINT. When ready, one JSON line on standard output says where.

    Raises RecordingError when the recording cannot be read, OSError when the port cannot be had.
    """
    asyncio.run(_run(settings))


async def _run(settings: SimulatorSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serve(settings) as port:
        sys.stdout.write(
            json.dumps({"port": port, "ws": f"ws://{settings.host}:{port}", "rest": f"http://{settings.host}:{port}"})
            + "\n"
        )
        sys.stdout.flush()
        await stop.wait()
        log.info("stopping")


@contextlib.asynccontextmanager
async def serve(settings: SimulatorSettings) -> AsyncIterator[int]:
    """Run the exchange; yields the port it listens on."""
    exchange = open_exchange(settings, open_market(settings))
    sockets = WebSocketEndpoint(exchange)
    application = web.Application()
    for endpoint in (sockets, RestEndpoint(exchange), AdminEndpoint(exchange, sockets)):
        application.add_routes(endpoint.routes())
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, settings.host, settings.port)
    await site.start()
    tasks = [asyncio.create_task(_advance(exchange)), asyncio.create_task(sockets.watch())]
    try:
        port: int = runner.addresses[0][1]
        log.info("serving", port=port, symbols=len(exchange.market.tapes), speed=settings.speed)
        yield port
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for connection in exchange.connections:
            connection.close()
        await runner.cleanup()


async def _advance(exchange: Exchange) -> None:
    """Move the live feed on, a batch every tick. An error in it ends the process rather than the feed alone."""
    tick = exchange.settings.tick.total_seconds()
    while True:
        exchange.feed.advance()
        await asyncio.sleep(tick)
