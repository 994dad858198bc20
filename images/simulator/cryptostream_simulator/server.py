"""One port for WebSocket, REST and admin; start, run and stop."""

import asyncio
import signal
import sys

import orjson
from aiohttp import web

from cryptostream_model.logs import get_logger
from cryptostream_simulator.admin import AdminEndpoint
from cryptostream_simulator.exchange import Exchange, open_exchange
from cryptostream_simulator.faces.registry import FACES
from cryptostream_simulator.faces.wires import WIRES
from cryptostream_simulator.market import open_market
from cryptostream_simulator.settings import SimulatorSettings

_SHUTDOWN_TIMEOUT = 0.5
_LONGEST_URL = 65536
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
    market = open_market(settings)
    exchange = open_exchange(settings, market, WIRES[market.exchange])
    face = FACES[market.exchange]
    sockets = face.sockets(exchange)
    application = web.Application()
    for endpoint in (sockets, face.rest(exchange), AdminEndpoint(exchange, sockets)):
        application.add_routes(endpoint.routes())
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SHUTDOWN_TIMEOUT, max_line_size=_LONGEST_URL)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(_advance(exchange)), tasks.create_task(sockets.watch())]
            _announce(settings.host, runner.addresses[0][1], exchange)
            log.info("serving", exchange=exchange.wire.name, symbols=len(exchange.market.tapes), speed=settings.speed)
            await stop.wait()
            log.info("stopping", connections=len(exchange.connections))
            for task in running:
                task.cancel()
    finally:
        for connection in exchange.connections:
            connection.close()
        await runner.cleanup()


def _announce(host: str, port: int, exchange: Exchange) -> None:
    """The ready line."""
    ready = {
        "port": port,
        "ws": f"ws://{host}:{port}",
        "rest": f"http://{host}:{port}",
        "exchange": exchange.wire.name,
        "symbols": list(exchange.market.tapes),
    }
    sys.stdout.write(orjson.dumps(ready).decode() + "\n")
    sys.stdout.flush()


async def _advance(exchange: Exchange) -> None:
    """Move the live feed on, a batch every tick."""
    tick = exchange.settings.tick.total_seconds()
    while True:
        exchange.feed.advance()
        await asyncio.sleep(tick)
