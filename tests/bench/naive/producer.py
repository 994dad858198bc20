"""The naive producer: one JSON message for each trade, without key, default acknowledgements; what is lost stays lost.

python -m bench.naive.producer --websocket ws://127.0.0.1:9443 --symbols BTCUSDT,ETHUSDT --kafka localhost:9092 \
    --topic trades
"""

import argparse
import json
import signal
import sys
from types import FrameType
from typing import Any

from confluent_kafka import Producer
from websocket import WebSocketApp


def message(symbol: str, price: str, milliseconds: int) -> bytes:
    """The value of one trade."""
    return json.dumps({"symbol": symbol, "price": float(price), "timestamp": milliseconds}).encode()


def main() -> None:
    """Run until SIGTERM."""
    options = _options()
    producer = Producer({"bootstrap.servers": options.kafka})

    def on_message(_socket: Any, text: str) -> None:
        trade = json.loads(text)["data"]
        producer.produce(options.topic, message(trade["s"], trade["p"], trade["T"]))
        producer.poll(0)

    def stop(_number: int, _frame: FrameType | None) -> None:
        producer.flush()
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    streams = "/".join(f"{symbol.lower()}@aggTrade" for symbol in options.symbols.split(","))
    WebSocketApp(f"{options.websocket}/stream?streams={streams}", on_message=on_message).run_forever()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--websocket", "--symbols", "--kafka", "--topic"):
        parser.add_argument(name, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
